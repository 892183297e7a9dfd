"""Matrix products at the machine's full rate, inside QGIS too.

QGIS on Linux loads the GNU Scientific Library, whose plain BLAS has the same C names (``cblas_sgemm``) as the optimised library
that NumPy was built for. The library that is loaded first is used, so NumPy's products are 20 to 70 times slower inside QGIS. SciPy
calls the Fortran names, which only the optimised library has. So both are timed once, and the faster one is used from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Optional

import numpy as np

from ..arrays import FloatArray

Product = Callable[[FloatArray, FloatArray, Optional[FloatArray]], FloatArray]

#: SciPy's products must be this much faster to be taken instead of NumPy's.
_WORTH_IT = 2.0


def matmul(left: FloatArray, right: FloatArray, out: Optional[FloatArray] = None) -> FloatArray:
    """``left @ right``, in double precision where one of them has it, whichever library is the faster one.

    Parameters
    ----------
    left, right
        (n, k) and (k, m) float32 or float64; or both of them many, (p, n, k) and (p, k, m).
    out
        (n, m) or (p, n, m) of the product's type to write into; None: a new array.

    Returns
    -------
    (n, m) or (p, n, m) float32, or float64 if one of the two is.
    """
    return fastest_product()(left, right, out)


def rate(product: Product, size: int = 384, repeats: int = 3) -> float:
    """Rate of this machine's single-precision products, GFLOP/s: the best of a few."""
    matrix = np.random.default_rng(0).random((size, size), np.float32)
    fastest = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        product(matrix, matrix, None)
        fastest = min(fastest, time.perf_counter() - start)
    return 2 * size**3 / fastest / 1e9


@lru_cache(maxsize=1)
def fastest_product() -> Product:
    """NumPy's product, or SciPy's where it is much faster."""
    scipy_product = _scipy_product()
    if scipy_product is None or rate(scipy_product) < _WORTH_IT * rate(numpy_product):
        return numpy_product
    return scipy_product


def numpy_product(left: FloatArray, right: FloatArray, out: Optional[FloatArray]) -> FloatArray:
    return np.matmul(left, right, out=out)


def _scipy_product() -> Optional[Product]:
    try:
        from scipy.linalg.blas import dgemm, sgemm
    except Exception:  # a SciPy built for another NumPy may raise anything at all
        return None

    def scipy_product(left: FloatArray, right: FloatArray, out: Optional[FloatArray]) -> FloatArray:
        """SciPy's product. BLAS counts columns first, so it gets the transposes of C-ordered arrays, and nothing is copied."""
        kind = np.result_type(left, right)
        if left.ndim == 3:
            products = np.empty((*left.shape[:2], right.shape[2]), kind) if out is None else out
            for each in zip(left, right, products):
                scipy_product(*each)
            return products
        gemm = dgemm if kind == np.float64 else sgemm
        if out is None:
            return gemm(1.0, right.T, left.T).T
        if out.flags.c_contiguous and out.dtype == kind:
            gemm(1.0, right.T, left.T, c=out.T, overwrite_c=1)
        else:
            out[...] = gemm(1.0, right.T, left.T).T
        return out

    return scipy_product

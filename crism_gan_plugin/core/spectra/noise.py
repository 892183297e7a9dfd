"""How noisy spectra are, told from differences between neighbouring channels, which absorptions hardly have.

`noise_of` asks each spectrum, `noise_of_channels` each channel of many spectra, and `noise_of_all` gives one number for a cube.
"""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray

#: From the median absolute second difference of white noise to its standard deviation: Gaussian, and 1² + 2² + 1² of variance.
_FROM_SECOND_DIFFERENCES = 1.4826 / np.sqrt(6)


def noise_of(ratio: FloatArray) -> FloatArray:
    """(..., n) → (...) standard deviation of the noise of spectra, from their second differences."""
    return _FROM_SECOND_DIFFERENCES * _median_of_sizes(np.abs(np.diff(ratio, 2, axis=-1)))


def noise_of_channels(spectra: FloatArray) -> FloatArray:
    """(m, n) → (n,) standard deviation of each channel's noise, from how much second differences vary from spectrum to spectrum."""
    differences = np.diff(spectra, 2, axis=1)
    varies = np.median(np.abs(differences - np.median(differences, 0)), 0)
    return np.pad(_FROM_SECOND_DIFFERENCES * varies, 1, mode="edge")


def noise_of_all(ratio: FloatArray) -> float:
    """(m, n) → standard deviation of their noise, from third differences, which bands hardly have; NaN without spectra."""
    return float(np.median(np.abs(np.diff(ratio, 3, axis=1)))) / (0.6745 * np.sqrt(20)) if len(ratio) else np.nan


def _median_of_sizes(sizes: FloatArray) -> FloatArray:
    """`numpy.median` of floats ≥ 0 along the last axis; it orders them in place.

    The bits of floats ≥ 0, taken as whole numbers, ascend as the floats do, NaN last. Whole numbers are ordered faster.
    """
    half = sizes.shape[-1] // 2
    sizes.view(f"i{sizes.itemsize}").partition(half, axis=-1)
    upper = sizes[..., half:]
    middle = upper[..., 0] if sizes.shape[-1] % 2 else (sizes[..., :half].max(-1) + upper[..., 0]) / 2
    return np.where(np.isnan(upper.max(-1)), np.nan, middle).astype(sizes.dtype)

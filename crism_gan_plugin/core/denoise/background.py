"""The smooth background of a spectrum. It is concave in wavelength, which absorptions are not.

A function is concave where its second divided difference is not positive. Each row of the difference operator is scaled so that it
gives the height of the tent (piecewise linear, peaked at that channel, 0 at both ends) that the background holds there: a concave
background is a straight line plus tents of heights ≥ 0, and the heights are about as large as the log-reflectance itself, which
keeps the optimisation well conditioned (design of Itoh & Parente 2019, whose concave basis is the inverse of this operator).
"""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray


def tent_rows(wavelengths_nm: FloatArray) -> FloatArray:
    """Coefficients of the tents' heights.

    Parameters
    ----------
    wavelengths_nm
        (..., bands) ascending, unevenly spaced as they may be.

    Returns
    -------
    (..., 3, bands − 2) float64: the tent at inner channel i is rows[0, i−1]·b[i−1] + rows[1, i−1]·b[i] + rows[2, i−1]·b[i+1] high.
    """
    wavelengths = np.asarray(wavelengths_nm, float)
    first, last = wavelengths[..., :1], wavelengths[..., -1:]
    place = (wavelengths - first) / (last - first)
    steps = np.diff(place, axis=-1)
    height = place[..., 1:-1] * (1 - place[..., 1:-1])  # of a tent whose slopes differ by 1
    left, right = height / steps[..., :-1], height / steps[..., 1:]
    return np.stack([-left, left + right, -right], -2)


def tent_matrix(wavelengths_nm: FloatArray) -> FloatArray:
    """(..., bands − 2, bands) float64: `tent_rows` as a matrix."""
    rows = tent_rows(wavelengths_nm)
    inner = rows.shape[-1]
    matrix = np.zeros((*rows.shape[:-2], inner, inner + 2))
    channel = np.arange(inner)
    for offset in range(3):
        matrix[..., channel, channel + offset] = rows[..., offset, :]
    return matrix

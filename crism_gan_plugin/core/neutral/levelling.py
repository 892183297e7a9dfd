"""Spectra without brightness and slope, which differ from pixel to pixel and tell nothing of minerals.

Otherwise bright pixels would count more in a mean, and a median would follow brightness in one channel and slope in another. The
brightness and slope of a denominator do not matter, since the continuum removes them.
"""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from ..compute.matrix import matmul


def straight_line(spectra: FloatArray) -> FloatArray:
    """(..., channels) exponential of the straight line that is nearest to the logarithm of each positive spectrum."""
    channels = spectra.shape[-1]
    basis = np.vander(np.linspace(-1, 1, channels), 2)
    basis = (basis / np.linalg.norm(basis, axis=0)).astype(spectra.dtype)
    rows = np.log(spectra.reshape(-1, channels))
    return np.exp(matmul(matmul(rows, basis), basis.T)).reshape(spectra.shape)

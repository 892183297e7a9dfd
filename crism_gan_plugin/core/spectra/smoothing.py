"""Smoothing along the wavelengths."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray


def savitzky_golay_matrix(channels: int, window: int = 11, order: int = 2) -> FloatArray:
    """The smoothing of Savitzky & Golay (1964, Anal. Chem. 36, 1627) as a (channels, channels) matrix ``S``: ``spectra @ S``.

    Each value is replaced by that of the least-squares polynomial through its window; the first and last half windows take the
    polynomial of the first and last whole window. With a matrix, one product smooths a whole block at the machine's full rate.
    """
    half = window // 2
    powers = np.vander(np.arange(-half, half + 1), order + 1, increasing=True).astype(float)
    fit = powers @ np.linalg.pinv(powers)  # (window, window): data -> fitted values
    matrix = np.zeros((channels, channels))
    for channel in range(channels):
        start = min(max(channel - half, 0), channels - window)
        matrix[start : start + window, channel] = fit[channel - start]
    return matrix

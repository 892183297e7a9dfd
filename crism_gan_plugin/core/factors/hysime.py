"""How many vectors the pixels of a region have above their noise (HySime: Bioucas-Dias & Nascimento 2008, IEEE TGRS 46, 2435)."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray

#: Added to the diagonal of the second moments, as a share of their mean, so that they can be inverted.
_RIDGE = 1e-10


def noise_by_regression(spectra: FloatArray) -> FloatArray:
    """(n, channels) the noise of spectra (n, channels): what the other channels do not tell of each.

    Of the inverse P of the second moments, row i over its own diagonal element is the regression of channel i on all the others.
    There must be more spectra than channels, or nothing is left.
    """
    spectra = np.asarray(spectra, np.float64)
    return spectra @ regression(spectra.T @ spectra)


def regression(moments: FloatArray) -> FloatArray:
    """(channels, channels) what spectra with these second moments are multiplied by to have their noise."""
    ridge = np.eye(len(moments)) * _RIDGE * np.trace(moments) / len(moments)
    inverse = np.linalg.inv(moments + ridge)
    return np.asarray(inverse / np.diagonal(inverse))


def signal_subspace(spectra: FloatArray, noise: FloatArray, most: int | None = None) -> FloatArray:
    """The directions in which there is more signal than noise.

    Parameters
    ----------
    spectra, noise
        (..., n, channels) pixels of regions, and their noise, which `noise_by_regression` tells of these pixels or of an image.
    most
        Most directions that are kept; None: all.

    Returns
    -------
    (..., channels, k) orthonormal columns; those without signal are 0.
    """
    pixels, channels = spectra.shape[-2:]
    signal = spectra - noise
    if pixels < channels:  # the smaller matrix has the same vectors
        moments, mixtures = np.linalg.eigh(signal @ np.swapaxes(signal, -1, -2))
        vectors = np.swapaxes(signal, -1, -2) @ mixtures
        vectors /= np.sqrt(np.maximum(moments, np.finfo(vectors.dtype).tiny))[..., None, :]
        there = moments > 1e-6 * moments[..., -1:]
    else:
        moments, vectors = np.linalg.eigh(np.swapaxes(signal, -1, -2) @ signal)
        there = moments > 0
    power = ((spectra @ vectors) ** 2).sum(-2)
    lost = ((noise**2).sum(-2)[..., None] * vectors**2).sum(-2)  # noise counts as independent between channels
    kept = vectors * (there & (power > 2 * lost))[..., None, :]
    order = np.arange(vectors.shape[-1])[::-1][:most]
    return np.ascontiguousarray(kept[..., order])

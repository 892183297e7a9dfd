"""How many vectors the pixels of a region have above their noise (HySime: Bioucas-Dias & Nascimento 2008, IEEE TGRS 46, 2435)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from .channels import beyond_parabola
from .windows import largest_of_noise

#: A direction counts as signal whose power is more than so many times that of its noise.
_ABOVE_NOISE = 2.0

#: Directions of an image at most: those of few pixels are told of each other by chance.
_MOST_OF_IMAGE = 32

#: A direction of which less is beyond a parabola is one.
_LEAST_REST = 1e-3

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
    kept = vectors * (there & (power > _ABOVE_NOISE * lost))[..., None, :]
    order = np.arange(vectors.shape[-1])[::-1][:most]
    return np.ascontiguousarray(kept[..., order])


@dataclass(frozen=True)
class ImageSignal:
    """The few directions that any region of an image can have above its noise, where the whole image tells the noise.

    Noise is what the other channels do not tell. In a direction of which they tell less than 1 - √½, noise has more than half of
    the power. So no region has signal there, and what is left has a tenth of the channels.

    Attributes
    ----------
    basis
        (channels, k) the directions, orthonormal.
    signal
        (channels, k) what spectra are multiplied by to have their signal, along `basis`.
    noise
        (channels, channels) what spectra are multiplied by to have their noise.
    beyond
        (channels, j) orthonormal: what parabolas leave of `basis`.
    """

    basis: FloatArray
    signal: FloatArray
    noise: FloatArray
    beyond: FloatArray

    @staticmethod
    def of(moments: FloatArray) -> ImageSignal:
        """Of an image with these second moments (channels, channels)."""
        noise = regression(moments)
        signal = np.eye(len(noise)) - noise
        _, told, directions = np.linalg.svd(signal)
        basis = directions[:_MOST_OF_IMAGE][told[:_MOST_OF_IMAGE] > 1 - 1 / np.sqrt(_ABOVE_NOISE)].T
        beyond, left, _ = np.linalg.svd(beyond_parabola(basis.T).T, full_matrices=False)
        arrays = basis, signal @ basis, noise, beyond[:, left > _LEAST_REST]
        return ImageSignal(*(np.ascontiguousarray(array, np.float32) for array in arrays))

    def vectors(self, pixels: FloatArray, signal: FloatArray, lost: FloatArray, most: int) -> FloatArray:
        """What `signal_subspace` gives, of regions whose pixels are told along `basis`.

        Parameters
        ----------
        pixels, signal
            (..., n, k) pixels of regions, and their signal: spectra times `basis`, and times `signal`.
        lost
            (..., channels) sum of the squares of their noise.
        most
            Most directions that are kept.

        Returns
        -------
        (..., channels, up to ``most``) orthonormal columns, the strongest first; those without signal are 0.
        """
        _, mixtures = np.linalg.eigh(np.swapaxes(signal, -1, -2) @ signal)
        mixtures = mixtures[..., ::-1][..., :most]
        vectors = self.basis @ mixtures
        power = ((pixels @ mixtures) ** 2).sum(-2)
        return np.asarray(vectors * (power > _ABOVE_NOISE * (lost[..., None, :] @ vectors**2)[..., 0, :])[..., None, :])

    def vectors_beyond(self, pixels: FloatArray, noise: float, most: int) -> FloatArray:
        """What `vectors_beyond_parabola` gives, of regions whose pixels (..., n, j) are told along `beyond`."""
        moments, mixtures = np.linalg.eigh(np.swapaxes(pixels, -1, -2) @ pixels)
        there = moments > largest_of_noise(noise, np.array(pixels.shape[-2]), pixels.shape[-1])
        return np.asarray(self.beyond @ (mixtures * there[..., None, :])[..., ::-1][..., :most])

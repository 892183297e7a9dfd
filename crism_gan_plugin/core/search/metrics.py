"""How alike two continuum-removed spectra are, as one number. The higher it is, the more alike they are.

- network: the plugin's own score, a calibrated cosine of what the network's features and ground tell (`network.similarity`).
- derivative: the cosine of first derivatives, smoothed by 1.5 channels, which sees where absorptions are, and not the broad shape
of the spectrum.
- absorption: the cosine of 1 − ratio.
- angle: 1 − the spectral angle over 90° (Kruse et al. 1993, Remote Sens. Environ. 44, 145), of the continuum-removed spectra.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import FloatArray
from ..compute.matrix import matmul
from ..spectra.grid import WAVELENGTHS_NM

#: Channels by which derivatives are smoothed (standard deviation), and how far that reaches.
_SMOOTHING, _REACH = 1.5, 6

#: (n, 240) continuum-removed spectra of at most 1 and (n,) their noise → (n,) float32.
Score = Callable[[FloatArray, FloatArray], FloatArray]


def cosine_score(metric: str, references: FloatArray) -> Score:
    """The score of a metric that needs no network: the best over references.

    Parameters
    ----------
    metric
        "derivative", "absorption" or "angle".
    references
        (m, 240) continuum-removed spectra.
    """
    compare = comparison(metric, references)
    return lambda spectra, noise: compare(spectra).max(1)


def comparison(metric: str, references: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """The same with each reference: (n, 240) spectra → (n, m) float32."""
    describe = {"derivative": _derivative, "absorption": _absorption, "angle": _as_they_are}[metric]
    unit = _unit(describe(np.minimum(references, 1).astype(np.float32))).T

    def compare(spectra: FloatArray) -> FloatArray:
        cosines = matmul(_unit(describe(spectra)), unit)
        if metric == "angle":
            cosines = 1 - np.arccos(np.clip(cosines, -1, 1)) / (np.pi / 2)
        return cosines.astype(np.float32)

    return compare


def _as_they_are(spectra: FloatArray) -> FloatArray:
    return spectra


def _absorption(spectra: FloatArray) -> FloatArray:
    return 1 - spectra


def _derivative(spectra: FloatArray) -> FloatArray:
    return matmul(spectra, _DERIVATIVE)


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def _derivative_matrix(channels: int) -> FloatArray:
    """(channels, channels) ``D``: ``spectra @ D`` is the gradient by channel of the spectra, smoothed; ends are mirrored."""
    offsets = np.arange(-_REACH, _REACH + 1)
    weights = np.exp(-0.5 * (offsets / _SMOOTHING) ** 2)
    weights /= weights.sum()
    smoothing = np.zeros((channels, channels))
    for channel in range(channels):
        mirrored = channel + offsets
        mirrored = np.where(mirrored < 0, -1 - mirrored, mirrored)
        mirrored = np.where(mirrored >= channels, 2 * channels - 1 - mirrored, mirrored)
        np.add.at(smoothing[:, channel], mirrored, weights)
    return np.asarray(np.gradient(smoothing, axis=1), np.float32)


_DERIVATIVE = _derivative_matrix(WAVELENGTHS_NM.size)

"""What a volcano-scan correction leaves around 2 µm: the gas band's shape depends on pressure, which was another in the scan.

The records say what a scan leaves of itself, as a share of the continuum. A multiple of that is added to the spectra. As in the
instrument team's analysis toolkit (CAT), the multiple leaves no likeness between spectrum and artifact in what is narrower than
three channels. So the artifact's fine structure decides, and a mineral's broad band stays. CAT searches the multiple by Newton's
method for each spectrum. But the condition is linear, so here it is solved. And the multiple of one noisy spectrum adds 2 % of
noise at 2 µm, so here there is one for each column, from the median over its lines.
"""

from __future__ import annotations

import warnings
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from .records import Transmission


def artifact_multiples(corrected: FloatArray, transmission: Transmission, pair: str) -> FloatArray:
    """How much of the artifact each column has: k = -Σ h(R / C) h(A) / Σ h(A)² over channels.

    C is a spectrum's level around 2 µm; h takes the mean of three channels away; the median over the lines stands for R / C.

    Parameters
    ----------
    corrected
        (lines, columns, bands) I/F after division by T^b; NaN is no data. The more lines, the surer is k.
    transmission
        The transmission on the image's columns.
    pair
        The pair that the spectra were corrected with.

    Returns
    -------
    (columns,) float64; 0 where the record has no artifact, or nothing can be told.
    """
    artifact = transmission.artifacts[pair]
    around = _around(artifact)
    if around is None:
        return np.zeros(len(artifact))
    spectra = corrected[..., around] / _level(corrected[..., around])
    typical = _median_of_lines(_fine_structure(spectra))
    shape = np.where(np.isfinite(typical), _fine_structure(artifact[:, around]), 0)
    likeness, power = (np.nan_to_num(typical) * shape).sum(-1), (shape**2).sum(-1)
    return np.divide(-likeness, power, out=np.zeros_like(likeness), where=power > 0)


def remove_artifact(corrected: FloatArray, transmission: Transmission, pair: str, multiples: FloatArray) -> FloatArray:
    """Corrected spectra R without the correction's artifact A: R + k C A; arguments and C as for `artifact_multiples`.

    Returns
    -------
    (lines, columns, bands) in the same precision, NaN where it was before.
    """
    artifact = transmission.artifacts[pair].astype(corrected.dtype)
    around = _around(artifact)
    if around is None:
        return corrected
    out = corrected.copy()
    out[..., around] += multiples[:, np.newaxis].astype(corrected.dtype) * _level(corrected[..., around]) * artifact[:, around]
    return out


def _around(artifact: FloatArray) -> Optional[slice]:
    """The channels where the record has an artifact, and one more at both ends."""
    inside = np.flatnonzero(artifact.any(0))
    return slice(max(inside[0] - 1, 0), inside[-1] + 2) if inside.size else None


def _level(spectra: FloatArray) -> FloatArray:
    """(…, 1) mean of each spectrum's channels that have data; NaN where none has."""
    counts = np.isfinite(spectra).sum(-1, keepdims=True)
    total = np.nansum(spectra, -1, keepdims=True)
    return np.divide(total, counts, out=np.full_like(total, np.nan), where=counts > 0)


def _fine_structure(spectra: FloatArray) -> FloatArray:
    """Spectra without the mean of three channels; one channel shorter at both ends."""
    return spectra[..., 1:-1] - (spectra[..., :-2] + spectra[..., 1:-1] + spectra[..., 2:]) / 3


def _median_of_lines(values: FloatArray) -> FloatArray:
    """The median over the lines that have data; NaN, without a warning, where none has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=0).astype(np.float64)

"""Spectral smile removed: every detector column's spectra on the axis of the sweet spot.

A cube whose columns have wavelengths of their own can be told to other programmes only by one list for all columns. Interpolated
to that list, it says what is so; left alone, it would be up to 1.6 channels wrong at the detector's edges. Linear interpolation is
what the instrument team's toolkit (CAT) does too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .spectral import SpectralAxis

FloatArray = np.ndarray


@dataclass(frozen=True)
class SmileRemover:
    """Linear interpolation along the spectra of each column; made by `remove_smile`.

    Attributes
    ----------
    lower
        (columns, n) the channel below each channel of the sweet spot.
    weight
        (columns, n) share of the channel above it; NaN where the column's own channels do not reach.
    """

    lower: np.ndarray
    weight: FloatArray

    def __call__(self, spectra: FloatArray, columns: slice = slice(None)) -> FloatArray:
        """(lines, columns, n) → the same shape and precision on the sweet spot's axis; NaN beyond a column's own ends."""
        lower = np.broadcast_to(self.lower[columns], spectra.shape)
        weight = self.weight[columns].astype(spectra.dtype)
        below, above = np.take_along_axis(spectra, lower, -1), np.take_along_axis(spectra, lower + 1, -1)
        # a weight of 0 or 1 must not spread the other channel's NaN
        return np.where(weight == 0, below, np.where(weight == 1, above, below + weight * (above - below)))


def remove_smile(axis: SpectralAxis, bands: np.ndarray) -> SmileRemover:
    """For some bands of an axis whose columns have wavelengths of their own; columns without any keep what they have."""
    target = axis.wavelengths_nm[bands]
    assert axis.by_column_nm is not None
    lowers, weights = [], []
    for own in axis.by_column_nm[:, bands]:
        own = own if np.isfinite(own).all() else target
        lower = np.clip(np.searchsorted(own, target, "right") - 1, 0, own.size - 2)
        weight = (target - own[lower]) / (own[lower + 1] - own[lower])
        lowers.append(lower)
        weights.append(np.where((weight < 0) | (weight > 1), np.nan, weight))
    return SmileRemover(np.array(lowers), np.array(weights))

"""Spectra of a detector with spectral smile on one axis, that of its sweet spot.

The wavelengths of one detector row differ by up to 16 nm, two channels, from column to column. So a cube with one list of
wavelengths is true only if each column was interpolated, linearly, from its own wavelengths to that list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from .axis import SpectralAxis


@dataclass(frozen=True)
class SweetSpotResampler:
    """Linear interpolation of each column's spectra to `axis.wavelengths_nm`; made by `resampler_to_sweet_spot`.

    Attributes
    ----------
    below, above
        (columns, bands) the column's channels on both sides of each wavelength of the axis.
    weight
        (columns, bands) float32, the share of the channel above.
    """

    below: IntArray
    above: IntArray
    weight: FloatArray

    def needed(self, bands: IntArray) -> IntArray:
        """The channels, ascending, that these bands of the axis are made of."""
        return np.unique(np.concatenate([self.below[:, bands], self.above[:, bands]]))

    def whole(self, spectra: FloatArray) -> FloatArray:
        """(lines, columns, all bands) → the same shape and precision."""
        bands = np.arange(self.weight.shape[1])
        return self(spectra[..., self.needed(bands)], bands)

    def __call__(self, spectra: FloatArray, bands: IntArray) -> FloatArray:
        """(lines, columns, needed) → (lines, columns, bands) in the same precision.

        Where one of the two channels is missing (NaN), the other takes its place if it is the nearer one.
        """
        needed = self.needed(bands)
        weight = self.weight[:, bands].astype(spectra.dtype)
        low, high = (
            np.take_along_axis(spectra, np.searchsorted(needed, part[:, bands])[None], -1) for part in (self.below, self.above)
        )
        between = low + weight * (high - low)
        between = np.where(np.isnan(high) & (weight <= 0.5), low, between)
        return np.where(np.isnan(low) & (weight >= 0.5), high, between)


def resampler_to_sweet_spot(axis: SpectralAxis) -> SweetSpotResampler:
    """How to bring each column of an image on to the image's own axis.

    Usable bands are made of usable channels only, as the mapping does: an artefact beside them does not spread. Beyond a column's
    own wavelengths its last value is held.

    Parameters
    ----------
    axis
        Axis with the wavelengths of each column. Columns that have none, since they see no scene, get those of the axis.
    """
    assert axis.by_column_nm is not None
    by_column = np.where(np.isfinite(axis.by_column_nm).all(1, keepdims=True), axis.by_column_nm, axis.wavelengths_nm)
    parts = [np.arange(axis.bands), np.flatnonzero(axis.usable)]
    shape = by_column.shape
    below, above, weight = np.empty(shape, np.intp), np.empty(shape, np.intp), np.empty(shape, np.float32)
    for channels in parts:  # all bands, then the usable ones once more, from usable channels
        if channels.size < 2:
            continue
        wanted = axis.wavelengths_nm[channels]
        for column, own in enumerate(by_column[:, channels]):
            lower = np.clip(np.searchsorted(own, wanted, "right") - 1, 0, channels.size - 2)
            below[column, channels], above[column, channels] = channels[lower], channels[lower + 1]
            weight[column, channels] = np.clip((wanted - own[lower]) / (own[lower + 1] - own[lower]), 0, 1)
    return SweetSpotResampler(below, above, weight)

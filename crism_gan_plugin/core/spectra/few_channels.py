"""Spectra as mapping data show them: at few channels, with straight lines between.

What such an image is compared with must have gone through the same channels. Then both lack the same details, and have the same
false corners. Straight lines also hide the noise, which is told by the channels alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..arrays import FloatArray
from ..compute.matrix import matmul
from ..instrument.mapping_filters import MappingFilter
from .continuum import remove_continuum
from .grid import WAVELENGTHS_NM

#: Noise is told by channels whose two neighbours are so near to each other, nm. Absorptions bend little there.
_NEAR_NM = 60.0

#: Channels are further apart than so many nm.
_APART_NM = 1.0

#: From the median of a Gaussian's absolute values to its standard deviation.
_FROM_MEDIAN = 1.4826


@dataclass(frozen=True)
class FewChannels:
    """Channels of an image on its way to the network's grid.

    Attributes
    ----------
    mapping_filter
        The filter that they are of.
    wavelengths_nm
        (n,) nm, ascending, within the grid.
    """

    mapping_filter: MappingFilter
    wavelengths_nm: FloatArray
    _between: FloatArray = field(init=False, repr=False, compare=False)

    @staticmethod
    def of(mapping_filter: MappingFilter, wavelengths_nm: FloatArray) -> FewChannels:
        """Those of an image with these wavelengths, (n,) nm, ascending. What lies beyond the grid counts at its end."""
        nm = np.clip(wavelengths_nm, WAVELENGTHS_NM[0], WAVELENGTHS_NM[-1])
        return FewChannels(mapping_filter, nm[np.diff(nm, prepend=-np.inf) > _APART_NM])

    def __post_init__(self) -> None:
        unit = np.eye(self.wavelengths_nm.size)
        lines = [np.interp(WAVELENGTHS_NM, self.wavelengths_nm, channel) for channel in unit]
        object.__setattr__(self, "_between", np.array(lines, np.float32))

    @property
    def widest_gap_nm(self) -> float:
        return float(np.diff(self.wavelengths_nm).max())

    def at(self, on_grid: FloatArray) -> FloatArray:
        """(n, 240) → (n, channels) by linear interpolation."""
        place = np.interp(self.wavelengths_nm, WAVELENGTHS_NM, np.arange(WAVELENGTHS_NM.size))
        below = np.minimum(place.astype(int), WAVELENGTHS_NM.size - 2)
        share = (place - below).astype(on_grid.dtype)
        return np.asarray(on_grid[:, below] * (1 - share) + on_grid[:, below + 1] * share)

    def between(self, values: FloatArray) -> FloatArray:
        """(n, channels) → (n, 240): straight lines between the channels."""
        return matmul(values, self._between.astype(values.dtype))

    def seen(self, on_grid: FloatArray) -> FloatArray:
        """(n, 240) → (n, 240): what is left of spectra that are known at all channels of the grid."""
        return self.between(self.at(on_grid))

    def ratio_seen(self, continuum_removed: FloatArray) -> FloatArray:
        """(n, 240) likewise for spectra over their continuum, which have a new continuum then."""
        seen = self.seen(np.asarray(continuum_removed, np.float64))
        return np.minimum(remove_continuum(seen, WAVELENGTHS_NM), 1).astype(continuum_removed.dtype)

    def noise_of(self, on_grid: FloatArray) -> FloatArray:
        """(..., 240) → (...) standard deviation of the noise in the channels, by how far they lie from their neighbours' line."""
        nm = self.wavelengths_nm
        span = nm[2:] - nm[:-2]
        near = np.flatnonzero(span < _NEAR_NM)
        share = ((nm[1:-1] - nm[:-2]) / span)[near].astype(on_grid.dtype)
        values = self.at(on_grid.reshape(-1, WAVELENGTHS_NM.size))
        away = values[:, near + 1] - values[:, near] * (1 - share) - values[:, near + 2] * share
        away /= np.sqrt(1 + share**2 + (1 - share) ** 2)
        noise: FloatArray = _FROM_MEDIAN * np.median(np.abs(away), axis=-1)
        return noise.reshape(on_grid.shape[:-1])

    def spread(self, templates: FloatArray) -> FloatArray:
        """(240, m) → (m,): how much noise the projection of a spectrum on each template has, for noise of 1 in the channels."""
        return np.linalg.norm(self._between @ templates, axis=0)

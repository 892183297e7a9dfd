"""The numbers that formulas take from an image: reflectance at a wavelength, or of all bands within a range."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np

from ..arrays import FloatArray, IntArray
from .medians import median

#: nm between the wavelength of a formula and the nearest band, at most. At 1020 nm, the archive's own is 24 nm away.
REACH_NM = 30.0


class MissingBandError(LookupError):
    """An image has no band near enough to a wavelength of a formula. Its text says which one."""


@dataclass(frozen=True)
class Bands:
    """
    The bands of an image that formulas may use.

    A formula names a wavelength. It gets the nearest band, or the median over some bands around it. Bands are counted among the
    good ones, so that a window reaches over a gap. At the ends it is cut.

    Attributes
    ----------
    wavelengths_nm
        (bands,) ascending.
    """

    wavelengths_nm: FloatArray

    def nearest(self, nm: float) -> int:
        """The place of the band nearest to a wavelength; `MissingBandError` if it is further than `REACH_NM`."""
        place = int(np.abs(self.wavelengths_nm - nm).argmin()) if self.wavelengths_nm.size else -1
        if place < 0 or abs(self.wavelengths_nm[place] - nm) > REACH_NM:
            raise MissingBandError(f"no good band near {nm:g} nm")
        return place

    def around(self, nm: float, width: int) -> IntArray:
        """The places of ``width`` bands around a wavelength, fewer at the ends."""
        first = self.nearest(nm) - width // 2
        return np.arange(max(first, 0), min(first + width, self.wavelengths_nm.size))

    def within(self, low: float, high: float) -> IntArray:
        """The places of the bands within a range; `MissingBandError` if there is none near its ends."""
        for end in (low, high):
            self.nearest(end)
        return np.flatnonzero((self.wavelengths_nm >= low) & (self.wavelengths_nm <= high))


@dataclass
class Channels:
    """
    The bands of a block of pixels.

    Parameters
    ----------
    bands
        All bands of the image that may be used.
    rows
        Places of those that were read, ascending.
    planes
        (rows, pixels) float32, NaN where not valid.
    """

    bands: Bands
    rows: IntArray
    planes: FloatArray
    used: set[int] = field(default_factory=set)
    _known: dict[Hashable, FloatArray] = field(default_factory=dict)

    @staticmethod
    def trial(bands: Bands) -> Channels:
        """One pixel of 1 everywhere: what a formula asks of it is then in ``used``."""
        return Channels(bands, np.arange(bands.wavelengths_nm.size), np.ones((bands.wavelengths_nm.size, 1), np.float32))

    def wavelength(self, nm: float) -> float:
        """The wavelength of the nearest band, nm."""
        return float(self.bands.wavelengths_nm[self.bands.nearest(nm)])

    def at(self, nm: float, width: int) -> FloatArray:
        """(pixels,): the median over ``width`` bands around a wavelength."""
        return self.once((nm, width), lambda: median(self._planes(self.bands.around(nm, width))))

    def once(self, key: Hashable, compute: Callable[[], FloatArray]) -> FloatArray:
        """What several formulas need, computed for the first of them."""
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def within(self, low: float, high: float) -> tuple[FloatArray, FloatArray]:
        """Wavelengths (bands,) in nm and numbers (bands, pixels) of a range."""
        places = self.bands.within(low, high)
        return self.bands.wavelengths_nm[places], self._planes(places)

    def _planes(self, places: IntArray) -> FloatArray:
        self.used.update(places.tolist())
        first = int(np.searchsorted(self.rows, places[0]))
        return self.planes[first : first + places.size]  # bands side by side were read side by side

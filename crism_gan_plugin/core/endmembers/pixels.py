"""What pixels are compared by: their absorptions, or their summary parameters; and how endmembers are chosen by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..segments.demud import demud
from ..segments.deviations import segments_of, to_deviations
from ..segments.smacc import smacc
from ..segments.superpixels import PixelGraph
from ..spectra.axis import SpectralAxis
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of_all
from ..summary_parameters.plan import ParameterPlan

#: Pixels that tell the noise of an image.
_NOISE_PIXELS = 4000

#: Summary parameters of minerals that the network's grid has the channels for. Those of brightness, slope, air and ice are left
#: out: their extremes would be chosen first.
MINERAL_PARAMETERS = (
    *("BDI1000IR", "OLINDEX3", "LCPINDEX2", "HCPINDEX2", "BD1300", "BD1400", "BD1750_2", "BD1900_2", "BD1900R2", "BDI2000"),
    *("BD2100_2", "BD2165", "BD2190", "MIN2200", "BD2210_2", "D2200", "BD2230", "BD2250", "MIN2250", "BD2265", "BD2290", "D2300"),
    *("BD2355", "SINDEX2", "MIN2295_2480", "MIN2345_2537", "BD2500_2"),
)

#: *C* of Felzenszwalb and Huttenlocher for parameters in standard deviations, and the furthest that one counts.
_PARAMETER_SCALE, _FURTHEST = 100.0, 50.0


class PixelKind(Protocol):
    """First `add` all lines, then ask for `segments`, then for a choice of these."""

    #: Whether `add` takes I/F, and not I/F over its continuum.
    of_level: bool

    def add(self, spectra: FloatArray) -> None:
        """The next lines, (lines, samples, 240) on the network's grid; NaN where there is no data."""

    def segments(self, least: int, check: Callable[[], None]) -> IntArray:
        """(lines, samples) segments; see `PixelGraph.segments`."""

    def choose(self, ratio: FloatArray, open_: BoolArray, count: int, check: Callable[[], None]) -> tuple[IntArray, IntArray]:
        """
        Choose endmembers among segments.

        Parameters
        ----------
        ratio
            (segments, 240) mean of each segment's spectra over their continuum.
        open_
            (segments,) those that may be chosen.
        count
            How many are, at most.
        check
            Called before each choice; it may raise to stop.

        Returns
        -------
        (k,) chosen segments in their order, and (segments,) which of them each segment resembles most, from 0.
        """


class Absorptions:
    """Pixels as spectra over their continuum. SMACC chooses those whose mean absorptions the others are made of."""

    of_level = False

    def __init__(self, lines: int, samples: int) -> None:
        self._graph = PixelGraph(lines, samples)
        self._every = max(1, lines * samples // _NOISE_PIXELS)
        self._sampled: list[FloatArray] = []

    def add(self, spectra: FloatArray) -> None:
        self._graph.add(spectra)
        some = spectra.reshape(-1, spectra.shape[-1])[:: self._every]
        self._sampled.append(some[np.isfinite(some).all(1)])

    def segments(self, least: int, check: Callable[[], None]) -> IntArray:
        """As large as the noise lets: *C* is the squared distance of two pixels that differ by noise alone."""
        noise = noise_of_all(np.concatenate(self._sampled))
        scale = 2 * WAVELENGTHS_NM.size * noise**2
        return self._graph.segments(scale if np.isfinite(scale) else 0.0, least, check)

    def choose(self, ratio: FloatArray, open_: BoolArray, count: int, check: Callable[[], None]) -> tuple[IntArray, IntArray]:
        absorptions = np.nan_to_num(np.clip(1 - ratio, 0, None))
        rows = np.flatnonzero(open_)
        chosen = rows[smacc(absorptions[rows], count, check).chosen]
        return chosen, _cosines(absorptions, absorptions[chosen]).argmax(1) if chosen.size else rows[:0]


class MineralParameters:
    """Pixels as summary parameters, each in standard deviations of the image. DEMUD chooses those that surprise most."""

    of_level = True

    def __init__(self, lines: int, samples: int) -> None:
        self._plan = ParameterPlan.of(SpectralAxis(WAVELENGTHS_NM), MINERAL_PARAMETERS)
        self._numbers = np.full((lines, samples, len(self._plan.names)), np.nan, np.float32)
        self._line = 0
        self._means: FloatArray = np.empty((0, 0))

    def add(self, spectra: FloatArray) -> None:
        planes = np.ascontiguousarray(np.moveaxis(spectra[..., self._plan.numbers], -1, 0))
        self._numbers[self._line : self._line + len(spectra)] = np.moveaxis(self._plan.compute(planes), 0, -1)
        self._line += len(spectra)

    def segments(self, least: int, check: Callable[[], None]) -> IntArray:
        to_deviations(self._numbers, _FURTHEST, check)
        found, self._means = segments_of(self._numbers, _PARAMETER_SCALE, least, check)
        return found

    def choose(self, ratio: FloatArray, open_: BoolArray, count: int, check: Callable[[], None]) -> tuple[IntArray, IntArray]:
        rows = np.flatnonzero(open_)
        chosen = rows[demud(self._means[rows], count, check=check)[0]]
        own = self._means[chosen]
        away = (own**2).sum(1) - 2 * self._means @ own.T  # squared distance, but for what all share
        return chosen, away.argmin(1) if chosen.size else rows[:0]


#: What pixels are compared by, by method.
PIXEL_KINDS: dict[str, Callable[[int, int], PixelKind]] = {"smacc": Absorptions, "demud": MineralParameters}


def _cosines(one: FloatArray, other: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(other, axis=1)
    return np.divide(one @ other.T, lengths, out=np.zeros(lengths.shape), where=lengths > 0)

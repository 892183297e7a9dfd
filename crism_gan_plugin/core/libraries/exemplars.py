"""The library of spectra to look for: mineral classes, each with one or more exemplar spectra."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import ParameterError
from .bands import AbsorptionBand

#: Codes of the class raster leave room for a guess (100 + code), 0 nothing and 255 no data.
CODES = range(1, 100)


#: Means every class of a library, where it has none of that name.
ALL = "all"


@dataclass(frozen=True)
class MineralClass:
    """A class of the map.

    Attributes
    ----------
    code
        1 … 99, its value in the class raster; never changes once maps were made with it.
    name
        The name that the legend prints.
    rgb
        The colour of an identification, three whole numbers 0 … 255. A guess is painted paler.
    default_on
        Whether it is looked for when the user chooses no classes.
    low_confidence
        Whether it is easily mistaken, so that higher thresholds apply.

    Raises
    ------
    ValueError
        If the code, the name or the colour is out of range.

    Examples
    --------
    >>> MineralClass(33, "pyrophyllite", (0, 95, 60)).default_on
    True
    >>> MineralClass(100, "pyrophyllite", (0, 95, 60))
    Traceback (most recent call last):
        ...
    ValueError: code 100 is not within 1…99
    """

    code: int
    name: str
    rgb: tuple[int, int, int]
    default_on: bool = True
    low_confidence: bool = False

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"code {self.code} is not within {CODES[0]}…{CODES[-1]}")
        if not self.name.strip():
            raise ValueError("the name is empty")
        if len(self.rgb) != 3 or not all(channel in range(256) for channel in self.rgb):
            raise ValueError(f"rgb {list(self.rgb)} must be three whole numbers 0…255")


@dataclass(frozen=True)
class PixelOrigin:
    """The pixels of an image whose mean a spectrum is.

    Attributes
    ----------
    scene
        The image's product id.
    count
        How many pixels have data.
    runs
        (line, first sample, last sample) of the pixels, from 0.
    """

    scene: str
    count: int
    runs: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class ExemplarLibrary:
    """Exemplar spectra on the network's grid and the classes that they stand for.

    Attributes
    ----------
    names
        (m,) one per spectrum, such as "kaolinite (numerator)".
    spectra
        (m, 240) float64, continuum-removed: at most 1.
    classes
        The classes.
    class_index
        (m,) int, the place in `classes` of each spectrum's class.
    sources
        (m,) where each spectrum comes from, in words.
    bands
        (m,) the absorptions that each spectrum was computed from, or None where it was measured.
    positions
        (m,) int, each spectrum's place in the whole library: what `select` keeps, so that an index into the file stays one.
    on_ground
        (m,) bool, whether a spectrum shows, besides its mineral, the ground that the mineral lies on: a spectrum of Mars that was
        not divided by bland ground.
    origins
        (m,) the pixels that a spectrum is the mean of, or None.
    """

    names: list[str]
    spectra: FloatArray
    classes: list[MineralClass]
    class_index: IntArray
    sources: list[str] = field(default_factory=list)
    bands: list[Optional[tuple[AbsorptionBand, ...]]] = field(default_factory=list)
    positions: IntArray = field(default_factory=lambda: np.arange(0))
    on_ground: BoolArray = field(default_factory=lambda: np.zeros(0, bool))
    origins: list[Optional[PixelOrigin]] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.names)
        if not self.sources:
            object.__setattr__(self, "sources", [""] * count)
        if not self.bands:
            object.__setattr__(self, "bands", [None] * count)
        if not self.positions.size:
            object.__setattr__(self, "positions", np.arange(count))
        if not self.on_ground.size:
            object.__setattr__(self, "on_ground", np.zeros(count, bool))
        if not self.origins:
            object.__setattr__(self, "origins", [None] * count)

    @property
    def class_names(self) -> list[str]:
        return [mineral.name for mineral in self.classes]

    def select(self, class_names: Iterable[str]) -> ExemplarLibrary:
        """The library with these classes only, in its own order; capitals do not matter. ``["all"]``: with every class.

        Raises
        ------
        ParameterError
            If no class is named, or one that is not in the library.

        Examples
        --------
        >>> from crism_gan_plugin.core import load_exemplars
        >>> load_exemplars().select(["Kaolinite", "gypsum"]).class_names
        ['gypsum', 'kaolinite']
        """
        known = {name.casefold(): place for place, name in enumerate(self.class_names)}
        wanted = list(class_names)
        if not wanted:
            raise ParameterError("classes: none is chosen; choose at least one class to look for")
        if [name.strip().casefold() for name in wanted] == [ALL] and ALL not in known:
            return self
        for name in wanted:
            if name.strip().casefold() not in known:
                raise ParameterError(f"classes: {unknown_class(name, self.class_names)}")
        return self._keep(sorted({known[name.strip().casefold()] for name in wanted}))

    def defaults(self) -> ExemplarLibrary:
        """The library with the classes that are on by default."""
        return self.select(mineral.name for mineral in self.classes if mineral.default_on)

    def _keep(self, places: Sequence[int]) -> ExemplarLibrary:
        rows = np.flatnonzero(np.isin(self.class_index, places))
        return ExemplarLibrary(
            names=[self.names[row] for row in rows],
            spectra=self.spectra[rows],
            classes=[self.classes[place] for place in places],
            class_index=np.searchsorted(places, self.class_index[rows]),
            sources=[self.sources[row] for row in rows],
            bands=[self.bands[row] for row in rows],
            positions=self.positions[rows],
            on_ground=self.on_ground[rows],
            origins=[self.origins[row] for row in rows],
        )


def unknown_class(name: str, known: Sequence[str]) -> str:
    """Text about a class that is not there, with the likely names, else all."""
    folded = {other.casefold(): other for other in known}
    close = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
    if close:
        return f"'{name}' is not in the library; did you mean {' or '.join(repr(match) for match in close)}?"
    return f"'{name}' is not in the library, which has: {', '.join(known)}"

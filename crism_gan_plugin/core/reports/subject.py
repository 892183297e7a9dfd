"""What a report is of: a map, opened, with its deposits, what lies below it, and what it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..deposits.evidence import library_of
from ..deposits.pipeline import found_deposits
from ..deposits.source import MapSource
from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import sha256
from ..libraries import ExemplarLibrary
from ..mosaic.limits_beside import limits_beside
from ..mosaic.maps import ClassRaster, open_class_raster
from ..options.deposits import DepositOptions
from ..progress import Progress
from .below import Below, ImagesBelow, what_is_below
from .listed import MineralDeposits, listed_minerals

#: Every patch counts, so that their km² sum to the map's table.
_ALL = DepositOptions(level="both", min_pixels=1, min_columns=1)


@dataclass(frozen=True)
class Subject:
    """A map.

    Attributes
    ----------
    source
        The map, with its evidence.
    record
        How it was made; empty if that is not known.
    ground
        What lies below it; None if that is not at hand.
    library
        The exemplars; None if they are not known.
    missing
        What could not be had, in words.
    limits
        What the map would have shown, in words, from the detection limits beside it; empty where there are none.
    """

    source: MapSource
    record: Mapping[str, Any]
    ground: Optional[Below]
    library: Optional[ExemplarLibrary]
    missing: list[str]
    limits: tuple[str, ...] = ()

    @staticmethod
    def open(path: PathLike, image: Optional[PathLike]) -> Subject:
        """Open a map; raises as `make_report` does."""
        source = replace(MapSource.open(path, _ALL), image=None)
        if not source.map.records:
            missing = ["no record lies beside the map: how it was made is not known"]
        else:
            missing = []
        if source.map.evidence is None:
            fault = source.map.evidence_fault or "the map has no evidence beside it"
            missing.append(f"no scores: {fault}")
        ground, why = what_is_below(source, image)
        record = source.map.records[0] if source.map.records else {}
        return Subject(source, record, ground, _library(source.map, ground), [*missing, *why], _limits(source.map.path))

    @property
    def is_composite(self) -> bool:
        """Whether it was made of maps."""
        return "image" not in self.record and "maps" in self.record

    def deposits(self, scratch: Path, progress: Progress) -> list[MineralDeposits]:
        """The deposits of each mineral; `InputError` if the map has codes that its table does not name."""
        return listed_minerals(self.source, found_deposits(self.source, _ALL, scratch, progress))

    def class_of_exemplar(self) -> Optional[IntArray]:
        """(m,) the code of the class of each spectrum of the library; None if the evidence does not tell exemplars."""
        if self.library is None or not self.source.evidence.has_lead:
            return None
        codes = np.array([mineral.code for mineral in self.library.classes], np.int64)
        found = np.zeros(int(self.library.positions.max()) + 1, np.int64)
        found[self.library.positions] = codes[self.library.class_index]
        return found

    def thresholds(self, name: str) -> tuple[Optional[float], Optional[float]]:
        """The scores that guesses and identifications of a class need; None if the record does not say."""
        exemplars = self.record.get("exemplars")
        listed = exemplars.get("classes") if isinstance(exemplars, Mapping) else None
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, Mapping) and entry.get("name") == name:
                both = [entry.get(level) for level in ("guess", "identification")]
                if all(isinstance(each, (int, float)) for each in both):
                    return both[0], both[1]
        return None, None

    def exemplars(self, mineral: MineralDeposits) -> list[tuple[str, FloatArray]]:
        """Names and (240,) spectra of the exemplars that the deposits shown were matched with; without these, of the class."""
        if self.library is None:
            return []
        used = [each.fields["exemplar"] for each in mineral.shown if each.fields["exemplar"]]
        places = [self.library.names.index(name) for name in dict.fromkeys(used) if name in self.library.names]
        if not places:
            places = [row for row, k in enumerate(self.library.class_index) if self.library.classes[k].name == mineral.name]
        return [(self.library.names[row], np.asarray(self.library.spectra[row])) for row in places[:3]]

    def check(self, pixels: IntArray) -> None:
        """Refuse (`InputError`) a class table that counts other pixels than the map has: (256,) by code."""
        table = {row.value: row.pixels for row in self.source.map.table}
        for code in range(1, 255):
            if int(pixels[code]) != table.get(code, 0):
                raise InputError(
                    f"{self.source.map.path}: has {int(pixels[code])} pixels of code {code}, and its class table counts "
                    f"{table.get(code, 0)}; copy the map with its own table ({self.source.map.path.name}.aux.xml), or map the "
                    "image again"
                )


def _limits(path: Path) -> tuple[str, ...]:
    """The statements and warnings of the first detection limits that lie beside a map."""
    for _, record in limits_beside(path, sha256(path)):
        lines = [record.get(name) for name in ("statements", "warnings")]
        return tuple(line for each in lines if isinstance(each, list) for line in each if isinstance(line, str))
    return ()


def _library(found: ClassRaster, ground: Optional[Below]) -> Optional[ExemplarLibrary]:
    """The library of a map, or that of the first of a composite's maps whose library is known."""
    library = library_of(found)
    for path in ground.paths.values() if library is None and isinstance(ground, ImagesBelow) else ():
        try:
            library = library or library_of(open_class_raster(path))
        except InputError:
            continue
    return library

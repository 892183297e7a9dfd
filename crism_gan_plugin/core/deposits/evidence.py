"""What lies beside a map for each of its pixels: scores, exemplars, pixels of the image, maps of a composite."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError, ParameterError
from ..files.reading import beside, check_file
from ..libraries import ExemplarLibrary, load_exemplars
from ..mosaic.maps import ClassRaster
from ..rasters.metadata_keys import RUN_ID_KEY
from ..rasters.reader import RasterReader

#: Bands of a map's evidence by their places, which never change.
_SCORE, _OTHER, _EXEMPLAR = 0, 1, 3

#: Bands that are found by their names: which pixel of the image a pixel of the map is.
SAMPLE, LINE = "sample", "line"


@dataclass(frozen=True)
class Evidence:
    """Rasters of a map's size, opened.

    Attributes
    ----------
    scores
        Evidence of a map, or similarity of a composite; None where there is none.
    source
        Which map a composite shows; None beside a map.
    """

    scores: Optional[RasterReader]
    source: Optional[RasterReader]

    @staticmethod
    def beside(mineral_map: ClassRaster) -> Evidence:
        """Open what lies beside a map."""
        scores = None if mineral_map.evidence is None else RasterReader(mineral_map.evidence)
        return Evidence(scores, _source_of(mineral_map))

    @property
    def has_lead(self) -> bool:
        """Whether the scores of other classes, and the exemplars, are known."""
        return self.scores is not None and self.scores.bands > _EXEMPLAR

    def band(self, name: str) -> Optional[int]:
        """The number of the band of this name, from 0; None if there is none."""
        bands = range(0 if self.scores is None else self.scores.bands)
        return next((band for band in bands if self.scores is not None and self.scores.band_name(band) == name), None)

    @property
    def tells_pixels(self) -> bool:
        """Whether the pixel of the image is known that each pixel of the map shows."""
        return self.band(SAMPLE) is not None and self.band(LINE) is not None

    def read(self, first: int, lines: int) -> dict[str, FloatArray]:
        """Some lines of what there is of score, other, exemplar, sample, line and source: (lines, samples) float64 each."""
        found: dict[str, FloatArray] = {}
        if self.scores is not None:
            wanted = {"score": _SCORE, **({"other": _OTHER, "exemplar": _EXEMPLAR} if self.has_lead else {})}
            wanted.update({name: band for name in (SAMPLE, LINE) if (band := self.band(name)) is not None})
            planes = self.scores.read(first, lines, list(wanted.values())).astype(np.float64)
            found = dict(zip(wanted, planes))
        if self.source is not None:
            found["source"] = self.source.read(first, lines)[0].astype(np.float64)
        return found


def _source_of(mineral_map: ClassRaster) -> Optional[RasterReader]:
    """The source index of a composite, if it is of the same run and size."""
    file = beside(mineral_map.path, f"{mineral_map.path.stem}_source.tif")
    if file is None:
        return None
    try:
        reader = RasterReader(check_file(file))
    except InputError:
        return None
    same_size = (reader.lines, reader.samples, reader.bands) == (mineral_map.lines, mineral_map.samples, 1)
    same_run = reader.metadata().get(RUN_ID_KEY, "") == mineral_map.run_id and bool(mineral_map.run_id)
    return reader if same_size and same_run else None


def scenes_of(mineral_map: ClassRaster) -> dict[int, str]:
    """The images of a composite's maps by the numbers of its source index; empty where they are not known."""
    file = beside(mineral_map.path, f"{mineral_map.path.stem}_sources.csv")
    if file is None:
        return {}
    try:
        with check_file(file).open(newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        return {int(row["source"]): row["product_id"] or row["file"] for row in rows}
    except (InputError, OSError, ValueError, KeyError, TypeError, csv.Error):
        return {}


def exemplar_names(mineral_map: ClassRaster) -> Optional[list[str]]:
    """Names of the spectra that a map was made with, in the order that its evidence counts them in; None if unknown."""
    library = library_of(mineral_map)
    return None if library is None else library.names


def library_of(mineral_map: ClassRaster) -> Optional[ExemplarLibrary]:
    """The library that a map was made with, all of it; None if its file is not there any more, or has changed."""
    said = mineral_map.records[0].get("exemplars") if mineral_map.records else None
    if not isinstance(said, dict):
        return None
    for path in (said.get("path"), None):
        try:
            library = load_exemplars(path if isinstance(path, str) else None)
        except (InputError, ParameterError):
            continue
        if _is_library(said, path if isinstance(path, str) else None):
            return library
    return None


def _is_library(said: dict[str, object], path: Optional[str]) -> bool:
    """Whether this file is the library of the record."""
    from ... import paths
    from ..files.reading import sha256

    return sha256(path or paths.exemplars()) == said.get("sha256")

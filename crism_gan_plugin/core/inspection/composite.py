"""A composite, asked at its pixels: each leads to the map that it was taken from."""

from __future__ import annotations

import csv
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import numpy as np

from ..errors import InputError, MovedFileError
from ..files.names import PathLike, is_regular
from ..files.reading import beside, check_file
from ..mars.projection import projection_of
from ..progress import Progress
from ..rasters.metadata_keys import RUN_ID_KEY
from ..rasters.reader import RasterReader
from .evidence import PixelEvidence
from .inspector import Inspector
from .map_pixels import MapPixels


@dataclass(frozen=True)
class CompositeInspector:
    """Made by `open_any_inspection`; several threads may ask.

    Attributes
    ----------
    pixels
        The composite.
    source
        The number of the map that each pixel was taken from; 0 where there is none.
    maps
        Where the maps are, by these numbers.
    open_map
        Opens one of them.
    """

    pixels: MapPixels
    source: RasterReader
    maps: Mapping[int, Path]
    open_map: Callable[[Path], Inspector]
    _open: dict[int, Inspector] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, x: float, y: float, progress: Optional[Progress] = None) -> Optional[PixelEvidence]:
        """As `Inspector.at`, of the map that shows the place."""
        found = self._map_at(x, y)
        return None if found is None else found.at(*self._on(found, *self._centre(x, y)), progress)

    def mean(self, x: tuple[float, float], y: tuple[float, float], progress: Optional[Progress] = None) -> Optional[PixelEvidence]:
        """As `Inspector.mean`, of the map that shows the middle of the rectangle."""
        found = self._map_at((x[0] + x[1]) / 2, (y[0] + y[1]) / 2)
        if found is None:
            return None
        (x0, y0), (x1, y1) = self._on(found, min(x), min(y)), self._on(found, max(x), max(y))
        return found.mean((x0, x1), (y0, y1), progress)

    def close(self) -> None:
        """Let go of the files."""
        self.pixels.close()
        self.source.close()
        for each in self._open.values():
            each.close()

    def _map_at(self, x: float, y: float) -> Optional[Inspector]:
        found = self.pixels.rows_and_columns((x, x), (y, y))
        if found is None:
            return None
        number = int(self.source.read(found[0].start, 1)[0, 0, found[1].start])
        if not number:
            return None
        if number not in self.maps:
            raise InputError(f"{self.source.path}: names the map {number}, which the table of sources does not have")
        with self._lock:
            if number not in self._open:
                self._open[number] = self.open_map(self.maps[number])
            return self._open[number]

    def _centre(self, x: float, y: float) -> tuple[float, float]:
        """Of the pixel at a place: this is where the composite was taken from the map."""
        found = self.pixels.rows_and_columns((x, x), (y, y))
        assert found is not None and self.pixels.georeference is not None
        x0, a, b, y0, d, e = self.pixels.georeference.transform
        line, sample = found[0].start + 0.5, found[1].start + 0.5
        return x0 + a * sample + b * line, y0 + d * sample + e * line

    def _on(self, found: Inspector, x: float, y: float) -> tuple[float, float]:
        """A place of the composite in the CRS of one of its maps."""
        place = found.pixels.georeference
        projection = None if place is None else projection_of(place.wkt)
        longitude, latitude = self.pixels.degrees(x, y)
        if place is None or projection is None or longitude is None or latitude is None:
            return np.nan, np.nan
        px, py = projection.to_map(np.array(longitude), np.array(latitude))
        if projection.period is not None:
            px = projection.near(px, place.transform[0] + place.transform[1] * found.pixels.samples / 2)
        return float(px), float(py)


def open_composite(
    file: Path, pixels: MapPixels, run: str, moved: Mapping[str, PathLike], open_map: Callable[[Path], Inspector]
) -> CompositeInspector:
    """A composite with its source index and table of sources, which lie beside it.

    Raises
    ------
    InputError
        If these are not there, or of another run.
    """
    index, table = (beside(file, f"{file.stem}{ending}") for ending in ("_source.tif", "_sources.csv"))
    if index is None or table is None:
        raise InputError(
            f"{file}: its source index ({file.stem}_source.tif) and table of sources ({file.stem}_sources.csv) are not both beside "
            "it: of which maps it was made is not known; put them there, or ask one of its maps"
        )
    source = RasterReader(check_file(index))
    if (source.lines, source.samples) != (pixels.lines, pixels.samples) or source.metadata().get(RUN_ID_KEY, "") != run:
        raise InputError(f"{index}: is not the source index of {file.name}; make the composite again, or ask one of its maps")
    return CompositeInspector(pixels, source, _maps(table), lambda path: open_map(_found(path, file, moved)))


def _maps(table: Path) -> dict[int, Path]:
    try:
        with check_file(table).open(newline="", encoding="utf-8") as file:
            return {int(row["source"]): Path(row["path"]) for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(f"{table}: is not a table of sources as composites have it; make the composite again") from error


def _found(path: Path, composite: Path, moved: Mapping[str, PathLike]) -> Path:
    """Where a map is: where it was, where it was moved to, or beside the composite."""
    for place in (moved.get(str(path)), path, composite.with_name(path.name)):
        if place is not None and is_regular(Path(str(place))):
            return Path(str(place))
    raise MovedFileError(str(path), f"{path}: is not there any more, and {composite.name} was made of it; show where it is now")

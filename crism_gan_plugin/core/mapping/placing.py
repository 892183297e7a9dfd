"""A map in sensor space placed on the map of Mars, by the image's geometry (DDR)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ..errors import InputError, ParameterError
from ..georeferencing import Geolocation, Lookup, choose_grid, make_lookup, place_nearest, read_geometry
from ..products.names import find_geometry
from ..products.scene import Scene
from ..raster import RasterReader
from . import provenance

#: Lines of the map that are handed on at once.
_LINES = 256


@dataclass(frozen=True)
class Placement:
    """How an image gets on to the map.

    Attributes
    ----------
    lookup
        The map raster, and the place in the image of each of its pixels.
    geometry
        The file that says where the image's pixels lie.
    note
        What was used, in words.
    """

    lookup: Lookup
    geometry: Path
    note: str

    def describe(self) -> dict[str, Any]:
        """For the record of how the map was made."""
        grid = self.lookup.grid
        return {
            **provenance.describe_file(self.geometry),
            "crs": grid.georeference.wkt,
            "pixel_size": grid.georeference.pixel_size[0],
            "resampling": "nearest",
            "note": self.note,
        }

    def place(self, path: Path, nodata: float) -> Iterator[tuple[int, np.ndarray]]:
        """A raster in sensor space on the map: first line and (bands, lines, samples) of one block after the other.

        One plane after the other is in memory whole, as the lookup table is.
        """
        with RasterReader(path) as reader:
            planes = [place_nearest(reader.read(0, reader.lines, [band]), self.lookup, nodata) for band in range(reader.bands)]
        whole = np.concatenate(planes)
        for first in range(0, self.lookup.grid.lines, _LINES):
            yield first, whole[:, first : first + _LINES]

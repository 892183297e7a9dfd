"""A map in sensor space placed on the map of Mars, by the image's geometry (DDR)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from .. import provenance
from ..arrays import AnyArray
from ..georeferencing import Lookup, Placement, place_nearest
from ..rasters.reader import RasterReader

#: Lines of the map that are handed on at once.
_LINES = 256


def place(path: Path, lookup: Optional[Lookup], nodata: float) -> Iterator[tuple[int, AnyArray]]:
    """A raster in sensor space on the map: first line and (bands, lines, samples) of one block after the other.

    The raster is in memory whole, as the lookup table is. Without one, the raster stays as it is, and is read by blocks.
    """
    with RasterReader(path) as reader:
        if lookup is None:
            for first in range(0, reader.lines, _LINES):
                yield first, reader.read(first, min(_LINES, reader.lines - first))
            return
        planes = reader.read(0, reader.lines)
    for first in range(0, lookup.grid.lines, _LINES):
        yield first, place_nearest(planes, lookup, nodata, slice(first, first + _LINES))


def describe_placement(placement: Placement) -> dict[str, Any]:
    """What the record says of how a map was placed."""
    place = placement.lookup.grid.georeference
    return {
        **provenance.describe_file(placement.geometry),
        "crs": place.wkt,
        "pixel_size": place.pixel_size[0],
        "resampling": "nearest",
        "note": placement.note,
    }

"""A composite of all Mars, in tiles of 5° as CRISM's own mapping tiles (MRDR) have them.

All tiles are parts of one grid: equirectangular, from -180° and +90°, with the same number of pixels to each degree. So tiles fit
together without a seam. Poleward of 65° the pixels are narrow on the ground, as in any such map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from math import floor
from pathlib import Path

from ..mars.crs import mars_crs
from ..mars.projection import known_projection
from .grid import Grid, map_extent
from .maps import MineralMap

#: Side of a tile, and what the grid covers, in degrees.
TILE_DEGREES, _LONGITUDES, _LATITUDES = 5, 360, 180

#: The grid of all tiles.
_CRS = "IAU_2015:49910"

#: A map may reach beyond its computed extent by this share of its width, and so many pixels, see `sheets`.
_ROOM, _PIXELS = 0.01, 4


@dataclass(frozen=True, order=True)
class Tile:
    """A tile by its place in the grid: rows from the north pole, columns from 180° W."""

    row: int
    column: int

    @property
    def name(self) -> str:
        """The latitude and eastern longitude of its south-western corner, such as N15E075."""
        south = _LATITUDES // 2 - TILE_DEGREES * (self.row + 1)
        west = TILE_DEGREES * self.column - _LONGITUDES // 2
        return f"{'S' if south < 0 else 'N'}{abs(south):02d}{'W' if west < 0 else 'E'}{abs(west):03d}"

    def grid(self, per_degree: int) -> Grid:
        """Its part of the grid."""
        side = TILE_DEGREES * per_degree
        return whole_grid(per_degree).part(side * self.row, side * self.column, side, side)


def whole_grid(per_degree: int) -> Grid:
    """The grid of all Mars, with so many pixels to a degree."""
    projection = known_projection(mars_crs(_CRS))
    period = projection.period
    assert period is not None
    pixel = period / (_LONGITUDES * per_degree)
    lines, samples = _LATITUDES * per_degree, _LONGITUDES * per_degree
    return Grid(projection, -period / 2, lines / 2 * pixel, pixel, lines, samples)


def tiles_of(each: MineralMap, per_degree: int) -> Iterator[Tile]:
    """The tiles in which a map may have pixels."""
    grid, side = whole_grid(per_degree), TILE_DEGREES * per_degree
    extent = map_extent(each, grid.projection, 0.0)
    if extent is None:
        return
    left, bottom, right, top = extent
    room = _PIXELS * grid.pixel + _ROOM * max(right - left, top - bottom)
    columns, rows = grid.samples // side, grid.lines // side
    tile = side * grid.pixel
    first, last = floor((left - room - grid.left) / tile), floor((right + room - grid.left) / tile)
    upper, lower = floor((grid.top - top - room) / tile), floor((grid.top - bottom + room) / tile)
    for row in range(max(upper, 0), min(lower, rows - 1) + 1):
        for column in sorted({column % columns for column in range(first, min(last, first + columns) + 1)}):
            yield Tile(row, column)


def mosaic_vrt(tiles: Iterable[Tile], per_degree: int, ending: str, kind: str, nodata: str) -> str:
    """A virtual raster (VRT) over the tiles' rasters, each in the folder of its tile, as XML.

    Parameters
    ----------
    tiles
        The tiles that are there.
    per_degree
        Pixels to a degree.
    ending
        What follows a tile's name in the names of its rasters, such as ``_count.tif``.
    kind, nodata
        GDAL's name of the type of the numbers, and the value without data.
    """
    found = sorted(tiles)
    side, grid = TILE_DEGREES * per_degree, whole_grid(per_degree)
    rows, columns = [tile.row for tile in found], [tile.column for tile in found]
    top, left = min(rows), min(columns)
    lines, samples = side * (max(rows) + 1 - top), side * (max(columns) + 1 - left)
    place = grid.part(side * top, side * left, lines, samples)
    size = f'xSize="{side}" ySize="{side}"'
    sources = "".join(
        f'<ComplexSource><SourceFilename relativeToVRT="1">{tile.name}/{tile.name}{ending}</SourceFilename>'
        "<SourceBand>1</SourceBand>"
        f'<SourceProperties RasterXSize="{side}" RasterYSize="{side}" DataType="{kind}" BlockXSize="512" BlockYSize="512"/>'
        f'<SrcRect xOff="0" yOff="0" {size}/>'
        f'<DstRect xOff="{side * (tile.column - left)}" yOff="{side * (tile.row - top)}" {size}/><NODATA>{nodata}</NODATA>'
        "</ComplexSource>\n"
        for tile in found
    )
    transform = ", ".join(f"{number!r}" for number in place.georeference.transform)
    return (
        f'<VRTDataset rasterXSize="{samples}" rasterYSize="{lines}">\n<SRS>{escape(place.projection.wkt)}</SRS>\n'
        f"<GeoTransform>{transform}</GeoTransform>\n"
        f'<VRTRasterBand dataType="{kind}" band="1">\n<NoDataValue>{nodata}</NoDataValue>\n'
        f"{sources}</VRTRasterBand>\n</VRTDataset>\n"
    )


def tile_file(folder: Path, tile: Tile, ending: str = ".tif") -> Path:
    """A raster of a tile, in the folder of all."""
    return folder / tile.name / f"{tile.name}{ending}"

"""Finds where a map lies in the composite, and which CRS and transform GDAL's warper gets for it.

Every map has the sphere of its own standard parallel, and PROJ takes some pairs of spheres for different bodies. So the source is
given the composite's sphere: its degrees are kept, and its map coordinates are scaled with the sphere. Sometimes one linear step
leads to the composite's coordinates: if both have the same CRS, or both are linear in degrees. Then the source is given the
composite's own CRS. Its transform alone says where it lies, and no projection is computed.

On a cylindrical map x may go on beyond 180°. The parts of such a map lie in the composite as several sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import Optional

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window

from ..files.gdal_access import attempt, load_gdal
from ..mars.projection import same_system
from .grid import Extent, Grid, map_extent
from .maps import MineralMap

#: A pixel whose centre lies on the border between two pixels takes the right or lower one, in spite of rounding.
NUDGE = 1e-6

#: A map may go beyond its computed extent by this share of its width and two pixels, because its edges are curves of which only
#: some points are computed.
_ROOM = 0.005


@dataclass(frozen=True, eq=False)
class Sheet:
    """A part of a map, or all of it, on the composite.

    Attributes
    ----------
    number
        Number of the map, from 0.
    window
        The window of the composite that holds all of its pixels.
    crs, transform
        CRS and transform of the source on the composite's sphere. The CRS is None for a map on an ellipsoid, whose latitudes no CRS
        on the sphere describes.
    torn
        Whether the edge of PROJ's longitudes runs through the map.
    """

    number: int
    window: Window
    crs: Optional[CRS]
    transform: Affine
    torn: bool = False


def lay_sheets(number: int, source: MineralMap, grid: Grid, crs: CRS) -> list[Sheet]:
    """The sheets of one map. No two have a pixel of the composite in common. ``crs`` is the composite's."""
    own = Affine.from_gdal(*source.georeference.transform)
    straight = _straight_way(source, grid)
    if straight is not None:
        place, period = straight * own, grid.projection.period or 0.0
        return [
            Sheet(number, window, crs, Affine.translation(turn * period, 0) * place)
            for turn, window in _windows(_corners(place, source), grid)
        ]
    extent = map_extent(source, grid.projection, grid.left + grid.samples * grid.pixel / 2)
    windows = [] if extent is None else [window for _, window in _windows(extent, grid)]
    if not source.projection.on_sphere:
        return [Sheet(number, window, None, own) for window in windows]
    on_sphere, scale = _on_sphere(source, grid)
    places = [scale * Affine.translation(shift, 0) * own for shift in _shifts(source)]
    return [Sheet(number, window, on_sphere, place, len(places) > 1) for window in windows for place in places]


def _straight_way(source: MineralMap, grid: Grid) -> Optional[Affine]:
    """The transform from the source's map coordinates to the composite's, or None if the two are not linear in each other."""
    here, there = grid.projection, source.projection
    if same_system(here.wkt, there.wkt):
        return Affine.identity()
    if here.period is None or there.period is None:
        return None
    latitude = np.linspace(-60, 60, 5)
    longitude = np.full(5, source.centre_degrees[0])
    (x, y), (u, v) = here.to_map(longitude, latitude), there.to_map(longitude, latitude)
    wide, high = here.period / there.period, (y[-1] - y[0]) / (v[-1] - v[0])
    if not np.allclose(y[2] + high * (v - v[2]), y, rtol=0, atol=NUDGE * grid.pixel):
        return None
    return Affine(wide, 0, x[2] - wide * u[2], 0, high, y[2] - high * v[2])


def _corners(place: Affine, source: MineralMap) -> Extent:
    x, y = zip(*(place * corner for corner in ((0, 0), (source.samples, 0), (0, source.lines), (source.samples, source.lines))))
    return min(x), min(y), max(x), max(y)


def _windows(extent: Extent, grid: Grid) -> Iterator[tuple[int, Window]]:
    """The composite's pixels within an extent. On a cylindrical map the extent repeats with every turn: yield the turns too."""
    left, bottom, right, top = extent
    room = 2 * grid.pixel + _ROOM * (right - left)
    rows = _within(grid.top - top - room, grid.top - bottom + room, grid.lines, grid.pixel)
    period, middle = grid.projection.period, (left + right) / 2
    turns = [0]
    if period is not None:
        turns = list(range(floor((grid.left - right) / period), ceil((grid.left + grid.samples * grid.pixel - left) / period) + 1))
    for turn in turns:
        west, east = left - room, right + room
        if period is not None:  # an image ends where the next one begins
            west, east = (edge + turn * period for edge in (max(west, middle - period / 2), min(east, middle + period / 2)))
        columns = _within(west - grid.left, east - grid.left, grid.samples, grid.pixel)
        if rows and columns:
            yield turn, Window(columns.start, rows.start, len(columns), len(rows))


def _within(low: float, high: float, size: int, pixel: float) -> range:
    """The pixels of one axis whose centres are within an interval."""
    return range(max(ceil(low / pixel - 0.5), 0), min(ceil(high / pixel - 0.5), size))


def _shifts(source: MineralMap) -> list[float]:
    """The shifts of x that bring the parts of a map to where PROJ puts their longitudes."""
    period = source.projection.period
    if period is None:
        return [0.0]
    x, _ = source.projection.to_map(np.linspace(-180, 180, 361), np.zeros(361))
    left, _, right, _ = _corners(Affine.from_gdal(*source.georeference.transform), source)
    return [turn * period for turn in (-1, 0, 1) if left + turn * period < np.nanmax(x) and right + turn * period > np.nanmin(x)]


def _on_sphere(source: MineralMap, grid: Grid) -> tuple[CRS, Affine]:
    """A map's CRS on the composite's sphere, and the transform from its own map coordinates to it."""
    load_gdal()
    from osgeo import osr

    systems = osr.SpatialReference(), osr.SpatialReference()
    for system, wkt in zip(systems, (source.projection.wkt, grid.projection.wkt)):
        attempt(system.ImportFromWkt, wkt)
    system, sphere = systems
    growth = 1.0 if system.IsGeographic() else sphere.GetSemiMajor() / system.GetSemiMajor()
    east, north = (float(system.GetProjParm(name, 0.0)) for name in ("false_easting", "false_northing"))
    attempt(system.CopyGeogCSFrom, sphere)
    scale = Affine.translation(east, north) * Affine.scale(growth) * Affine.translation(-east, -north)
    return CRS.from_wkt(system.ExportToWkt()), scale

"""Which place of the image each pixel of the map shows.

The centres of the image's pixels are the corners of cells. Within a cell, coordinates are bilinear in line and sample. Every map
pixel is looked up in the cell in which it lies: the cell's two bilinear equations are solved by Newton's method. So the table
follows every small movement of the spacecraft, needs no smoothness, and has neither holes nor drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..mars.projection import known_projection
from .geolocation import Geolocation
from .grid import MapGrid, pixel_centres

#: So many pairs of cell and map pixel are solved at once.
_PAIRS_AT_ONCE = 1 << 18

#: Newton's method: how often at most, and which step is small enough.
_STEPS, _CLOSE = 8, 1e-6

#: Share of a cell by which neighbours overlap, so that no map pixel falls between them.
_OVERLAP = 1e-6

#: Keeps the far edges of the last pixels with these pixels when places are rounded.
_BELOW_HALF = 0.501


@dataclass(frozen=True)
class Lookup:
    """A map raster, and for each of its pixels the place in the image.

    Attributes
    ----------
    grid
        The map raster.
    line, sample
        (lines, samples) of the map, float32: place in the image, in pixels from 0, with fractions; NaN outside the scene.
    """

    grid: MapGrid
    line: FloatArray
    sample: FloatArray


def make_lookup(geolocation: Geolocation, grid: MapGrid) -> Lookup:
    """The lookup table of an image for a map raster of any extent and pixel size; `InputError` if the image is not on it.

    Where the camera saw a place twice (side scans turn back on themselves), the nearest pixel counts.
    """
    left, width, _, top, _, height = grid.georeference.transform
    projection = known_projection(grid.georeference.wkt)
    x, y = pixel_centres(geolocation, projection)
    columns, rows = (x - left) / width - 0.5, (y - top) / height - 0.5
    table = _UnfinishedLookup(
        geolocation, *(np.full((grid.lines, grid.samples), empty, np.float32) for empty in (np.nan, np.nan, np.inf))
    )
    step = max(1, _PAIRS_AT_ONCE // (4 * columns.shape[1]))
    for first in range(0, len(columns) - 1, step):
        part = slice(first, first + step + 1)
        _fill(table, columns[part], rows[part], first)
    if np.isnan(table.line).all():
        raise InputError(f"{geolocation.path}: no pixel of the image lies on the map; get the geometry again")
    return Lookup(grid, table.line, table.sample)


@dataclass(frozen=True)
class _UnfinishedLookup:
    """The table being filled; ``away`` is the square of the distance to the nearest image pixel so far, in map pixels."""

    geolocation: Geolocation
    line: FloatArray
    sample: FloatArray
    away: FloatArray

    def keep(self, pixels: IntArray, line: FloatArray, sample: FloatArray, away: FloatArray) -> None:
        """Write the places in the image (NaN: nowhere) of map pixels (2, n): those in the scene, and nearer than what is known."""
        lines, (first, last) = self.geolocation.shape[0], self.geolocation.columns
        column, row = pixels
        good = (line >= -0.5) & (line <= lines - 0.5) & (sample >= first - 0.5) & (sample <= last + 0.5)
        good &= away < self.away[row, column]
        kept = np.flatnonzero(good)
        kept = kept[np.argsort(-away[kept], kind="stable")]  # of several for one map pixel the last one stays
        at = row[kept], column[kept]
        self.away[at] = away[kept]
        self.line[at] = np.minimum(line[kept], lines - _BELOW_HALF)
        self.sample[at] = np.minimum(sample[kept], last + 1 - _BELOW_HALF)


def _fill(table: _UnfinishedLookup, columns: FloatArray, rows: FloatArray, first: int) -> None:
    """Look up the map pixels in some rows of cells, given the map columns and rows of the cells' corners."""
    corners = np.array([[_corner(plane, *at) for plane in (columns, rows)] for at in ((0, 0), (0, 1), (1, 0), (1, 1))])
    limits = np.array([[table.line.shape[1]], [table.line.shape[0]]])
    with np.errstate(invalid="ignore"):
        start, stop = np.clip(np.ceil(corners.min(0)), 0, limits), np.clip(np.floor(corners.max(0)) + 1, 0, limits)
        counts = np.nan_to_num(np.maximum(stop - start, 0)).astype(np.int64)
    pairs = np.cumsum(counts[0] * counts[1])
    cells = 0
    while cells < pairs.size:
        done = pairs[cells - 1] if cells else 0
        stop_cell = max(int(np.searchsorted(pairs, done + _PAIRS_AT_ONCE, "right")), cells + 1)
        chosen, pixels = _pairs(counts[:, cells:stop_cell], start[:, cells:stop_cell])
        chosen += cells
        around = corners[:, :, chosen]
        along, across = _solve(around, pixels)
        nearest = np.where(along >= 0.5, 2, 0) + np.where(across >= 0.5, 1, 0)
        away = ((np.take_along_axis(around, nearest[None, None], 0)[0] - pixels) ** 2).sum(0)
        line, sample = np.divmod(chosen, columns.shape[1] - 1)
        table.keep(pixels, first + line - 1 + along, sample - 1 + across, away.astype(np.float32))
        cells = stop_cell


def _corner(plane: FloatArray, down: int, right: int) -> FloatArray:
    """(cells,) the values at one corner of each cell."""
    lines, samples = plane.shape
    return plane[down : lines - 1 + down, right : samples - 1 + right].ravel()


def _pairs(counts: IntArray, start: FloatArray) -> tuple[NDArray[np.int64], IntArray]:
    """Each cell with each map pixel in the rectangle around it: (pairs,) cells, and (2, pairs) map columns and rows."""
    total = counts[0] * counts[1]
    cells = np.repeat(np.arange(total.size), total)
    within = np.arange(cells.size) - np.repeat(np.cumsum(total) - total, total)
    row, column = np.divmod(within, np.maximum(counts[0], 1)[cells])
    return cells, np.nan_to_num(start[:, cells]).astype(np.int64) + np.array([column, row])


def _solve(corners: FloatArray, pixels: IntArray) -> tuple[FloatArray, FloatArray]:
    """Where in its cell, 0 … 1 down and to the right, a map pixel (2, pairs) lies; NaN where nowhere. Corners are (4, 2, pairs)."""
    right, down = corners[1] - corners[0], corners[2] - corners[0]
    twist = corners[3] - corners[1] - down
    target = pixels - corners[0]
    along, across = np.full((2, target.shape[1]), 0.5)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            to_right, to_down = right + along * twist, down + across * twist
            miss = target - across * right - along * to_down
            area = _cross(to_right, to_down)
            step = _cross(miss, to_down) / area, _cross(to_right, miss) / area
            # not away for good where cells are bent
            across, along = np.clip(across + step[0], -1, 2), np.clip(along + step[1], -1, 2)
            near = (np.abs(along - 0.5) < 0.7) & (np.abs(across - 0.5) < 0.7)
            if not (np.abs(step).max(0)[near] > _CLOSE).any():
                break
        miss = target - across * right - along * (down + across * twist)
        inside = (np.abs(along - 0.5) <= 0.5 + _OVERLAP) & (np.abs(across - 0.5) <= 0.5 + _OVERLAP)
        inside &= np.abs(miss).max(0) < 1e-3
    return np.where(inside, along, np.nan), np.where(inside, across, np.nan)


def _cross(first: FloatArray, second: FloatArray) -> FloatArray:
    return first[0] * second[1] - first[1] * second[0]

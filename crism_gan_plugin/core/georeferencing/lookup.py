"""Which place of the image each pixel of the map shows.

The centres of the image's pixels are the corners of cells; within a cell, coordinates are bilinear in line and sample. Every map
pixel is looked up in the cell that it lies in, exactly: the cell's two bilinear equations are solved by Newton's method. So the
table follows each wiggle of the spacecraft, needs no smoothness, and has neither holes nor drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .geolocation import Geolocation
from .grid import MapGrid, pixel_centres
from .projection import MapProjection

#: So many pairs of cell and map pixel are solved at once.
_PAIRS_AT_ONCE = 1 << 18

_STEPS = 8

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
    line: np.ndarray
    sample: np.ndarray


def make_lookup(geolocation: Geolocation, grid: MapGrid) -> Lookup:
    """The lookup table of an image for a map raster of any extent and pixel size; `InputError` if the image is not on it."""
    left, width, _, top, _, height = grid.georeference.transform
    projection = MapProjection(grid.georeference.wkt, geolocation.centre()[1])
    x, y = pixel_centres(geolocation, projection)
    columns, rows = (x - left) / width - 0.5, (y - top) / height - 0.5
    line, sample = (np.full((grid.lines, grid.samples), np.nan, np.float32) for _ in range(2))
    step = max(1, _PAIRS_AT_ONCE // (4 * columns.shape[1]))
    for first in range(0, len(columns) - 1, step):
        part = slice(first, first + step + 1)
        _fill(line, sample, columns[part], rows[part], first, geolocation)
    if np.isnan(line).all():
        raise InputError(f"{geolocation.path}: no pixel of the image lies on the map; get the geometry again")
    return Lookup(grid, line, sample)


def _fill(
    line: np.ndarray, sample: np.ndarray, columns: np.ndarray, rows: np.ndarray, first: int, geolocation: Geolocation
) -> None:
    """Look up the map pixels in some rows of cells, given the map columns and rows of the cells' corners."""
    corners = [np.stack([_corner(plane, *at) for plane in (columns, rows)]) for at in ((0, 0), (0, 1), (1, 0), (1, 1))]
    low, high = (np.array([bound([corner[axis] for corner in corners], axis=0) for axis in (0, 1)]) for bound in (np.min, np.max))
    limits = np.array([[line.shape[1]], [line.shape[0]]])
    with np.errstate(invalid="ignore"):
        start, stop = np.clip(np.ceil(low), 0, limits), np.clip(np.floor(high) + 1, 0, limits)
        counts = np.nan_to_num(np.maximum(stop - start, 0)).astype(np.int64)
    pairs = np.cumsum(counts[0] * counts[1])
    cells = 0
    while cells < pairs.size:
        done = pairs[cells - 1] if cells else 0
        stop_cell = max(int(np.searchsorted(pairs, done + _PAIRS_AT_ONCE, "right")), cells + 1)
        some = slice(cells, stop_cell)
        chosen, pixels = _pairs(counts[:, some], start[:, some])
        chosen += cells
        along, across = _solve([corner[:, chosen] for corner in corners], pixels)
        cell_line, cell_sample = np.divmod(chosen, columns.shape[1] - 1)
        _keep(line, sample, pixels, first + cell_line - 1 + along, cell_sample - 1 + across, geolocation)
        cells = stop_cell


def _corner(plane: np.ndarray, down: int, right: int) -> np.ndarray:
    """(cells,) the values at one corner of each cell."""
    lines, samples = plane.shape
    return plane[down : lines - 1 + down, right : samples - 1 + right].ravel()


def _pairs(counts: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each cell with each map pixel in the rectangle around it: (pairs,) cells, and (2, pairs) map columns and rows."""
    total = counts[0] * counts[1]
    cells = np.repeat(np.arange(total.size), total)
    within = np.arange(cells.size) - np.repeat(np.cumsum(total) - total, total)
    row, column = np.divmod(within, np.maximum(counts[0], 1)[cells])
    return cells, np.nan_to_num(start[:, cells]).astype(np.int64) + np.array([column, row])


def _solve(corners: list[np.ndarray], pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where in its cell, 0 … 1 down and to the right, a map pixel lies; NaN where nowhere. Arrays are (2, pairs)."""
    origin, right, down = corners[0], corners[1] - corners[0], corners[2] - corners[0]
    twist = corners[3] - corners[1] - down
    target = pixels - origin
    along, across = np.full((2, target.shape[1]), 0.5)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            to_right, to_down = right + along * twist, down + across * twist
            miss = target - across * right - along * to_down
            area = _cross(to_right, to_down)
            across, along = across + _cross(miss, to_down) / area, along + _cross(to_right, miss) / area
            across, along = np.clip(across, -1, 2), np.clip(along, -1, 2)  # not away for good where cells are bent
        miss = target - across * right - along * (down + across * twist)
    inside = (np.abs(along - 0.5) <= 0.5 + _OVERLAP) & (np.abs(across - 0.5) <= 0.5 + _OVERLAP) & (np.abs(miss).max(0) < 1e-3)
    return np.where(inside, along, np.nan), np.where(inside, across, np.nan)


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[0] * second[1] - first[1] * second[0]


def _keep(
    line: np.ndarray, sample: np.ndarray, pixels: np.ndarray, at_line: np.ndarray, at_sample: np.ndarray, geolocation: Geolocation
) -> None:
    """Write the places that are in the scene."""
    lines, _ = geolocation.shape
    first, last = geolocation.columns
    inside = (at_line >= -0.5) & (at_line <= lines - 0.5) & (at_sample >= first - 0.5) & (at_sample <= last + 0.5)
    column, row = pixels[:, inside]
    line[row, column] = np.minimum(at_line[inside], lines - _BELOW_HALF)
    sample[row, column] = np.minimum(at_sample[inside], last + 1 - _BELOW_HALF)

"""Counts what a composite holds, block by block: the pixels and km² of every code and of every map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import FloatArray
from ..files.tables import write_table
from ..mapping.levels import NO_DATA
from ..mars.areas import areas_of_map
from .canvas import Canvas
from .grid import Grid
from .maps import MineralMap
from .second_looks import SecondLooks

if TYPE_CHECKING:
    from rasterio.windows import Window

#: Areas are computed at so many places, at least, along each side of a block. They are then right to 1e-4.
_AREA_NODES = 3


class Tally:
    """Counts of a composite of ``maps`` on ``grid``.

    Attributes
    ----------
    pixels, km2
        Pixels and km² of every code, (256,) each.
    shown, shown_km2, covered
        Pixels and km² in which each map shows, and pixels in which it has data, by its number, (maps + 1,) each.
    most
        The most maps in one pixel.
    pairs
        Agreement of maps, (100, 100), see `agreement.Votes.pairs`.
    overlapping
        Pixels with two maps or more.
    looks
        What the two maps of each pair see; see `second_looks`.
    """

    def __init__(self, grid: Grid, maps: int, looks: SecondLooks) -> None:
        self._grid, self.looks = grid, looks
        self.pixels, self.km2 = np.zeros(256, np.int64), np.zeros(256)
        self.shown, self.shown_km2 = np.zeros(maps + 1, np.int64), np.zeros(maps + 1)
        self.covered = np.zeros(maps + 1, np.int64)
        self.most = self.overlapping = 0
        self.pairs = np.zeros((100, 100), np.int64)

    def add(self, canvas: Canvas, block: Window) -> None:
        """Count a finished block."""
        covered = canvas.count > 0
        lines, samples = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
        if not lines.size:
            return
        inner = slice(lines[0], lines[-1] + 1), slice(samples[0], samples[-1] + 1)
        codes, source, count = canvas.codes[inner].ravel(), canvas.source[inner].ravel(), canvas.count[inner]
        areas = self._areas(block, inner).ravel()
        self.pixels += np.bincount(codes, minlength=256)
        self.km2 += np.bincount(codes, areas, 256)
        self.shown += np.bincount(source, minlength=self.shown.size)
        self.shown_km2 += np.bincount(source, areas, self.shown.size)
        self.most = max(self.most, int(count.max()))
        self.overlapping += int((count > 1).sum())

    def _areas(self, block: Window, inner: tuple[slice, slice]) -> FloatArray:
        (top, bottom), (left, right) = ((part.start, part.stop) for part in inner)
        place = self._grid.part(block.row_off + top, block.col_off + left, bottom - top, right - left)
        return areas_of_map(place.georeference, place.lines, place.samples, _AREA_NODES).block(0, place.lines)

    @property
    def valid(self) -> int:
        """Pixels with data."""
        return int(self.pixels[:NO_DATA].sum())


def write_sources(path: Path, maps: Sequence[MineralMap], numbers: Sequence[int], tally: Tally) -> None:
    """Write the table of sources: a row for each map, with its number in the source index; the tally counts them from 1."""
    rows: list[Sequence[object]] = [
        ["source", "file", "product_id", "pixel_m", "pixels_covered", "pixels_shown", "km2_shown", "path"]
    ]
    for place, (number, each) in enumerate(zip(numbers, maps), 1):
        counts = [int(tally.covered[place]), int(tally.shown[place]), f"{tally.shown_km2[place]:.7g}"]
        rows.append([number, each.path.name, each.product_id, f"{each.pixel_metres:.6g}", *counts, each.path.resolve()])
    write_table(path, rows)

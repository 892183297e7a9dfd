"""Numbers of a map under a block of the composite, read in pieces that are kept for a while.

However many maps there are and however large, only so many pieces are in memory, and no file stays open.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..errors import InputError
from ..mapping.levels import NO_DATA
from .classes import UNNAMED
from .grid import Grid
from .maps import MineralMap
from .placement import Block, Lookup, Placement

#: Pixels of a piece: a whole image of 1,000 × 1,000.
_PIECE_PIXELS = 1 << 20

#: Wider pieces would be slow to read from images in tiles, narrower ones from images in strips.
_PIECE_WIDTH = 4096

#: Memory for pieces.
_KEPT_BYTES = 160 << 20


@dataclass(frozen=True)
class Sample:
    """What a map has under a rectangle of a block, whose corner is at ``line``, ``sample`` in the block.

    Attributes
    ----------
    codes
        (h, w) uint8 codes of the composite's legend, 255 no data.
    similarity
        (h, w) float32, NaN no data.
    """

    line: int
    sample: int
    codes: np.ndarray
    similarity: np.ndarray

    @property
    def place(self) -> tuple[slice, slice]:
        """The rectangle in the block."""
        lines, samples = self.codes.shape
        return slice(self.line, self.line + lines), slice(self.sample, self.sample + samples)


class Sampler:
    """All maps of a composite, by their number.

    Parameters
    ----------
    grid
        The composite's.
    maps
        The maps.
    translations
        For each map, (256,) uint8, its codes → the composite's.
    """

    def __init__(self, grid: Grid, maps: Sequence[MineralMap], translations: Sequence[np.ndarray]) -> None:
        self._maps, self._translations = maps, translations
        self.placements = [Placement(grid, each) for each in maps]
        self._kept: OrderedDict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] = OrderedDict()
        self._kept_bytes = 0

    def sample(self, number: int, block: Block) -> Optional[Sample]:
        """Of one map; None if it has nothing there. `InputError` if it cannot be read, or has codes without a class."""
        lookup = self.placements[number].lookup(block)
        if lookup is None:
            return None
        shape = np.broadcast_shapes(lookup.lines.shape, lookup.samples.shape)
        codes, similarity = np.full(shape, NO_DATA, np.uint8), np.full(shape, np.nan, np.float32)
        gather = _gather_straight if lookup.lines.shape[1] == 1 else _gather_curved
        size = self._piece_size(number)
        for row, column in _pieces(lookup, size, self._maps[number]):
            found = self._piece(number, row, column)
            for piece, target in zip(found, (codes, similarity)):
                gather(piece, lookup, row * size[0], column * size[1], target)
        return Sample(lookup.line, lookup.sample, codes, similarity)

    def _piece_size(self, number: int) -> tuple[int, int]:
        width = min(self._maps[number].samples, _PIECE_WIDTH)
        return max(1, _PIECE_PIXELS // width), width

    def _piece(self, number: int, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
        key = number, row, column
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = self._read(number, row, column)
        self._kept[key] = found
        self._kept_bytes += sum(plane.nbytes for plane in found)
        while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= sum(plane.nbytes for plane in oldest)
        return found

    def _read(self, number: int, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
        source, (height, width) = self._maps[number], self._piece_size(number)
        line, sample = row * height, column * width
        read, similarity = source.read(sample, line, min(width, source.samples - sample), min(height, source.lines - line))
        codes = self._translations[number][read]
        if (codes == UNNAMED).any():
            code = int(read[codes == UNNAMED][0])
            raise InputError(
                f"{source.path}: its class table does not name code {code}; is {source.path.name}.aux.xml, which was written with "
                "it, still beside it?"
            )
        if similarity is None:
            similarity = np.broadcast_to(np.float32(np.nan), codes.shape)
        return codes, similarity


def _pieces(lookup: Lookup, size: tuple[int, int], source: MineralMap) -> Iterator[tuple[int, int]]:
    """Rows and columns of the pieces that a lookup needs."""
    inside_lines = (lookup.lines >= 0) & (lookup.lines < source.lines)
    inside_samples = (lookup.samples >= 0) & (lookup.samples < source.samples)
    if lookup.lines.shape[1] == 1:
        rows, columns = np.unique(lookup.lines[inside_lines] // size[0]), np.unique(lookup.samples[inside_samples] // size[1])
        yield from ((int(row), int(column)) for row in rows for column in columns)
        return
    inside = inside_lines & inside_samples
    across = -(-source.samples // size[1])
    numbers = np.unique(lookup.lines[inside] // size[0] * across + lookup.samples[inside] // size[1])
    yield from ((int(number // across), int(number % across)) for number in numbers)


def _gather_straight(piece: np.ndarray, lookup: Lookup, line0: int, sample0: int, target: np.ndarray) -> None:
    lines, samples = lookup.lines[:, 0] - line0, lookup.samples[0] - sample0
    down = np.flatnonzero((lines >= 0) & (lines < piece.shape[0]))
    right = np.flatnonzero((samples >= 0) & (samples < piece.shape[1]))
    for run in _runs(down):
        for across in _runs(right):
            target[run, across] = piece[lines[run]][:, samples[across]]


def _runs(places: np.ndarray) -> list[slice]:
    """Runs of consecutive whole numbers."""
    edges = np.flatnonzero(np.diff(places) > 1) + 1
    return [slice(int(run[0]), int(run[-1]) + 1) for run in np.split(places, edges) if run.size]


def _gather_curved(piece: np.ndarray, lookup: Lookup, line0: int, sample0: int, target: np.ndarray) -> None:
    lines, samples = lookup.lines - line0, lookup.samples - sample0
    here = (lines >= 0) & (lines < piece.shape[0]) & (samples >= 0) & (samples < piece.shape[1])
    target[here] = piece[lines[here], samples[here]]

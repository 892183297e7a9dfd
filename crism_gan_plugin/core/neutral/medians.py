"""The median of the typical pixels of a detector column, or of a tile, without a pixel's own neighbourhood.

Typical is the half that is nearest to the median of all. Where minerals of many kinds are in four tenths of a column, the median
of all, channel by channel, shows what they have in common; where one mineral is in six tenths, it shows a little less of that
than the mineral. The median of the half is clean ground in the one case and clean mineral in the other.

Of a long column as many pixels are kept, evenly spread, as fit a fixed amount of memory. They are sorted once, channel by channel.
Their ranks then tell the median without some of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import FloatArray, IntArray
from ..compute.matrix import matmul
from .cosines import lowest_cosines
from .frame import UNKNOWN, Frame

#: Fewer pixels have no median that tells of the ground.
FEWEST = 5

#: Bytes of the pixels that are kept, and most of one group: their ranks are 8-bit numbers.
_BYTES, _MOST = 64 << 20, 255

#: Width of tiles where detector columns are not known; fewest pixels that are kept of one, or tiles are larger.
_TILE, _FEWEST_OF_A_TILE = 128, 64

#: Groups should have so many pixels among the lines that are read, or all that they have.
_ENOUGH = 20

#: Cosines in which spectra are compared: the broader ones hold little noise.
_COSINES = 40

#: Groups that are sorted at once.
_AT_ONCE = 32

_NOWHERE = -(1 << 24)


class GroupMedians:
    """Denominators of a whole image: first `add` the lines that `lines` names, then `finish`, then ask.

    Parameters
    ----------
    frame
        What makes groups: its columns; or tiles.
    channels
        Number of channels of a spectrum.
    cubes
        How many cubes are added, such as an image and its model.

    Attributes
    ----------
    lines
        The lines of the image to add, ascending.
    """

    def __init__(self, frame: Frame, channels: int, cubes: int = 1) -> None:
        self._frame = frame
        room = _BYTES // (4 * channels * cubes)
        self._tile = _TILE
        while not frame.by_column and room // self._tiles() < _FEWEST_OF_A_TILE and self._tile < max(frame.lines, frame.samples):
            self._tile *= 2
        self._groups = self._count_groups()
        slots = int(np.clip(room // self._groups, FEWEST, _MOST))
        self.lines, seen = self._choose_lines(slots)
        self._stride = np.maximum(-(-seen // slots), 1)
        slots = int(min(slots, seen.max(initial=1)))
        self._seen = np.zeros(self._groups, np.int64)
        self._kept = np.zeros(self._groups, np.int64)
        self._spectra = [np.full((slots, self._groups, channels), np.nan, np.float32) for _ in range(cubes)]
        self._place = np.full((2, slots, self._groups), _NOWHERE, np.int32)
        self._sorted: list[FloatArray] = []
        self._ranks: list[IntArray] = []

    def add(self, line: int, spectra: tuple[FloatArray, ...]) -> None:
        """The (samples, channels) spectra of a line of each cube, levelled; NaN where there is no data."""
        rows, columns = (plane[0] for plane in self._frame.place(line, 1))
        groups = self._group(rows, columns)
        number = _number_within(groups, self._groups)
        turn = self._seen[groups] + number
        taken = (groups != UNKNOWN) & ~np.isnan(spectra[0][:, 0]) & (turn % self._stride[groups] == 0)
        np.add.at(self._seen, groups[groups != UNKNOWN], 1)
        pixels = np.flatnonzero(taken)
        slot = self._kept[groups[pixels]] + _number_within(groups[pixels], self._groups)
        fits = slot < len(self._place[0])
        pixels, slot = pixels[fits], slot[fits]
        where = slot, groups[pixels]
        for kept, cube in zip(self._spectra, spectra):
            kept[where] = cube[pixels]
        self._place[0][where], self._place[1][where] = rows[pixels], columns[pixels]
        np.add.at(self._kept, groups[pixels], 1)

    def finish(self, check: Callable[[], None] = lambda: None) -> None:
        """Keep what is typical of what was added, and sort it. ``check`` is called now and then; it raises what should end it."""
        slots, channels = self._spectra[0].shape[::2]
        keep = np.minimum(np.maximum(self._kept // 2, _enough(self._frame.gap)), slots)
        numbers = np.arange(keep.max())
        shape = (numbers.size, self._groups, channels)
        self._sorted = [np.empty(shape, np.float32) for _ in self._spectra]
        self._ranks = [np.empty(shape, np.uint8) for _ in self._spectra]
        place = np.empty((2, numbers.size, self._groups), np.int32)
        for first in range(0, self._groups, _AT_ONCE):
            check()
            some = slice(first, first + _AT_ONCE)
            typical = self._nearest_first(some)[: numbers.size]
            left_out = numbers[:, None] >= keep[some]
            place[..., some] = np.where(left_out, _NOWHERE, np.take_along_axis(self._place[..., some], typical[None], 1))
            for cube, values, ranks in zip(self._spectra, self._sorted, self._ranks):
                kept = np.take_along_axis(cube[:, some], typical[..., None], 0)
                kept[left_out] = np.nan
                kept = np.ascontiguousarray(kept.transpose(1, 2, 0))
                order = np.argsort(kept, axis=-1)  # NaN come last
                values[:, some] = np.take_along_axis(kept, order, -1).transpose(2, 0, 1)
                rank = np.empty(order.shape, np.uint8)
                np.put_along_axis(rank, order, np.broadcast_to(numbers.astype(np.uint8), order.shape), -1)
                ranks[:, some] = rank.transpose(2, 0, 1)
        self._place, self._kept, self._spectra = place, (place[0] != _NOWHERE).sum(0), []

    def _nearest_first(self, groups: slice) -> IntArray:
        """(slots, groups) slots in the order of their distance from the group's median; empty ones last."""
        spectra, count = self._spectra[0][:, groups], self._kept[groups]
        by_channel = np.sort(np.ascontiguousarray(spectra.transpose(1, 2, 0)), axis=-1)  # NaN come last
        middle = np.take_along_axis(by_channel, np.maximum(count - 1, 0)[:, None, None] // 2, -1)[..., 0]
        apart = (spectra / middle - 1).reshape(-1, spectra.shape[2])
        away = (matmul(apart, lowest_cosines(spectra.shape[2], _COSINES).astype(np.float32)) ** 2).sum(1)
        return away.reshape(spectra.shape[:2]).argsort(0)

    def __call__(self, first: int, count: int) -> tuple[FloatArray, ...]:
        """For each cube (count, samples, channels): the denominators of some lines; NaN where there are too few pixels."""
        made = tuple(np.empty((count, self._frame.samples, values.shape[2]), np.float32) for values in self._sorted)
        for line, (rows, columns) in enumerate(zip(*self._frame.place(first, count))):
            for out, one in zip(made, self._of_line(rows, columns)):
                out[line] = one
        return made

    def _of_line(self, rows: IntArray, columns: IntArray) -> list[FloatArray]:
        groups = self._group(rows, columns)
        near = np.abs(self._place[0][:, groups] - rows) <= self._frame.gap
        near &= np.abs(self._place[1][:, groups] - columns) <= self._frame.gap  # (slots, samples)
        number = near.sum(0)
        left = self._kept[groups] - number
        slots = np.argsort(~near, axis=0, kind="stable")[: number.max(initial=0)]
        nobody = np.take_along_axis(~near, slots, 0)
        enough = (groups != UNKNOWN) & (left >= FEWEST)
        found = []
        for values, ranks in zip(self._sorted, self._ranks):
            channels = np.arange(values.shape[2])
            gone = ranks[slots, groups]  # (neighbours, samples, channels)
            gone[nobody] = 255
            middle = [_without(rank, gone, len(channels)) for rank in ((left - 1) // 2, left // 2)]
            low, high = (values[np.minimum(rank, len(values) - 1), groups[:, None], channels] for rank in middle)
            found.append(np.where(enough[:, None], (low + high) / 2, np.nan))
        return found

    def _choose_lines(self, slots: int) -> tuple[IntArray, IntArray]:
        """Lines to read, evenly spread, and how many pixels of each group they have."""
        frame = self._frame
        every = np.arange(frame.lines)
        if frame.by_column:
            number = slots if frame.detector is None else 2 * slots
        else:
            number = frame.lines * int(np.sqrt(slots)) // self._tile + 1
        total = self._seen_in(every)
        while True:
            lines = every if number >= frame.lines else np.unique(np.linspace(0, frame.lines - 1, number).round().astype(int))
            seen = self._seen_in(lines)
            poor = (seen < np.minimum(total, _ENOUGH)).mean() > 0.01
            if lines.size == frame.lines or not poor:
                return lines, seen
            number *= 2

    def _seen_in(self, lines: IntArray) -> IntArray:
        seen = np.zeros(self._groups, np.int64)
        for line in lines:
            groups = self._group(*self._frame.place(int(line), 1)).ravel()
            seen += np.bincount(groups[groups != UNKNOWN], minlength=self._groups)
        return seen

    def _group(self, rows: IntArray, columns: IntArray) -> IntArray:
        if self._frame.by_column:
            return columns
        return rows // self._tile * self._tiles_across() + columns // self._tile

    def _count_groups(self) -> int:
        if not self._frame.by_column:
            return self._tiles()
        return max(int(self._frame.place(line, 1)[1].max()) for line in range(self._frame.lines)) + 1

    def _tiles_across(self) -> int:
        return -(-self._frame.samples // self._tile)

    def _tiles(self) -> int:
        return self._tiles_across() * -(-self._frame.lines // self._tile)


def _enough(gap: int) -> int:
    """Pixels that are kept of a small column, typical or not: what is left without a neighbourhood has to tell the ground."""
    return 2 * (2 * gap + 1) + FEWEST


def _without(rank: IntArray, gone: IntArray, channels: int) -> IntArray:
    """(samples, channels) rank among all of what has this rank (samples,) among those that are not gone (n, samples, channels)."""
    start = np.repeat(np.maximum(rank, 0).astype(np.uint8)[:, None], channels, 1)
    found = start
    for _ in range(len(gone)):
        further = start + (gone <= found).sum(0, dtype=np.uint8)
        if np.array_equal(further, found):
            break
        found = further
    return found


def _number_within(groups: IntArray, count: int) -> IntArray:
    """(n,) how many earlier entries are equal to each."""
    order = np.argsort(groups, kind="stable")
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    found = np.empty(groups.size, np.int64)
    found[order] = np.arange(groups.size) - np.repeat(starts, sizes)
    return found

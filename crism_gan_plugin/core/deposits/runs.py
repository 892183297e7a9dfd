"""A map as runs. A run is a stretch of pixels of one code in one line. Memory grows with what a map shows, not with its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Union

import numpy as np

from ..arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Runs:
    """Runs, ordered by line and then by sample.

    Attributes
    ----------
    line, start, stop
        (n,) int32 line, first sample, and the sample after the last one.
    code
        (n,) uint8.
    """

    line: IntArray
    start: IntArray
    stop: IntArray
    code: IntArray

    @property
    def lengths(self) -> IntArray:
        """(n,) pixels."""
        return self.stop - self.start

    def __len__(self) -> int:
        return int(self.line.size)

    def take(self, which: Union[IntArray, BoolArray, slice]) -> Runs:
        """The runs at these places, or where a mask is True."""
        return Runs(*(getattr(self, field.name)[which] for field in fields(self)))

    def edges(self, samples: int) -> tuple[IntArray, IntArray]:
        """(n,) int64 places of first pixel and of the one after the last: they ascend, and lines are two pixels apart."""
        before = self.line.astype(np.int64) * (samples + 2) + 1
        return before + self.start, before + self.stop

    def pixels(self) -> tuple[IntArray, IntArray, IntArray]:
        """Place of the run, line and sample of every pixel."""
        run = np.repeat(np.arange(len(self)), self.lengths)
        ends = np.cumsum(self.lengths)
        sample = np.arange(run.size) - np.repeat(ends - self.lengths, self.lengths) + self.start[run]
        return run, self.line[run], sample


def runs_of(codes: IntArray, first_line: int, wanted: BoolArray) -> Runs:
    """The runs of a block of lines.

    Parameters
    ----------
    codes
        (lines, samples) uint8.
    first_line
        Line of the map where the block begins.
    wanted
        (256,) bool: the codes to look for.
    """
    lines, samples = codes.shape
    padded = np.full((lines, samples + 2), -1, np.int16)
    padded[:, 1:-1] = np.where(wanted[codes], codes.astype(np.int16), -1)
    changes = padded[:, 1:] != padded[:, :-1]
    line, start = np.nonzero(changes & (padded[:, 1:] >= 0))
    stop = np.nonzero(changes & (padded[:, :-1] >= 0))[1]
    code = codes[line, start]
    return Runs((line + first_line).astype(np.int32), start.astype(np.int32), stop.astype(np.int32), code)


def joined(parts: Sequence[Runs]) -> Runs:
    """The runs of blocks that follow each other."""
    return Runs(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Runs)))


def connected(runs: Runs, samples: int, diagonal: bool) -> IntArray:
    """(n,) number of the connected patch of one code that each run belongs to; patches are numbered by their first runs.

    Parameters
    ----------
    samples
        Number of samples of the map.
    diagonal
        Whether pixels that share a corner are connected, besides those that share a side.
    """
    first, last = runs.edges(samples)
    reach = int(diagonal)
    below = samples + 2
    low = np.searchsorted(last, first + below - reach, side="right")
    high = np.searchsorted(first, last + below + reach, side="left")
    counts = np.maximum(high - low, 0)
    one = np.repeat(np.arange(len(runs)), counts)
    other = np.arange(one.size) - np.repeat(np.cumsum(counts) - counts, counts) + low[one]
    alike = runs.code[one] == runs.code[other]
    roots = _roots(len(runs), one[alike], other[alike])
    return np.unique(roots, return_inverse=True)[1].reshape(-1)


def _roots(count: int, one: IntArray, other: IntArray) -> IntArray:
    """(count,) the smallest member of the connected part that each node is in, of a graph with these edges.

    Every root is hooked to the smallest root that an edge leads to, and paths are halved, until no edge joins two parts.
    """
    root = np.arange(count)
    while True:
        a, b = root[one], root[other]
        apart = a != b
        if not apart.any():
            return root
        one, other, a, b = one[apart], other[apart], a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(root, shorter := root[root]):
            root = shorter

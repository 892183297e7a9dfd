"""The connected patches of a map: which pixels are one deposit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..arrays import BoolArray, IntArray
from .runs import Runs, connected


@dataclass(frozen=True)
class Patches:
    """Patches of a map, numbered from 0 by their first pixels.

    Attributes
    ----------
    runs
        All their pixels.
    patch
        (runs,) the patch of each run.
    samples
        Number of samples of the map.
    code
        (patches,) uint8.
    pixels
        (patches,) int64.
    first, last
        (patches,) the first and last line.
    """

    runs: Runs
    patch: IntArray
    samples: int
    code: IntArray
    pixels: IntArray
    first: IntArray
    last: IntArray
    _by_patch: IntArray = field(repr=False)

    @staticmethod
    def of(runs: Runs, samples: int, diagonal: bool) -> Patches:
        """The connected patches of the runs of a map."""
        patch = connected(runs, samples, diagonal)
        code = runs.code[np.unique(patch, return_index=True)[1]]
        return _made(runs, patch, samples, code)

    def __len__(self) -> int:
        return int(self.code.size)

    def keep(self, wanted: BoolArray) -> Patches:
        """The patches where ``wanted`` (patches,) is True, numbered anew."""
        number = np.cumsum(wanted) - 1
        chosen = wanted[self.patch]
        return _made(self.runs.take(chosen), number[self.patch[chosen]], self.samples, self.code[wanted])

    def grown(self, runs: Runs, patch: IntArray) -> Patches:
        """The same patches with more runs; ``patch`` says which patch each of these belongs to."""
        parts = zip(vars(self.runs).values(), vars(runs).values())
        both, whose = Runs(*(np.concatenate(pair) for pair in parts)), np.concatenate([self.patch, patch])
        order = np.argsort(both.edges(self.samples)[0], kind="stable")
        return _made(both.take(order), whose[order], self.samples, self.code)

    def paint(self, first: int, lines: int) -> IntArray:
        """(lines, samples) int32 patch of each pixel of some lines, −1 for none."""
        low, high = np.searchsorted(self.runs.line, [first, first + lines])
        within = slice(low, high)
        image = np.full((lines, self.samples), -1, np.int32)
        run, line, sample = self.runs.take(within).pixels()
        image[line - first, sample] = self.patch[within][run]
        return image

    def runs_of(self, patch: int) -> Runs:
        """The runs of one patch alone."""
        low, high = np.searchsorted(self.patch[self._by_patch], [patch, patch + 1])
        return self.runs.take(self._by_patch[low:high])

    def window(self, patch: int) -> tuple[int, int, BoolArray]:
        """First line, first sample, and (lines, samples) bool of one patch alone."""
        own = self.runs_of(patch)
        top, left = int(own.line.min()), int(own.start.min())
        image = np.zeros((int(own.line.max()) - top + 1, int(own.stop.max()) - left), bool)
        _, line, sample = own.pixels()
        image[line - top, sample - left] = True
        return top, left, image


def _made(runs: Runs, patch: IntArray, samples: int, code: IntArray) -> Patches:
    count, by_patch = code.size, np.argsort(patch, kind="stable")
    pixels = np.bincount(patch, runs.lengths, count).astype(np.int64)
    first, last = np.full(count, np.iinfo(np.int32).max, np.int32), np.full(count, -1, np.int32)
    np.minimum.at(first, patch, runs.line)
    np.maximum.at(last, patch, runs.line)
    return Patches(runs, patch, samples, code, pixels, first, last, by_patch)

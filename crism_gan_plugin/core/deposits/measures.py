"""What each deposit has: area, scores, lead, place, detector columns, exemplar; counted as blocks of the map go by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import numpy as np

from ..arrays import AnyArray, BoolArray, FloatArray, IntArray


class ValueCounts:
    """Counts how many pixels of each deposit have each value."""

    def __init__(self) -> None:
        self._pending: list[tuple[IntArray, IntArray]] = []

    def add(self, patch: IntArray, value: FloatArray) -> None:
        """Count (n,) pixels by their deposits and values. Values are whole numbers from 0; NaN is not counted."""
        known = np.isfinite(value)
        keys = patch[known].astype(np.int64) << 32 | np.rint(value[known]).astype(np.int64)
        self._pending.append(np.unique(keys, return_counts=True))

    def distinct(self, count: int) -> IntArray:
        """(count,) how many different values each deposit has."""
        return np.bincount(self._counts()[0] >> 32, minlength=count)

    def most(self, count: int) -> IntArray:
        """(count,) the value that most pixels of each deposit have, the smaller of two; −1 for none."""
        keys, counts = self._counts()
        keys = keys[np.lexsort((-keys, counts))]  # of those that are written to one place, the last one stays
        found = np.full(count, -1, np.int64)
        found[keys >> 32] = keys & 0xFFFFFFFF
        return found

    def of(self, patch: int) -> list[int]:
        """The values of one deposit, ascending."""
        keys = self._counts()[0]
        low, high = np.searchsorted(keys, [patch << 32, (patch + 1) << 32])
        return [int(key) & 0xFFFFFFFF for key in keys[low:high]]

    def _counts(self) -> tuple[IntArray, IntArray]:
        """Keys of deposit and value in one number, ascending, and the pixels of each."""
        if len(self._pending) != 1:
            empty = np.empty(0, np.int64)
            keys = np.concatenate([empty, *(part[0] for part in self._pending)])
            keys, inverse = np.unique(keys, return_inverse=True)
            pixels = np.concatenate([empty, *(part[1] for part in self._pending)])
            self._pending = [(keys, np.bincount(inverse.reshape(-1), pixels, keys.size).astype(np.int64))]
        return self._pending[0]


@dataclass
class Measures:
    """Sums over the pixels of each deposit.

    Pixels that were added by the sieve, or in holes, count in size and place alone: their evidence is that of another class.

    Attributes
    ----------
    km2
        (deposits,); NaN where areas are unknown.
    named
        (deposits,) pixels that the map itself gives the deposit's code.
    line, sample
        (deposits,) sums of the pixels' places, counted from 0 at their centres.
    score, scored, best
        (deposits,) sum of scores, pixels that have one, and the best.
    lead, led
        (deposits,) sum of leads over other classes, and pixels that have one.
    columns, exemplars, sources
        Detector columns, exemplars, and maps of a composite that the named pixels have.
    """

    count: int
    km2: FloatArray = field(init=False)
    named: IntArray = field(init=False)

    def __post_init__(self) -> None:
        zeros = [np.zeros(self.count) for _ in range(7)]
        self.km2, self.line, self.sample, self.score, self.scored, self.lead, self.led = zeros
        self.named, self.best = np.zeros(self.count, np.int64), np.full(self.count, -np.inf)
        self.columns, self.exemplars, self.sources = ValueCounts(), ValueCounts(), ValueCounts()

    def add(self, patch: IntArray, line: IntArray, sample: IntArray, areas: Optional[FloatArray], named: BoolArray) -> None:
        """Add (n,) pixels: their deposits, places and km², and whether the map itself gives them the deposit's code."""
        self._sum("line", patch, line)
        self._sum("sample", patch, sample)
        self._sum("km2", patch, np.full(patch.shape, np.nan) if areas is None else areas)
        self.named = self.named + _counted(patch[named], self.count)

    def add_scores(self, patch: IntArray, score: FloatArray, other: Optional[FloatArray]) -> None:
        """Add (n,) scores of named pixels, and those of the best other class; NaN where there is none."""
        known = np.isfinite(score)
        self._sum("score", patch[known], score[known])
        self.scored += _counted(patch[known], self.count)
        np.maximum.at(self.best, patch[known], score[known])
        if other is not None:
            lead = score - other
            known = np.isfinite(lead)
            self._sum("lead", patch[known], lead[known])
            self.led += _counted(patch[known], self.count)

    def _sum(self, name: str, patch: IntArray, values: AnyArray) -> None:
        there, inverse = np.unique(patch, return_inverse=True)
        getattr(self, name)[there] += np.bincount(inverse.reshape(-1), values, there.size)


def _counted(patch: IntArray, count: int) -> IntArray:
    return np.bincount(patch, minlength=count)


def mean(total: FloatArray, count: AnyArray) -> FloatArray:
    """Sums over counts; NaN where nothing was counted."""
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)

"""How many pixels have which score, and the thresholds among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..arrays import FloatArray
from ..files.tables import write_table

#: Edges of the bins: scores are cosines, or calibrated from them.
_EDGES = np.linspace(-1, 1, 401)


class ScoreHistogram:
    """Counts of scores at each scale, as blocks go by.

    Parameters
    ----------
    sizes
        The scales.
    thresholds
        Name → score; empty where the metric has none.
    """

    def __init__(self, sizes: Sequence[int], thresholds: Mapping[str, float]) -> None:
        self._sizes, self._thresholds = tuple(sizes), dict(thresholds)
        self._counts = np.zeros((len(self._sizes), _EDGES.size - 1), np.int64)
        self._above = {name: np.zeros(len(self._sizes), np.int64) for name in self._thresholds}

    def add(self, scores: FloatArray) -> None:
        """Count (scales, lines, samples) scores; NaN for no data."""
        for number, plane in enumerate(scores):
            valid = plane[np.isfinite(plane)]
            self._counts[number] += np.histogram(np.clip(valid, _EDGES[0], _EDGES[-1]), _EDGES)[0]
            for name, threshold in self._thresholds.items():
                self._above[name][number] += int((valid > np.float32(threshold)).sum())

    @property
    def pixels(self) -> int:
        """Pixels with data."""
        return int(self._counts[0].sum())

    def median(self) -> float:
        """The median of the scores at the first scale, to the width of a bin."""
        below = np.cumsum(self._counts[0])
        return float(_EDGES[int(np.searchsorted(below, below[-1] / 2))])

    def above(self) -> dict[str, dict[str, int]]:
        """Pixels above each threshold, by scale."""
        return {name: {_scale(size): int(n) for size, n in zip(self._sizes, counts)} for name, counts in self._above.items()}

    def write(self, path: Path) -> None:
        """Write a table of the bins between the lowest and the highest score; `OutputError` if it cannot be written."""
        there = np.flatnonzero(self._counts.any(0))
        rows = [["from", "to", *(f"pixels_{_scale(size)}" for size in self._sizes), "threshold"]]
        for place in range(there[0], there[-1] + 1) if there.size else ():
            low, high = _EDGES[place], _EDGES[place + 1]
            named = [name for name, value in self._thresholds.items() if low - 1e-9 <= value < high - 1e-9]
            rows.append([f"{low:.3f}", f"{high:.3f}", *self._counts[:, place].tolist(), ", ".join(named)])
        write_table(path, rows)


def _scale(size: int) -> str:
    return f"{size}x{size}"

"""Where pixels lie on the detector, and which of them may tell each other's ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import IntArray

#: Position of a pixel of which it is not known.
UNKNOWN = -1


@dataclass(frozen=True)
class Frame:
    """Rows and columns in which neighbours are looked for.

    Attributes
    ----------
    lines, samples
        Size of the image.
    by_column
        Whether columns are those of the detector, so that only pixels of one column are alike. Else pixels all around are.
    gap
        Pixels up to so many rows and columns away share a smoothing window with a pixel. They do not tell its ground.
    detector
        (lines, samples) int16 rows and columns, `UNKNOWN` where they are; None: the image's own lines and samples.
    """

    lines: int
    samples: int
    by_column: bool
    gap: int
    detector: Optional[tuple[IntArray, IntArray]] = None

    def place(self, first: int, count: int) -> tuple[IntArray, IntArray]:
        """(count, samples) int32 rows and columns of the pixels of some lines."""
        if self.detector is not None:
            rows, columns = (plane[first : first + count].astype(np.int32) for plane in self.detector)
            return rows, columns
        rows = np.arange(first, first + count, dtype=np.int32)[:, None]
        columns = np.arange(self.samples, dtype=np.int32)[None]
        shape = (count, self.samples)
        return np.broadcast_to(rows, shape), np.broadcast_to(columns, shape)


def gap_of(window: int, on_the_map: bool = False) -> int:
    """The `Frame.gap` for spectra that are means over ``window`` × ``window`` pixels; at least the neighbouring line.

    Parameters
    ----------
    on_the_map
        Whether windows are of map pixels, but rows those of the detector, which may run across at any angle.
    """
    gap = max(1, 2 * (window // 2))
    return int(np.ceil(np.sqrt(2) * gap)) + 1 if on_the_map else gap

"""What is typical of each detector column, and how far pixels depart from it, in units of the column's noise.

What is in more than half of a column is typical of it, so no pixel there departs by it. `shared_by_most` tells where this may be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray

#: Fewer valid pixels of a column tell neither its median nor its noise.
FEWEST = 10

#: Median absolute deviation of normally distributed numbers times this is their standard deviation.
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class ColumnSpread:
    """Median and spread of a parameter in each detector column.

    Attributes
    ----------
    median
        (columns,) NaN where fewer than `FEWEST` pixels are valid.
    deviation
        (columns,) 1.4826 times the median absolute deviation; NaN also where all numbers are equal.
    """

    median: FloatArray
    deviation: FloatArray


class DetectorColumns:
    """The pixels of an image by their detector columns.

    Parameters
    ----------
    columns
        Detector column of each pixel, of any shape, from 0; below 0 where it is not known.
    """

    def __init__(self, columns: IntArray) -> None:
        self._shape = columns.shape
        flat = np.asarray(columns).ravel()
        known = np.flatnonzero(flat >= 0)
        self._pixels = known[np.argsort(flat[known], kind="stable")]
        self._column = flat[self._pixels].astype(np.intp)
        counts = np.bincount(self._column, minlength=1)
        self._place = np.arange(self._pixels.size) - np.repeat(np.cumsum(counts) - counts, counts)
        self._size = counts.size, max(int(counts.max()), 1)

    def spread(self, plane: FloatArray) -> ColumnSpread:
        """Median and spread of one number of each pixel (image's shape); NaN where it has none."""
        values = plane.ravel()[self._pixels].astype(np.float64)
        median = self._median(values)
        deviation = _MAD_TO_DEVIATION * self._median(np.abs(values - median[self._column]))
        return ColumnSpread(median, np.where(deviation > 0, deviation, np.nan))

    def departure(self, plane: FloatArray, spread: ColumnSpread) -> FloatArray:
        """(value − median) / deviation of each pixel's column, float32 in the image's shape; NaN where it cannot be told."""
        found = np.full(plane.size, np.nan, np.float32)
        values = plane.ravel()[self._pixels]
        found[self._pixels] = (values - spread.median[self._column]) / spread.deviation[self._column]
        return found.reshape(self._shape)

    def _median(self, values: FloatArray) -> FloatArray:
        table = np.full(self._size, np.nan)
        table[self._column, self._place] = values
        table.sort(1)  # NaN come last
        valid = np.isfinite(table).sum(1)
        ends = (np.take_along_axis(table, np.maximum(place, 0)[:, None], 1)[:, 0] for place in ((valid - 1) // 2, valid // 2))
        low, high = (np.where(valid >= FEWEST, end, np.nan) for end in ends)
        return np.asarray((low + high) / 2)


def shared_by_most(spread: ColumnSpread, bland: float) -> float:
    """Share of the columns whose median pixel has more than bland ground has: their half, or more, may show one mineral.

    Parameters
    ----------
    spread
        Of a parameter that was not divided by neutral ground.
    bland
        The most of it that bland ground has.
    """
    told = np.isfinite(spread.median)
    return float((spread.median[told] > bland).mean()) if told.any() else 0.0

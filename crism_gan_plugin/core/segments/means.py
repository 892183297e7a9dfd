"""Mean spectra of segments, summed up block by block."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray, IntArray


class SegmentMeans:
    """Sums of the spectra of each segment.

    Parameters
    ----------
    count, channels
        How many segments there are, and the length of a spectrum.

    Attributes
    ----------
    pixels
        (count,) pixels with data so far.
    """

    def __init__(self, count: int, channels: int) -> None:
        self.pixels = np.zeros(count, np.int64)
        self._sum = np.zeros((count, channels))

    def add(self, segments: IntArray, spectra: FloatArray) -> None:
        """Take in (…) segments, negative for none, and their (…, channels) spectra; those with NaN are left out."""
        own, rows = segments.reshape(-1), spectra.reshape(-1, spectra.shape[-1])
        used = np.flatnonzero((own >= 0) & np.isfinite(rows).all(1))
        if not used.size:
            return
        order = used[np.argsort(own[used], kind="stable")]
        numbers, first, counts = np.unique(own[order], return_index=True, return_counts=True)
        self.pixels[numbers] += counts
        self._sum[numbers] += np.add.reduceat(rows[order], first, axis=0, dtype=np.float64)

    def means(self) -> FloatArray:
        """(count, channels) float64, NaN for a segment without data."""
        return np.divide(self._sum, self.pixels[:, None], out=np.full_like(self._sum, np.nan), where=self.pixels[:, None] > 0)

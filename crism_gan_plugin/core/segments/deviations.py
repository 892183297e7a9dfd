"""Numbers of pixels in units of how much they vary in the image, and the segments that these make."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import FloatArray, IntArray
from .means import SegmentMeans
from .superpixels import PixelGraph

#: Lines that are worked on between two looks at whether to stop.
_LINES = 64


def to_deviations(numbers: FloatArray, furthest: float, check: Callable[[], None]) -> None:
    """Bring each number to standard deviations from its median, in place.

    The standard deviation is 1.4826 times the median absolute deviation. A number without one, that is the same in most pixels, is
    0 then.

    Parameters
    ----------
    numbers
        (lines, samples, n) float32; a pixel has no data where all are NaN. Where only some are, these become 0.
    furthest
        Deviations beyond it count as it.
    check
        Called once for each number; it may raise to stop.
    """
    there = np.isfinite(numbers).any(-1)
    for plane in np.moveaxis(numbers, -1, 0):
        check()
        known = plane[np.isfinite(plane)]
        middle = np.median(known) if known.size else 0.0
        spread = 1.4826 * np.median(np.abs(known - middle)) if known.size else 0.0
        plane -= middle
        plane *= 1 / spread if spread > 0 else 0.0
        np.clip(plane, -furthest, furthest, out=plane)
        plane[there & ~np.isfinite(plane)] = 0


def segments_of(numbers: FloatArray, scale: float, least: int, check: Callable[[], None]) -> tuple[IntArray, FloatArray]:
    """(lines, samples) segments of (lines, samples, n) numbers, and (segments, n) their means; see `PixelGraph.segments`."""
    lines, samples, count = numbers.shape
    graph = PixelGraph(lines, samples)
    for first in range(0, lines, _LINES):
        graph.add(numbers[first : first + _LINES])
        check()
    found = graph.segments(scale, least, check)
    sums = SegmentMeans(int(found.max(initial=-1)) + 1, count)
    for first in range(0, lines, _LINES):
        sums.add(found[first : first + _LINES], numbers[first : first + _LINES])
        check()
    return found, sums.means()

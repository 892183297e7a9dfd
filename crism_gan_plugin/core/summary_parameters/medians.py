"""Medians over a few bands, for all pixels at once.

A median of k numbers needs no sorting: a fixed network of comparisons finds it (Batcher 1968), of which only those count that
lead to the middle (Paeth 1990). Each comparison is one minimum or maximum of whole arrays.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..arrays import FloatArray


@cache
def median_network(size: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """
    Comparisons that bring the middle of ``size`` numbers to its place.

    Returns
    -------
    Places a and b of two numbers, and whether the smaller is wanted at a, and the larger at b.
    """
    wanted = set(middle(size))
    kept = []
    for low, high in reversed(_merge_exchange(size)):
        if low in wanted or high in wanted:
            kept.append((low, high, low in wanted, high in wanted))
            wanted |= {low, high}
    return tuple(reversed(kept))


def middle(size: int) -> tuple[int, ...]:
    """The places of the middle of ``size`` sorted numbers: one, or two if the size is even."""
    return tuple(range((size - 1) // 2, size // 2 + 1))


def _merge_exchange(size: int) -> list[tuple[int, int]]:
    """Batcher's merge exchange, which sorts any number of numbers (Knuth, The Art of Computer Programming 3, algorithm 5.2.2M)."""
    pairs = []
    top = 1 << max(size - 1, 1).bit_length() - 1
    step = top
    while step:
        distance, remainder, end = step, 0, top
        while True:
            pairs += [(low, low + distance) for low in range(size - distance) if low & step == remainder]
            if end == step:
                break
            distance, end, remainder = end - step, end // 2, step
        step //= 2
    return pairs


def median(planes: FloatArray) -> FloatArray:
    """
    Medians over the first axis.

    Parameters
    ----------
    planes
        (bands, pixels); numbers that are not valid are NaN.

    Returns
    -------
    (pixels,): the median of the valid numbers, NaN where there is none.
    """
    places = list(planes)
    for low, high, smaller, larger in median_network(len(places)):
        first, second = places[low], places[high]
        if smaller:
            places[low] = np.minimum(first, second)
        if larger:
            places[high] = np.maximum(first, second)
    found = [places[place] for place in middle(len(places))]
    result = found[0].copy() if len(found) == 1 else (found[0] + found[1]) / 2
    return _without_missing(result, planes)


def _without_missing(result: FloatArray, planes: FloatArray) -> FloatArray:
    """NaN goes through the comparisons; where only some of the numbers are NaN, the median of the others is taken."""
    missing = np.flatnonzero(np.isnan(result))
    if missing.size:
        partly = missing[np.isfinite(planes[:, missing]).any(0)]
        if partly.size:
            result[partly] = np.nanmedian(planes[:, partly], axis=0)
    return result

"""Superpixels: pixels that lie side by side and are alike (Felzenszwalb & Huttenlocher 2004; Thompson et al. 2010 on CRISM)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from .merging import Edges, merge

#: Number of a pixel without data.
NO_SEGMENT = -1


class PixelGraph:
    """Every pixel joined to its eight neighbours, weighed by the squared distance of their features. Lines come in order.

    Parameters
    ----------
    lines, samples
        Size of the image.
    """

    def __init__(self, lines: int, samples: int) -> None:
        self._shape = lines, samples
        self._above: FloatArray = np.empty((0, samples, 0), np.float32)
        self._line = 0
        self._there: list[BoolArray] = []
        self._weights: list[tuple[int, int, int, FloatArray]] = []

    def add(self, features: FloatArray) -> None:
        """The next lines, (lines, samples, n) features; NaN where a pixel has no data."""
        self._there.append(np.isfinite(features).all(-1))
        self._weigh(self._line, features[:, :-1], features[:, 1:], 0, (0, 1))
        whole = features if not len(self._above) else np.concatenate([self._above, features])
        first = self._line - len(self._above)
        for upper, lower, start, step in (
            (whole[:-1], whole[1:], 0, (1, 0)),
            (whole[:-1, :-1], whole[1:, 1:], 0, (1, 1)),
            (whole[:-1, 1:], whole[1:, :-1], 1, (1, -1)),
        ):
            self._weigh(first, upper, lower, start, step)
        self._above = features[-1:].copy()
        self._line += len(features)

    def segments(self, scale: float, least: int, check: Callable[[], None] = lambda: None) -> IntArray:
        """
        The segments of all lines.

        Parameters
        ----------
        scale
            Felzenszwalb and Huttenlocher's *k*, Gilmore's *C*: the larger, the larger the segments. In units of the weights.
        least
            Smaller segments join their most similar neighbour.
        check
            Called many times a second; it may raise to stop.

        Returns
        -------
        (lines, samples) int32 number of each pixel's segment from 0, `NO_SEGMENT` where a pixel has no data.
        """
        lines, samples = self._shape
        one, other, weight = [], [], []
        for first, start, step, weights in self._weights:
            line, sample = np.indices(weights.shape, np.int32)
            node = ((line + first) * samples + sample + start).ravel()
            one.append(node)
            other.append(node + step)
            weight.append(weights.ravel())
            check()
        edges = Edges.sorted(np.concatenate(one), np.concatenate(other), np.concatenate(weight))
        found = merge(edges, lines * samples, scale, least, check).reshape(lines, samples)
        there = np.concatenate(self._there)
        numbers = np.full(found.shape, NO_SEGMENT, np.int32)
        numbers[there] = np.unique(found[there], return_inverse=True)[1].reshape(-1)  # their order stays
        return numbers

    def _weigh(self, first: int, one: FloatArray, other: FloatArray, start: int, step: tuple[int, int]) -> None:
        apart = one - other
        weights = np.einsum("ijk,ijk->ij", apart, apart)
        self._weights.append((first, start, step[0] * self._shape[1] + step[1], weights))

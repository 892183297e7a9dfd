"""Felzenszwalb and Huttenlocher's merging of a graph (2004, Int. J. Comput. Vision 59, 167)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray

#: Edges between two looks at whether to stop.
_BETWEEN_CHECKS = 20_000


@dataclass(frozen=True)
class Edges:
    """Edges of a graph from the lightest to the heaviest.

    Attributes
    ----------
    one, other
        (edges,) the nodes that each joins.
    weight
        (edges,) ascending.
    """

    one: IntArray
    other: IntArray
    weight: FloatArray

    @staticmethod
    def sorted(one: IntArray, other: IntArray, weight: FloatArray) -> Edges:
        """Edges in any order, sorted. Those without a weight (NaN) are left out; of equals, the first stays first."""
        order = np.argsort(weight, kind="stable")[: int(np.isfinite(weight).sum())]  # NaN come last
        return Edges(one[order], other[order], weight[order])


def merge(edges: Edges, nodes: int, scale: float, least: int, check: Callable[[], None] = lambda: None) -> IntArray:
    """
    The segments of a graph.

    One edge after the other, two components are merged when the edge is no heavier than each one's threshold: the weight of its
    heaviest edge, plus ``scale`` over its size. Then, again from the lightest edge on, components of fewer than ``least`` nodes
    join their neighbour.

    Parameters
    ----------
    check
        Called many times a second; it may raise to stop.

    Returns
    -------
    (nodes,) for each node one that stands for its segment.
    """
    root, size, threshold = list(range(nodes)), [1] * nodes, [scale] * nodes
    for first in range(0, edges.weight.size, _BETWEEN_CHECKS):
        check()
        some = slice(first, first + _BETWEEN_CHECKS)
        for a, b, weight in zip(edges.one[some].tolist(), edges.other[some].tolist(), edges.weight[some].tolist()):
            a, b = _top(root, a), _top(root, b)
            if a != b and weight <= threshold[a] and weight <= threshold[b]:
                root[b] = a
                size[a] += size[b]
                threshold[a] = weight + scale / size[a]
    for first in range(0, edges.weight.size, _BETWEEN_CHECKS):
        check()
        some = slice(first, first + _BETWEEN_CHECKS)
        for a, b in zip(edges.one[some].tolist(), edges.other[some].tolist()):
            a, b = _top(root, a), _top(root, b)
            if a != b and (size[a] < least or size[b] < least):
                root[b] = a
                size[a] += size[b]
    return _flat(np.array(root, np.intp))


def _top(root: list[int], node: int) -> int:
    """The root of a node; the way there is halved for the next time."""
    while root[node] != node:
        root[node] = root[root[node]]
        node = root[node]
    return node


def _flat(root: IntArray) -> IntArray:
    """Each node's root, however long the way there."""
    while True:
        above = root[root]
        if np.array_equal(above, root):
            return root
        root = above

"""DEMUD: what surprises most, one after the other (Wagstaff et al. 2013, Proc. AAAI 27, 905)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import FloatArray, IntArray

#: Directions of what is known already.
DIRECTIONS = 10


def demud(
    items: FloatArray, count: int, directions: int = DIRECTIONS, check: Callable[[], None] = lambda: None
) -> tuple[IntArray, FloatArray]:
    """
    Choose items that those chosen before explain least.

    The first is the farthest from the mean. Then, always, the mean and the main directions of the chosen ones are what is known,
    and the next is the one with the largest squared distance from that.

    Parameters
    ----------
    items
        (n, d).
    count
        How many are chosen; fewer where the others are explained without a rest.
    directions
        How many directions of the chosen ones count as known.
    check
        Called before each choice; it may raise to stop.

    Returns
    -------
    chosen
        (k,) rows, in their order.
    surprise
        (k,) squared distance of each from what was known before.

    Examples
    --------
    >>> rows = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 5.0], [9.0, 0.0]])
    >>> demud(rows, 3)[0].tolist()
    [3, 2, 0]
    """
    rows = np.asarray(items, np.float64)
    known = rows.mean(0)
    axes = np.zeros((0, rows.shape[1]))
    nothing = 1e-12 * float(((rows - known) ** 2).sum(1).max(initial=0))
    chosen: list[int] = []
    surprise: list[float] = []
    while len(chosen) < min(count, len(rows)):
        check()
        away = rows - known
        left = (away**2).sum(1) - ((away @ axes.T) ** 2).sum(1)
        left[chosen] = -1
        best = int(left.argmax())
        if not left[best] > nothing:
            break
        chosen.append(best)
        surprise.append(float(left[best]))
        known = rows[chosen].mean(0)
        _, strength, turned = np.linalg.svd(rows[chosen] - known, full_matrices=False)
        axes = turned[strength > 0][:directions]
    return np.array(chosen, np.intp), np.array(surprise)

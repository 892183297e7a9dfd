"""What an image could not have hidden, in words."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from .ground import BlandGround
from .tables import ClassLimits

#: Share of the bland ground that a statement is to hold for.
_MOST = 0.95


def explanation(patch: int) -> str:
    """What the statements mean."""
    return (
        f"limits of patches of {patch} × {patch} pixels: of their pixels, the map would name 9 of 10; 100 % is an absorption as "
        "deep as in the library's spectrum; bland is where the map names nothing"
    )


def statement(of: ClassLimits, ground: BlandGround) -> str:
    """Above which share a class is not in the image, in how much of its bland ground."""
    name, mapped = of.mineral.name, int(ground.mapped[of.mineral.code])
    limit, covered = largest_limit(of, ground.shares)
    subject = f"no {name}" if not mapped else f"{name} is on the map ({mapped} pixels); no more of it"
    if np.isnan(limit):
        return f"{name}: too little bland ground to tell a limit"
    if not np.isfinite(limit):
        return f"{name}: would be missed even at 100 %, wherever it were"
    words = (
        f"{subject} above {100 * limit:.2g} % in {100 * covered * ground.of_image:.0f} % of this image, {100 * covered:.0f} % "
        f"of its bland ground (a band {100 * of.depth(limit):.2g} % deep)"
    )
    rest = f"in the other {100 * (1 - covered):.0f} % of the bland ground it would be missed even at 100 %, or is not known"
    return words if covered >= _MOST else f"{words}; {rest}"


def largest_limit(of: ClassLimits, shares: FloatArray) -> tuple[float, float]:
    """The limit that 95 % of the bland ground keep within, and the share that does; else of the part that has a limit.

    Parameters
    ----------
    shares
        (`REGIONS`,) of the bland ground.

    Returns
    -------
    The limit is infinite where no region has one, and NaN where none is known.
    """
    limits = np.array([curve.found_90 for curve in of.curves[1:]])
    there = np.isfinite(limits)
    if not there.any():
        return (np.inf if np.isinf(limits).any() else np.nan), 0.0
    order = np.flatnonzero(there)[np.argsort(limits[there])]
    covered = np.cumsum(shares[order])
    last = min(int(np.searchsorted(covered, _MOST - 1e-9)), order.size - 1)
    last = int(np.flatnonzero(limits[order] <= limits[order[last]])[-1])
    return float(limits[order[last]]), float(min(covered[last], 1.0))

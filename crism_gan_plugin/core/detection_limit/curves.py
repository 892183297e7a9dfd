"""Shares of implants found against the share of the mineral, and the limits that they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from .implants import GUESSED, IDENTIFIED, OTHER
from .regions import REGIONS

#: Shares of the mineral that are implanted, ascending. 1: as much absorption as the library's spectrum has.
SHARES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)

#: Fewer implants tell nothing of a region.
LEAST = 10

#: What a limit is where even the largest share is not found often enough.
NEVER = np.inf

#: Draws of the implants anew, from which intervals come, and the 95 % of them between which limits lie.
_DRAWS, _INTERVAL = 200, (0.025, 0.975)


@dataclass(frozen=True)
class RecoveryCurve:
    """Of one class, one width of a patch, and one region or all of them.

    Attributes
    ----------
    implants
        How many were laid at each share; 0 where there is too little bland ground, and then all else is NaN.
    found, identified, other
        (shares,) those that are a guess or better, an identification, taken for another class; each a part of the implants.
    found_50, found_90, identified_50, identified_90
        The smallest share that is found so often, interpolated; `NEVER` where none is.
    interval
        Of ``found_90``, 95 %: from and to.
    """

    implants: int
    found: FloatArray
    identified: FloatArray
    other: FloatArray
    found_50: float
    found_90: float
    identified_50: float
    identified_90: float
    interval: tuple[float, float]


def curves_of(outcomes: IntArray, regions: IntArray, weights: FloatArray, seed: int) -> list[RecoveryCurve]:
    """The curve of all bland ground, and that of each region's.

    Parameters
    ----------
    outcomes
        (n, shares) what became of the implants of one class in patches of one width.
    regions
        (n,) where they were laid.
    weights
        (`REGIONS`,) share of the bland ground that is in each. The curve of all of it is the mean over the regions that are known.
    seed
        Of the draws.
    """
    members = [np.flatnonzero(regions == region) for region in range(REGIONS)]
    members = [rows if rows.size >= LEAST else rows[:0] for rows in members]
    known = np.array([rows.size > 0 for rows in members])
    weight = np.where(known, np.maximum(weights, 0), 0)
    rng = np.random.default_rng([seed, len(regions)])
    parts = [outcomes == GUESSED, outcomes == IDENTIFIED, outcomes == OTHER]
    guessed, identified, other = (_rates(part, members) for part in parts)
    drawn = _drawn(parts[0] | parts[1], members, rng)

    def curve(rows: FloatArray, implants: int) -> RecoveryCurve:
        """``rows`` (REGIONS,) are the weights."""
        if not implants or not rows.sum():
            nothing = np.full(outcomes.shape[1], np.nan)
            return RecoveryCurve(0, nothing, nothing, nothing, np.nan, np.nan, np.nan, np.nan, (np.nan, np.nan))
        part = rows / rows.sum()
        sure = part @ np.nan_to_num(identified)
        found = part @ np.nan_to_num(guessed) + sure
        limits = smallest_share(np.einsum("r,drs->ds", part, np.nan_to_num(drawn)), 0.9)
        interval = np.quantile(limits, _INTERVAL, method="nearest")
        return RecoveryCurve(
            implants,
            found,
            sure,
            part @ np.nan_to_num(other),
            _limit(found, 0.5),
            _limit(found, 0.9),
            _limit(sure, 0.5),
            _limit(sure, 0.9),
            (float(interval[0]), float(interval[1])),
        )

    counts = [rows.size for rows in members]
    own = [curve(np.eye(REGIONS)[region], counts[region]) for region in range(REGIONS)]
    return [curve(weight, sum(counts)), *own]


def _rates(hits: BoolArray, members: Sequence[IntArray]) -> FloatArray:
    """(REGIONS, shares) part of each region's implants; NaN where there are none."""
    return np.array([hits[rows].mean(0) if rows.size else np.full(hits.shape[1], np.nan) for rows in members])


def _drawn(hits: BoolArray, members: Sequence[IntArray], rng: np.random.Generator) -> FloatArray:
    """(draws, REGIONS, shares) the same of implants drawn anew; a place keeps its outcomes at all shares."""
    out = np.full((_DRAWS, len(members), hits.shape[1]), np.nan)
    for region, rows in enumerate(members):
        if rows.size:
            out[:, region] = hits[rows[rng.integers(rows.size, size=(_DRAWS, rows.size))]].mean(1)
    return out


def smallest_share(rates: FloatArray, wanted: float) -> FloatArray:
    """The smallest of `SHARES` that is found as often as wanted, interpolated in its logarithm.

    Chance makes curves rise and fall. So they are replaced by the nearest that only rise (isotonic regression).

    Parameters
    ----------
    rates
        (n, shares) part of the implants that is found.
    wanted
        Within 0 … 1.

    Returns
    -------
    (n,) shares; the smallest of `SHARES` where that is found as often, `NEVER` where none is.
    """
    rising, logs = isotonic(rates), np.log(SHARES)
    enough = rising >= wanted - 1e-9
    at = enough.argmax(1)
    before = np.maximum(at - 1, 0)
    rows = np.arange(len(rates))
    low, high = rising[rows, before], rising[rows, at]
    way = np.clip((wanted - low) / np.where(high > low, high - low, 1), 0, 1)
    share = np.exp(logs[before] + np.where(at > 0, way, 0) * (logs[at] - logs[before]))
    return np.where(enough.any(1), share, NEVER)


def _limit(rates: FloatArray, wanted: float) -> float:
    return float(smallest_share(rates[None], wanted)[0])


def isotonic(rates: FloatArray) -> FloatArray:
    """(n, k) → (n, k) the rising curve that is nearest by least squares: the largest least mean (Robertson et al. 1988, 1.4)."""
    count = rates.shape[1]
    total = np.cumsum(np.pad(rates, ((0, 0), (1, 0))), 1)
    length = np.arange(count + 1)[None] - np.arange(count + 1)[:, None]
    mean = (total[:, None, :] - total[:, :, None]) / np.where(length > 0, length, 1)  # from the first index up to the second
    mean = mean[:, :-1, 1:]  # (n, from, to), both counted
    out = np.empty_like(rates, float)
    for k in range(count):
        out[:, k] = mean[:, : k + 1, k:].min(2).max(1)
    return out


def wilson(part: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """The 95 % interval of a share of so many (Wilson 1927)."""
    z = 1.96
    middle = (part + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(part * (1 - part) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)

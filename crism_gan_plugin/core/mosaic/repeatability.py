"""What it tells that two images show the same: whether one may trust a class on Mars.

An image i shows a class in a share c of the pixels that have it (completeness) and in a share f of those that do not. Of what it
shows, a share r is right (reliability). Let both images be right or wrong independently, pixel by pixel, once it is said what the
ground is. Of a pair with N pixels of common ground, n_i and n_j with the class, of which both show it in n_ij, then are to be
expected

    n_ij = n_i n_j / N                                    if the two had nothing in common: chance
    n_ij = n_i (r_i c_j + (1 - r_i) f_j)                  seen from image i, and likewise from j: their own numbers
    f_j  = (1 - r_j) n_j / (N - M)                        with M pixels that have the class
    n_ij = R_i R_j / M + F_i F_j / (N - M)                with R = r n right ones, F = n - R false ones; solved for M

The last is the count of two observers (Lincoln and Petersen), freed of false detections, in Chapman's form, which few counts do not
mislead. From M come the share of the ground, and the completeness R / M that the two ascribe to each other.

Cohen's kappa, (n_ij - chance) / (mean of n_i and n_j - chance), needs neither r nor c. It is a floor for both: in this model it is
the mean over the two of (c_j r_i + f_j (1 - r_i) - d_j) / (1 - d_j), where d is the share of ground with the class, and since
f <= d <= c, neither r_i nor c_j is smaller than its part. What both images get wrong in the same way, such as ground that looks
like the mineral, no second look reveals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import FloatArray
from .second_looks import Looks

#: Fewer groups of places with detections, or fewer places, tell no interval.
LEAST_PLACES = 5

#: Normal deviate of an interval of 95 %.
_DEVIATE = 1.96

#: Of the pairs: ground (pairs,), seen (pairs, 2) and both (pairs,), in pixels.
Counts = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class Estimate:
    """A number and its interval of 95 %; NaN where it is not known."""

    value: float
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True)
class Worth:
    """What the two maps of each pair are worth by their own numbers; NaN where these are not known.

    Attributes
    ----------
    reliability
        (3, pairs, 2) share of detections that are right, and its interval: share, low, high.
    found_again
        (pairs, 2) share of what this map has found rightly that is to be found in the other map.
    """

    reliability: FloatArray
    found_again: FloatArray


@dataclass(frozen=True)
class Repeatability:
    """What pairs of maps tell of one class.

    Attributes
    ----------
    pairs, ground, places
        Pairs of maps that both look for the class, the pixels that they have in common, and places where one of them shows it.
    again, by_chance
        The share of what one map shows that the other shows too; the same if the two had nothing in common.
    kappa
        How far the agreement goes beyond chance, 1 at most: a floor for reliability and completeness.
    expected, ratio
        The share shown again that completeness and reliability lead to, and the share shown as a part of it; of those pairs alone
        for which these are known.
    completeness, share
        What the two observers see of what is there, and the share of the ground that has the class; of the pairs whose
        reliability is known.
    """

    pairs: int
    ground: int
    places: int
    again: Estimate
    by_chance: float
    kappa: Estimate
    expected: float
    ratio: Estimate
    completeness: Estimate
    share: Estimate


def repeatability(looks: Looks, worth: Worth) -> Repeatability:
    """What the counts of a class tell."""
    reliable = ~np.isnan(worth.reliability).any((0, 2))
    complete = reliable & ~np.isnan(worth.found_again).any(1)
    known, both = looks.of(reliable), looks.of(complete)
    of_known, of_both = worth.reliability[:, reliable], worth.reliability[:, complete]
    again = _estimate(looks, _again)
    again = replace(again, low=float(np.maximum(again.low, 0)))
    kappa = _estimate(looks, _kappa)
    by_chance = float(_by_chance(*_sums(looks)))
    if again.value == 1 and not np.isnan(again.low):  # no difference from which an interval might come
        low = looks.places / (looks.places + _DEVIATE**2)
        again = Estimate(1.0, low, 1.0)
        kappa = Estimate(kappa.value, (low - by_chance) / (1 - by_chance) if by_chance < 1 else np.nan, kappa.value)

    def expected(counts: Counts, r: FloatArray) -> FloatArray:
        return _expected(*counts, r, worth.found_again[complete])

    return Repeatability(
        pairs=len(looks.pairs),
        ground=int(looks.ground.sum()),
        places=looks.places,
        again=again,
        by_chance=by_chance,
        kappa=kappa,
        expected=float(expected(_sums(both), of_both[0])),
        ratio=_estimate_of_shares(both, of_both, lambda counts, r: _part(_again(*counts), expected(counts, r))),
        completeness=_clipped(_estimate_of_shares(known, of_known, lambda counts, r: _observed(*counts, r)[0])),
        share=_clipped(_estimate_of_shares(known, of_known, lambda counts, r: _observed(*counts, r)[1])),
    )


def _part(found: FloatArray, expected: FloatArray) -> FloatArray:
    """What is found as a part of what is expected; NaN where nothing is."""
    return found / np.where(expected > 0, expected, np.nan)


def _sums(looks: Looks) -> Counts:
    return looks.ground.sum(1).astype(float), looks.seen.sum(2).astype(float), looks.both.sum(1).astype(float)


def _without_each_group(looks: Looks) -> list[Counts]:
    """The same, each time without one of the groups that have ground."""
    whole, parts = _sums(looks), (looks.ground, looks.seen, looks.both)
    groups = np.flatnonzero(looks.ground.sum(0))
    return [(whole[0] - parts[0][..., g], whole[1] - parts[1][..., g], whole[2] - parts[2][..., g]) for g in groups]


def _again(ground: FloatArray, seen: FloatArray, both: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * both.sum() / seen.sum())


def _chance(ground: FloatArray, seen: FloatArray) -> FloatArray:
    """(pairs,) pixels that two maps without anything in common would both show."""
    return np.asarray(np.divide(seen.prod(1), ground, out=np.zeros_like(ground), where=ground > 0))


def _by_chance(ground: FloatArray, seen: FloatArray, both: FloatArray) -> FloatArray:
    return _again(ground, seen, _chance(ground, seen))


def _kappa(ground: FloatArray, seen: FloatArray, both: FloatArray) -> FloatArray:
    chance = _chance(ground, seen).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((both.sum() - chance) / (seen.sum() / 2 - chance))


def _there(ground: FloatArray, seen: FloatArray, both: FloatArray, reliability: FloatArray) -> FloatArray:
    """(pairs,) M, the pixels of the common ground that have the class: the lesser root of its quadratic equation."""
    right = seen * reliability
    false = (seen - right).prod(1)
    product, counted = (right + 1).prod(1), both + 1
    middle = counted * ground + product - false
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(np.maximum(middle**2 - 4 * counted * product * ground, 0))
        there = 2 * product * ground / (middle + root) - 1
    # no more than all of the ground, and no less than one of the two has found rightly
    return np.asarray(np.clip(np.nan_to_num(there), right.max(1), np.maximum(ground, right.max(1))))


def _expected(
    ground: FloatArray, seen: FloatArray, both: FloatArray, reliability: FloatArray, found_again: FloatArray
) -> FloatArray:
    false = seen * (1 - reliability)
    bare = np.maximum(ground - _there(ground, seen, both, reliability), 1)
    rate = false[:, ::-1] / bare[:, np.newaxis]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((seen * reliability * found_again + false * rate).sum() / seen.sum())


def _observed(ground: FloatArray, seen: FloatArray, both: FloatArray, reliability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Completeness and share of the ground."""
    there = _there(ground, seen, both, reliability).sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((seen * reliability).sum() / 2 / there), np.asarray(there / ground.sum())


def _estimate(looks: Looks, function: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]) -> Estimate:
    """A number with the interval of leaving out one group at a time, but no narrower than counting alone makes it."""
    value = float(function(*_sums(looks)))
    width = _deviate(looks) * _scatter(np.array([function(*each) for each in _without_each_group(looks)]))
    width = max(width, _DEVIATE * _counting(looks)) if np.isfinite(width) else width
    return Estimate(value, value - width, min(value + width, 1.0)) if np.isfinite(value + width) else Estimate(value)


def _counting(looks: Looks) -> float:
    """The deviation of kappa between maps that have nothing in common, whose pixels are independent."""
    ground, seen, _ = _sums(looks)
    chance = _chance(ground, seen).sum()
    return float(np.sqrt(chance) / max(seen.sum() / 2 - chance, 1e-9))


def _counting_of_shares(looks: Looks) -> float:
    """The deviation of the logarithm of the share that is shown again, if pixels are independent."""
    _, seen, both = _sums(looks)
    missed = seen.sum() / 2 - both.sum()
    return float(np.sqrt(missed / max(both.sum() * seen.sum() / 2, 1)))


def _estimate_of_shares(looks: Looks, reliability: FloatArray, function: Callable[[Counts, FloatArray], FloatArray]) -> Estimate:
    """Likewise, in logarithms, of a number that reliability is a part of, whose own uncertainty is added."""
    whole = _sums(looks)
    value = float(function(whole, reliability[0]))
    if not value > 0:
        return Estimate(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.log([float(function(each, reliability[0])) for each in _without_each_group(looks)])
        ends = np.log([float(function(whole, each)) for each in reliability])
    width = np.maximum(_deviate(looks) * _scatter(drawn), _DEVIATE * _counting_of_shares(looks))
    width = np.hypot(width, max(abs(ends[1] - ends[0]), abs(ends[2] - ends[0])))
    return Estimate(value, float(value * np.exp(-width)), float(value * np.exp(width))) if np.isfinite(width) else Estimate(value)


def _clipped(found: Estimate) -> Estimate:
    return Estimate(found.value, min(found.low, 1.0), min(found.high, 1.0))


def _scatter(values: FloatArray) -> float:
    """Standard deviation by the jackknife (Tukey 1958)."""
    if not len(values) or not np.isfinite(values).all():
        return np.nan
    return float(np.sqrt((len(values) - 1) / len(values) * ((values - values.mean()) ** 2).sum()))


def _deviate(looks: Looks) -> float:
    """Student's deviate of 95 % for the groups with detections, as many as tell as much if each had as many; NaN for too few."""
    seen = looks.seen.sum((0, 1)).astype(float)
    groups = np.count_nonzero(seen)
    if groups < LEAST_PLACES:
        return np.nan
    z, n = _DEVIATE, max(float(seen.sum() ** 2 / (seen**2).sum()) - 1, 1.0)
    # Fisher and Cornish (1960)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )

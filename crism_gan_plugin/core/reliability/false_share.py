"""From the hits of decoys to shares of false detections, their intervals, and q-values.

Each decoy of a class is found in so many pixels. The class itself, where it is not there, is one more of the same kind: it would be
found falsely as often as they are on average, and within their range. A range of k equals holds one more with a probability of
(k - 1) / (k + 1), that is 95 % for 39. The error of counting is added at both ends (Garwood 1936, Biometrika 28, 437).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray

#: Normal deviate of an interval of 95 %.
_DEVIATE = 1.96


@dataclass(frozen=True)
class FalseShare:
    """The estimated share of false detections, and the ends of its interval of 95 %; all 0 … 1."""

    share: float
    low: float
    high: float

    def rounded(self) -> tuple[float, float, float]:
        """Share, low and high with four digits, for tables."""
        share, low, high = (float(f"{each:.4g}") for each in (self.share, self.low, self.high))
        return share, low, high


def false_share(hits: IntArray, detections: int) -> FalseShare:
    """The share of a class's detections that are false.

    Parameters
    ----------
    hits
        (k,) pixels in which each of its decoys was found.
    detections
        Pixels in which it was found itself, at least one.

    Examples
    --------
    >>> found = false_share(np.array([0, 2, 4]), 100)
    >>> round(found.share, 3), found.low, round(found.high, 3)
    (0.02, 0.0, 0.102)
    """
    low, high = poisson_interval(int(hits.min()))[0], poisson_interval(int(hits.max()))[1]
    share, low, high = (min(each / detections, 1.0) for each in (float(hits.mean()), low, high))
    return FalseShare(share, low, high)


def poisson_interval(count: int) -> tuple[float, float]:
    """The 95 % interval of the mean of a Poisson distribution of which this was drawn.

    Wilson and Hilferty's approximation of chi-squared; within 1 % of the exact one, or .03.
    """

    def quantile(degrees: int, deviate: float) -> float:
        ninth = 2 / (9 * degrees)
        return float(degrees * (1 - ninth + deviate * np.sqrt(ninth)) ** 3)

    low = quantile(2 * count, -_DEVIATE) / 2 if count else 0.0
    return max(low, 0.0), quantile(2 * count + 2, _DEVIATE) / 2


def q_values(detections: IntArray, hits: FloatArray) -> FloatArray:
    """The smallest estimated false share at which a detection would still be shown.

    Parameters
    ----------
    detections
        (steps,) pixels in which a class was found, by ascending score.
    hits
        (decoys, steps) likewise of its decoys.

    Returns
    -------
    (steps,) q-value of a detection with such a score, 0 … 1; it never rises with the score. One hit of all decoys together is added
    (as in Barber and Candès 2015, Ann. Stat. 43, 2055), so none is 0.
    """
    found = np.cumsum(detections[::-1])[::-1]
    false = (1 + np.cumsum(hits.sum(0)[::-1])[::-1]) / len(hits)
    share = np.divide(false, found, out=np.ones(len(found)), where=found > 0)
    return np.asarray(np.minimum(np.minimum.accumulate(share), 1))

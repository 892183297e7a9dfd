"""How right a map is where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from .confusion import Confusion
from .truth import NOT_JUDGED, WIDTHS, Truth


@dataclass(frozen=True)
class Judgement:
    """How right a map is.

    Attributes
    ----------
    confusion
        Of all pixels that are judged.
    by_width
        By `WIDTHS`: recall of pixels in patches so wide, but not as wide as the next.
    """

    confusion: Confusion
    by_width: dict[int, Optional[float]]


def judge(named: IntArray, truth: Truth) -> Judgement:
    """Judge a map.

    Parameters
    ----------
    named
        (lines, samples) code of the class that each pixel is named, 0 for none.
    """
    judged = truth.codes != NOT_JUDGED
    there = judged & (truth.codes > 0)
    right = there & (named == truth.codes)
    by_width: dict[int, Optional[float]] = {}
    for width in WIDTHS:
        at = there & (truth.widths == width)
        by_width[width] = int((right & at).sum()) / int(at.sum()) if at.any() else None
    return Judgement(Confusion.of(truth.codes[judged], named[judged]), by_width)


def threshold_for(likeliest: IntArray, scores: FloatArray, truth: Truth, precision: float) -> float:
    """The lowest threshold on the score at which so much of what is named is right; infinite where there is none.

    Parameters
    ----------
    likeliest
        (lines, samples) code of the class that each pixel's score is of, 0 for none.
    """
    counted = (truth.codes != NOT_JUDGED) & (likeliest > 0) & np.isfinite(scores)
    order = np.argsort(-scores[counted], kind="stable")
    score = scores[counted][order]
    right = np.cumsum((likeliest == truth.codes)[counted][order])
    ends = np.flatnonzero(np.append(np.diff(score) != 0, True)) if score.size else np.zeros(0, np.intp)  # equals come together
    enough = ends[right[ends] >= precision * (ends + 1)]
    return float(score[enough[-1]]) if enough.size else np.inf

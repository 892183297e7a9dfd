"""How right a map is where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from .truth import NOT_JUDGED, WIDTHS, Truth


@dataclass(frozen=True)
class Rates:
    """Of one class, or of all: shares of what is named that is right, and of what is there that is named so; None of nothing."""

    precision: Optional[float]
    recall: Optional[float]
    f1: Optional[float]


@dataclass(frozen=True)
class Judgement:
    """How right a map is.

    Attributes
    ----------
    all
        All classes as one; ``f1`` is the mean over the classes of the truth (macro-F1).
    of_class
        By code, of the classes of the truth.
    by_width
        By `WIDTHS`: recall of pixels in patches so wide, but not as wide as the next.
    false_on_ground
        The share of bare ground that is named; None where the truth has none.
    """

    all: Rates
    of_class: dict[int, Rates]
    by_width: dict[int, Optional[float]]
    false_on_ground: Optional[float]


def judge(named: IntArray, truth: Truth) -> Judgement:
    """Judge a map.

    Parameters
    ----------
    named
        (lines, samples) code of the class that each pixel is named, 0 for none.
    """
    judged = truth.codes != NOT_JUDGED
    right = judged & (named > 0) & (named == truth.codes)
    of_class = {}
    for code in truth.classes:
        there, so_named = truth.codes == code, judged & (named == code)
        of_class[code] = _rates(int((right & there).sum()), int(so_named.sum()), int(there.sum()))
    there, ground = judged & (truth.codes > 0), truth.codes == 0
    whole = _rates(int(right.sum()), int((judged & (named > 0)).sum()), int(there.sum()))
    macro = [rates.f1 for rates in of_class.values() if rates.f1 is not None]
    return Judgement(
        all=Rates(whole.precision, whole.recall, float(np.mean(macro)) if macro else None),
        of_class=of_class,
        by_width={
            width: _share(int((right & at).sum()), int(at.sum())) for width in WIDTHS for at in [there & (truth.widths == width)]
        },
        false_on_ground=_share(int((ground & (named > 0)).sum()), int(ground.sum())),
    )


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


def _rates(right: int, named: int, there: int) -> Rates:
    f1 = 2 * right / (named + there) if named + there else None
    return Rates(_share(right, named), _share(right, there), f1)


def _share(part: int, whole: int) -> Optional[float]:
    return part / whole if whole else None

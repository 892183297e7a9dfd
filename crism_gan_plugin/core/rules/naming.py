"""From the strengths of absorptions to minerals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..arrays import FloatArray, IntArray
from .columns import DetectorColumns
from .connected import SMALLEST_PATCH, SmallestPatch, without_small_patches
from .table import RULES, Rule


@dataclass(frozen=True)
class Presence:
    """When an absorption counts as there, and as lacking.

    Attributes
    ----------
    above
        Strength that a required absorption exceeds. Ours: 3 standard deviations of its detector column's noise.
    below
        Strength that a forbidden absorption stays under. Ours: 2 standard deviations.
    """

    above: float = 3.0
    below: float = 2.0


#: The defaults.
PRESENCE = Presence()


class Named(NamedTuple):
    """What rules say of pixels, or of anything else with strengths; arrays of their shape.

    Attributes
    ----------
    codes
        uint8 class, 0 where no rule applies.
    weakest
        float32 strength of the weakest absorption that the rule requires: the higher, the surer. NaN where no rule applies.
    """

    codes: IntArray
    weakest: FloatArray


def named(strengths: Mapping[str, FloatArray], presence: Presence = PRESENCE, rules: tuple[Rule, ...] = RULES) -> Named:
    """Name what the rules tell.

    Where several rules apply, the one whose weakest required absorption is strongest counts.

    Parameters
    ----------
    strengths
        Strength of each absorption, all arrays of one shape. NaN is neither there nor lacking. A rule is left out if it asks for
        one that is not given (`untold`).
    presence
        When an absorption is there.
    rules
        The rules.

    Examples
    --------
    The first pixel has the absorptions of an Al-smectite; the second has kaolinite's doublet besides:

    >>> import numpy as np
    >>> pixels = {"BD2210_2": np.array([9.0, 9.0]), "BD1900_2": np.array([5.0, 5.0]), "MIN2200": np.array([0.1, 7.0])}
    >>> named(pixels).codes.tolist()
    [16, 15]
    """
    shape = next(iter(strengths.values())).shape
    codes, best = np.zeros(shape, np.uint8), np.full(shape, np.nan, np.float32)
    for rule in rules:
        if not _told(rule, strengths):
            continue
        weakest = np.minimum.reduce([strengths[name] for name in rule.required])
        with np.errstate(invalid="ignore"):
            applies = weakest > presence.above
            for name in rule.forbidden:
                applies &= strengths[name] < presence.below
            applies &= ~(weakest <= best)
        codes[applies], best[applies] = rule.code, weakest[applies]
    return Named(codes, best)


def named_by_columns(
    parameters: Mapping[str, FloatArray],
    columns: IntArray,
    presence: Presence = PRESENCE,
    smallest: SmallestPatch = SMALLEST_PATCH,
    rules: tuple[Rule, ...] = RULES,
    check: Callable[[], None] = lambda: None,
) -> Named:
    """Name the pixels of an image: absorptions in units of their detector column's noise, rules, and patches large enough.

    Parameters
    ----------
    parameters
        (lines, samples) of each summary parameter that rules ask for (`features_of`); NaN where there is no data.
    columns
        (lines, samples) detector column of each pixel, from 0; below 0 where it is not known, and nothing is named there.
    presence, smallest
        When an absorption is there, and what patches are kept.
    rules
        The rules.
    check
        Called after each parameter; it may raise to stop.
    """
    detector, strengths = DetectorColumns(columns), {}
    for name, plane in parameters.items():
        strengths[name] = detector.departure(plane, detector.spread(plane))
        check()
    codes, weakest = named(strengths, presence, rules)
    return Named(without_small_patches(codes, columns, smallest), weakest)


def untold(strengths: Mapping[str, FloatArray], rules: tuple[Rule, ...] = RULES) -> list[str]:
    """The minerals whose rules ask for absorptions that are not given."""
    return [rule.mineral for rule in rules if not _told(rule, strengths)]


def _told(rule: Rule, strengths: Mapping[str, FloatArray]) -> bool:
    return all(name in strengths for name in (*rule.required, *rule.forbidden))

"""The table of a comparison: a row for each method, setting, and class, and one for all classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from .classification import Classification
from .confusion import NamingRates
from .cost import Cost
from .judging import Judgement, judge, threshold_for
from .table import Method
from .truth import WIDTHS, Truth

#: What the rows of all classes are called.
ALL_CLASSES = "all"

HEADING = (
    *("method", "title", "setting", "threshold", "code", "class", "pixels", "km2", "precision", "recall", "f1"),
    *(f"recall_width_{width}" for width in WIDTHS),
    *("false_on_ground", "seconds", "processor_seconds", "peak_mb"),
)


@dataclass(frozen=True)
class Setting:
    """What a method names at one setting: ``threshold`` is what was moved, None at the method's own."""

    name: str
    named: IntArray
    threshold: Optional[float] = None


@dataclass(frozen=True)
class CodeCounter:
    """Counts pixels and area of codes on the map.

    Attributes
    ----------
    on_map
        Puts (lines, samples) codes of the image's pixels on the map.
    areas
        (lines, samples) km² of the map's pixels, or None.
    """

    on_map: Callable[[IntArray], IntArray]
    areas: Optional[FloatArray]

    def count(self, codes: IntArray) -> tuple[IntArray, Optional[FloatArray]]:
        """(256,) pixels, and km², of every code."""
        placed = self.on_map(codes).ravel()
        pixels = np.bincount(placed, minlength=256)
        if self.areas is None:
            return pixels, None
        return pixels, np.asarray(np.bincount(placed, weights=self.areas.ravel(), minlength=256), float)


def settings_of(found: Classification, truth: Optional[Truth], precision: float) -> Iterator[Setting]:
    """What a method names as it is published; its identifications alone, where it has guesses; and at a precision."""
    yield Setting("default", found.named)
    guessed = (found.codes > GUESS_OFFSET) & (found.codes < NO_DATA)
    if guessed.any():
        yield Setting("identifications", np.where(guessed, 0, found.named).astype(np.uint8))
    if truth is not None:
        least = threshold_for(found.likeliest, found.scores, truth, precision)
        above = np.nan_to_num(found.scores, nan=-np.inf) >= least
        yield Setting(f"precision {precision:g}", np.where(above, found.likeliest, 0).astype(np.uint8), least)


def rows_of(
    method: Method, setting: Setting, counter: CodeCounter, library: ExemplarLibrary, truth: Optional[Truth], cost: Cost
) -> Iterator[list[object]]:
    """The rows of one method at one setting: of all classes, then of those that are named or there."""
    pixels, km2 = counter.count(setting.named)
    judged = None if truth is None else judge(setting.named, truth)
    begin = [method.key, method.title, setting.name, _number(setting.threshold)]
    whole = [*begin, "", ALL_CLASSES, int(pixels[1:NO_DATA].sum()), _number(None if km2 is None else float(km2[1:NO_DATA].sum()))]
    spent = [cost.seconds, cost.processor_seconds, cost.peak_mb]
    yield [*whole, *_overall(judged), *map(_number, spent)]
    names = {mineral.code: mineral.name for mineral in library.classes}
    there = [] if truth is None else truth.classes
    for code in sorted({*np.flatnonzero(pixels[:NO_DATA]).tolist(), *there} - {0}):
        area = _number(None if km2 is None else float(km2[code]))
        rates = _rates(judged.confusion.of_class(code)) if judged and code in there else [""] * 3
        empty = [""] * (len(HEADING) - len(begin) - 7)
        yield [*begin, code, names.get(code, "not looked for"), int(pixels[code]), area, *rates, *empty]


def _rates(rates: NamingRates) -> list[object]:
    return [_number(each) for each in (rates.precision, rates.recall, rates.f1)]


def _overall(judged: Optional[Judgement]) -> list[object]:
    """Of all classes: precision, recall, macro-F1, recall by width, and the false share on bare ground."""
    if judged is None:
        return [""] * (len(WIDTHS) + 4)
    found = judged.confusion
    widths = (judged.by_width[width] for width in WIDTHS)
    return [_number(each) for each in (found.all.precision, found.all.recall, found.macro_f1, *widths, found.false_on_ground)]


def _number(value: Optional[float]) -> object:
    return "" if value is None else float(f"{value:.5g}")

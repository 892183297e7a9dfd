"""How far maps agree where they overlap: counts over every pixel and every pair of maps that cover it, a table, and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import IntArray
from ..files.tables import write_table
from ..libraries.exemplars import MineralClass
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from .own_worth import OwnWorth, worth_of
from .repeatability import Repeatability, repeatability
from .second_looks import SecondLooks

if TYPE_CHECKING:
    from rasterio.windows import Window

    from .sampling import Sample

#: How many pixels have their votes multiplied at once.
_PIXELS_AT_ONCE = 1 << 15


class Votes:
    """How many maps see each class in each pixel of one block. A guess counts like an identification."""

    def __init__(self, block: Window) -> None:
        self._block = block
        self._by_class: dict[int, NDArray[np.uint16]] = {}

    def add(self, sample: Sample) -> None:
        """Add the votes of one map."""
        detected = np.flatnonzero((sample.codes != 0) & (sample.codes != NO_DATA))
        classes = sample.codes.ravel()[detected] % GUESS_OFFSET
        order = np.argsort(classes, kind="stable")
        places = np.arange(self._block.height * self._block.width).reshape(self._block.height, self._block.width)
        places = places[sample.place(self._block)].ravel()[detected[order]]
        ends = np.cumsum(np.bincount(classes, minlength=GUESS_OFFSET))
        for code in np.flatnonzero(np.diff(ends, prepend=0)).tolist():
            if code not in self._by_class:
                self._by_class[code] = np.zeros(self._block.height * self._block.width, np.uint16)
            self._by_class[code][places[ends[code - 1] : ends[code]]] += 1  # code 0 is nothing, and never among them

    def pairs(self, count: IntArray) -> NDArray[np.int64]:
        """Numbers of pairs of maps over all pixels, by the codes that the two see, (100, 100) int64, symmetric. Code 0 is nothing.

        If n_a maps see class a in a pixel and n_b maps see b, then n_a n_b pairs see a and b, and n_a (n_a − 1) / 2 pairs see a
        twice.
        """
        found = np.zeros((GUESS_OFFSET, GUESS_OFFSET), np.int64)
        codes = sorted(self._by_class)
        rows = np.array([0, *codes])
        several = np.flatnonzero(count.ravel() > 1)
        for start in range(0, several.size, _PIXELS_AT_ONCE):
            some = several[start : start + _PIXELS_AT_ONCE]
            votes = np.array([count.ravel()[some], *(self._by_class[code][some] for code in codes)], np.float64)
            votes[0] -= votes[1:].sum(0)
            products = votes @ votes.T
            np.fill_diagonal(products, (products.diagonal() - votes.sum(1)) / 2)
            found[np.ix_(rows, rows)] += np.rint(products).astype(np.int64)
        return found


#: Columns that follow those of the matrix.
WORTH_COLUMNS = (
    "agreement",
    *("ground", "places"),
    *("seen_again", "seen_again_low", "seen_again_high", "by_chance"),
    *("kappa", "kappa_low", "kappa_high"),
    *("expected", "ratio", "ratio_low", "ratio_high"),
    *("completeness", "completeness_low", "completeness_high"),
    *("share_of_ground", "share_of_ground_low", "share_of_ground_high"),
)

#: Most classes that are told of in words.
_MOST_TOLD = 6


def repeats_of(looks: SecondLooks, classes: Sequence[MineralClass], worths: Sequence[OwnWorth]) -> dict[int, Repeatability]:
    """What pairs of maps tell of each class, by its code. Only pairs count of which both maps look for the class."""
    found = {}
    for code in (mineral.code for mineral in classes):
        every = looks.looks(code)
        searched = [all(of is None or code in of for of in (worths[k].searched for k in pair)) for pair in every.pairs]
        pairs = every.of(np.array(searched, bool))
        if pairs.seen.any():
            found[code] = repeatability(pairs, worth_of(pairs, code, worths))
    return found


def write_agreement(
    path: Path, pairs: NDArray[np.int64], classes: Sequence[MineralClass], repeats: Mapping[int, Repeatability]
) -> None:
    """Write the matrix as CSV. "nothing" and each class that any map saw where maps overlap have a row and a column.

    Then follow the agreement, the share of pairs in which both maps see the class, among those in which at least one does, and
    what `repeatability` tells. A field is empty where that is not known.
    """
    shown = _shown(pairs, classes)
    rows: list[Sequence[object]] = [["pairs of maps", *(name for _, name in shown), *WORTH_COLUMNS]]
    for code, name in shown:
        counts = (int(pairs[code, other]) for other, _ in shown)
        rows.append([name, *counts, _text(_agreement(pairs, code)), *_cells(repeats.get(code))])
    write_table(path, rows)


def _cells(of: Repeatability | None) -> list[object]:
    if of is None:
        return [""] * (len(WORTH_COLUMNS) - 1)
    again, kappa, ratio, complete, share = (
        [_text(each.value), _text(each.low), _text(each.high)] for each in (of.again, of.kappa, of.ratio, of.completeness, of.share)
    )
    return [of.ground, of.places, *again, _text(of.by_chance), *kappa, _text(of.expected), *ratio, *complete, *share]


def _text(number: float) -> str:
    return "" if np.isnan(number) else f"{number:.4f}"


def summary(pairs: NDArray[np.int64], classes: Sequence[MineralClass], repeats: Mapping[int, Repeatability]) -> list[str]:
    """Tell in words how far maps agree, and which classes one may trust on that account."""
    total = int(np.triu(pairs).sum())
    if not total:
        return ["no two maps overlap"]
    lines = [f"where maps overlap, {np.trace(pairs) / total:.1%} of {total:,} pairs of pixels agree"]
    ranked = sorted((-repeats[code].places, name, code) for code, name in _shown(pairs, classes) if code in repeats)
    for _, name, code in ranked[:_MOST_TOLD]:
        others = [(int(pairs[code, other]), label) for other, label in _shown(pairs, classes) if other != code]
        most, label = max(others)
        against = f", mostly {label} instead" if most else ""
        lines.append(f"{name}: {_seen_again(repeats[code])}{against}; {_verdict(repeats[code])}")
    if len(ranked) > _MOST_TOLD:
        lines.append(f"{len(ranked) - _MOST_TOLD} more classes: see the table of agreement")
    return lines


def _seen_again(of: Repeatability) -> str:
    between = f" ({_percent(of.again.low)} to {_percent(of.again.high)})" if not np.isnan(of.again.low) else ""
    return f"{_percent(of.again.value)}{between} of what one map shows the other shows, too; by chance {_percent(of.by_chance)}"


def _verdict(of: Repeatability) -> str:
    """May one trust the class?"""
    if np.isnan(of.kappa.low):
        places = f"{of.places} place" + "s" * (of.places != 1)
        return f"it is seen in {places}, which are too few to tell more"
    if of.kappa.low <= 0:
        return "that may be chance: two looks do not confirm it"
    if np.isnan(of.expected):
        floor = f"if maps err independently, at least {_percent(of.kappa.low)} of it is there"
        return f"{floor} (what to expect is not known without the maps' share of false detections and detection limits)"
    numbers = f"{_percent(of.expected)} is to be expected of the maps' own completeness and reliability"
    if np.isnan(of.ratio.low):
        return numbers
    if of.ratio.high < 1:
        return f"{numbers}: trust it less than these say"
    return f"{numbers}: two looks confirm these" if of.ratio.low <= 1 else f"{numbers}: it is found more surely than these say"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def _shown(pairs: NDArray[np.int64], classes: Sequence[MineralClass]) -> list[tuple[int, str]]:
    return [(0, "nothing"), *((mineral.code, mineral.name) for mineral in classes if pairs[mineral.code].any())]


def _agreement(pairs: NDArray[np.int64], code: int) -> float:
    total = int(pairs[code].sum())
    return float(pairs[code, code] / total) if total else np.nan

"""The deposits that a report shows: the largest of each class, identified and guessed, with a few pixels of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..arrays import BoolArray, IntArray
from ..deposits.patches import Patches
from ..deposits.rows import DepositRows, Found, deposit_rows
from ..deposits.runs import Runs
from ..deposits.source import MapSource
from ..mapping.levels import GUESS_OFFSET
from ..rasters.class_table import ClassRow

#: Deposits of each class and level that are shown, and pixels of each that spectra are read of at most.
SHOWN, MOST_PIXELS = 3, 100

#: Which pixels these are is the same in every report.
_SEED = 20210114


@dataclass(frozen=True)
class ListedDeposit:
    """A deposit that is shown.

    Attributes
    ----------
    label
        Such as A1: letter of the mineral, number of the deposit.
    fields
        What it has, by `deposits.rows.FIELDS`.
    top, left, bottom, right
        The lines and samples that it spans; the last two are beyond it.
    line, sample
        (n,) some of its pixels, or all.
    centre
        Line and sample of its centre.
    """

    label: str
    fields: dict[str, Any]
    top: int
    left: int
    bottom: int
    right: int
    line: IntArray
    sample: IntArray
    centre: tuple[float, float]


@dataclass(frozen=True)
class LevelDeposits:
    """The deposits of one code.

    Attributes
    ----------
    row
        The code in the map's table.
    shown
        The largest ones.
    count, pixels, km2
        Number, pixels and km² of all deposits; km² are None where they are not known.
    """

    row: ClassRow
    shown: tuple[ListedDeposit, ...]
    count: int
    pixels: int
    km2: Optional[float]

    @property
    def others(self) -> tuple[int, int, Optional[float]]:
        """Count, pixels and km² of those that are not shown."""
        km2 = None if self.km2 is None else self.km2 - sum(each.fields["km2"] for each in self.shown)
        return self.count - len(self.shown), self.pixels - sum(each.fields["pixels"] for each in self.shown), km2


@dataclass(frozen=True)
class MineralDeposits:
    """The deposits of one mineral: identified, guessed, or both."""

    letter: str
    name: str
    code: int
    identified: Optional[LevelDeposits]
    guessed: Optional[LevelDeposits]

    @property
    def levels(self) -> tuple[LevelDeposits, ...]:
        """The levels that have deposits."""
        return tuple(each for each in (self.identified, self.guessed) if each is not None)

    @property
    def shown(self) -> tuple[ListedDeposit, ...]:
        """All that are shown, identified ones first."""
        return tuple(each for level in self.levels for each in level.shown)


def listed_minerals(source: MapSource, found: Found) -> list[MineralDeposits]:
    """The deposits of each mineral, minerals with the most identified pixels first."""
    table = {row.value: row for row in source.map.table}
    minerals = sorted({value % GUESS_OFFSET for value in table}, key=lambda code: _importance(table, code))
    rows, several = deposit_rows(source, found), found.measures.columns.distinct(len(found.patches)) != 1
    made = []
    for place, code in enumerate(minerals):
        letter, levels, number = _letters(place), [], 1
        for value in (code, code + GUESS_OFFSET):
            levels.append(_level(table[value], found, rows, several, letter, number) if value in table else None)
            number += 0 if levels[-1] is None else len(levels[-1].shown)
        name = table.get(code, table.get(code + GUESS_OFFSET))
        assert name is not None
        made.append(MineralDeposits(letter, name.name, code, *levels))
    return made


def _importance(table: dict[int, ClassRow], code: int) -> tuple[int, int, int]:
    identified, guessed = (-table[value].pixels if value in table else 0 for value in (code, code + GUESS_OFFSET))
    return identified, guessed, code


def _level(row: ClassRow, found: Found, rows: DepositRows, several: BoolArray, letter: str, number: int) -> LevelDeposits:
    own = np.flatnonzero(found.patches.code == row.value)
    order = own[np.lexsort((own, -found.patches.pixels[own], ~several[own]))]  # streaks of one detector column come last
    shown = [_listed(f"{letter}{number + place}", int(patch), found, rows) for place, patch in enumerate(order[:SHOWN])]
    km2 = float(found.measures.km2[own].sum())
    pixels = int(found.patches.pixels[own].sum())
    return LevelDeposits(row, tuple(shown), own.size, pixels, km2 if np.isfinite(km2) else None)


def _listed(label: str, patch: int, found: Found, rows: DepositRows) -> ListedDeposit:
    runs = found.patches.runs_of(patch)
    line, sample = _some_pixels(runs, patch)
    pixels = found.patches.pixels[patch]
    centre = float(found.measures.line[patch] / pixels + 0.5), float(found.measures.sample[patch] / pixels + 0.5)
    first, last = _span(found.patches, patch)
    return ListedDeposit(label, rows.of(patch), first, int(runs.start.min()), last, int(runs.stop.max()), line, sample, centre)


def _span(patches: Patches, patch: int) -> tuple[int, int]:
    return int(patches.first[patch]), int(patches.last[patch]) + 1


def _some_pixels(runs: Runs, patch: int) -> tuple[IntArray, IntArray]:
    """Lines and samples of at most so many pixels, drawn at random."""
    ends = np.cumsum(runs.lengths.astype(np.int64))
    total = int(ends[-1])
    chosen = np.arange(total)
    if total > MOST_PIXELS:
        chosen = np.sort(np.random.default_rng((_SEED, patch)).choice(total, MOST_PIXELS, replace=False))
    run = np.searchsorted(ends, chosen, side="right")
    return runs.line[run].astype(np.intp), (runs.stop[run] - (ends[run] - chosen)).astype(np.intp)


def _letters(place: int) -> str:
    """A … Z, then AA, AB …"""
    return ("" if place < 26 else _letters(place // 26 - 1)) + chr(ord("A") + place % 26)


def all_places(minerals: Sequence[MineralDeposits]) -> tuple[IntArray, IntArray]:
    """Lines and samples of the pixels of all that are shown, one after the other."""
    shown = [each for mineral in minerals for each in mineral.shown]
    empty = np.empty(0, np.intp)
    return np.concatenate([empty, *(each.line for each in shown)]), np.concatenate([empty, *(each.sample for each in shown)])

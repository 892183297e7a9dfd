"""Counts how far maps agree where they overlap, over every pixel and every pair of maps that cover it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import IntArray
from ..files.tables import write_table
from ..libraries.exemplars import MineralClass
from ..mapping.levels import GUESS_OFFSET, NO_DATA

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


def write_agreement(path: Path, pairs: NDArray[np.int64], classes: Sequence[MineralClass]) -> None:
    """Write the matrix as CSV. "nothing" and each class that any map saw where maps overlap have a row and a column.

    The last column is the agreement: the share of pairs in which both maps see the class, among those in which at least one does.
    """
    shown = _shown(pairs, classes)
    rows: list[Sequence[object]] = [["pairs of maps", *(name for _, name in shown), "agreement"]]
    for code, name in shown:
        share = _agreement(pairs, code)
        rows.append([name, *(int(pairs[code, other]) for other, _ in shown), "" if share is None else f"{share:.4f}"])
    write_table(path, rows)


def summary(pairs: NDArray[np.int64], classes: Sequence[MineralClass]) -> list[str]:
    """Tell in words how far maps agree, and in which classes they agree least."""
    total = int(np.triu(pairs).sum())
    if not total:
        return ["no two maps overlap"]
    lines = [f"where maps overlap, {np.trace(pairs) / total:.1%} of {total:,} pairs of pixels agree"]
    ranked = sorted((_agreement(pairs, code), name, code) for code, name in _shown(pairs, classes) if code)
    for share, name, code in ranked[:3]:
        others = [(int(pairs[code, other]), label) for other, label in _shown(pairs, classes) if other != code]
        most, label = max(others)
        against = f", mostly {label} instead" if most else ""
        lines.append(f"{name}: two maps agree in {share:.0%} of the pairs in which either sees it{against}")
    return lines


def _shown(pairs: NDArray[np.int64], classes: Sequence[MineralClass]) -> list[tuple[int, str]]:
    return [(0, "nothing"), *((mineral.code, mineral.name) for mineral in classes if pairs[mineral.code].any())]


def _agreement(pairs: NDArray[np.int64], code: int) -> float | None:
    total = int(pairs[code].sum())
    return float(pairs[code, code] / total) if total else None

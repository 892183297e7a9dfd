"""Counts what two maps see of the same ground, pair by pair: the ground that both cover, and what each of them sees there.

Two maps that cover much ground may have little of a mineral in common by chance alone, and how much depends on the two. So every
pair is counted for itself. Neighbouring pixels are no independent looks; so counts are kept by groups of places, from whose
differences intervals come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import BoolArray, IntArray
from ..mapping.levels import GUESS_OFFSET, NO_DATA

if TYPE_CHECKING:
    from rasterio.windows import Window

    from .sampling import Sample

#: Side of a place, in pixels of the composite.
PLACE = 64

#: Places are dealt out to so many groups, like cards.
GROUPS = 20

#: Each map is compared with so many of those laid before it, at most.
MOST_PARTNERS = 16


@dataclass(frozen=True)
class Looks:
    """Counts of one class, in pixels.

    Attributes
    ----------
    pairs
        Numbers of the two maps of each pair, from 0.
    ground
        (pairs, `GROUPS`) that both maps cover.
    seen
        (pairs, 2, `GROUPS`) in which the one and the other sees the class.
    both
        (pairs, `GROUPS`) in which both do.
    places
        In how many places any of the maps sees it.
    """

    pairs: tuple[tuple[int, int], ...]
    ground: IntArray
    seen: IntArray
    both: IntArray
    places: int

    def of(self, chosen: BoolArray) -> Looks:
        """The same of some of the pairs."""
        pairs = tuple(pair for pair, there in zip(self.pairs, chosen) if there)
        return Looks(pairs, self.ground[chosen], self.seen[chosen], self.both[chosen], self.places)


class SecondLooks:
    """The counts of all pairs, while blocks go by.

    Parameters
    ----------
    partners
        For each map, which maps it is compared with; see `find_partners`.
    """

    def __init__(self, partners: Sequence[frozenset[int]]) -> None:
        self.partners = partners
        self._ground: dict[tuple[int, int], IntArray] = {}
        self._seen: dict[tuple[int, int], dict[int, IntArray]] = {}
        self._places: dict[int, set[tuple[int, int]]] = {}

    def looks(self, code: int) -> Looks:
        """The counts of a class, of all pairs that have ground in common."""
        none, pairs = np.zeros((3, GROUPS), np.int64), tuple(sorted(self._ground))
        seen = np.array([self._seen[pair].get(code, none) for pair in pairs], np.int64).reshape(len(pairs), 3, GROUPS)
        ground = np.array([self._ground[pair] for pair in pairs], np.int64).reshape(len(pairs), GROUPS)
        return Looks(pairs, ground, seen[:, :2], seen[:, 2], len(self._places.get(code, ())))

    def compare(self, pair: tuple[int, int], one: Sample, other: Sample) -> None:
        """Count a piece of ground of which the maps of a pair have these samples."""
        top, left = (max(getattr(one.window, edge), getattr(other.window, edge)) for edge in ("row_off", "col_off"))
        bottom = min(each.window.row_off + each.window.height for each in (one, other))
        right = min(each.window.col_off + each.window.width for each in (one, other))
        if top >= bottom or left >= right:
            return
        codes = [_part(each, top, bottom, left, right) for each in (one, other)]
        covered = (codes[0] != NO_DATA) & (codes[1] != NO_DATA)
        rows, columns = np.arange(top, bottom) // PLACE, np.arange(left, right) // PLACE
        across = int(columns[-1] - columns[0]) + 1
        places = (rows - rows[0])[:, np.newaxis] * across + (columns - columns[0])
        count = int(places[-1, -1]) + 1
        row, column = np.divmod(np.arange(count), across)
        row, column = row + rows[0], column + columns[0]
        group = (7 * row + column) % GROUPS  # neighbours are in different groups
        ground = self._ground.setdefault(pair, np.zeros(GROUPS, np.int64))
        np.add.at(ground, group, np.bincount(places[covered], minlength=count))
        at = np.flatnonzero(covered & ((codes[0] != 0) | (codes[1] != 0)))
        first, second = (each.ravel()[at].astype(np.intp) % GUESS_OFFSET for each in codes)
        place = places.ravel()[at] * GUESS_OFFSET
        same = first == second
        keys = (place + first, place + second, (place + first)[same])
        found = np.array([np.bincount(each, minlength=count * GUESS_OFFSET) for each in keys]).reshape(3, count, GUESS_OFFSET)
        of_pair = self._seen.setdefault(pair, {})
        for code in np.flatnonzero(found[:2].sum((0, 1))[1:]) + 1:
            counts = of_pair.setdefault(int(code), np.zeros((3, GROUPS), np.int64))
            for total, each in zip(counts, found[:, :, code]):
                np.add.at(total, group, each)
            there = np.flatnonzero(found[:2, :, code].sum(0))
            self._places.setdefault(int(code), set()).update(zip(row[there].tolist(), column[there].tolist()))


class BlockLooks:
    """The maps of one block, each kept until all its partners were laid."""

    def __init__(self, looks: SecondLooks) -> None:
        self._looks = looks
        self._kept: dict[int, list[Sample]] = {}
        self._laid: set[int] = set()

    def add(self, sample: Sample, number: int) -> None:
        """Compare what a map, numbered from 0, has in the block with those laid before."""
        partners = self._looks.partners
        if number not in self._kept:
            self._kept = {other: kept for other, kept in self._kept.items() if not partners[other] <= self._laid}
        for other in sorted(partners[number] & self._kept.keys()):
            for before in self._kept[other]:
                if other < number:
                    self._looks.compare((other, number), before, sample)
                else:
                    self._looks.compare((number, other), sample, before)
        self._kept.setdefault(number, []).append(sample)
        self._laid.add(number)


def find_partners(
    windows: Sequence[Sequence[Window]], order: Sequence[int], scenes: Sequence[str], most: int = MOST_PARTNERS
) -> list[frozenset[int]]:
    """For each map, which maps it is compared with: those that may have ground in common with it and are of another image.

    Parameters
    ----------
    windows
        Of each map, the windows of the composite that hold it.
    order
        In which the maps are laid. A map is compared with the ``most`` that were laid last before it, and have a window in common.
    scenes
        The image of each map. Maps of one image are no two looks.
    """
    found: list[set[int]] = [set() for _ in windows]
    edges = [np.array([[w.row_off, w.col_off, w.row_off + w.height, w.col_off + w.width] for w in of_map]) for of_map in windows]
    for rank, number in enumerate(order):
        count = 0
        for other in reversed(order[:rank]):
            if count == most:
                break
            if scenes[number] != scenes[other] and _touch(edges[number], edges[other]):
                found[number].add(other)
                found[other].add(number)
                count += 1
    return [frozenset(each) for each in found]


def _touch(one: IntArray, other: IntArray) -> bool:
    return any((max(a[0], b[0]) < min(a[2], b[2])) and (max(a[1], b[1]) < min(a[3], b[3])) for a in one for b in other)


def _part(sample: Sample, top: int, bottom: int, left: int, right: int) -> IntArray:
    window = sample.window
    return sample.codes[top - window.row_off : bottom - window.row_off, left - window.col_off : right - window.col_off]

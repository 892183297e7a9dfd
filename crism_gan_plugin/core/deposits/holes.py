"""Small holes in deposits: pixels on which the map says nothing, with one deposit all around."""

from __future__ import annotations

import numpy as np

from ..arrays import IntArray
from .patches import Patches
from .runs import Runs

#: The four neighbours, as steps in line and sample.
_STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def filled(patches: Patches, nothing: Runs, lines: int, largest: int, diagonal: bool) -> Patches:
    """The patches with their holes filled.

    A hole is a patch of ``nothing``, connected by the neighbours that deposits are not connected by, all of whose neighbours belong
    to one deposit.

    Parameters
    ----------
    nothing
        All pixels of the map with code 0.
    lines
        Number of lines of the map.
    largest
        Pixels of the largest hole to be filled.
    diagonal
        Whether pixels of deposits are connected by corners.
    """
    if not len(nothing) or not len(patches):
        return patches
    empty = Patches.of(nothing, patches.samples, not diagonal)
    empty = empty.keep(empty.pixels <= largest)
    if not len(empty):
        return patches
    run, line, sample = empty.runs.pixels()
    hole = empty.patch[run]
    lowest, highest = np.full(len(empty), np.iinfo(np.int64).max), np.full(len(empty), -1, np.int64)
    open_to_all = np.zeros(len(empty), bool)
    for step_line, step_sample in _STEPS:
        near_line, near_sample = line + step_line, sample + step_sample
        within = (near_line >= 0) & (near_line < lines) & (near_sample >= 0) & (near_sample < patches.samples)
        open_to_all[hole[~within]] = True
        beyond = within & (_patch_at(empty, near_line, near_sample) != hole)
        owner = _patch_at(patches, near_line[beyond], near_sample[beyond])
        np.minimum.at(lowest, hole[beyond], owner)
        np.maximum.at(highest, hole[beyond], owner)
    closed = ~open_to_all & (lowest == highest) & (lowest >= 0)
    found = closed[empty.patch]
    return patches.grown(empty.runs.take(found), lowest[empty.patch[found]])


def _patch_at(patches: Patches, line: IntArray, sample: IntArray) -> IntArray:
    """(n,) the patch at each place, −1 for none."""
    first, last = patches.runs.edges(patches.samples)
    place = line.astype(np.int64) * (patches.samples + 2) + 1 + sample
    run = np.searchsorted(first, place, side="right") - 1  # -1 where none begins before: the last run, which does not hold it
    return np.where((place >= first[run]) & (place < last[run]), patches.patch[run], -1)

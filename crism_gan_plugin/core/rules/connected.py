"""Detections that have neighbours of their kind: minerals lie in patches, while noise strikes single pixels or a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import IntArray
from ..deposits.runs import connected, runs_of


@dataclass(frozen=True)
class SmallestPatch:
    """What is kept of a map. Pixels that share a side or a corner are connected.

    Attributes
    ----------
    pixels
        Pixels of one class that are connected; the default of Plebani, Ehlmann, Leask, Fox & Dundar (2022, Icarus 376, 114849).
    columns
        Detector columns that they lie in; of the same.
    """

    pixels: int = 5
    columns: int = 2


#: The defaults.
SMALLEST_PATCH = SmallestPatch()


def without_small_patches(codes: IntArray, columns: IntArray, smallest: SmallestPatch = SMALLEST_PATCH) -> IntArray:
    """A map without the patches that are too small.

    Parameters
    ----------
    codes
        (lines, samples) uint8, 0 nothing.
    columns
        (lines, samples) detector column of each pixel that is not 0.
    smallest
        What is kept.

    Returns
    -------
    (lines, samples) uint8.
    """
    wanted = np.ones(256, bool)
    wanted[0] = False
    runs = runs_of(codes, 0, wanted)
    kept = codes.copy()
    if not len(runs):
        return kept
    patch = connected(runs, codes.shape[1], diagonal=True)
    run, line, sample = runs.pixels()
    pixel_patch = patch[run]
    count = int(patch.max()) + 1
    pixels = np.bincount(pixel_patch, minlength=count)
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    pixel_column = columns[line, sample].astype(np.int64)
    np.minimum.at(first, pixel_patch, pixel_column)
    np.maximum.at(last, pixel_patch, pixel_column)
    across = last - first + 1  # a patch is connected, so its columns follow each other
    small = (pixels < smallest.pixels) | (across < smallest.columns)
    kept[line[small[pixel_patch]], sample[small[pixel_patch]]] = 0
    return kept

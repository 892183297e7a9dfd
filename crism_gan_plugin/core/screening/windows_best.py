"""In which window of an image each mineral is explained best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..arrays import FloatArray, IntArray
from ..factors import Targets, explained_share, leading_vectors, misfit, vectors_beyond_parabola, window_places, windows_of
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead
from .verdict import LIKELY

#: Windows of so many lines and samples.
WINDOW = 8

#: One every so many pixels.
STEP = 4

#: Rows of windows that are read at once.
_ROWS = 8


class LevelledSpectra(Protocol):
    """What is searched: see `levelled.LevelledImage`."""

    noise: float

    def read(self, first: int, count: int) -> FloatArray: ...


@dataclass(frozen=True)
class BestWindows:
    """Where each class is explained best; windows in which no other class is explained better come first.

    Attributes
    ----------
    share
        (classes,) explained share beyond a parabola, 0 … 1.
    target
        (classes,) the class's target that has it.
    misfit
        (classes,) the published misfit of that target in that window; NaN where nothing is explained anywhere.
    line, sample
        (classes,) the window's first line and first sample.
    rival, rival_share
        (classes,) the other class that is explained best there, and its share.
    won
        (classes,) number of windows in which the share is at least `LIKELY`, and no other class's is larger.
    """

    share: FloatArray
    target: IntArray
    misfit: FloatArray
    line: IntArray
    sample: IntArray
    rival: IntArray
    rival_share: FloatArray
    won: IntArray

    @staticmethod
    def of(classes: int) -> BestWindows:
        """Nothing is found yet."""
        places = (np.zeros(classes, int) for _ in range(5))
        target, line, sample, rival, won = places
        return BestWindows(np.zeros(classes), target, np.full(classes, np.nan), line, sample, rival, np.zeros(classes), won)


def best_windows(image: LevelledSpectra, lines: int, samples: int, targets: Targets, progress: Progress) -> BestWindows:
    """Search an image of so many lines and samples."""
    found = BestWindows.of(targets.classes)
    size = min(WINDOW, lines), min(WINDOW, samples)
    rows, columns = window_places(lines, samples, size, STEP)
    strips = [_strip(rows[start : start + _ROWS], size[0]) for start in range(0, rows.size, _ROWS)]
    done = 0
    for strip, cube in read_ahead(strips, lambda each: image.read(each.first, each.lines)):
        cube = np.where(np.isfinite(cube).all(-1, keepdims=True), cube, np.float32(np.nan))
        for row in rows[done : done + _ROWS].tolist():
            progress.check()
            _search_row(windows_of(cube, row - strip.first, columns, size), image.noise, targets, found, row, columns)
        done = min(done + _ROWS, rows.size)
        progress.report(done / rows.size, f"searched {strip.first + strip.lines} of {lines} lines")
    return found


def _search_row(windows: FloatArray, noise: float, targets: Targets, found: BestWindows, line: int, columns: IntArray) -> None:
    """Search the windows that begin at one line."""
    each = explained_share(vectors_beyond_parabola(windows, noise), targets)
    share = targets.of_classes(each)
    winner = share.argmax(1)
    leads = winner[:, None] == np.arange(share.shape[1])
    np.add(found.won, (leads & (share >= LIKELY)).sum(0), out=found.won)
    key = share + leads * (share >= LIKELY)
    best = key.argmax(0)
    before = found.share + (found.share >= LIKELY) * (found.rival_share <= found.share)
    classes = np.flatnonzero(key[best, np.arange(best.size)] > before)
    if not classes.size:
        return
    best = best[classes]
    target = np.where(targets.class_index == classes[:, None], each[best], -1).argmax(1)
    where, place = np.unique(best, return_inverse=True)
    fits = misfit(leading_vectors(windows[where]), targets)[place.ravel(), target]
    others = share[best]
    others[np.arange(classes.size), classes] = -1
    for numbers, new in (
        (found.share, share[best, classes]),
        (found.target, target),
        (found.misfit, fits),
        (found.line, line),
        (found.sample, columns[best]),
        (found.rival, others.argmax(1)),
        (found.rival_share, others.max(1)),
    ):
        numbers[classes] = new


def _strip(rows: IntArray, height: int) -> Block:
    first, lines = int(rows[0]), int(rows[-1]) + height - int(rows[0])
    return Block(first, lines, first, lines)

"""The mean of the blandest pixels around each pixel, without the pixel's own neighbourhood.

A pixel whose score depends on that neighbourhood is not chosen either.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..arrays import AnyArray, BoolArray, FloatArray, IntArray
from .frame import UNKNOWN, Frame

#: Pixels of which the mean is taken, and rows to each side among which they are looked for.
BLANDEST, REACH = 7, 25

#: Fewer pixels to choose from tell nothing of the ground.
FEWEST = 3

#: Where detector columns are not known: width of the cells that pixels are chosen from, how many of each may be chosen, and cells
#: to each side among which they are.
_CELL, _OF_A_CELL, _CELLS = 5, 2, 5

#: Blandness is that of a mean over so many pixels to each side: the neighbours tell more surely than a noisy pixel.
SCORE_HALO = 1


def reach_in_lines(frame: Frame) -> int:
    """Lines above and below a line of the image that its denominators are chosen from."""
    return REACH + frame.gap if frame.by_column else _CELL * (_cells_apart(frame)[1] + 1)


def blandest_ground(
    frame: Frame, first: int, count: int, around: int, scores: FloatArray, spectra: tuple[FloatArray, ...]
) -> tuple[FloatArray, ...]:
    """Denominators of some lines.

    Parameters
    ----------
    first, count
        The lines.
    around
        First of the lines that scores and spectra are of: those and `reach_in_lines` above and below, as far as the image goes.
    scores
        (lines, samples) blandness, the lowest the blandest, of means over `SCORE_HALO` pixels to each side; infinite where there
        is no data.
    spectra
        One or more cubes (lines, samples, channels), levelled; what is chosen in one is chosen in all.

    Returns
    -------
    For each cube (count, samples, channels); NaN where fewer than `FEWEST` pixels could be chosen from.
    """
    candidates = _of_columns if frame.by_column else _of_cells
    made = tuple(np.empty((count, *cube.shape[1:]), cube.dtype) for cube in spectra)
    for line, chosen, where in candidates(frame, first, count, around, scores):
        pixels, usable = _choose(*chosen)
        for cube, out in zip(spectra, made):
            out[line] = _mean(cube.reshape(-1, cube.shape[-1]), pixels, usable)[where]
    return made


def _of_columns(
    frame: Frame, first: int, count: int, around: int, scores: FloatArray
) -> Iterator[tuple[slice, tuple[FloatArray, IntArray], IntArray]]:
    """For each line: scores and places of candidates (candidates, samples), from the pixels' own detector columns."""
    rows, columns = frame.place(around, len(scores))
    known = (rows != UNKNOWN) & (columns != UNKNOWN)
    top = int(rows[known].min(initial=0)) - REACH
    height = int(rows[known].max(initial=0)) - top + REACH + 1
    score = np.full((height, int(columns[known].max(initial=0)) + 1), np.inf, np.float32)
    place = np.zeros(score.shape, np.int32)
    flat = np.arange(scores.size, dtype=np.int32).reshape(scores.shape)
    score[rows[known] - top, columns[known]] = scores[known]
    place[rows[known] - top, columns[known]] = flat[known]
    offsets = np.array([k for k in range(-REACH, REACH + 1) if abs(k) > frame.gap + SCORE_HALO], np.int32)[:, None]
    everywhere = np.arange(frame.samples)
    for line in range(count):
        own, column, here = (part[first - around + line] for part in (rows, columns, known))
        at = np.where(here, own - top, REACH) + offsets, np.where(here, column, 0)
        yield slice(line, line + 1), (np.where(here, score[at], np.inf), place[at]), everywhere


def _of_cells(
    frame: Frame, first: int, count: int, around: int, scores: FloatArray
) -> Iterator[tuple[slice, tuple[FloatArray, IntArray], IntArray]]:
    """For the lines of each row of cells: scores and places of candidates (candidates, cells), from other cells around."""
    start = around // _CELL * _CELL
    above, below = around - start, -(around + len(scores)) % _CELL
    pad = ((above, below), (0, -frame.samples % _CELL))
    padded = np.pad(scores, pad, constant_values=np.inf)
    places = np.pad(np.arange(scores.size, dtype=np.int32).reshape(scores.shape), pad)
    score, place = (_in_cells(each) for each in (padded, places))
    best = np.argpartition(score, _OF_A_CELL - 1, -1)[..., :_OF_A_CELL]
    apart, reach = _cells_apart(frame)
    edge = ((reach, reach), (reach, reach), (0, 0))
    score = np.pad(np.take_along_axis(score, best, -1), edge, constant_values=np.inf)
    place = np.pad(np.take_along_axis(place, best, -1), edge)
    offsets = [(i, j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1) if max(abs(i), abs(j)) >= apart]
    cells = np.arange(frame.samples) // _CELL
    width = cells[-1] + 1
    for row in range(first // _CELL, (first + count - 1) // _CELL + 1):
        own = row - start // _CELL + reach
        parts = [
            [each[own + i, reach + j : reach + j + width].T for i, j in offsets]  # (of a cell, cells)
            for each in (score, place)
        ]
        lines = slice(max(row * _CELL, first) - first, min((row + 1) * _CELL, first + count) - first)
        yield lines, (np.concatenate(parts[0]), np.concatenate(parts[1])), cells


def _cells_apart(frame: Frame) -> tuple[int, int]:
    """The nearest cells that share no smoothing window with a cell, in cells, and the farthest that are chosen from."""
    apart = -(-(frame.gap + SCORE_HALO) // _CELL) + 1
    return apart, max(apart, _CELLS)


def _in_cells(plane: AnyArray) -> AnyArray:
    """(lines, samples) → (rows of cells, cells, pixels of a cell)."""
    rows, cells = plane.shape[0] // _CELL, plane.shape[1] // _CELL
    return plane.reshape(rows, _CELL, cells, _CELL).transpose(0, 2, 1, 3).reshape(rows, cells, -1)


def _choose(scores: FloatArray, places: IntArray) -> tuple[IntArray, BoolArray]:
    """(n, m) places of the blandest of each column of candidates, and which of them count."""
    count = min(BLANDEST, len(scores))
    best = np.argpartition(scores, count - 1, 0)[:count] if count < len(scores) else np.arange(count)[:, None] + 0 * places[:1]
    there = np.isfinite(scores)
    enough = np.count_nonzero(there, 0) >= FEWEST
    return np.take_along_axis(places, best, 0), np.take_along_axis(there, best, 0) & enough


def _mean(pixels: FloatArray, places: IntArray, usable: BoolArray) -> FloatArray:
    """(m, channels) mean over the places (n, m) that are usable; NaN where none is."""
    total = np.zeros((places.shape[1], pixels.shape[1]), pixels.dtype)
    for place, use in zip(places, usable):
        total[use] += pixels[place[use]]
    number = np.count_nonzero(usable, 0).astype(pixels.dtype)
    return total / np.where(number > 0, number, np.nan)[:, None]

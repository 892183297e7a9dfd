"""A map as a picture: smaller where it is large, so that small deposits stay visible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from .png import Colour, data_uri, paletted_png

#: Most cells along a side of the picture of a map.
MOST_CELLS = 1000

#: Greys of ground, and what stands for no data and for ground without brightness.
_GREYS, _DARKEST, _BRIGHTEST = 48, 70, 235
_NO_DATA: Colour = (255, 255, 255)
_PLAIN: Colour = (222, 222, 222)


class CellPicture:
    """The cells of a map's picture, filled as lines go by.

    A cell of several pixels shows the identified mineral that most of them have; if there is none, the guessed one. It shows
    nothing only where no pixel has a mineral.

    Attributes
    ----------
    factor
        Pixels along each side of a cell.
    codes
        (rows, columns) uint8.
    """

    def __init__(self, lines: int, samples: int, most: int = MOST_CELLS) -> None:
        self.factor = -(-max(lines, samples) // most)
        self._lines, self._samples = lines, samples
        self.codes = np.full((-(-lines // self.factor), -(-samples // self.factor)), NO_DATA, np.uint8)

    def add(self, first: int, codes: IntArray) -> None:
        """(lines, samples) uint8 from the line ``first`` on, a multiple of the factor; so are the lines, but for the last."""
        rows = -(-codes.shape[0] // self.factor)
        top = first // self.factor
        self.codes[top : top + rows] = codes if self.factor == 1 else _shown(codes, self.factor)

    def places(self) -> tuple[IntArray, IntArray]:
        """(rows × columns,) lines and samples of the map in the middle of each cell."""
        rows, columns = self.codes.shape
        line, sample = np.mgrid[0:rows, 0:columns] * self.factor + self.factor // 2
        return np.minimum(line, self._lines - 1).ravel(), np.minimum(sample, self._samples - 1).ravel()


def _shown(codes: IntArray, factor: int) -> IntArray:
    """(rows, columns) what the cells of some lines show."""
    lines, samples = codes.shape
    rows, columns = -(-lines // factor), -(-samples // factor)
    shown = np.full(rows * columns, NO_DATA, np.uint8)
    line, sample = np.nonzero(codes != NO_DATA)
    cell, code = line // factor * columns + sample // factor, codes[line, sample]
    shown[cell] = 0
    named = code > 0
    keys, counts = np.unique(cell[named].astype(np.int64) << 8 | code[named], return_counts=True)
    identified = (keys & 255) < GUESS_OFFSET
    order = np.lexsort((-keys, counts, identified))  # of those that are written to one place, the last one stays
    shown[keys[order] >> 8] = keys[order] & 255
    return shown.reshape(rows, columns)


@dataclass(frozen=True)
class Palette:
    """The colours of pictures.

    Attributes
    ----------
    colours
        The colour of each place.
    place
        (256,) the place of each code.
    limits
        I/F that are the darkest and the brightest ground; None where ground is not shown.
    """

    colours: tuple[Colour, ...]
    place: IntArray
    limits: Optional[tuple[float, float]]

    @staticmethod
    def of(rgb: Mapping[int, tuple[int, int, int]], brightness: Optional[FloatArray]) -> Palette:
        """The palette of a map with these colours by code, and of ground as bright as this, if it is shown."""
        known = np.empty(0) if brightness is None else brightness[np.isfinite(brightness)]
        limits = None
        if known.size:
            low, high = (float(each) for each in np.percentile(known, (2, 98)))
            limits = (low, high if high > low else low + 1)
        greys = [(int(grey),) * 3 for grey in np.linspace(_DARKEST, _BRIGHTEST, _GREYS)] if limits else []
        colours: list[Colour] = [_NO_DATA, _PLAIN, *rgb.values()]
        place = np.zeros(256, np.uint8)
        place[0] = 1
        place[list(rgb)] = np.arange(len(rgb)) + 2
        return Palette((*colours, *greys), place, limits)

    def picture(self, codes: IntArray, brightness: Optional[FloatArray]) -> str:
        """The address of a picture (`data_uri`) of (rows, columns) codes, over ground as bright as this where it is shown."""
        image = self.place[codes]
        if brightness is not None and self.limits is not None:
            low, high = self.limits
            share = np.clip((brightness.reshape(codes.shape) - low) / (high - low), 0, 1)
            grey = np.nan_to_num(share * (_GREYS - 1)).astype(np.uint8) + len(self.colours) - _GREYS
            bare = (codes == 0) & np.isfinite(share)
            image = np.where(bare, grey, image)
        return data_uri(paletted_png(image, self.colours))

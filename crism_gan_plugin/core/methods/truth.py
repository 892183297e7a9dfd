"""What is where in an image, if somebody knows it, and how wide the patches are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..libraries.exemplars import CODES
from ..rasters.reader import RasterReader

#: Code of pixels that are not judged.
NOT_JUDGED = 255

#: Least widths of patches, in pixels, that recall is told for.
WIDTHS = (1, 2, 3, 4, 8, 16)


@dataclass(frozen=True)
class Truth:
    """What is where.

    Attributes
    ----------
    codes
        (lines, samples) uint8: 0 bare ground, 1-99 the code of a class, `NOT_JUDGED` where nothing is known.
    widths
        (lines, samples) uint8, the largest of `WIDTHS` of which a square fits into the patch and covers the pixel; 0 outside.
    """

    codes: IntArray
    widths: IntArray

    @staticmethod
    def of(codes: IntArray) -> Truth:
        """The truth of codes of any whole numbers; those that mean neither ground nor a class are not judged."""
        known = np.where((codes >= 0) & (codes <= CODES[-1]), codes, NOT_JUDGED).astype(np.uint8)
        widths = np.zeros(known.shape, np.uint8)
        for code in np.unique(known[(known > 0) & (known != NOT_JUDGED)]):
            patch = known == code
            for width in WIDTHS:
                widths[opened(patch, width)] = width
        return Truth(known, widths)

    def where(self, valid: BoolArray) -> Truth:
        """The truth of these pixels alone; the others are not judged."""
        return Truth(np.where(valid, self.codes, NOT_JUDGED).astype(np.uint8), self.widths)

    @property
    def classes(self) -> list[int]:
        """The codes that occur."""
        return np.unique(self.codes[(self.codes > 0) & (self.codes != NOT_JUDGED)]).tolist()


def read_truth(path: PathLike, lines: int, samples: int) -> Truth:
    """The truth that a raster tells.

    Raises
    ------
    InputError
        If it is no raster of whole numbers in one band, of another size than the image, or shows no class.
    """
    with RasterReader(path) as raster:
        if raster.bands != 1:
            raise InputError(f"{path}: has {raster.bands} bands; a truth is a raster of one, of class codes")
        if (raster.lines, raster.samples) != (lines, samples):
            raise InputError(
                f"{path}: has {raster.lines} lines × {raster.samples} samples, the image {lines} × {samples}; give the truth of "
                "this image, pixel by pixel"
            )
        values = np.asarray(raster.read(0, lines)[0], np.float64)
    whole = np.isfinite(values) & (values == np.round(values)) & (np.abs(values) < NOT_JUDGED)
    found = Truth.of(np.where(whole, np.nan_to_num(values), NOT_JUDGED).astype(np.int64))
    if not found.classes:
        raise InputError(
            f"{path}: shows no class: none of its numbers is from {CODES[0]} to {CODES[-1]}; give a raster of class codes"
        )
    return found


def opened(mask: BoolArray, width: int) -> BoolArray:
    """The pixels that squares of this width cover which fit into the mask (a morphological opening)."""
    lines, samples = mask.shape
    if width > min(lines, samples):
        return np.zeros_like(mask)
    fits = _sums(mask, width) == width * width
    return _sums(np.pad(fits, width - 1), width) > 0


def _sums(mask: BoolArray, width: int) -> IntArray:
    """Sums over all squares of a width that lie within an image."""
    total = np.pad(mask.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return total[width:, width:] - total[:-width, width:] - total[width:, :-width] + total[:-width, :-width]

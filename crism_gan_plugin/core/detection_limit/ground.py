"""Bland ground: where a map names nothing. Limits are told of it alone, for what the map names there is not missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..inspection.map_pixels import MapPixels, band_of
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from ..mapping.map_files import PIXEL_BANDS
from ..rasters.blocks import split_lines
from ..rasters.class_table import minerals_of
from .regions import NO_REGION, REGIONS

#: Lines of a map are read as if each of its pixels had so many channels.
_CHANNELS = 16


@dataclass(frozen=True)
class BlandGround:
    """How much of it a map has.

    Attributes
    ----------
    pixels
        Of the map, with data.
    bland
        (`REGIONS`,) those that the map gives no class and no guess, by region. What it shows there that is no mineral, such as an
        artefact or an unlisted absorption, makes no difference.
    mapped
        (`GUESS_OFFSET`,) those that have the class of each code, identified or guessed.
    """

    pixels: int
    bland: IntArray
    mapped: IntArray

    @staticmethod
    def of(pixels: MapPixels, labels: IntArray) -> BlandGround:
        """That of a map whose image has these (lines, samples) labels of regions."""
        bland, named = np.zeros(NO_REGION + 1, np.int64), np.zeros(NO_DATA + 1, np.int64)
        for _, codes, found in _blocks(pixels, labels):
            bland += np.bincount(found[codes == 0], minlength=bland.size)
            named += np.bincount(codes.ravel(), minlength=named.size)
        mapped = named[:GUESS_OFFSET] + named[GUESS_OFFSET : 2 * GUESS_OFFSET]
        return BlandGround(int(named[:NO_DATA].sum()), bland[:REGIONS], mapped)

    @property
    def shares(self) -> FloatArray:
        """(`REGIONS`,) of the bland ground."""
        return self.bland / max(self.bland.sum(), 1)

    @property
    def of_image(self) -> float:
        """Share of the image that is bland."""
        return float(self.bland.sum() / max(self.pixels, 1))


def labels_on_map(pixels: MapPixels, labels: IntArray) -> Iterator[tuple[int, IntArray]]:
    """First line and (lines, samples) labels of one block of the map after the other; `NO_REGION` where it is not bland.

    Parameters
    ----------
    pixels
        Of the map.
    labels
        (lines, samples) uint8 of the image.
    """
    for first, codes, found in _blocks(pixels, labels):
        yield first, np.where(codes == 0, found, NO_REGION)


def _blocks(pixels: MapPixels, labels: IntArray) -> Iterator[tuple[int, IntArray, IntArray]]:
    """First line, codes of the map's minerals, and labels of the image's pixels that it shows."""
    assert pixels.classes is not None  # `LimitSource.open` has refused images
    for block in split_lines(pixels.lines, pixels.samples, _CHANNELS):
        codes = minerals_of(pixels.classes.read(block.first, block.lines)[0].astype(np.uint8), pixels.besides)
        if pixels.evidence is None:
            yield block.first, codes, np.asarray(labels[block.first : block.first + block.lines])
            continue
        bands = [band for name in PIXEL_BANDS if (band := band_of(pixels.evidence, name)) is not None]
        sample, line = pixels.evidence.read(block.first, block.lines, bands)
        there = np.isfinite(sample) & np.isfinite(line)
        found = np.full(there.shape, NO_REGION, np.uint8)
        found[there] = labels[line[there].astype(np.intp), sample[there].astype(np.intp)]
        yield block.first, codes, found

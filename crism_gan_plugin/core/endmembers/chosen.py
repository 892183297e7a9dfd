"""The endmembers of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..libraries.exemplars import PixelOrigin
from ..progress import Progress
from ..segments.means import SegmentMeans
from ..spectra.grid import WAVELENGTHS_NM
from .pixels import PIXEL_KINDS
from .views import BlockSpectra


@dataclass(frozen=True)
class Endmembers:
    """Spectra of an image, each the mean of a segment, in the order in which they were chosen.

    Attributes
    ----------
    segments
        (lines, samples) int32 segment of each pixel from 0, −1 without data.
    pixels
        (segments,) how many each has.
    chosen
        (k,) their segments.
    nearest
        (segments,) the endmember, from 0, that each segment resembles most.
    spectra
        (k, 240) I/F over continuum, at most 1.
    line, sample
        (k,) a pixel in the middle of each.
    """

    segments: IntArray
    pixels: IntArray
    chosen: IntArray
    nearest: IntArray
    spectra: FloatArray
    line: IntArray
    sample: IntArray

    def pixels_like(self) -> IntArray:
        """(k,) pixels of the segments that resemble each endmember most."""
        return np.bincount(self.nearest, self.pixels, self.chosen.size).astype(np.int64)

    def of_pixels(self, first: int, lines: int) -> IntArray:
        """(lines, samples) int32 number of the nearest endmember from 1; 0 without data."""
        own = self.segments[first : first + lines]
        return np.where(own < 0, 0, self.nearest[own] + 1).astype(np.int32)

    def origin(self, number: int, scene: str) -> PixelOrigin:
        """The pixels of an endmember."""
        line, sample = np.nonzero(self.segments == self.chosen[number])
        starts = np.flatnonzero(np.diff(line, prepend=-1) | (np.diff(sample, prepend=-2) != 1))
        ends = np.append(starts[1:], line.size) - 1
        runs = zip(line[starts].tolist(), sample[starts].tolist(), sample[ends].tolist())
        return PixelOrigin(scene, line.size, tuple(runs))


def choose_endmembers(source: BlockSpectra, method: str, count: int, least: int, progress: Progress) -> Endmembers:
    """Find the segments of an image, and choose among them; `InputError` where no pixel has data."""
    scene = source.cube.scene
    kind = PIXEL_KINDS[method](scene.lines, scene.samples)
    for _, spectra in source.read(kind.of_level, progress.part(0, 0.5), "compared"):
        kind.add(spectra)
    progress.report(0.5, "finding segments")
    segments = kind.segments(least, progress.check)
    number = int(segments.max(initial=-1)) + 1
    sums = SegmentMeans(number, WAVELENGTHS_NM.size)
    for first, spectra in source.read(False, progress.part(0.55, 0.95), "averaged"):
        sums.add(segments[first : first + len(spectra)], spectra)
    if not sums.pixels.any():
        raise InputError(f"{scene.path}: no pixel has valid data{_without(source)}; check the file and its no-data value")
    means = np.minimum(sums.means(), 1)
    large = sums.pixels >= least
    progress.report(0.95, f"choosing among {number} segments")
    chosen, nearest = kind.choose(means, large if large.any() else sums.pixels > 0, count, progress.check)
    if not chosen.size:
        raise InputError(
            f"{scene.path}: its {number} segments do not differ, so that none stands out; give an image with more in it, or a "
            "smaller min_pixels"
        )
    middle = [_middle(segments == segment) for segment in chosen.tolist()]
    line, sample = (np.array([place[axis] for place in middle], np.intp) for axis in (0, 1))
    return Endmembers(segments, sums.pixels, chosen, nearest, means[chosen], line, sample)


def _without(source: BlockSpectra) -> str:
    return "" if source.ratio is None else " and neutral ground to be divided by"


def _middle(inside: IntArray) -> tuple[int, int]:
    """The pixel of a segment that is nearest to its centre."""
    line, sample = np.nonzero(inside)
    nearest = int(((line - line.mean()) ** 2 + (sample - sample.mean()) ** 2).argmin())
    return int(line[nearest]), int(sample[nearest])

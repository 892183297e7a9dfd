"""Factor analysis and target transformation in windows that slide over the image, of five shapes (DAFATT)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..deposits.runs import connected, runs_of
from ..factors import (
    CHANNELS,
    LARGEST_MISFIT,
    ImageSignal,
    Targets,
    explained_share,
    misfit,
    signal_subspace,
    vectors_beyond_parabola,
    windows_of,
)
from ..mapping.levels import NO_DATA
from ..progress import Progress
from .classification import Classification
from .image import ComparedImage
from .limits import limited

#: Lines whose windows are searched at once.
_LINES = 16

#: Most pixels of a patch that are asked once more.
_SAMPLE = 200


@dataclass(frozen=True)
class DafattParameters:
    """What counts as found: Lin and others 2018, and the code that Lin published.

    Attributes
    ----------
    largest_misfit
        Root mean square difference between a target and its best fit, both of sum 1; the code's.
    least_share
        Share of the target beyond a parabola that has to be explained, too; ours. Plain ground passes the misfit for most minerals.
        0 is the published method.
    apertures
        Lines and samples of the windows, which slide by one pixel: a pixel has to be in a window that passes, of each shape; the
        code's.
    most
        Most vectors of a window: Thomas & Bandfield 2017; the code takes as many as HySime finds.
    """

    largest_misfit: float = limited(LARGEST_MISFIT, 0)
    least_share: float = limited(0.8, 0, 1)
    apertures: tuple[tuple[int, int], ...] = limited(((6, 8), (8, 6), (5, 10), (7, 7), (10, 5)), 2, 32)
    most: int = limited(10, 1, 32)


def by_dafatt(image: ComparedImage, parameters: DafattParameters, progress: Progress) -> Classification:
    """A mineral is where windows of every shape pass for it, and the patch that these make passes once more.

    The published method gives a map for each mineral. Of several that pass, the one whose share beyond a parabola is largest is
    named here, since the misfit prefers whatever is shallowest. Noise is that of the whole image, since a window has fewer pixels
    than channels.
    """
    search = _WindowSearch.of(image, parameters, progress.part(0, 0.1))
    found = Classification.empty(image.lines, image.samples)
    assert found.best is not None
    reach = max(max(shape) for shape in parameters.apertures) - 1
    for first in range(0, image.lines, _LINES):
        count = min(_LINES, image.lines - first)
        start, stop = max(first - reach, 0), min(first + count + reach, image.lines)
        fit, share = search(_spectra(image, start, stop - start), slice(first - start, first - start + count), progress)
        passes = search.passes(fit, share)
        best = (np.where(passes, share + 1, share) - fit).argmax(-1)  # where several explain nothing, the one that fits
        lines = slice(first, first + count)
        valid = image.valid[lines]
        codes = image.class_codes[best]
        named = np.take_along_axis(passes, best[..., None], -1)[..., 0]
        found.codes[lines] = np.where(valid, np.where(named, codes, 0), NO_DATA)
        found.scores[lines] = np.where(valid, np.take_along_axis(share, best[..., None], -1)[..., 0], np.nan)
        found.best[lines] = np.where(valid, codes, 0)
        progress.part(0.1, 0.9).report((first + count) / image.lines, f"{first + count} of {image.lines} lines")
    _confirm(image, found.codes, search, progress.part(0.9, 1))
    return found


def _spectra(image: ComparedImage, first: int, count: int) -> FloatArray:
    """(count, samples, channels) of mean 1; pixels without data are 0."""
    spectra = image.reflectance(first, count)[..., CHANNELS]
    return np.nan_to_num(spectra / spectra.mean(-1, keepdims=True))


@dataclass(frozen=True)
class _WindowSearch:
    """What windows and patches are asked: ``noise`` is the standard deviation of a channel's."""

    targets: Targets
    parameters: DafattParameters
    signal: ImageSignal
    noise: float

    @staticmethod
    def of(image: ComparedImage, parameters: DafattParameters, progress: Progress) -> _WindowSearch:
        channels = CHANNELS.stop - CHANNELS.start
        moments = np.zeros((channels, channels))
        for first in range(0, image.lines, _LINES):
            count = min(_LINES, image.lines - first)
            pixels = _spectra(image, first, count).reshape(-1, channels).astype(np.float64)
            moments += pixels.T @ pixels
            progress.report((first + count) / image.lines)
        signal = ImageSignal.of(moments)
        lost = np.einsum("ic,ij,jc->", signal.noise, moments, signal.noise)
        free = max(int(image.valid.sum()) - channels, 1)  # the regression takes a pixel for each channel
        return _WindowSearch(Targets.of_library(image.library), parameters, signal, float(np.sqrt(lost / channels / free)))

    def __call__(self, spectra: FloatArray, inner: slice, progress: Progress) -> tuple[FloatArray, FloatArray]:
        """(lines, samples, classes) misfit and share of some lines: of the best window around each pixel, of the worst shape."""
        lines, samples = spectra.shape[:2]
        shape = (inner.stop - inner.start, samples, self.targets.classes)
        fit, share = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        along = [spectra @ each for each in (self.signal.basis, self.signal.signal, self.signal.beyond)]
        lost = np.square(spectra @ self.signal.noise)
        for height, width in self.parameters.apertures:
            height, width = min(height, lines), min(width, samples)
            columns = np.arange(samples - width + 1)
            of_shape = np.full(shape, np.inf, np.float32), np.zeros(shape, np.float32)
            for line in range(max(inner.start - height + 1, 0), min(inner.stop, lines - height + 1)):
                progress.check()
                pixels, signal, beyond = (windows_of(each, line, columns, (height, width)) for each in along)
                fits, shares = self._ask(pixels, signal, beyond, _sums(lost[line : line + height].sum(0), width))
                covered = slice(max(line - inner.start, 0), min(line + height, inner.stop) - inner.start)
                for place in range(width):
                    where = covered, slice(place, place + columns.size)
                    np.minimum(of_shape[0][where], fits, out=of_shape[0][where])
                    np.maximum(of_shape[1][where], shares, out=of_shape[1][where])
            np.maximum(fit, of_shape[0], out=fit)
            np.minimum(share, of_shape[1], out=share)
        return fit, share

    def _ask(self, pixels: FloatArray, signal: FloatArray, beyond: FloatArray, lost: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(windows, classes) misfit and share."""
        vectors = self.signal.vectors(pixels, signal, lost, self.parameters.most)
        smooth = self.signal.vectors_beyond(beyond, self.noise, self.parameters.most)
        return self._of_classes(misfit(vectors, self.targets), explained_share(smooth, self.targets))

    def patch(self, spectra: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(classes,) misfit and share of the pixels (n, channels) of a patch."""
        vectors = signal_subspace(spectra, spectra @ self.signal.noise, self.parameters.most)
        smooth = vectors_beyond_parabola(spectra[None], self.noise)[0]
        return self._of_classes(misfit(vectors, self.targets), explained_share(smooth, self.targets))

    def _of_classes(self, fits: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        return -self.targets.of_classes(-fits), self.targets.of_classes(shares)

    def passes(self, fit: FloatArray, share: FloatArray) -> BoolArray:
        return (fit <= self.parameters.largest_misfit) & (share >= self.parameters.least_share)


def _sums(columns: FloatArray, width: int) -> FloatArray:
    """(windows, channels) sums of so many neighbours of (samples, channels)."""
    sums = np.cumsum(np.pad(columns, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    return np.asarray(sums[width:] - sums[:-width], np.float32)


def _confirm(image: ComparedImage, codes: IntArray, search: _WindowSearch, progress: Progress) -> None:
    """Take back the patches whose own pixels do not pass, in place."""
    wanted = np.ones(256, bool)
    wanted[[0, NO_DATA]] = False
    runs = runs_of(codes, 0, wanted)
    if not len(runs):
        return
    patch = connected(runs, image.samples, diagonal=True)
    run, line, sample = runs.pixels()
    of_pixel = patch[run]
    pixels: list[list[FloatArray]] = [[] for _ in range(int(patch.max()) + 1)]
    taken = _some(of_pixel)
    for first in range(0, image.lines, _LINES):
        spectra = _spectra(image, first, min(_LINES, image.lines - first))
        for k in np.flatnonzero(taken & (line >= first) & (line < first + _LINES)):
            pixels[of_pixel[k]].append(spectra[line[k] - first, sample[k]])
        progress.report(min(first + _LINES, image.lines) / image.lines, "patches are asked once more")
    for number, several in enumerate(pixels):
        progress.check()
        where = of_pixel == number
        place = int(np.flatnonzero(image.class_codes == codes[line[where][0], sample[where][0]])[0])
        if not search.passes(*search.patch(np.stack(several)))[place]:
            codes[line[where], sample[where]] = 0


def _some(patch: IntArray) -> BoolArray:
    """Whether each pixel is one of at most `_SAMPLE` of its patch, evenly spread."""
    order = np.argsort(patch, kind="stable")
    count = np.bincount(patch)
    rank = np.empty(patch.size, np.int64)
    rank[order] = np.arange(patch.size) - np.repeat(np.cumsum(count) - count, count)
    return rank % -(-count[patch] // _SAMPLE) == 0

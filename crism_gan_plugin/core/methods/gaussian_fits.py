"""Gaussian absorptions of a pixel, matched with those of the library's spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..band_positions.bands import BandFinder, FoundBands
from ..mapping.levels import NO_DATA
from ..mapping.scales import mean_spectra
from ..progress import Progress
from .classification import Classification
from .image import ComparedImage
from .limits import limited

#: Spectra that are fitted at once: a second passes before a run is cancelled, at most.
_AT_ONCE = 128


@dataclass(frozen=True)
class GaussianParameters:
    """How bands are fitted and matched. Parente, Makarewicz & Bishop 2011 do the same, but their numbers are not at hand.

    Attributes
    ----------
    window
        Width of the box in pixels of which spectra are means, as far as the image's smoothing windows reach; ours.
    most
        Bands of a spectrum at most; ours.
    sigma_nm
        Smallest and largest standard deviation; ours.
    centre_nm, farthest
        Distance of centres that counts 1, and the most that it counts; ours.
    depth, width
        Weights of the logarithms of the ratios of relative depths and of widths; ours.
    surplus
        What a band beyond those of the exemplar counts; ours.
    largest
        Distance from an exemplar up to which a pixel is named; ours.
    """

    window: int = limited(3, 1, 15)
    most: int = limited(4, 1, 8)
    sigma_nm: tuple[float, float] = limited((8.0, 250.0), 3, 800)
    centre_nm: float = limited(15.0, 0.1)
    farthest: float = limited(3.0, 0)
    depth: float = limited(0.5, 0)
    width: float = limited(0.3, 0)
    surplus: float = limited(0.15, 0)
    largest: float = limited(1.0, 0)


def by_gaussian_fits(image: ComparedImage, parameters: GaussianParameters, progress: Progress) -> Classification:
    """A pixel is the mineral whose bands lie nearest to its own, in centre, relative depth and width."""
    finder = BandFinder(image.wavelengths_nm, parameters.most, parameters.sigma_nm, progress.check)
    exemplars = finder(image.library.spectra)
    found = Classification.empty(image.lines, image.samples)
    assert found.best is not None
    size = min(parameters.window, max(image.sizes))
    for block, ratio in image.each_block(progress):
        spectra = mean_spectra(ratio.spectra, size, block.inner)
        known = np.flatnonzero(np.isfinite(spectra).any(1))
        score, best = np.zeros(len(spectra), np.float32), np.zeros(len(spectra), np.uint8)
        for first in range(0, known.size, _AT_ONCE):
            progress.check()
            some = known[first : first + _AT_ONCE]
            apart = distances(finder(spectra[some]), exemplars, parameters)
            nearest = apart.argmin(1)
            least = np.take_along_axis(apart, nearest[:, None], 1)[:, 0]
            score[some] = 1 / (1 + least)
            best[some] = np.where(np.isfinite(least), image.class_codes[image.library.class_index[nearest]], 0)
        lines = slice(block.first, block.first + block.lines)
        shape, valid = (block.lines, image.samples), image.valid[lines]
        score, best = score.reshape(shape), best.reshape(shape)
        named = score >= 1 / (1 + parameters.largest)
        found.codes[lines] = np.where(valid, np.where(named, best, 0), NO_DATA)
        found.scores[lines] = np.where(valid, score, np.nan)
        found.best[lines] = np.where(valid, best, 0)
    return found


def distances(pixels: FoundBands, exemplars: FoundBands, parameters: GaussianParameters) -> FloatArray:
    """(n, m) distances of pixels' bands from exemplars'; infinite where either has none.

    Each band of an exemplar looks for the nearest of the pixel's, and counts by its depth. Bands that the pixel has beyond those
    of the exemplar count a little.
    """
    depths = [bands.depth / bands.depth[:, :1] for bands in (pixels, exemplars)]  # the deepest comes first
    farthest = parameters.farthest
    nearest = np.full((len(depths[0]), *depths[1].shape), farthest)
    with np.errstate(invalid="ignore"):
        for number in range(depths[0].shape[1]):
            centre, depth, sigma = (each[:, number, None, None] for each in (pixels.centre_nm, depths[0], pixels.sigma_nm))
            apart = np.minimum(np.abs(centre - exemplars.centre_nm) / parameters.centre_nm, farthest)
            apart = apart + parameters.depth * np.abs(np.log(depth / depths[1]))
            apart = apart + parameters.width * np.abs(np.log(sigma / exemplars.sigma_nm))
            nearest = np.fmin(nearest, apart)
    share = np.nan_to_num(exemplars.depth) / np.maximum(np.nansum(exemplars.depth, axis=1, keepdims=True), 1e-12)
    count = [np.isfinite(bands.depth).sum(1) for bands in (pixels, exemplars)]
    found = (nearest * share).sum(2) + parameters.surplus * np.maximum(count[0][:, None] - count[1], 0)
    return np.where((count[0][:, None] > 0) & (count[1] > 0), found, np.inf)

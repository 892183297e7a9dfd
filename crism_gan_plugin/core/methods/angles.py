"""Spectral angle and Euclidean distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..compute.matrix import matmul
from ..mapping.levels import Detection
from ..mapping.merge import merge_scales
from ..mapping.scales import mean_spectra
from ..progress import Progress
from ..rasters.blocks import Block
from ..search.metrics import comparison
from ..spectra.ratio import FLAT, Ratio
from .by_exemplars import at_scales, map_blocks, mapper_by
from .classification import Classification
from .image import ComparedImage
from .limits import limited


@dataclass(frozen=True)
class AngleParameters:
    """When a spectrum is taken for an exemplar.

    Attributes
    ----------
    largest_rad
        Angle; the default of ENVI's Spectral Angle Mapper, which is that of Kruse and others 1993.
    """

    largest_rad: float = limited(0.1, 0, np.pi / 2)

    @property
    def least(self) -> float:
        """The score 1 − angle / 90°."""
        return 1 - self.largest_rad / (np.pi / 2)


@dataclass(frozen=True)
class DistanceParameters:
    """When a spectrum is taken for an exemplar.

    Attributes
    ----------
    largest
        Root mean square difference; ours, since none is published: what the paper's flat gate (section 3.2.2) allows to be nothing.
    """

    largest: float = limited(1 - FLAT, 0, 1)


def by_angle(image: ComparedImage, parameters: AngleParameters, progress: Progress) -> Classification:
    """The spectral angle of spectra over their continuum."""
    compare = comparison("angle", image.library.spectra)
    mapper = mapper_by(image, lambda spectra, noise: compare(spectra), parameters.least)
    return map_blocks(image, at_scales(mapper, progress), progress)


def by_distance(image: ComparedImage, parameters: DistanceParameters, progress: Progress) -> Classification:
    """The root mean square difference of spectra over their continuum; the score is 1 without it."""
    exemplars = np.minimum(image.library.spectra, 1).astype(np.float32)

    def compare(spectra: FloatArray, noise: FloatArray) -> FloatArray:
        squares = (spectra**2).mean(1)[:, np.newaxis] + (exemplars**2).mean(1)
        squares -= 2 / exemplars.shape[1] * matmul(spectra, exemplars.T)
        return np.asarray(1 - np.sqrt(np.clip(squares, 0, None)), np.float32)

    mapper = mapper_by(image, compare, 1 - parameters.largest)
    return map_blocks(image, at_scales(mapper, progress), progress)


def by_angle_of_reflectance(image: ComparedImage, parameters: AngleParameters, progress: Progress) -> Classification:
    """The spectral angle of I/F, or of the ratio to neutral ground, continuum included.

    The library's spectra have no continuum, so that I/F with a slope departs from all of them.
    """
    compare = comparison("angle", image.library.spectra)
    mapper = mapper_by(image, lambda spectra, noise: compare(spectra), parameters.least)

    def detect(ratio: Ratio, block: Block) -> Detection:
        spectra = image.reflectance(block.halo_first, block.halo_lines)
        scales = []
        for size in image.sizes:
            progress.check()
            mean = mean_spectra(spectra, size, block.inner)
            known = np.isfinite(mean[:, 0])
            scores = np.full((len(mean), len(image.library.names)), np.nan, np.float32)
            scores[known] = compare(mean[known])
            scales.append(mapper.judged(scores, ratio, size, block.inner))
        return merge_scales(scales)

    return map_blocks(image, detect, progress)

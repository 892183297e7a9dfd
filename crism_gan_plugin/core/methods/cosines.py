"""Cosines of what spectra show over their continuum: of their derivative, and where the image's own ground is white."""

from __future__ import annotations

from dataclasses import dataclass

from ..background.metric import absorption_of_ratio, ground_metric
from ..options.mapping import BEST_GUESS
from ..progress import Progress
from ..search.metrics import comparison
from .by_exemplars import at_scales, map_blocks, mapper_by
from .classification import Classification
from .image import ComparedImage
from .limits import limited


@dataclass(frozen=True)
class CosineParameters:
    """When a spectrum resembles an exemplar.

    Attributes
    ----------
    least
        Cosine; an angle of 45°, above which Saranathan & Parente 2021 (section 3.3.4) see no resemblance. No other is published.
    """

    least: float = limited(BEST_GUESS, 0, 1)


def by_derivative(image: ComparedImage, parameters: CosineParameters, progress: Progress) -> Classification:
    """The cosine of the first derivative, smoothed by 1.5 channels."""
    compare = comparison("derivative", image.library.spectra)
    mapper = mapper_by(image, lambda spectra, noise: compare(spectra), parameters.least)
    return map_blocks(image, at_scales(mapper, progress), progress)


def by_whitened_cosine(image: ComparedImage, parameters: CosineParameters, progress: Progress) -> Classification:
    """The adaptive cosine estimator: the cosine of absorptions in the space where bland ground, as the image shows it, is white."""
    metric, exemplars = ground_metric(image.background), absorption_of_ratio(image.library.spectra)
    mapper = mapper_by(
        image, lambda spectra, noise: metric.compare(absorption_of_ratio(spectra), exemplars, noise)[1], parameters.least
    )
    return map_blocks(image, at_scales(mapper, progress), progress)

"""The score of a spectrum against every exemplar: cosine of the discriminator's features, calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..background.metric import feature_metric, unit
from ..background.model import BackgroundModel
from ..exemplars.library import ExemplarLibrary
from ..gan.discriminator import Discriminator

FloatArray = np.ndarray


def similarity(
    discriminator: Discriminator,
    continuum_removed: FloatArray,
    library: ExemplarLibrary,
    *,
    background: Optional[BackgroundModel] = None,
    noise: float = 0.0,
) -> FloatArray:
    """The score that every threshold applies to.

    Parameters
    ----------
    continuum_removed
        (n, 240) on the network's grid; band normalisation is done here.
    background
        Bland ground: the cosine is taken in the space where its features are white. The calibration curve stays that of the plain
        cosine, so that scores rank minerals, but thresholds have no longer the meaning that the model card tells. None: the plain
        cosine, the paper's.
    noise
        With a background: standard deviation of the white noise in the spectra, which is then part of what ground looks like.

    Returns
    -------
    (n, m) float32, one score for each exemplar spectrum; 0 for flat spectra.
    """
    return Matcher(discriminator, library, background, noise)(continuum_removed)


@dataclass(frozen=True)
class Matcher:
    """`similarity` with the exemplars' features computed once, for many blocks."""

    discriminator: Discriminator
    library: ExemplarLibrary
    background: Optional[BackgroundModel] = None
    noise: float = 0.0

    def __post_init__(self) -> None:
        metric = None if self.background is None else feature_metric(self.discriminator, self.background, self.noise)
        object.__setattr__(self, "_features", self.discriminator.features(self.library.spectra))
        object.__setattr__(self, "_metric", metric)

    def __call__(self, continuum_removed: FloatArray) -> FloatArray:
        if self._metric is None:
            cosines = self.discriminator.cosines(continuum_removed, self._features)
        else:
            cosines = self._metric.cosines(unit(self.discriminator.features(continuum_removed)), unit(self._features))
        return calibrate(cosines, self.discriminator.card["calibration"])


def calibrate(cosines: FloatArray, curve: dict[str, list[float]]) -> FloatArray:
    """The monotone piecewise-linear curve of the model card, which gives 0.707, 0.85 and 0.95 the published network's meaning."""
    return np.interp(cosines, curve["cosine"], curve["score"]).astype(np.float32)

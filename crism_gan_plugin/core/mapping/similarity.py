"""The score of a spectrum against every exemplar: cosine of the discriminator's features, calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..exemplars.library import ExemplarLibrary
from ..gan.discriminator import Discriminator

FloatArray = np.ndarray


def similarity(discriminator: Discriminator, continuum_removed: FloatArray, library: ExemplarLibrary) -> FloatArray:
    """The score that every threshold applies to.

    Parameters
    ----------
    continuum_removed
        (n, 240) on the network's grid; band normalisation is done here.

    Returns
    -------
    (n, m) float32, one score for each exemplar spectrum; 0 for flat spectra.
    """
    return Matcher(discriminator, library)(continuum_removed)


@dataclass(frozen=True)
class Matcher:
    """`similarity` with the exemplars' features computed once, for many blocks."""

    discriminator: Discriminator
    library: ExemplarLibrary

    def __post_init__(self) -> None:
        object.__setattr__(self, "_features", self.discriminator.features(self.library.spectra))

    def __call__(self, continuum_removed: FloatArray) -> FloatArray:
        cosines = self.discriminator.cosines(continuum_removed, self._features)
        return calibrate(cosines, self.discriminator.card["calibration"])


def calibrate(cosines: FloatArray, curve: dict[str, list[float]]) -> FloatArray:
    """The monotone piecewise-linear curve of the model card, which gives 0.707, 0.85 and 0.95 the published network's meaning."""
    return np.interp(cosines, curve["cosine"], curve["score"]).astype(np.float32)

"""The cosine that knows what bland ground looks like: of features, and of absorptions where ground is white.

A network describes shapes. That bland ground has shapes of its own, faint and broad, the metric knows better (`metric`). Which of
the two counts how much, the spectrum tells: one that departs from the continuum no more than ground does is compared half by the
metric; one whose absorptions no ground has is compared by its features alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from ..gan.discriminator import Discriminator
from .metric import GroundMetric, ground_metric
from .model import BackgroundModel

FloatArray = np.ndarray

#: Share of the metric in the cosine of a spectrum that is as faint as can be.
_LARGEST_SHARE = 0.5

#: Length, where ground is white, at which that share has halved.
_GROUND_LENGTH = 10.0


@dataclass(frozen=True)
class GroundCosine:
    """Compares spectra with exemplars.

    Attributes
    ----------
    discriminator
        Describes both.
    background
        Bland ground.
    exemplars
        (m, 240) continuum-removed.
    """

    discriminator: Discriminator
    background: BackgroundModel
    exemplars: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "_features", self.discriminator.features(self.exemplars))
        object.__setattr__(self, "_metric", ground_metric(self.background))

    def __call__(self, continuum_removed: FloatArray, noise: Union[float, FloatArray] = 0.0) -> FloatArray:
        """Cosine of each spectrum with each exemplar.

        Parameters
        ----------
        continuum_removed
            (n, 240) on the network's grid.
        noise
            Standard deviation of the white noise in the spectra, one number, or (n,).

        Returns
        -------
        (n, m) float32, 0 for flat spectra.
        """
        metric: GroundMetric = self._metric
        features = self.discriminator.cosines(continuum_removed, self._features)
        length, whitened = metric.compare(absorption_of(continuum_removed), absorption_of(self.exemplars), noise)
        share = metric_share(length)[:, np.newaxis]
        return (1 - share) * features + share * whitened


def metric_share(length: Any) -> Any:
    """What share in the cosine the metric has for spectra of this length where ground is white; arrays or tensors."""
    return _LARGEST_SHARE / (1 + (length / _GROUND_LENGTH) ** 4)


def absorption_of(continuum_removed: FloatArray) -> FloatArray:
    """(n, 240) 1 − ratio, at least 0; 0 for spectra with NaN."""
    return np.nan_to_num(np.clip(1 - np.asarray(continuum_removed, np.float32), 0, None))

"""The cosine that knows bland ground. It joins the cosine of features with that of absorptions where ground is white.

A network describes shapes. The metric (`metric`) knows better that bland ground has shapes of its own, faint and broad. The
spectrum decides how much each of the two counts. A spectrum that departs from the continuum no more than ground does is compared
half by the metric. A spectrum whose absorptions no ground has is compared by its features alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

import numpy as np

from ..arrays import FloatArray
from ..background.metric import GroundMetric, absorption_of_ratio, ground_metric, metric_share
from ..background.model import BackgroundModel
from .discriminator import Discriminator


@dataclass(frozen=True)
class GroundCosine:
    """Compares spectra with exemplars.

    Attributes
    ----------
    discriminator
        Describes spectra and exemplars.
    background
        Bland ground.
    exemplars
        (m, 240) continuum-removed.
    """

    discriminator: Discriminator
    background: BackgroundModel
    exemplars: FloatArray
    _features: FloatArray = field(init=False, repr=False)
    _metric: GroundMetric = field(init=False, repr=False)

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
        features = self.discriminator.cosines(continuum_removed, self._features)
        length, whitened = self._metric.compare(absorption_of_ratio(continuum_removed), absorption_of_ratio(self.exemplars), noise)
        share = metric_share(length)[:, np.newaxis]
        return (1 - share) * features + share * whitened

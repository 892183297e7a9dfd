"""Cosine in the space where bland ground is white: what all bland ground has counts little, what none has counts much.

The adaptive cosine estimator (Kraut & Scharf 1999, IEEE Trans. Signal Process. 47, 2538) with ground's second moment in place of
its covariance: absorptions are measured from the continuum, which is the same for all, so no mean has to be known, and one metric
serves plain and ratioed spectra. It is a linear map of vectors, before a plain cosine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import numpy as np

from ..gan.discriminator import Discriminator
from ..matrix import matmul
from .model import BackgroundModel, absorption

FloatArray = np.ndarray

#: Bland spectra of each kind that a metric is made from.
SPECTRA = 2000

#: Second moment that features have in every direction, relative to that of bland ground's strongest: what is not known of it.
_UNKNOWN = 1e-2


@dataclass(frozen=True)
class GroundMetric:
    """A metric on absorptions, or on features.

    Attributes
    ----------
    moments
        (d,) second moments of bland ground along the directions, of what is not known of it too.
    directions
        (d, d) orthonormal, one a column.
    """

    moments: FloatArray
    directions: FloatArray

    @staticmethod
    def of(second_moment: FloatArray, unknown: float) -> GroundMetric:
        """That of bland ground's (d, d) second moment, to which ``unknown`` is added in every direction."""
        moments, directions = np.linalg.eigh(np.asarray(second_moment, np.float64))
        return GroundMetric(np.clip(moments, 0, None) + unknown, directions)

    @property
    def whitening(self) -> FloatArray:
        """(d, d) symmetric: ``vectors @ whitening`` has for bland ground the unit matrix as second moment."""
        return self.directions / np.sqrt(self.moments) @ self.directions.T

    def cosines(self, vectors: FloatArray, exemplars: FloatArray, noise: Union[float, FloatArray] = 0.0) -> FloatArray:
        """Cosine of each vector with each exemplar.

        Parameters
        ----------
        vectors, exemplars
            (n, d), (m, d).
        noise
            Standard deviation of white noise in the vectors, one number, or (n,) one for each: directions in which there is no
            more than noise count the less.

        Returns
        -------
        (n, m) float32, 0 for vectors that are 0.
        """
        own, others = (matmul(np.asarray(v, np.float64), self.directions) for v in (vectors, exemplars))
        weight = 1 / (self.moments + np.reshape(np.asarray(noise, np.float64) ** 2, (-1, 1)))  # (1 or n, d)
        products = matmul(own * weight, others.T)
        lengths = np.sqrt((own**2 * weight).sum(1, keepdims=True) * matmul(weight, others.T**2))
        return np.clip(np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0), -1, 1).astype(np.float32)


def spectral_metric(background: BackgroundModel) -> GroundMetric:
    """The metric on absorptions, that is 1 − ratio, on the network's grid."""
    components = background.absorptions
    return GroundMetric.of(components.T @ components, background.rest**2)


def feature_metric(discriminator: Discriminator, background: BackgroundModel, noise: float = 0.0) -> GroundMetric:
    """The metric on features of length 1, from what the network makes of bland ground with so much noise."""
    features = unit(discriminator.features(1 - absorption(background.draw(SPECTRA, noise))))
    second_moment = features.T @ features / len(features)
    return GroundMetric.of(second_moment, _UNKNOWN * float(np.linalg.norm(second_moment, 2)))


def unit(vectors: FloatArray) -> FloatArray:
    """(n, d) of length 1; those that are 0 stay so."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)

"""Absorptions in the space where bland ground is white. Features that all bland ground has count little there, and others much.

This is the adaptive cosine estimator (Kraut & Scharf 1999, IEEE Trans. Signal Process. 47, 2538) with the second moment of ground
in place of its covariance. Absorptions are measured from the continuum, which is the same for all, so no mean has to be known, and
one metric serves plain and ratioed spectra. The metric is a linear map of vectors; a plain cosine follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from ..arrays import FloatArray
from ..compute.matrix import matmul
from .model import BackgroundModel

#: The metric's share in the cosine of the faintest spectra.
LARGEST_SHARE = 0.5

#: Length of a spectrum, where ground is white, at which that share has halved.
_GROUND_LENGTH = 10.0


@dataclass(frozen=True)
class GroundMetric:
    """A metric on absorptions, that is on 1 − ratio.

    Attributes
    ----------
    moments
        (d,) second moments of bland ground along the directions. What is unknown of the ground is included.
    directions
        (d, d) orthonormal directions, one a column.
    """

    moments: FloatArray
    directions: FloatArray

    @staticmethod
    def of(second_moment: FloatArray, unknown: float) -> GroundMetric:
        """The metric of bland ground's (d, d) second moment, to which ``unknown`` is added in every direction."""
        moments, directions = np.linalg.eigh(np.asarray(second_moment, np.float64))
        return GroundMetric(np.clip(moments, 0, None) + unknown, directions)

    def whitening(self, noise: float = 0.0) -> FloatArray:
        """(d, d) symmetric. The second moment of ``vectors @ whitening`` is the unit matrix for bland ground with this noise."""
        return self.directions / np.sqrt(self.moments + noise**2) @ self.directions.T

    def compare(
        self, vectors: FloatArray, exemplars: FloatArray, noise: Union[float, FloatArray] = 0.0
    ) -> tuple[FloatArray, FloatArray]:
        """How long each vector is where ground is white, and its cosine with each exemplar there.

        Parameters
        ----------
        vectors, exemplars
            (n, d), (m, d).
        noise
            Standard deviation of white noise in the vectors: one number, or (n,) one for each. Directions in which there is
            hardly more than noise count less.

        Returns
        -------
        (n,) float32 length, in standard deviations of ground and noise: the root of the sum over all directions; and (n, m) float32
        cosines, 0 for vectors that are 0.
        """
        own, others = (matmul(np.asarray(v, np.float32), self.directions.astype(np.float32)) for v in (vectors, exemplars))
        variance = np.broadcast_to(np.square(noise), len(own)).astype(np.float32)
        weight = 1 / (self.moments.astype(np.float32) + variance[:, np.newaxis])  # (n, d)
        length = np.sqrt((own**2 * weight).sum(1))
        own *= weight
        products = matmul(own, others.T)
        lengths = length[:, np.newaxis] * np.sqrt(matmul(weight, others.T**2))
        cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        return length, np.clip(cosines, -1, 1)


def ground_metric(background: BackgroundModel) -> GroundMetric:
    """The metric on the network's grid in which this ground is white."""
    components = background.absorptions
    return GroundMetric.of(components.T @ components, background.rest**2)


def metric_share(length: Any, largest: float = LARGEST_SHARE) -> Any:
    """The metric's share in the cosine of spectra, by their length where ground is white. Arrays or tensors."""
    return largest / (1 + (length / _GROUND_LENGTH) ** 4)


def absorption_of_ratio(continuum_removed: FloatArray) -> FloatArray:
    """(n, 240) 1 − ratio, at least 0; 0 for spectra with NaN."""
    absorption = 1 - np.asarray(continuum_removed, np.float32)
    return np.fmax(absorption, 0, out=absorption)  # of NaN and 0: 0

"""How bland a spectrum is: the length of its absorptions where those of bland ground are white.

Noise is in all channels, while absorptions are broader. So only the lowest terms of a spectrum's cosine transform count: beyond
them there is noise alone.
"""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from ..background.metric import GroundMetric
from ..background.model import BackgroundModel
from ..compute.matrix import matmul
from ..spectra.grid import WAVELENGTHS_NM
from .cosines import lowest_cosines

#: Cosines of a spectrum that tell of absorptions: the last has a period of 12 channels, 80 nm.
_COSINES = 40


class Blandness:
    """Scores spectra; the lowest are the blandest.

    An absorption that much of the known bland ground has counts little, one that none has counts much, and neither counts beyond
    the spectrum's own noise.
    """

    def __init__(self, background: BackgroundModel) -> None:
        cosines = lowest_cosines(WAVELENGTHS_NM.size, _COSINES)
        components = background.absorptions @ cosines
        metric = GroundMetric.of(components.T @ components, background.rest**2)
        self._moments = metric.moments.astype(np.float32)
        self._directions = (cosines @ metric.directions).astype(np.float32)

    def __call__(self, ratio: FloatArray, noise: FloatArray) -> FloatArray:
        """Mean square of the white absorption: of known ground 1, of what has fewer absorptions less.

        Parameters
        ----------
        ratio
            (..., 240) continuum-removed spectra; NaN where there is no data.
        noise
            (...) standard deviation of their noise.

        Returns
        -------
        (...) float32; infinite where there is no data.
        """
        rows = 1 - ratio.reshape(-1, ratio.shape[-1])
        length = matmul(rows, self._directions) ** 2
        length /= self._moments + np.reshape(noise, (-1, 1)).astype(np.float32) ** 2
        score = length.mean(1)
        return np.where(np.isnan(score), np.inf, score).reshape(ratio.shape[:-1]).astype(np.float32)

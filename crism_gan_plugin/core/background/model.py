"""Bland ground as statistics of spectra, from which any number of spectra like it can be drawn.

The logarithm of a spectrum of bland ground, about its own mean, is a mean curve plus a few dozen independent components. Its tails
are heavier than a Gaussian's: some ground is much unlike the rest. So it is drawn from a multivariate t distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..compute.matrix import matmul
from ..spectra.continuum import upper_hull
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.smoothing import savitzky_golay_matrix
from .bridge import with_bridged
from .residuals import Residuals

#: Spectra as they are, and spectra divided by bland ground.
KINDS = ("plain", "ratioed")

COMPONENTS = 30

#: Degrees of freedom of the t distribution.
FREEDOM = 5


@dataclass(frozen=True)
class GroundStatistics:
    """Statistics of ln I/F about each spectrum's own mean.

    Attributes
    ----------
    mean
        (240,).
    components
        (k, 240) orthogonal directions, each as long as the standard deviation along it, the longest first.
    """

    mean: FloatArray
    components: FloatArray

    @staticmethod
    def measured(spectra: FloatArray) -> GroundStatistics:
        """The statistics of (n, 240) positive spectra."""
        logarithm = np.log(np.asarray(spectra, np.float64))
        logarithm -= logarithm.mean(1, keepdims=True)
        mean = logarithm.mean(0)
        return GroundStatistics(mean, principal(second_moment(logarithm - mean)))

    def draw(self, count: int, rng: np.random.Generator) -> FloatArray:
        """(count, 240) spectra like those measured, of brightness about 1."""
        normal = rng.normal(size=(count, len(self.components)))
        heavy = np.sqrt((FREEDOM - 2) / rng.chisquare(FREEDOM, (count, 1)))
        return np.exp(self.mean + heavy * normal @ self.components)


@dataclass(frozen=True)
class BackgroundModel:
    """Bland ground.

    Attributes
    ----------
    plain, ratioed
        Statistics of spectra as they are, and of those divided by other bland ground of the same place.
    absorptions
        (k, 240) orthogonal directions of 1 − ratio to the continuum, plain and ratioed spectra together, each as long as the root
        of the second moment along it, the longest first.
    rest
        Root mean square of 1 − ratio in a channel, of what other images' bland ground shows beyond these directions.
    card
        What it was measured on.
    residuals
        What instrument and air leave on it.
    """

    plain: GroundStatistics
    ratioed: GroundStatistics
    absorptions: FloatArray
    rest: float
    card: Mapping[str, Any] = field(default_factory=dict)
    residuals: Residuals = field(default_factory=Residuals.none)

    @staticmethod
    def measured(
        plain: FloatArray,
        ratioed: FloatArray,
        elsewhere: FloatArray,
        card: Optional[Mapping[str, Any]] = None,
        residuals: Optional[Residuals] = None,
    ) -> BackgroundModel:
        """The model of some bland ground.

        Parameters
        ----------
        plain, ratioed
            (n, 240), (m, 240) spectra on the network's grid, positive.
        elsewhere
            (k, 240) plain spectra of other bland ground, on which ``rest`` is measured.
        """
        plain, ratioed, elsewhere = (with_bridged(spectra) for spectra in (plain, ratioed, elsewhere))
        of_plain, of_ratioed = (GroundStatistics.measured(spectra) for spectra in (plain, ratioed))
        absorptions = principal((second_moment(absorption_of_spectra(plain)) + second_moment(absorption_of_spectra(ratioed))) / 2)
        directions = absorptions / np.linalg.norm(absorptions, axis=1, keepdims=True)
        other = absorption_of_spectra(elsewhere)
        rest = float(np.sqrt(((other - other @ directions.T @ directions) ** 2).mean()))
        return BackgroundModel(of_plain, of_ratioed, absorptions, rest, card or {}, residuals or Residuals.none())

    def draw(self, count: int, noise: float = 0.0, seed: int = 0) -> FloatArray:
        """(2 × count, 240) spectra, plain ones, then ratioed ones, with white noise of this relative standard deviation."""
        rng = np.random.default_rng(seed)
        spectra = np.concatenate([kind.draw(count, rng) for kind in (self.plain, self.ratioed)])
        return spectra * (1 + noise * rng.normal(size=spectra.shape))


def second_moment(vectors: FloatArray) -> FloatArray:
    """Second moment of (n, d) vectors, (d, d)."""
    return vectors.T @ vectors / len(vectors)


def principal(moment: FloatArray) -> FloatArray:
    """(`COMPONENTS`, d) orthogonal directions of the largest second moments in a (d, d) one, each as long as the moment's root."""
    moments, directions = np.linalg.eigh(moment)
    largest = slice(None, -COMPONENTS - 1, -1)
    return directions[:, largest].T * np.sqrt(np.clip(moments[largest], 0, None))[:, np.newaxis]


def absorption_of_spectra(spectra: FloatArray) -> FloatArray:
    """(n, 240) 1 − ratio to the continuum, at least 0, as a map without a model cube has it."""
    smooth = matmul(np.asarray(spectra, np.float64), savitzky_golay_matrix(WAVELENGTHS_NM.size))
    return np.clip(1 - spectra / upper_hull(smooth, WAVELENGTHS_NM), 0, None)

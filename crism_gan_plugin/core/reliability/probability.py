"""The probability that a detection is right, told from how it was found.

Where the truth is known, one counts how often detections are right that were found in the same way. How a detection was found is
one number, a weighted sum of signs: score, lead over the best other class, noise, smoothing, and whether the image shows the same
without a neutral ratio. Weights are of one sign, so the number rises where a detection is better. For each family of minerals a
rising curve leads from this number to the share of detections that are right (isotonic regression: Ayer et al. 1955, Annals of
Mathematical Statistics 26, 641; for calibration, Zadrozny and Elkan 2002, KDD).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays import FloatArray, IntArray
from ..libraries.families import OTHER

#: What a detection was found in: an image as it is; a ratioed one only; a ratioed one, and the same class without the ratio.
KINDS = ("plain", "ratio", "both")

#: What is weighted, each so that more of it is better.
SIGNS = ("score", "lead", "noise", "smoothing")

#: Scores nearer to 1, noise nearer to 0, do not count as more.
_LEAST_REST, _LEAST_NOISE = 1e-3, 1e-4


@dataclass(frozen=True)
class DetectionSigns:
    """How detections were found; arrays are (n,).

    Attributes
    ----------
    score, lead
        Similarity, and by how much it is above that of every other class.
    noise
        Standard deviation of the noise of the spectrum that was matched.
    size
        Width of the smoothing window, pixels.
    kind
        Place in `KINDS`.
    """

    score: FloatArray
    lead: FloatArray
    noise: FloatArray
    size: IntArray
    kind: IntArray

    @property
    def signs(self) -> FloatArray:
        """(n, `SIGNS`)."""
        strength = -np.log(np.maximum(1 - np.asarray(self.score, float), _LEAST_REST))
        quiet = -np.log(np.maximum(np.asarray(self.noise, float), _LEAST_NOISE))
        return np.stack([strength, np.asarray(self.lead, float), quiet, -np.log(np.asarray(self.size, float))], 1)


@dataclass(frozen=True)
class Curve:
    """From the index, ascending, to a probability from 0 to 1 that never falls; straight lines between."""

    index: FloatArray
    probability: FloatArray

    def __call__(self, index: FloatArray) -> FloatArray:
        return np.asarray(np.interp(index, self.index, self.probability))


@dataclass(frozen=True)
class ProbabilityModel:
    """The probability that a detection is right.

    Attributes
    ----------
    weights
        (`SIGNS`,) ≥ 0.
    kinds
        (`KINDS`,) what the index has more where a detection is of a kind.
    curves
        By family, `OTHER` among them.
    fitted_with
        What scores hang on; with anything else, probabilities mean nothing.
    card
        What it was fitted to, and how well it did where it was not.
    """

    weights: FloatArray
    kinds: FloatArray
    curves: Mapping[str, Curve]
    fitted_with: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)

    def index(self, found: DetectionSigns) -> FloatArray:
        """(n,) how well each detection was found."""
        return np.asarray(found.signs @ self.weights + self.kinds[found.kind])

    def probability(self, found: DetectionSigns, family: str) -> FloatArray:
        """(n,) float32 that detections of a family's classes are right."""
        return self.curves.get(family, self.curves[OTHER])(self.index(found)).astype(np.float32)

    def differences(self, used: Mapping[str, Any]) -> list[str]:
        """What is used otherwise than in the fit; empty if nothing is."""
        return [name for name, value in self.fitted_with.items() if used.get(name) != value]

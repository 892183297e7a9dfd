"""The spectra that are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..libraries.exemplars import ExemplarLibrary
from .channels import CHANNELS, beyond_parabola


@dataclass(frozen=True)
class Targets:
    """Spectra that are asked for, and the classes that they stand for.

    Attributes
    ----------
    spectra
        (m, channels) float64, of one scale.
    class_index
        (m,) the class of each, from 0.
    directions
        (m, channels) what a parabola leaves of each, of length 1.
    strength
        (m,) root mean square of what a parabola leaves, as a share of the spectrum's mean.
    """

    spectra: FloatArray
    class_index: IntArray
    directions: FloatArray
    strength: FloatArray

    @staticmethod
    def of(spectra: FloatArray, class_index: IntArray) -> Targets:
        """Targets of spectra (m, channels)."""
        spectra = np.asarray(spectra, np.float64)
        rest = beyond_parabola(spectra)
        length = np.linalg.norm(rest, axis=1)
        strength = length / np.sqrt(spectra.shape[1]) / spectra.mean(1)
        return Targets(spectra, np.asarray(class_index), rest / np.maximum(length, 1e-12)[:, None], strength)

    @staticmethod
    def of_library(library: ExemplarLibrary) -> Targets:
        """The exemplars of a library at `CHANNELS`."""
        return Targets.of(library.spectra[:, CHANNELS], library.class_index)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.class_index.max()) + 1

    def of_classes(self, numbers: FloatArray) -> FloatArray:
        """(..., m) numbers of the targets → (..., classes) the largest of each class."""
        return np.stack([numbers[..., self.class_index == place].max(-1) for place in range(self.classes)], axis=-1)

"""What the instrument and the air leave in a spectrum that was calibrated and corrected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..spectra.grid import WAVELENGTHS_NM


@dataclass(frozen=True)
class Residuals:
    """Statistics of ln I/F.

    Attributes
    ----------
    air
        (k, 240) orthogonal directions of what is left of the atmosphere after a correction by the volcano scan of another day, each
        as long as the standard deviation along it, the longest first.
    noise
        (240,) standard deviation of each channel's noise, relative to the median channel's.
    """

    air: FloatArray
    noise: FloatArray

    @staticmethod
    def none() -> Residuals:
        """No residuals: those of a perfect correction and of noise that is the same in all channels."""
        return Residuals(np.zeros((1, WAVELENGTHS_NM.size), np.float32), np.ones(WAVELENGTHS_NM.size, np.float32))

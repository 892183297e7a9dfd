"""Spectra as tables of absorption bands.

A band is an asymmetric Gaussian in the logarithm of the reflectance ratio, so bands of one mineral multiply, as absorptions of
light do, and a spectrum of 240 numbers becomes a dozen readable rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from ..arrays import FloatArray

#: Beyond this a band would have practically no width on one side.
ASYMMETRY_LIMIT = 0.95


@dataclass(frozen=True)
class AbsorptionBand:
    """One absorption.

    Attributes
    ----------
    centre_nm
        Where the absorption is deepest, nm.
    width_nm
        Mean of the two sides' standard deviations, nm.
    asymmetry
        (right - left) / (right + left) of the two sides' standard deviations, within ±0.95; positive: a long tail to long
        wavelengths.
    depth
        -ln of the ratio at the centre, above 0: 0.05 is a band 5 % deep.

    Raises
    ------
    ValueError
        If a number is not finite or out of its range.
    """

    centre_nm: float
    width_nm: float
    asymmetry: float
    depth: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in astuple(self)):
            raise ValueError("a band's centre, width, asymmetry and depth must be finite numbers")
        if self.centre_nm <= 0 or self.width_nm <= 0 or self.depth <= 0:
            raise ValueError("a band's centre, width and depth must be above 0")
        if abs(self.asymmetry) >= ASYMMETRY_LIMIT:
            raise ValueError(f"a band's asymmetry must be within ±{ASYMMETRY_LIMIT}")

    def scaled(self, factor: float) -> AbsorptionBand:
        """The same band, ``factor`` times as deep in the logarithm, as in an intimate mixture with that share of the mineral."""
        return AbsorptionBand(self.centre_nm, self.width_nm, self.asymmetry, self.depth * factor)


def log_absorption(bands: Sequence[AbsorptionBand], wavelengths_nm: FloatArray) -> FloatArray:
    """-ln of the ratio that the bands leave: Σ depth · exp(-½ ((λ - centre) / σ)²), σ = width · (1 ∓ asymmetry) left / right.

    Gaussians in the logarithm follow the modified Gaussian model of Sunshine, Pieters & Pratt (1990, JGR 95, 6955), here with
    wavelength as the axis and two half-widths instead of an exponent.

    Parameters
    ----------
    bands
        The absorptions; none gives zeros.
    wavelengths_nm
        (channels,) nm, in any order.

    Returns
    -------
    (channels,) float64, ≥ 0.
    """
    wavelengths = np.asarray(wavelengths_nm, float)
    table = np.array([(band.centre_nm, band.width_nm, band.asymmetry, band.depth) for band in bands], float).reshape(-1, 4)
    centre, width, asymmetry, depth = (column[:, np.newaxis] for column in table.T)
    offset = wavelengths - centre
    sigma = width * np.where(offset < 0, 1 - asymmetry, 1 + asymmetry)
    return (depth * np.exp(-0.5 * (offset / sigma) ** 2)).sum(0)


def spectrum_from_bands(bands: Sequence[AbsorptionBand], wavelengths_nm: FloatArray) -> FloatArray:
    """The reflectance ratio that the bands leave, (channels,) float64 in 0 … 1; see `log_absorption`.

    Where bands overlap everywhere it stays below 1: its own continuum is still in it.
    """
    return np.exp(-log_absorption(bands, wavelengths_nm))

"""Which parameters an image can give, and which of its bands they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..spectra.axis import SpectralAxis
from .channels import Bands, Channels, MissingBandError
from .table import FORMULAS

#: Wavelengths in nm within which the archive's parameters take bands from, ends included.
_GOOD_NM = ((430, 635), (706, 1015), (1044, 2657), (2797, 3900))


@dataclass(frozen=True)
class ParameterPlan:
    """
    Parameters to compute, and what of.

    Attributes
    ----------
    names
        The parameters that the image can give.
    left_out
        Why it cannot give the others, by name.
    bands
        Bands that formulas may use.
    rows
        Places in ``bands`` of those that they do use, ascending.
    numbers
        (rows,) these bands on the image's spectral axis.
    """

    names: tuple[str, ...]
    left_out: Mapping[str, str]
    bands: Bands
    rows: IntArray
    numbers: IntArray

    @staticmethod
    def of(axis: SpectralAxis, names: Iterable[str]) -> ParameterPlan:
        """What can be computed of ``names``, in their order."""
        numbers = good_bands(axis)
        bands = Bands(axis.wavelengths_nm[numbers])
        found: list[str] = []
        left_out: dict[str, str] = {}
        used: set[int] = set()
        for name in names:
            trial = Channels.trial(bands)
            try:
                with np.errstate(all="ignore"):
                    FORMULAS[name](trial)
            except MissingBandError as error:
                left_out[name] = str(error)
                continue
            found.append(name)
            used |= trial.used
        rows = np.array(sorted(used), np.intp)
        return ParameterPlan(tuple(found), left_out, bands, rows, numbers[rows])

    def compute(self, planes: FloatArray) -> FloatArray:
        """
        The parameters of pixels.

        Parameters
        ----------
        planes
            (rows, …) float32 I/F, NaN where not valid.

        Returns
        -------
        (names, …) float32, NaN where a parameter cannot be told.
        """
        flat = planes.reshape(len(planes), -1)
        there = np.isfinite(flat).any(0)
        whole = bool(there.all())
        result = np.full((len(self.names), flat.shape[1]), np.nan, np.float32)
        channels = Channels(self.bands, self.rows, flat if whole else flat[:, there])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for number, name in enumerate(self.names):
                result[number, slice(None) if whole else there] = FORMULAS[name](channels)
        result[np.isinf(result)] = np.nan
        return result.reshape(len(self.names), *planes.shape[1:])


def good_bands(axis: SpectralAxis) -> IntArray:
    """The bands that formulas may use: not marked bad, and in the parts of the detectors that the archive takes."""
    nm = axis.wavelengths_nm
    inside = np.any([(nm >= low) & (nm <= high) for low, high in _GOOD_NM], axis=0)
    return np.flatnonzero(inside if axis.good is None else inside & axis.good)

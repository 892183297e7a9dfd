"""The filter boundary. Maps leave it out and bridge it by a straight line; other spectra of the same ground may have it."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from ..spectra.axis import FILTER_BOUNDARY_NM
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import fill_missing


def bridged(spectra: FloatArray) -> FloatArray:
    """(n, 240) spectra as they would be, had they been read from an image (`SpectralAxis.usable`)."""
    low, high = FILTER_BOUNDARY_NM
    inside = (low < WAVELENGTHS_NM) & (high > WAVELENGTHS_NM)
    return fill_missing(np.where(inside, np.nan, spectra), WAVELENGTHS_NM)


def with_bridged(spectra: FloatArray) -> FloatArray:
    """(2 n, 240) the spectra as they are, then bridged."""
    return np.concatenate([spectra, bridged(spectra)])

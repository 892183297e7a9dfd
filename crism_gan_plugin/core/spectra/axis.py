"""The spectral axis: which wavelength each channel of a cube has.

Inside the core, wavelengths are always in nanometres and ascend. Channels are found by wavelength, never by number, since band
counts differ between CRISM products and between cubes of one product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray

#: The infrared filter boundary: an artefact of up to 2 % sits here in every product; the MICA team left the channels out too.
FILTER_BOUNDARY_NM = (1650.0, 1666.0)


#: What `SpectralAxis.sensor` is, or begins with, for images of CRISM.
CRISM = "CRISM"


@dataclass(frozen=True)
class SpectralAxis:
    """The wavelengths of a cube's channels.

    Attributes
    ----------
    wavelengths_nm
        (bands,) float64, nm, ascending. For a sensor with spectral smile: the sweet spot's.
    fwhm_nm
        (bands,) full width at half maximum, nm, or None when unknown.
    good
        (bands,) bool, False where the cube's own list says that the band is bad.
    by_column_nm
        (columns, bands) nm: the wavelengths of each detector column, or None when all columns share `wavelengths_nm`. NaN in
        columns that see no scene.
    marked_by
        Who says which bands are good, in words, for messages.
    sensor
        Whose bands they are, as the image says, for messages: "CRISM, wavelength filter 2", "AVIRIS".
    """

    wavelengths_nm: FloatArray
    fwhm_nm: Optional[FloatArray] = None
    good: Optional[BoolArray] = None
    by_column_nm: Optional[FloatArray] = None
    marked_by: str = ""
    sensor: str = ""

    def __post_init__(self) -> None:
        if self.wavelengths_nm.ndim != 1 or np.any(np.diff(self.wavelengths_nm) <= 0):
            raise ValueError("wavelengths_nm must be one-dimensional and ascending")

    @property
    def bands(self) -> int:
        return self.wavelengths_nm.size

    @property
    def usable(self) -> BoolArray:
        """(bands,) bool: True for bands that are good and not in the filter boundary."""
        low, high = FILTER_BOUNDARY_NM
        inside = (self.wavelengths_nm > low) & (self.wavelengths_nm < high)
        return ~inside if self.good is None else self.good & ~inside

"""Facts about the two detectors that the products do not carry with them."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray

#: Columns of the unbinned detector.
DETECTOR_COLUMNS = 640

#: Rows of the infrared detector; tables of rows count them from 0.
DETECTOR_ROWS = 480

#: What marks a missing value in every CRISM product.
MISSING = 65535.0

#: First and last column, from 0, that see the scene, by sensor and samples per line; measured on the wavelength tables.
SCENE_COLUMNS = {
    ("L", 640): (29, 632),
    ("L", 320): (15, 315),
    ("L", 128): (6, 125),
    ("L", 64): (3, 62),
    ("S", 640): (25, 625),
    ("S", 320): (13, 312),
    ("S", 128): (6, 124),
    ("S", 64): (3, 61),
}

#: The sweet spot: columns of the unbinned detector, first and one past the last, whose mean wavelengths are the sensor's axis.
SWEET_SPOT = {"L": (270, 370), "S": (260, 360)}

#: Wavelengths in nm that carry no signal, by sensor; the instrument team's analysis toolkit (CAT) leaves them out.
_NO_SIGNAL_NM = {
    "L": ((0.0, 1021.0), (2692.0, 2703.0), (3926.0, np.inf)),
    "S": ((0.0, 407.0), (641.0, 686.0), (1025.0, np.inf)),
    # Joined products are delivered without these; their first channels after the 2.7 um gap are wild, and the team's own type
    # spectra leave them out.
    "J": ((2797.0, 2836.0),),
}


#: Widths (FWHM) of the channels in nm, by sensor: polynomials in the wavelength in µm, highest power first, fitted to the table of
#: the joined products, to 0.01 nm.
_WIDTHS = {"L": (-0.37522, 4.50815, 5.61304), "S": (4.19518, -4.07879, 9.60188)}


def channel_widths(sensor: str, wavelengths_nm: FloatArray) -> Optional[FloatArray]:
    """(bands,) nm, full width at half maximum; None for a sensor other than S and L."""
    return np.polyval(_WIDTHS[sensor], wavelengths_nm / 1000) if sensor in _WIDTHS else None


def has_signal(sensor: str, wavelengths_nm: FloatArray) -> BoolArray:
    """(bands,) bool: False in the bands without signal."""
    good = np.ones(wavelengths_nm.shape, bool)
    for low, high in _NO_SIGNAL_NM.get(sensor, ()):
        good &= ~((wavelengths_nm > low) & (wavelengths_nm < high))
    return good


def scene_columns(sensor: str, samples: int) -> Optional[tuple[int, int]]:
    """First and last column that see the scene; None for an image that is not as wide as the detector."""
    return SCENE_COLUMNS.get((sensor, samples))


def sweet_spot(sensor: str, samples: int) -> slice:
    """The columns of the sweet spot in an image with that many samples."""
    first, stop = SWEET_SPOT[sensor]
    return slice(round(first * samples / DETECTOR_COLUMNS), round(stop * samples / DETECTOR_COLUMNS))


def infrared_row_nm(rows: FloatArray) -> FloatArray:
    """Sweet-spot wavelengths in nm of rows of the infrared detector, 0 the longest; NaN for rows that see no light.

    They are two parabolas, one on either side of a joint in the team's wavelength calibration. They give the wavelength tables (CDR
    WA, version 3, mean over columns 270-369) within 0.0001 nm.
    """
    rows = np.asarray(rows, dtype=np.float64)
    below = 3943.50325165 + rows * (-6.678795765687 + rows * 1.8943235726e-4)
    beyond = 3948.53796503 + rows * (-6.696794908373 + rows * 1.6605678428e-4)
    return np.where((rows < 1) | (rows > 445), np.nan, np.where(rows <= 218, below, beyond))

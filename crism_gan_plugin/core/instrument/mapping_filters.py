"""Wavelength filters of CRISM's mapping data: which rows of the infrared detector were sent to Earth.

Map tiles (MRDR) and multispectral strips (MSP, MSW) have few channels, up to 73 nm apart, where the targeted observations have one
each 6.6 nm. Source: tables of rows in the volcano-scan records ADR…_VS31L and ADR…_VS33L (version 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from .detectors import infrared_row_nm

#: Channels that lie so near to a row's sweet-spot wavelength are that row's, nm. Tables of one detector column are 1.6 nm off, and
#: the visible detector's channel beside 1021 nm is 2.3 nm away.
_SAME_ROW_NM = 2.0

#: Where both detectors have channels, nm; and where the last is that a map needs. Between, every channel must be the filter's.
_BOTH_DETECTORS_NM, _LAST_NM = (1000.0, 1060.0), 2640.0


@dataclass(frozen=True)
class MappingFilter:
    """A wavelength filter.

    Attributes
    ----------
    number
        Its number, as labels and names of wavelength tables have it.
    rows
        Rows of the infrared detector, ascending in wavelength.
    """

    number: str
    rows: tuple[int, ...]

    def __str__(self) -> str:
        return f"CRISM's wavelength filter {self.number} ({len(self.rows)} infrared channels)"

    @property
    def wavelengths_nm(self) -> FloatArray:
        """(rows,) nm at the sweet spot, ascending."""
        return infrared_row_nm(np.array(self.rows))

    def neighbours(self, low_nm: float, high_nm: float, left_out_nm: tuple[float, float]) -> bool:
        """Whether the filter has no row between two of its channels, but for a range (nm) that is left out on purpose."""
        nm = self.wavelengths_nm
        between = (nm > low_nm + _SAME_ROW_NM) & (nm < high_nm - _SAME_ROW_NM)
        return not (between & ~((nm > left_out_nm[0]) & (nm < left_out_nm[1]))).any()


_SHARED = (
    *(442, 438, 433, 422, 413, 407, 406, 405, 403, 395, 389, 385, 380, 374, 369, 368, 360, 350, 345, 340, 331, 322, 312, 304, 297),
    *(296, 292, 283, 275, 272, 268, 262, 258, 255, 249, 245, 243, 240, 234, 228, 224, 213, 202, 198, 187),
    *(142, 123, 104, 93, 82, 66, 46, 28, 3),
)
_MORE = (377, 337, 334, 327, 318, 307, 280, 265, 252, 251, 233, 78, 72, 57, 17)

#: The filters that are known, that with fewer rows first. All but one row of each see light.
MAPPING_FILTERS = (MappingFilter("1", _SHARED), MappingFilter("3", tuple(sorted((*_SHARED, *_MORE), reverse=True))))


def mapping_filter_of(wavelengths_nm: FloatArray) -> Optional[MappingFilter]:
    """The filter that all infrared channels of an axis belong to, by their ascending wavelengths, nm; None for any other axis."""
    nm = wavelengths_nm[(wavelengths_nm > _BOTH_DETECTORS_NM[1]) & (wavelengths_nm < _LAST_NM)]
    if nm.size < 2:
        return None
    return next((each for each in MAPPING_FILTERS if _is_of(each, nm).all()), None)


def of_one_detector(wavelengths_nm: FloatArray) -> BoolArray:
    """(bands,) bool: False for the visible channels of mapping data where both detectors see; True for all else."""
    found = mapping_filter_of(wavelengths_nm)
    low, high = _BOTH_DETECTORS_NM
    both = (wavelengths_nm > low) & (wavelengths_nm < high)
    return np.ones(both.shape, bool) if found is None else ~both | _is_of(found, wavelengths_nm)


def _is_of(one: MappingFilter, wavelengths_nm: FloatArray) -> BoolArray:
    return np.asarray(np.abs(wavelengths_nm[:, np.newaxis] - one.wavelengths_nm).min(1) < _SAME_ROW_NM)

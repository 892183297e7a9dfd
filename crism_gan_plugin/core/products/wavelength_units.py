"""Units of wavelengths: what a header says, and what the numbers themselves say of it."""

from __future__ import annotations

import re

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError, one_line
from ..files.names import PathLike
from ..instrument.detectors import MISSING

#: Factors to nanometres.
UNITS_NM = {
    **dict.fromkeys(("nanometers", "nanometer", "nanometres", "nanometre", "nm"), 1.0),
    **dict.fromkeys(("micrometers", "micrometer", "micrometres", "micrometre", "microns", "micron", "um", "µm", "μm"), 1000.0),
    **dict.fromkeys(("angstroms", "angstrom", "ångströms", "ångström", "å"), 0.1),
    **dict.fromkeys(("millimeters", "millimetres", "mm"), 1e6),
    **dict.fromkeys(("centimeters", "centimetres", "cm"), 1e7),
    **dict.fromkeys(("meters", "metres", "m"), 1e9),
}

#: Units that a header may have which are none of length; numbers with them must not be taken for wavelengths.
_NO_LENGTH = re.compile(r"wave\s*-?numbers?|(1/|per )cm|cm\^?-1|[tgmk]?hz|index|bands?|[km]?ev|channels?", re.IGNORECASE)

#: A list without unit is in nm if its median is above this figure, else in µm: CRISM sees 0.36-3.94 µm.
_LARGEST_MICROMETRES = 100.0

#: No image of reflected sunlight or of heat has its middle wavelength outside these, nm.
_POSSIBLE_NM = (100.0, 100_000.0)


def in_nanometres(values: FloatArray, unit: str, source: PathLike) -> tuple[FloatArray, float, str]:
    """Values in nm (NaN for those that are none), the factor, and words for the unit that was taken.

    If the numbers cannot have the unit that is named, their size decides, since nm and µm differ by a factor of a thousand. The
    words say so.

    Raises
    ------
    InputError
        If the unit is none of length, or makes wavelengths that no image has and the numbers alone do not either.
    """
    unit = unit.strip()
    if _NO_LENGTH.fullmatch(unit):
        raise InputError(
            f"{source}: its wavelengths have the unit {one_line(unit, 40)!r}, which is none of length; "
            "give a wavelength file in nm or µm (WAVELENGTHS)"
        )
    valid = np.isfinite(values) & (values > 0) & (values < MISSING)
    middle = float(np.median(values[valid])) if valid.any() else 1.0
    said, by_size = UNITS_NM.get(unit.lower()), 1.0 if middle > _LARGEST_MICROMETRES else 1000.0
    factor, words = (by_size, " by their size") if said is None else (said, "")
    if valid.any() and not _is_possible(middle * factor):
        if not _is_possible(middle * by_size):
            raise InputError(
                f"{source}: its wavelengths are {values[valid].min():g} to {values[valid].max():g} "
                f"{'without a unit' if said is None else f'with the unit {one_line(unit, 40)!r}'}, which no image has; correct the "
                "numbers or the unit, or give a wavelength file (WAVELENGTHS)"
            )
        factor, words = by_size, f" by their size: the unit {unit!r}, as it is said there, cannot be theirs"
    name = {1.0: "nm", 1000.0: "µm"}.get(factor, unit)
    return np.where(valid, values * factor, np.nan), factor, f"in {name}{words}"


def _is_possible(nm: float) -> bool:
    return _POSSIBLE_NM[0] <= nm <= _POSSIBLE_NM[1]

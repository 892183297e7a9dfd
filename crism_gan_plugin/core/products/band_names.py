"""Wavelengths that stand in the names of bands: ``1001.45 Nanometers``, ``1.001 µm``, ``Band 1 (1001.45 nm)``, ``1001.45``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError, one_line
from .wavelength_units import UNITS_NM

_NUMBER = r"(\d{1,12}(?:[.,]\d{1,12})?(?:[eE][+-]?\d{1,2})?)"
_UNIT = "|".join(sorted((unit for unit in UNITS_NM if unit not in ("m", "cm", "mm")), key=len, reverse=True))
_WITH_UNIT = re.compile(rf"(?<![\w.,]){_NUMBER}\s*({_UNIT})(?!\w)", re.IGNORECASE)

#: From one wavelength to another: "1001-1008 nm", not "Band 1 - 1008 nm".
_RANGE = re.compile(rf"(?<![\w.,]){_NUMBER}\s*(?:{_UNIT})?\s*[-–]\s*{_NUMBER}\s*(?:{_UNIT})(?!\w)", re.IGNORECASE)

#: Without a unit: nothing but the number, or the number in brackets at the end, as GDAL names bands of ENVI images.
_ALONE = re.compile(rf"(?:.*\()?\s*{_NUMBER}\s*\)?", re.DOTALL)

#: Numbers without a unit are wavelengths only within these, in nm or µm; band numbers mostly are not.
_SHORTEST_NM, _LONGEST_NM = 300.0, 6000.0


def wavelengths_in_names(path: Path, names: Sequence[str]) -> Optional[FloatArray]:
    """(bands,) nm, or None where the names tell none.

    Raises
    ------
    InputError
        If some names tell a wavelength and others do not, one tells two or a range, or two the same.
    """
    found = [_WITH_UNIT.findall(name) for name in names]
    named = [bool(each) for each in found]
    if not any(named):
        return _without_unit(names)
    advice = "give a wavelength file (WAVELENGTHS)"
    if sum(named) < len(names):
        if 2 * sum(named) < len(names):
            return None
        band = named.index(False)
        raise InputError(f"{path}: {sum(named)} bands have names with wavelengths, {_called(names, band)} has not; {advice}")
    ranges = [_RANGE.search(name) for name in names]
    several = [
        band
        for band, (each, ends) in enumerate(zip(found, ranges))
        if len(each) > 1 or (ends is not None and _number(ends[1]) > 0.5 * _number(ends[2]))
    ]
    if several:
        raise InputError(f"{path}: the name of {_called(names, several[0])} tells two wavelengths; {advice}")
    nm = np.array([_number(each[0][0]) * UNITS_NM[each[0][1].lower()] for each in found])
    values, counts = np.unique(nm, return_counts=True)
    if (counts > 1).any():
        raise InputError(f"{path}: two bands have {values[counts > 1][0]:g} nm in their names; {advice}")
    return nm


def _without_unit(names: Sequence[str]) -> Optional[FloatArray]:
    matches = [_ALONE.fullmatch(name) for name in names]
    if not names or not all(matches):
        return None
    numbers = np.array([_number(match[1]) for match in matches if match is not None])
    whole = bool((numbers == np.rint(numbers)).all())
    counted = whole and bool((np.diff(numbers) == 1).all())
    for factor in (1.0, 1000.0):
        nm = numbers * factor
        if ((nm >= _SHORTEST_NM) & (nm <= _LONGEST_NM)).all() and not counted and np.unique(nm).size == nm.size:
            return None if whole and factor == 1000.0 else nm
    return None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _called(names: Sequence[str], band: int) -> str:
    return f"band {band + 1} ({one_line(names[band], 60)!r})"

"""Spectra as text in columns: wavelengths first, then one spectrum or several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.names import PathLike
from ..products.wavelength_units import UNITS_NM, in_nanometres

#: A unit in the heading of the wavelengths.
_UNIT = re.compile(r"[(\[ ,;_]\s*(" + "|".join(sorted((u for u in UNITS_NM if len(u) > 1), key=len, reverse=True)) + r")\b", re.I)

#: A number with a decimal comma.
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(e[-+]?\d+)?", re.I)

#: The most letters of a line.
_LONGEST_LINE = 100_000

#: Headings of columns that hold no spectrum.
_NO_SPECTRUM = re.compile(r"(std|sd|st\.? ?dev|standard dev|error|err\b|uncertaint|sigma|fwhm|resolution).*", re.I)


@dataclass(frozen=True)
class SpectrumText:
    """What such a file holds.

    Attributes
    ----------
    names
        Names of the spectra: the headings of their columns, empty where there are none.
    wavelengths_nm
        (n,) nm.
    values
        (n, spectra) NaN for cells without a number.
    unit
        Words for the unit that was taken.
    left_out
        Headings of columns that hold no spectrum, but errors or the like.
    """

    names: tuple[str, ...]
    wavelengths_nm: FloatArray
    values: FloatArray
    unit: str
    left_out: tuple[str, ...] = ()


def parse_table(text: str, path: PathLike) -> SpectrumText:
    """Read text whose lines hold a wavelength and one or more values, separated by blanks, commas, semicolons or tabs.

    Lines before the first line of numbers are headings. The last heading names the columns, if it has as many cells.

    Parameters
    ----------
    path
        Of the file, for messages.

    Raises
    ------
    InputError
        If it is no such text; one line says why.
    """
    rows, heading = [], None
    numbers: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_LINE:
            raise InputError(f"{path}: line {number} has {len(line)} letters; give wavelengths and values in columns")
        cells = cells_of(line)
        found = [number_of(cell) for cell in cells]
        if found and found[0] is not None:
            numbers.append([np.nan if value is None else value for value in found])
            rows.append(number)
        elif cells and not numbers:
            heading = cells
        elif cells:
            raise InputError(
                f"{path}: line {number} ({line.strip()[:30]!r}) does not begin with a wavelength; correct or remove it"
            )
    if len(numbers) < 2:
        raise InputError(f"{path}: has no lines of numbers; give text with wavelengths and values in columns")
    width = len(numbers[0])
    uneven = next((row for row, values in zip(rows, numbers) if len(values) != width), None)
    if uneven is not None:
        raise InputError(f"{path}: line {uneven} has not {width} columns as the first line of numbers; correct it")
    if width < 2:
        raise InputError(f"{path}: has one column; give wavelengths and values side by side")
    table = np.array(numbers, np.float64)
    if heading is None or len(heading) != width:
        nm, _, unit = in_nanometres(table[:, 0], "", path)
        return SpectrumText(("",) * (width - 1), nm, table[:, 1:], unit)
    said = _UNIT.search(f" {heading[0]}")
    nm, _, unit = in_nanometres(table[:, 0], "" if said is None else said[1], path)
    keep = [column for column, name in enumerate(heading) if column and not _NO_SPECTRUM.match(name)]
    left_out = tuple(name for column, name in enumerate(heading) if column and column not in keep)
    if not keep:
        raise InputError(f"{path}: its columns ({', '.join(left_out)}) hold no spectrum; give wavelengths and reflectances")
    return SpectrumText(tuple(heading[column] for column in keep), nm, table[:, keep], unit, left_out)


def decoded(data: bytes, path: PathLike) -> str:
    """Text as editors save it; `InputError` for what is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InputError(f"{path}: is no text; give text with wavelengths and values in columns, or an ENVI spectral library")
    return text


def cells_of(line: str) -> list[str]:
    """The cells of a line; a comment has none. Commas are decimal commas where semicolons or tabs separate the cells."""
    line = line.strip()
    if not line or line.startswith(("#", "%", "//")):
        return []
    for separator in (";", "\t"):
        if separator in line:
            return [cell.strip().strip('"') for cell in line.rstrip(separator).split(separator)]
    parts = line.split()
    if len(parts) > 1 and all(_DECIMAL_COMMA.fullmatch(part) for part in parts):
        return parts
    if "," in line:
        return [cell.strip().strip('"') for cell in line.rstrip(",").split(",")]
    return parts


def number_of(cell: str) -> Optional[float]:
    """A number, whose comma may be a decimal one; None for other text."""
    text = cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell
    try:
        return float(text)
    except ValueError:
        return None

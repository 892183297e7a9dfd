"""Which numbers of a file mean that there is no data, as its header, its label or GDAL say it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from ..arrays import AnyArray, BoolArray, FloatArray, IntArray
from ..errors import InputError, one_line
from .pds_label import Bits, Label, Quantity

#: Keywords of an IMAGE object for numbers that are no measurement: missing, or saturated. Source: PDS Data Dictionary; ISIS.
_CONSTANTS = re.compile(
    r"(MISSING|INVALID|UNKNOWN|NULL|NOT_APPLICABLE)(_CONSTANT)?|(CORE_)?(NULL|(LOW|HIGH)_(REPR|INSTR)_SATURATION)|SATURATED_CONSTANT"
)

#: What programs write where there is no such number.
_NONE = ("", "none", "null", "undefined", "n/a")


class MissingNumbers:
    """Numbers that mean no data, by band.

    Parameters
    ----------
    numbers
        Each (bands,) float64, NaN for bands that have none.
    """

    def __init__(self, numbers: Sequence[FloatArray]) -> None:
        self._declared = bool(numbers)
        self._numbers = [each for each in numbers if np.isfinite(each).any()]

    @property
    def only(self) -> Optional[float]:
        """The one number that means no data in all bands, or NaN; None if there is none, or several, see `several`."""
        if not self._numbers:
            return np.nan if self._declared else None
        values = {float(value) for each in self._numbers for value in each}
        return values.pop() if len(values) == 1 else None

    @property
    def described(self) -> list[list[float]]:
        """The numbers, by band; JSON."""
        return [each.tolist() for each in self._numbers]

    @property
    def several(self) -> bool:
        """Whether there are different numbers, so that one does not say it."""
        return bool(self._numbers) and self.only is None

    def __call__(self, block: AnyArray, bands: IntArray) -> BoolArray:
        """(bands, lines, samples) bool, True where a block of some bands, of the file's own numbers, has no data."""
        missing = np.zeros(block.shape, bool)
        with np.errstate(over="ignore"):
            for each in self._numbers:
                numbers = each[bands, np.newaxis, np.newaxis]
                missing |= block == (numbers.astype(block.dtype) if block.dtype.kind == "f" else numbers)
        return missing


def missing_of_bands(bands: Sequence[Any]) -> list[FloatArray]:
    """The numbers that GDAL's bands declare."""
    values = [band.GetNoDataValue() for band in bands]
    if all(value is None for value in values):
        return []
    return [np.array([np.nan if value is None else value for value in values], np.float64)]


def missing_of_header(path: Path, fields: Mapping[str, str], bands: int) -> list[FloatArray]:
    """The numbers that an ENVI header declares: ``data ignore value``, one for all bands or one for each."""
    if "data ignore value" not in fields:
        return []
    text = fields["data ignore value"].strip("{} \t\n,")
    words = [] if text.lower() in _NONE else re.split(r"[,\s]+", text)
    try:
        return _by_band([float(word) for word in words] or [np.nan], bands)
    except ValueError:
        raise InputError(
            f"{path}: its data ignore value, {one_line(text, 40)!r}, is neither one number nor one for each band; "
            "correct the header"
        ) from None


def missing_of_label(path: Path, image: Label, dtype: np.dtype[Any], bands: int) -> list[FloatArray]:
    """The numbers that the IMAGE object of a PDS3 label declares: ``MISSING_CONSTANT`` and others, for all bands or for each."""
    found: list[FloatArray] = []
    for keyword, value in image.values.items():
        if not _CONSTANTS.fullmatch(keyword):
            continue
        try:
            found += _by_band([_number(each, dtype) for each in (value if isinstance(value, list) else [value])], bands)
        except TypeError:  # a word, such as "N/A"
            continue
        except ValueError:
            raise InputError(f"{path}: {keyword} is neither one number nor one for each band; correct the label") from None
    return found


def _by_band(values: Sequence[float], bands: int) -> list[FloatArray]:
    if len(values) not in (1, bands):
        raise ValueError
    return [np.broadcast_to(np.asarray(values, np.float64), bands)]


def _number(value: Any, dtype: np.dtype[Any]) -> float:
    """A number; digits in another base (``16#FF7FFFFB#``) are the bits of one of the image's own."""
    value = value.value if isinstance(value, Quantity) else value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise TypeError(value) from None
    if isinstance(value, Bits) and 0 <= value < 1 << 8 * dtype.itemsize:
        return float(np.array([value], f"u{dtype.itemsize}").view(dtype.newbyteorder("="))[0])
    return float(value)

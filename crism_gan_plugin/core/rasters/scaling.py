"""Factors and offsets that turn the numbers of a file into the values that they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from .pds_label import Label, Quantity


@dataclass(frozen=True)
class Scaling:
    """value = number · factor + offset, by band.

    Attributes
    ----------
    factors, offsets
        (bands,) float64.
    """

    factors: FloatArray
    offsets: FloatArray

    def __call__(self, numbers: FloatArray, bands: IntArray) -> FloatArray:
        """Scale (bands, lines, samples) float64 numbers of some bands, in place."""
        numbers *= self.factors[bands, np.newaxis, np.newaxis]
        numbers += self.offsets[bands, np.newaxis, np.newaxis]
        return numbers

    def same_as(self, other: Scaling) -> bool:
        """Whether both lead to the same values."""
        return bool(np.allclose(self.factors, other.factors) and np.allclose(self.offsets, other.offsets))


def make_scaling(path: Path, factors: Sequence[float], offsets: Sequence[float]) -> Optional[Scaling]:
    """The scaling; None where nothing is to be done, `InputError` where a factor makes no sense."""
    by, plus = np.asarray(factors, np.float64), np.asarray(offsets, np.float64)
    if not (np.isfinite(by).all() and np.isfinite(plus).all() and (by != 0).all()):
        raise InputError(f"{path}: its scale factors or offsets are not finite, or a factor is 0; correct its header or metadata")
    return None if (by == 1).all() and (plus == 0).all() else Scaling(by, plus)


def scaling_of_bands(path: Path, bands: Sequence[Any], envi: Mapping[str, str]) -> Optional[Scaling]:
    """The scaling that GDAL's bands declare, with the reflectance scale factor of an ENVI header, which GDAL kept."""
    factors = [1.0 if band.GetScale() is None else band.GetScale() for band in bands]
    offsets = [band.GetOffset() or 0.0 for band in bands]
    return _with_reflectance_factor(path, factors, offsets, envi)


def scaling_of_header(path: Path, fields: Mapping[str, str], bands: int) -> Optional[Scaling]:
    """The scaling of an ENVI header: ``data gain values``, ``data offset values``, ``reflectance scale factor``."""
    named = {key.replace(" ", "_"): value for key, value in fields.items()}
    factors = _list(path, named, "data_gain_values", bands, 1.0)
    offsets = _list(path, named, "data_offset_values", bands, 0.0)
    return _with_reflectance_factor(path, factors, offsets, named)


def scaling_of_label(path: Path, image: Label, bands: int) -> Optional[Scaling]:
    """The scaling of a PDS3 label's IMAGE object: SCALING_FACTOR and OFFSET, one for all bands or one for each."""
    return make_scaling(path, *(_of_label(path, image, *entry, bands) for entry in (("SCALING_FACTOR", 1.0), ("OFFSET", 0.0))))


def _of_label(path: Path, image: Label, keyword: str, default: float, bands: int) -> list[float]:
    value = image.get(keyword, default)
    values = value if isinstance(value, list) else [value]
    try:
        numbers = [float(each.value if isinstance(each, Quantity) else each) for each in values]
    except (TypeError, ValueError):
        raise InputError(f"{path}: {keyword} is no number; correct the label") from None
    if len(numbers) not in (1, bands):
        raise InputError(f"{path}: {keyword} has {len(numbers)} values for {bands} bands; correct the label")
    return numbers * (bands // len(numbers))


def _with_reflectance_factor(
    path: Path, factors: list[float], offsets: list[float], fields: Mapping[str, str]
) -> Optional[Scaling]:
    text = fields.get("reflectance_scale_factor", "1")
    try:
        divisor = float(text)
    except ValueError:
        divisor = np.nan
    if not (np.isfinite(divisor) and divisor > 0):
        raise InputError(f"{path}: its reflectance scale factor, {text[:40]!r}, is no positive number; correct its header")
    scaling = make_scaling(path, factors, offsets)
    if scaling is None:
        return make_scaling(path, [1 / divisor] * len(factors), offsets)
    same = np.allclose(scaling.factors * divisor, 1) and not scaling.offsets.any()  # both say the same
    if divisor != 1 and not same:
        raise InputError(
            f"{path}: its header has a reflectance scale factor, and gains or offsets besides; which of them leads to I/F is not "
            "known: remove what does not count from the header"
        )
    return scaling


def _list(path: Path, fields: Mapping[str, str], key: str, bands: int, default: float) -> list[float]:
    text = fields.get(key, "").strip("{} \t\n,")
    if not text:
        return [default] * bands
    try:
        numbers = [float(word) for word in re.split(r"[,\s]+", text)]
    except ValueError:
        numbers = []
    if len(numbers) != bands:
        name = key.replace("_", " ")
        raise InputError(f"{path}: the {name} in its header must be {bands} numbers, one for each band; correct the header")
    return numbers

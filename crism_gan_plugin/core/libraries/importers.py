"""Spectral libraries of others, as absorption spectra: ENVI's, as USGS gives them out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..errors import InputError, one_line
from ..files.names import PathLike
from ..files.reading import check_file
from ..products.kinds import refuse_other_kind
from ..products.wavelength_units import in_nanometres
from ..rasters import envi
from ..rasters.missing import MissingNumbers, missing_of_header
from ..spectra.grid import WAVELENGTHS_NM
from .absorption import AbsorptionLibrary, log_absorption_of

#: Spectra whose deepest absorption is below this say nothing about bands.
_SHALLOWEST = 0.02


def first_word(name: str) -> str:
    """The mineral of a spectrum whose name begins with it."""
    return re.split(r"[ +]", name)[0].lower()


def read_envi_library(
    path: PathLike,
    header: Optional[PathLike] = None,
    *,
    mineral_of: Callable[[str], Optional[str]] = first_word,
) -> AbsorptionLibrary:
    """Read an ENVI spectral library of any type of real numbers that covers 1.05-2.49 µm.

    Channels beyond the library's end hold its last value. Spectra with missing channels, or hardly any absorption, are left out.

    Parameters
    ----------
    header
        None: beside the data.
    mineral_of
        Spectrum's name → its mineral; None leaves the spectrum out.

    Raises
    ------
    InputError
        If the files are missing, are no spectral library, or do not cover the range.
    """
    path = check_file(path)
    names, wavelengths, spectra = read_envi_spectra(path, header)
    if wavelengths[0] > 1050 or wavelengths[-1] < 2490:
        raise InputError(f"{path}: covers {wavelengths[0]:.0f}-{wavelengths[-1]:.0f} nm; 1050-2490 nm is needed")
    inside = (wavelengths > 1000) & (wavelengths < 2700)
    sound = ((spectra[:, inside] > 0) & (spectra[:, inside] < 5)).all(1) & (np.ptp(spectra[:, inside], 1) > 0)
    on_grid = np.array([np.interp(WAVELENGTHS_NM, wavelengths, spectrum) for spectrum in spectra[sound]])
    absorption = log_absorption_of(on_grid.reshape(-1, WAVELENGTHS_NM.size))
    deep = absorption.max(1) > _SHALLOWEST
    if not deep.any():
        raise InputError(f"{path}: has no whole spectrum with absorptions at 1000-2700 nm; give a library of minerals")
    minerals = [mineral_of(name) for name, is_sound in zip(names, sound) if is_sound]
    wanted = deep & np.array([mineral is not None for mineral in minerals])
    named = tuple(mineral for mineral, is_deep in zip(minerals, deep) if is_deep and mineral is not None)
    return AbsorptionLibrary(absorption[wanted], named)


def read_envi_spectra(path: PathLike, header: Optional[PathLike] = None) -> tuple[list[str], FloatArray, FloatArray]:
    """The spectra of an ENVI spectral library as they are.

    Parameters
    ----------
    header
        None: beside the data.

    Returns
    -------
    Names (n); ascending wavelengths (channels,) nm, those of good bands; reflectances (n, channels), NaN for no data.

    Raises
    ------
    InputError
        If the files are missing, or are no spectral library.
    """
    path = check_file(path)
    refuse_other_kind(path, "a spectral library", "give an ENVI spectral library (.sli) with its .hdr", ("raster",))
    header = check_file(header) if header else envi.header_of(path)
    if header is None:
        raise InputError(
            f"{path}: has no ENVI header (.hdr) beside it, as spectral libraries have; put it there, or give a library"
        )
    fields = envi.read_header(header)
    wavelengths = _wavelengths_nm(header, fields)
    if fields.get("lines", "").split(";")[0].strip() == "0":
        raise InputError(f"{path}: has no spectra, by its header (lines = 0); give a library that has some")
    names = _items(header, fields, "spectra names")
    values = _values(path, header, fields, len(names), wavelengths.size)
    keep = _good_bands(header, fields, wavelengths.size)
    wavelengths, values = wavelengths[keep], values[:, keep]
    order = np.argsort(wavelengths)
    return names, wavelengths[order], values[:, order]


def is_envi_library(path: Path) -> bool:
    """Whether a file is an ENVI spectral library, or the header of one, by the header's own words."""
    header = path if envi.is_header(path) else envi.header_of(path)
    if header is None:
        return False
    try:
        fields = envi.read_header(header)
    except InputError:  # whoever reads it will say what is wrong
        return True
    return "spectra names" in fields or "library" in fields.get("file type", "").lower()


def _items(header: Path, fields: dict[str, str], key: str) -> list[str]:
    """The entries of a list, whose last one may be followed by a comma."""
    if key not in fields:
        raise InputError(f"{header}: has no '{key}' list; it is not the header of a spectral library")
    return [item.strip() for item in fields[key].rstrip(" \n,").split(",")]


def _wavelengths_nm(header: Path, fields: dict[str, str]) -> FloatArray:
    """(channels,) nm, by the unit that the header says, or by their size."""
    try:
        values = np.array([float(item) for item in _items(header, fields, "wavelength")])
    except ValueError as error:
        raise InputError(f"{header}: its 'wavelength' list holds something that is no number ({error}); correct it") from error
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise InputError(f"{header}: its 'wavelength' list must hold numbers above 0; correct it")
    unit = fields.get("wavelength units", "")
    try:
        return in_nanometres(values, unit, header)[0]
    except InputError:
        raise InputError(
            f"{header}: its wavelengths, with the unit {one_line(unit, 40)!r}, are none in nm or µm; correct it"
        ) from None


def _good_bands(header: Path, fields: dict[str, str], channels: int) -> BoolArray:
    """(channels,) bool: all but those of the list of bad bands."""
    if not fields.get("bbl", "").strip(" \n,"):
        return np.ones(channels, bool)
    try:
        flags = np.array([float(item) for item in _items(header, fields, "bbl")])
    except ValueError:
        flags = np.empty(0)
    if flags.size != channels or (flags != 0).sum() < 2:
        raise InputError(f"{header}: its 'bbl' list must be {channels} numbers, 1 for good bands and 0 for bad ones; correct it")
    return flags != 0


def _values(path: Path, header: Path, fields: dict[str, str], spectra: int, channels: int) -> FloatArray:
    """(spectra, channels) float64."""
    fields = {"data type": "4", **fields}
    dtype, offset = envi.number_type(header, fields), envi.header_offset(header, fields)
    if dtype is None or fields.get("file compression", "0") != "0":
        raise InputError(f"{header}: describes complex or compressed numbers; export the library as floating point")
    for key, count, what in (("samples", channels, "wavelengths"), ("lines", spectra, "names")):
        said = fields.get(key, str(count)).split(";")[0].strip()
        if said.lstrip("0") != str(count):
            raise InputError(f"{header}: says {key} = {one_line(said, 40)}, but lists {count} {what}; correct the header")
    size, needed = path.stat().st_size, offset + spectra * channels * dtype.itemsize
    if size != needed:
        raise InputError(
            f"{path}: has {size} bytes, not the {needed} of {spectra} spectra x {channels} channels that its header describes; "
            "give the data file that belongs to this header"
        )
    with np.errstate(invalid="ignore"):  # a signalling NaN
        values = np.fromfile(path, dtype, offset=offset).astype(np.float64)
    values = values.reshape(spectra, channels)
    missing = MissingNumbers(missing_of_header(header, fields, spectra))
    values[missing(values.astype(dtype.newbyteorder("="))[:, np.newaxis], np.arange(spectra))[:, 0]] = np.nan
    return values / _scale(header, fields, whole=dtype.kind in "iu")


def _scale(header: Path, fields: dict[str, str], whole: bool) -> float:
    """Factor by which reflectances were multiplied; a file of whole numbers must name one."""
    key = "reflectance scale factor"
    if whole and key not in fields:
        raise InputError(f"{header}: its whole numbers are no reflectances without a '{key}'; add it to the header")
    try:
        factor = float(fields.get(key, "1"))
    except ValueError:
        factor = np.nan
    if not (np.isfinite(factor) and factor > 0):
        raise InputError(f"{header}: its '{key}' is no number above 0; correct the header")
    return factor

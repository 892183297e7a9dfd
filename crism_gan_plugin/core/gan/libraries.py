"""Absorption spectra of known minerals: what training spectra are mixed from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Callable, Optional, Union

import numpy as np

from ..continuum import remove_continuum
from ..errors import InputError, ParameterError
from ..exemplars.library import ExemplarLibrary
from ..spectral import WAVELENGTHS_NM, fill_missing

FloatArray = np.ndarray

#: Spectra whose deepest absorption is below this say nothing about bands.
_SHALLOWEST = 0.02


@dataclass(frozen=True)
class AbsorptionLibrary:
    """Absorption spectra with the mineral that each belongs to.

    Attributes
    ----------
    absorption
        (m, 240) −ln of the continuum-removed reflectance, ≥ 0, on `WAVELENGTHS_NM`.
    minerals
        (m,) the mineral's name, the same for all specimens of one mineral.
    """

    absorption: FloatArray
    minerals: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.absorption.shape != (len(self.minerals), WAVELENGTHS_NM.size):
            shape = f"{len(self.minerals)} × {WAVELENGTHS_NM.size}"
            raise ParameterError(f"training spectra of shape {self.absorption.shape}: must be {shape}, on the network's grid")
        if not np.isfinite(self.absorption).all():
            bad = self.minerals[int(np.argmin(np.isfinite(self.absorption).all(1)))]
            raise ParameterError(f"training spectra: one of '{bad}' holds values that are not finite; leave it out or mend it")

    @cached_property
    def groups(self) -> np.ndarray:
        """(m,) a number a mineral, from 0 in order of first appearance."""
        order = {name: number for number, name in enumerate(dict.fromkeys(self.minerals))}
        return np.array([order[name] for name in self.minerals], int)

    @cached_property
    def members(self) -> list[np.ndarray]:
        """For every group the places of its spectra."""
        order = np.argsort(self.groups, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.groups))[:-1])

    def __add__(self, other: AbsorptionLibrary) -> AbsorptionLibrary:
        return AbsorptionLibrary(np.vstack([self.absorption, other.absorption]), self.minerals + other.minerals)

    def only(self, keep: np.ndarray) -> AbsorptionLibrary:
        """The spectra where ``keep`` (m,) is True."""
        return AbsorptionLibrary(self.absorption[keep], tuple(name for name, wanted in zip(self.minerals, keep) if wanted))


def from_exemplars(library: ExemplarLibrary) -> AbsorptionLibrary:
    """The exemplars' own absorption spectra; every class is a mineral."""
    minerals = tuple(library.classes[index].name for index in library.class_index)
    return AbsorptionLibrary(_absorption(np.asarray(library.spectra)), minerals)


def first_word(name: str) -> str:
    """The mineral of a spectrum whose name begins with it."""
    return re.split(r"[ +]", name)[0].lower()


def read_envi_library(
    path: Union[str, Path],
    header: Optional[Union[str, Path]] = None,
    *,
    mineral_of: Callable[[str], Optional[str]] = first_word,
) -> AbsorptionLibrary:
    """Read an ENVI spectral library (float32) that covers 1.05-2.49 µm.

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
    path = Path(path)
    header = Path(header) if header else next((p for p in (Path(f"{path}.hdr"), path.with_suffix(".hdr")) if p.exists()), None)
    if header is None or not path.is_file():
        raise InputError(f"{path}: the spectral library or its .hdr is missing; give the data file with the .hdr beside it")
    text = header.read_text(encoding="latin-1")
    try:
        wavelengths = np.array(_envi_list(text, "wavelength", header), float)
    except ValueError as error:
        raise InputError(f"{header}: its 'wavelength' list holds something that is no number ({error}); correct it") from error
    names = _envi_list(text, "spectra names", header)
    wavelengths *= 1000 if wavelengths.max() < 100 else 1  # µm or nm
    values = np.fromfile(path, "<f4")
    if values.size != wavelengths.size * len(names):
        raise InputError(f"{path}: holds {values.size} values, not the {len(names)} × {wavelengths.size} of its header")
    order = np.argsort(wavelengths)
    wavelengths, spectra = wavelengths[order], values.reshape(len(names), -1)[:, order].astype(float)
    if wavelengths[0] > 1050 or wavelengths[-1] < 2490:
        raise InputError(f"{path}: covers {wavelengths[0]:.0f}-{wavelengths[-1]:.0f} nm; 1050-2490 nm is needed")
    inside = (wavelengths > 1000) & (wavelengths < 2700)
    sound = ((spectra[:, inside] > 0) & (spectra[:, inside] < 5)).all(1) & (np.ptp(spectra[:, inside], 1) > 0)
    on_grid = np.array([np.interp(WAVELENGTHS_NM, wavelengths, spectrum) for spectrum in spectra[sound]])
    absorption = _absorption(on_grid.reshape(-1, WAVELENGTHS_NM.size))
    deep = absorption.max(1) > _SHALLOWEST
    if not deep.any():
        raise InputError(f"{path}: has no whole spectrum with absorptions at 1000-2700 nm; give a library of minerals")
    minerals = [mineral_of(name) for name, is_sound in zip(names, sound) if is_sound]
    wanted = deep & np.array([mineral is not None for mineral in minerals])
    return AbsorptionLibrary(absorption[wanted], tuple(mineral for mineral, is_wanted in zip(minerals, wanted) if is_wanted))


def _absorption(reflectance: FloatArray) -> FloatArray:
    ratio = remove_continuum(fill_missing(reflectance, WAVELENGTHS_NM), WAVELENGTHS_NM)
    return -np.log(np.clip(ratio, 1e-3, 1))


def _envi_list(text: str, key: str, header: Path) -> list[str]:
    found = re.search(rf"(?im)^\s*{key}\s*=\s*\{{([^}}]*)\}}", text)
    if found is None:
        raise InputError(f"{header}: has no '{key}' list; it is not the header of a spectral library")
    return [item.strip() for item in found.group(1).split(",")]

"""Absorption spectra of known minerals: what training spectra are mixed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import ParameterError
from ..spectra.continuum import remove_continuum
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import fill_missing
from .exemplars import ExemplarLibrary


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
    def groups(self) -> IntArray:
        """(m,) a number a mineral, from 0 in order of first appearance."""
        order = {name: number for number, name in enumerate(dict.fromkeys(self.minerals))}
        return np.array([order[name] for name in self.minerals], int)

    @cached_property
    def members(self) -> list[IntArray]:
        """The places of the spectra of each group."""
        order = np.argsort(self.groups, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.groups))[:-1])

    def __add__(self, other: AbsorptionLibrary) -> AbsorptionLibrary:
        return AbsorptionLibrary(np.vstack([self.absorption, other.absorption]), self.minerals + other.minerals)

    def only(self, keep: BoolArray) -> AbsorptionLibrary:
        """The spectra where ``keep`` (m,) is True."""
        return AbsorptionLibrary(self.absorption[keep], tuple(name for name, wanted in zip(self.minerals, keep) if wanted))


def from_exemplars(library: ExemplarLibrary) -> AbsorptionLibrary:
    """The exemplars' own absorption spectra; every class is a mineral."""
    minerals = tuple(library.classes[index].name for index in library.class_index)
    return AbsorptionLibrary(log_absorption_of(np.asarray(library.spectra)), minerals)


def own_row(library: ExemplarLibrary, place: int) -> int:
    """The spectrum of a class that shows its mineral alone, as a place in the library.

    It is the class's ratio where the library has one by that name, else the first of its spectra that shows no ground.
    """
    rows = np.flatnonzero(library.class_index == place)
    ratio = f"{library.classes[place].name} (ratio)"
    return int(min(rows, key=lambda row: (library.names[row] != ratio, library.on_ground[row], row)))


def own_absorption(library: ExemplarLibrary, place: int) -> FloatArray:
    """(240,) the absorption of a class, −ln of the ratio of `own_row`: what a share of 100 % of it adds to −ln of I/F."""
    return log_absorption_of(np.asarray(library.spectra[[own_row(library, place)]]))[0]


def at_share(spectra: FloatArray, absorption: FloatArray, share: float) -> FloatArray:
    """Spectra of ground in which a mineral has a share: absorptions multiply, as in an intimate mixture (`AbsorptionBand.scaled`).

    Parameters
    ----------
    spectra
        (..., 240) I/F.
    absorption
        (240,) from `own_absorption`.
    share
        1 is the strength that the library's spectrum has; 0 changes nothing.
    """
    return (spectra * np.exp(-share * absorption)).astype(spectra.dtype, copy=False)


def log_absorption_of(reflectance: FloatArray) -> FloatArray:
    ratio = remove_continuum(fill_missing(reflectance, WAVELENGTHS_NM), WAVELENGTHS_NM)
    return -np.log(np.clip(ratio, 1e-3, 1))

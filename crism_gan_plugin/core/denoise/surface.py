"""The library of surface absorptions that the denoiser unmixes with, on any wavelengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.names import PathLike
from ..libraries.absorption import AbsorptionLibrary
from ..libraries.bands import AbsorptionBand, log_absorption
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..libraries.importers import read_envi_library
from ..spectra.grid import WAVELENGTHS_NM

#: Classes that are ice: asked for apart, since a little of their broad bands imitates much else.
ICES = ("H2O ice", "CO2 ice")

#: An exemplar as broad as ice's, of sulfates full of water: asked for together with them.
LIKE_ICE = "polyhydrated sulfate (laboratory)"


@dataclass(frozen=True)
class SurfaceLibrary:
    """Absorption spectra, as bands where they are known (exact on any wavelengths), else on the network's grid.

    Attributes
    ----------
    names
        Names of the spectra: those of `bands`, then those of `sampled`.
    bands
        Tables of absorption bands.
    sampled
        (m, 240) −ln of continuum-removed reflectance on `WAVELENGTHS_NM`; beyond its ends the last value holds.
    source
        Where the spectra are from, in words.
    """

    names: tuple[str, ...]
    bands: tuple[tuple[AbsorptionBand, ...], ...] = ()
    sampled: FloatArray = field(default_factory=lambda: np.zeros((0, WAVELENGTHS_NM.size)))
    source: str = ""

    def on(self, wavelengths_nm: FloatArray) -> FloatArray:
        """(n,) nm → (n, m) float64: ln of what each absorption leaves of the light, at most 0."""
        tables = [log_absorption(table, wavelengths_nm) for table in self.bands]
        curves = [np.interp(wavelengths_nm, WAVELENGTHS_NM, curve) for curve in self.sampled]
        return -np.array(tables + curves).reshape(len(self.names), -1).T

    def __add__(self, other: SurfaceLibrary) -> SurfaceLibrary:
        sampled = np.vstack([self.sampled, other.sampled])
        count = len(self.bands)
        names = (*self.names[:count], *other.names[: len(other.bands)], *self.names[count:], *other.names[len(other.bands) :])
        return SurfaceLibrary(names, self.bands + other.bands, sampled, f"{self.source}; {other.source}")


def surface_library(
    exemplars: Optional[PathLike] = None, spectral_libraries: Sequence[PathLike] = (), ices: bool = False
) -> SurfaceLibrary:
    """The exemplars' absorptions, and those of ENVI spectral libraries.

    Parameters
    ----------
    exemplars
        Exemplar library (JSON); None: the plugin's. All of its spectra are taken, but ices and the like only if asked for.
    spectral_libraries
        ENVI spectral libraries that cover 1.05-2.49 µm.
    ices
        Whether the surface may hold water or carbon dioxide ice.

    Raises
    ------
    InputError
        If a library cannot be read or does not cover the range.
    """
    library = load_exemplars(exemplars)
    found = from_exemplars(library, ices)
    if not found.names:
        raise InputError(f"{exemplars}: holds ices alone; ask for ices, or give exemplars of minerals")
    for path in spectral_libraries:
        found = found + _from_absorptions(read_envi_library(path), Path(path).name)
    return found


def from_exemplars(library: ExemplarLibrary, ices: bool = True) -> SurfaceLibrary:
    """The band tables of the exemplars, and the spectra of those that have none; with `ICES` and the like of them, or without."""
    icy = [library.class_names[place] in ICES or name == LIKE_ICE for name, place in zip(library.names, library.class_index)]
    rows = [row for row, is_icy in enumerate(icy) if ices or not is_icy]
    tables = [(library.names[row], bands) for row in rows if (bands := library.bands[row]) is not None]
    measured = [row for row in rows if library.bands[row] is None]
    names = (*(name for name, _ in tables), *(library.names[row] for row in measured))
    sampled = -np.log(np.clip(np.asarray(library.spectra)[measured], 1e-3, 1.0)).reshape(-1, WAVELENGTHS_NM.size)
    return SurfaceLibrary(names, tuple(bands for _, bands in tables), sampled, f"{len(names)} exemplar spectra")


def _from_absorptions(library: AbsorptionLibrary, name: str) -> SurfaceLibrary:
    return SurfaceLibrary(library.minerals, (), library.absorption, f"{len(library.minerals)} spectra of {name}")

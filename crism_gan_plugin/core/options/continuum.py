"""How the continuum is to be removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import WAVELENGTHS
from .stage import Options, described

#: The ends of the mapping's grid (`core/spectra/network_grid.txt`).
GRID_NM = (1027.55, 2602.12)


@dataclass(frozen=True)
class ContinuumOptions(Options):
    """The parameters of `remove_continuum_scene`."""

    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    range_nm: Optional[tuple[float, float]] = described(
        GRID_NM,
        Parameter(
            ValueKind.RANGE,
            "Wavelength range [nm]",
            "Shortest and longest wavelength. Only the bands between them count for the hull, and only these are written. If none "
            "is given, it is the range of the mapping's grid.",
            in_dialogs="The two are separated by a comma.",
            id="RANGE",
            word="range",
        ),
    )
    continuum_out: Optional[PathLike] = described(
        None,
        Parameter(ValueKind.OUTPUT, "Continuum", "The continuum itself is also written, to this GeoTIFF.", id="CONTINUUM"),
    )

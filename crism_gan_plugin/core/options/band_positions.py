"""Where absorptions are to be looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import GEOMETRY, PLACED_CRS, WAVELENGTHS
from .stage import Options, described

#: The bands of hydroxyl with aluminium, iron and magnesium, and those of carbonates.
WINDOW_NM = (2120.0, 2400.0)


@dataclass(frozen=True)
class BandOptions(Options):
    """The parameters of `fit_band_positions`."""

    range_nm: Optional[tuple[float, float]] = described(
        WINDOW_NM,
        Parameter(
            ValueKind.RANGE,
            "Wavelength window [nm]",
            "Shortest and longest wavelength of the window. The deepest absorption inside counts; its shoulders should be inside, "
            "too. If none is given, it is the window of the bands of Al-OH, Fe-OH and Mg-OH.",
            in_dialogs="The two are separated by a comma.",
            id="RANGE",
            word="range",
        ),
    )
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, PLACED_CRS)

"""Which spectra of an image are to be shown, and how they are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .shared import ENGINE, EXEMPLARS, GEOMETRY, PLACED_CRS, WAVELENGTHS
from .stage import Options, described, parameter_of

#: How endmembers are found.
METHODS = {
    "smacc": "superpixels of spectra over their continuum, and of their mean absorptions those that explain the others (SMACC).",
    "demud": "superpixels of summary parameters, and of their means those that surprise most (DEMUD).",
}

#: Which endmembers become exemplars.
EXPORTS = {
    "lacking": "those that no class of the library resembles.",
    "all": "all but those that are like bland ground or have no absorption.",
}

#: Codes of classes that users may have, 33 … 96, are as many.
MOST_ENDMEMBERS = 64


@dataclass(frozen=True)
class EndmemberOptions(Options):
    """The parameters of `find_endmembers`."""

    method: str = described("smacc", Parameter(ValueKind.CHOICE, "Method", "How endmembers are found.", choices=METHODS))
    count: int = described(
        20,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Number of endmembers",
            "As many are chosen, if the image has so many segments.",
            least=1,
            most=MOST_ENDMEMBERS,
        ),
    )
    min_pixels: int = described(
        20,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Smallest segment [pixels]",
            "Smaller segments join their most similar neighbour, and what they show is lost.",
            least=1,
        ),
    )
    ratio: str = described("off", parameter_of(MapOptions, "ratio"))
    export: str = described(
        "lacking",
        Parameter(
            ValueKind.CHOICE,
            "Endmembers that become exemplars",
            "Which endmembers the exemplar library gets. Endmembers that the network cannot tell apart share a class.",
            choices=EXPORTS,
        ),
    )
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, PLACED_CRS)
    exemplars: Optional[PathLike] = described(None, EXEMPLARS)
    weights: Optional[PathLike] = described(None, parameter_of(MapOptions, "weights"))
    engine: str = described("auto", ENGINE)

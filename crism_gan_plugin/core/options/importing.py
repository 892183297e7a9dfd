"""How a product is to be imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import GEOMETRY, PLACED_CRS, WAVELENGTHS
from .stage import Options, described

#: How pixels are resampled; `core/georeferencing/resampling.py` does it.
RESAMPLING = {
    "nearest": "every spectrum stays as it was measured.",
    "bilinear": "up to four spectra are mixed, which looks smoother.",
}


@dataclass(frozen=True)
class ImportOptions(Options):
    """The parameters of `import_product`."""

    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, PLACED_CRS)
    resampling: str = described(
        "nearest",
        Parameter(ValueKind.CHOICE, "Resampling", "How an image is placed on the map.", choices=RESAMPLING, advanced=True),
    )
    sensor_space: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Stay in sensor space",
            "The image is not placed on the map, even if there is geometry. This is for work on the detector's own columns, "
            "such as denoising.",
        ),
    )
    join: bool = described(
        True,
        Parameter(
            ValueKind.FLAG,
            "Join visible and infrared",
            "A TRR3 is joined with the other sensor's image of the same scan, where that lies beside it and has the same size.",
            advanced=True,
        ),
    )

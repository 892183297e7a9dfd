"""How many images are to be mapped, and laid over each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .composite import STRATEGY
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .stage import described

IMAGES = Parameter(
    ValueKind.IMAGES,
    "CRISM images",
    "Images, each of a kind that CRISM GAN Map takes. A folder is searched for images, and so are the folders in it.",
    in_dialogs="Layers, or paths of files.",
    id="INPUT",
)


@dataclass(frozen=True)
class BatchOptions(MapOptions):
    """The parameters of `map_batch`: those of each map, and the composite's."""

    crs: Optional[str] = described(
        None,
        Parameter(
            ValueKind.CRS,
            "CRS of the maps",
            "The CRS of the composite, and of maps that are placed by their geometry. If none is given, it is the equirectangular "
            "map of Mars, IAU_2015:49910, or a polar map where all images lie beyond 65° of latitude.",
            advanced=True,
        ),
    )
    strategy: str = described("best evidence", replace(STRATEGY, advanced=True))
    composite: Optional[PathLike] = described(
        "composite.tif",
        Parameter(
            ValueKind.OUTPUT,
            "Composite",
            "All maps laid over each other, as a GeoTIFF. A name without a folder means a file in the folder of the maps.",
            in_dialogs="Empty: composite.tif in the folder of the maps.",
        ),
    )
    reports: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FOLDER,
            "Folder of reports",
            "Holds a page (.html) for each map and one for the composite: areas, and the spectra of the largest deposits. If none "
            "is given, no reports are made.",
            id="REPORT",
        ),
    )

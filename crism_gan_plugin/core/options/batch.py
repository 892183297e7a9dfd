"""How many images are to be mapped, and laid over each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .catalogue import CATALOGUED
from .composite import STRATEGY
from .fetching import PRODUCT_KINDS, FetchOptions
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .shared import BESIDES
from .stage import described, parameter_of

IMAGES = Parameter(
    ValueKind.IMAGES,
    "CRISM images",
    "Images, each of a kind that CRISM GAN Map takes. A folder is searched for images, and so are the folders in it.",
    in_dialogs="Layers, or paths of files.",
    id="INPUT",
)


#: Kinds of products that are mapped, of those that the archive has.
_MAPPED = {kind: meaning for kind, meaning in PRODUCT_KINDS.items() if kind in ("TRR3", "TER", "MTRDR", "MRDR")}


def _fetching(name: str, title: str, **changes: object) -> Parameter:
    """A parameter of fetching, as one of a batch."""
    return replace(parameter_of(FetchOptions, name), title=title, id="", word="", advanced=True, **changes)  # type: ignore[arg-type]


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
    besides: bool = described(False, replace(BESIDES, title="In the composite, also show what is no mineral"))
    composite: Optional[PathLike] = described(
        "composite.tif",
        Parameter(
            ValueKind.OUTPUT,
            "Composite",
            "All maps laid over each other, as a GeoTIFF. A name without a folder means a file in the folder of the maps.",
            in_dialogs="Empty: composite.tif in the folder of the maps.",
        ),
    )
    fetch_ids: Optional[str] = described(
        None,
        _fetching(
            "ids",
            "Observations or products to fetch",
            help="Ids of observations (FRT00009312), products or map tiles (T1332), with blanks or commas between them. They are "
            "fetched from the archive into the folder archive, in the folder of the maps, and mapped.",
        ),
    )
    fetch_extent: Optional[Sequence[float]] = described(
        None,
        _fetching(
            "extent",
            "Area to fetch",
            help="West, south, east and north end of an area, in degrees: longitude to the east, planetocentric latitude. All "
            "observations whose footprint touches it are fetched, and mapped. An area may have hundreds: look first, with CRISM "
            "Fetch Products (the command fetch) and footprints only.",
        ),
    )
    fetch_kinds: Sequence[str] = described(
        ("TRR3",), _fetching("kinds", "Kinds of products to fetch", help="The kinds that are fetched.", choices=_MAPPED)
    )
    fetch_endpoint: str = described(FetchOptions.endpoint, _fetching("endpoint", "Address of the archive"))
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
    catalogue: bool = described(True, CATALOGUED)

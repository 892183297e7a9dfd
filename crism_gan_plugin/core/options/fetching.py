"""Which products are to be fetched from the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .stage import Options, described

#: Where the Orbital Data Explorer of the PDS Geosciences Node answers.
ENDPOINT = "https://oderest.rsl.wustl.edu/live2/"

#: Kinds of products, and what each is.
PRODUCT_KINDS = {
    "TRR3": "I/F of the infrared detector in sensor space, with its geometry (DDR), to be denoised and mapped; of mapping strips "
    "(MSP, MSW, HSP), too.",
    "TRR3 visible": "the same of the visible detector.",
    "TER": "joined and corrected, in sensor space, with its tables and summary parameters.",
    "MTRDR": "joined, corrected and map-projected, with its tables and summary parameters.",
    "MRDR": "map tiles of 72 channels, with their geometry and wavelengths.",
}


@dataclass(frozen=True)
class FetchOptions(Options):
    """The parameters of `fetch_products`."""

    ids: Optional[str] = described(
        None,
        Parameter(
            ValueKind.TEXT,
            "Observations or products",
            "Ids of observations (FRT00009312), of products (FRT00009312_07_IF166L_TRR3), or of map tiles (T1332), with blanks or "
            "commas between them. An observation means its central scan. A product of the kinds TRR3 comes with its geometry, and "
            "a map tile with its geometry and wavelengths, whatever kinds are chosen.",
        ),
    )
    ids_file: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "List of ids",
            "A text file with more ids. What follows a # is not read.",
            file_types="Text (*.txt *.csv)",
        ),
    )
    extent: Optional[Sequence[float]] = described(
        None,
        Parameter(
            ValueKind.EXTENT,
            "Area",
            "West, south, east and north end of an area, in degrees: longitude to the east, planetocentric latitude. All "
            "observations are found whose footprint touches it. An area that crosses the meridian of 0° or 180° may have its "
            "west end east of its east end.",
            in_dialogs="That of the map, of a layer, or drawn.",
        ),
    )
    area: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.POLYGONS,
            "Polygons",
            "A layer of polygons. All observations are found whose footprint touches one of them.",
        ),
    )
    kinds: Sequence[str] = described(
        ("TRR3",),
        Parameter(ValueKind.CHOICES, "Kinds of products", "The kinds that are looked for.", choices=PRODUCT_KINDS),
    )
    footprints_only: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Footprints only",
            "Find the products and make the layer of their footprints, with sizes and links, but fetch none.",
        ),
    )
    endpoint: str = described(
        ENDPOINT,
        Parameter(
            ValueKind.TEXT,
            "Address of the archive",
            "Where an Orbital Data Explorer answers (its REST interface, version 2).",
            advanced=True,
        ),
    )

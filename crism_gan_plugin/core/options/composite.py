"""How maps are to be laid over each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .parameter import Parameter, ValueKind
from .shared import BESIDES
from .stage import Options, described

#: Which map shows where several cover one pixel; `core/mosaic/strategies.py` has the rules.
STRATEGIES = {
    "best evidence": "an identification before a guess before nothing, then the higher similarity, then the finer pixel.",
    "first": "the map that comes first in the list.",
    "last": "the map that comes last in the list.",
    "finest": "the map with the finest pixels.",
    "most detections": "the map that found minerals on most ground.",
    "most probable": "the detection that is most probably right, and any detection before nothing. The maps need the band "
    "probability in their evidence.",
}

STRATEGY = Parameter(
    ValueKind.CHOICE,
    "Where maps overlap",
    "Which map shows where several have data. The first and the last rule decide for each pixel. The others put one map on top "
    "wherever it has data.",
    choices=STRATEGIES,
    checked_by_stage=True,
)

MAPS = Parameter(
    ValueKind.IMAGES,
    "Mineral maps",
    "Maps written by CRISM GAN Map (the command map), or composites of them, with the files that lie beside them.",
    id="INPUT",
    required=True,
)


@dataclass(frozen=True)
class CompositeOptions(Options):
    """The parameters of `make_composite`."""

    strategy: str = described("best evidence", STRATEGY)
    crs: Optional[str] = described(
        None,
        Parameter(
            ValueKind.CRS,
            "CRS of the composite",
            "A CRS on the sphere of Mars. If none is given, it is the equirectangular map, IAU_2015:49910. Where all maps lie "
            "beyond 65° of latitude, it is the polar map 49930 or 49935.",
        ),
    )
    pixel_size: Optional[float] = described(
        None,
        Parameter(
            ValueKind.NUMBER,
            "Pixel size",
            "Side of a pixel in units of the CRS. If none is given, it is that of the finest map.",
            least=0,
            checked_by_stage=True,
            advanced=True,
        ),
    )
    extent: Optional[tuple[float, float, float, float]] = described(
        None,
        Parameter(
            ValueKind.EXTENT,
            "Extent",
            "What the composite covers, in its CRS: least x and y, then greatest x and y. If none is given, it covers all maps.",
            advanced=True,
        ),
    )
    besides: bool = described(False, BESIDES)

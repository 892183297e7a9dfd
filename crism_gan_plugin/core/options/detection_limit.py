"""What an image could have shown: which minerals are implanted, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .deposits import MAP as MINERAL_MAP
from .parameter import Parameter, ValueKind
from .stage import Options, described

MAP = replace(
    MINERAL_MAP,
    help="A map written by CRISM GAN Map (the command map), with the files that lie beside it. The image that it was made of has "
    "to be at hand.",
)


@dataclass(frozen=True)
class LimitOptions(Options):
    """The parameters of `find_detection_limits`."""

    classes: Optional[Sequence[str]] = described(
        None,
        Parameter(
            ValueKind.NAMES,
            "Minerals to implant",
            "Names of minerals that the map was made with. If none is given, they are all of these.",
            in_dialogs="Names are separated by commas, such as kaolinite, jarosite.",
        ),
    )
    patches: Sequence[int] = described(
        (1, 3, 5),
        Parameter(
            ValueKind.SIZES,
            "Patches [pixels]",
            "Widths of the square patches that are implanted, odd numbers of pixels. The raster, and what is said in words, are of "
            "the middle one.",
        ),
    )
    implants: int = described(
        28,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Implants",
            "How many patches are implanted for each mineral, share, width and region of the image. More take longer and tell "
            "limits more surely.",
            least=10,
            most=200,
            advanced=True,
        ),
    )
    seed: int = described(
        0,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Seed",
            "The same seed chooses the same places. With another one, the limits differ by as much as chance makes them.",
            least=0,
            advanced=True,
        ),
    )
    image: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.IMAGE,
            "Image that was mapped",
            "Where the image is now, if it is not where the map's record says, nor beside the map.",
            advanced=True,
        ),
    )

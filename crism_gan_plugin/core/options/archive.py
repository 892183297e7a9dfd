"""How thousands of images are to be mapped on a cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from .batch import IMAGES, BatchOptions
from .catalogue import CATALOGUED
from .composite import STRATEGY
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .stage import described, parameter_of

ARCHIVE_IMAGES = replace(
    IMAGES,
    help="Images, each of a kind that CRISM GAN Map takes; folders, which are searched for images, and so are the folders in them; "
    "or lists: text files (.txt) that name an image or a folder on each line. What follows a # in a list is not read.",
    in_dialogs="",
)


@dataclass(frozen=True)
class ArchiveOptions(MapOptions):
    """The parameters of `map_archive`: those of each map, and the cluster's."""

    crs: Optional[str] = described(None, replace(parameter_of(BatchOptions, "crs"), word="", id=""))
    tiled_composite: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Composite in tiles",
            "Make the composite of all maps, in tiles of 5° of the equirectangular map of Mars. A virtual raster over them, "
            "composite/composite.vrt, shows them as one layer with one legend.",
        ),
    )
    pixels_per_degree: int = described(
        256,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Pixels per degree",
            "How fine the composite is: 256, as CRISM's own mapping tiles are, is 232 m a pixel, and 3293 is 18 m.",
            least=1,
            most=8192,
        ),
    )
    strategy: str = described("best evidence", STRATEGY)
    catalogue: bool = described(True, CATALOGUED)
    scheduler: Optional[str] = described(
        None,
        Parameter(
            ValueKind.TEXT,
            "Address of the scheduler",
            "Where a scheduler of Dask distributed answers, such as tcp://node1:8786. Its workers need the same version of CRISM "
            "GAN, and must see images and results under the same paths. If none is given, workers are started on this machine.",
        ),
    )
    workers: Optional[int] = described(
        None,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Workers on this machine",
            "How many workers are started on this machine, each with one thread. If none is given, it is one for each core, as "
            "far as the memory lasts. With a scheduler this does not count.",
            least=1,
        ),
    )
    tries: int = described(
        3,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Tries",
            "How often a scene is tried, on another worker where there is one, before it is set aside with its error.",
            least=1,
        ),
    )
    again: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Try again what was set aside",
            "Scenes that an earlier run has set aside are tried again. Otherwise only those are whose image or options "
            "are others now.",
        ),
    )

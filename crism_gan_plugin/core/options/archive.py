"""How thousands of images are to be mapped on a cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from .batch import IMAGES, BatchOptions
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

"""What a report is made of, and maps that have one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .catalogue import CATALOGUED
from .deposits import MAP
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .stage import Options, described

REPORT_MAP = replace(MAP, title="Mineral map or composite")


@dataclass(frozen=True)
class ReportOptions(Options):
    """The parameters of `make_report`."""

    image: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.IMAGE,
            "Image that was mapped",
            "The image, for the spectra and the ground below the map. If none is given, it is the one that the map's record names. "
            "Where that is not to be found, the report has no spectra, and says why.",
            advanced=True,
        ),
    )


@dataclass(frozen=True)
class ReportedMapOptions(MapOptions):
    """The parameters of `map_scene`: those of the map, and whether it has a report and is catalogued."""

    report: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.PAGE,
            "Report",
            "A page (.html) that is made of the finished map: areas, and the spectra of the largest deposits. If none is given, no "
            "report is made.",
            of_one_image=True,
        ),
    )
    catalogue: bool = described(True, CATALOGUED)

"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .deposits import MAP
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

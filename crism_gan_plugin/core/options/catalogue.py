"""What a catalogue of maps lists as a detection."""

from __future__ import annotations

from dataclasses import dataclass

from .deposits import DepositOptions
from .parameter import Parameter, ValueKind
from .stage import Options, described, parameter_of

FOLDER = Parameter(
    ValueKind.FOLDER,
    "Folder of maps",
    "A folder of finished maps and composites; those in the folders in it are taken, too. Its catalogue is written into its folder "
    "catalogue. One that is there already is brought up to date.",
    id="INPUT",
    required=True,
)

#: Of a run that makes maps.
CATALOGUED = Parameter(
    ValueKind.FLAG,
    "Catalogue",
    "Enter finished maps in the catalogue of their folder, in its folder catalogue: a static STAC catalogue, and one layer of all "
    "detections.",
    advanced=True,
)


@dataclass(frozen=True)
class CatalogueOptions(Options):
    """The parameters of `catalogue_maps`."""

    min_pixels: int = described(
        parameter_of(DepositOptions, "min_pixels").default,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Least size [pixels]",
            "Connected patches of fewer pixels are not listed as detections.",
            least=1,
        ),
    )

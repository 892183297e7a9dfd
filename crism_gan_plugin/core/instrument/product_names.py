"""CRISM file names, ``cccnnnnnnnn_xx_aammms_tttv``, and the companions that they lead to.

Source: the CRISM EDR/RDR software interface specification; field by field:
class of observation, observation id (hexadecimal), counter of the segment, activity, command macro, sensor, type and version.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Optional

from ..files.names import PathLike
from ..files.reading import list_folder

_GRAMMAR = re.compile(
    r"(?P<observation_class>[a-z]{3})(?P<observation_id>[0-9a-f]{8})_(?P<counter>[0-9a-f]{2})"
    r"_(?P<activity>[a-z]{2})(?P<macro>\d{3}|[a-z0-9]{3})(?P<sensor>[slj])"
    r"_(?P<product_type>edr|trr|ddr|ter|mtr|hkp)(?P<version>\d)(?![a-z0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ProductName:
    """The fields of a CRISM file name, all in capitals.

    Attributes
    ----------
    observation_class
        FRT, HRL, HRS, FRS, ATO, MSP …
    observation_id
        Eight hexadecimal digits.
    counter
        Segment, two hexadecimal digits: 07 is the central scan of FRT, HRL and HRS.
    activity
        IF (I/F), RA (radiance), DE (geometry), WV (wavelengths), IN, SU, SR, BR …
    macro
        Number of the command macro; the browse product's three letters where the activity is BR.
    sensor
        S (visible), L (infrared) or J (joined).
    product_type, version
        TRR, DDR, TER, MTR …, and a digit.
    """

    observation_class: str
    observation_id: str
    counter: str
    activity: str
    macro: str
    sensor: str
    product_type: str
    version: str

    def __str__(self) -> str:
        return f"{self.segment}_{self.activity}{self.macro}{self.sensor}_{self.product_type}{self.version}"

    @property
    def segment(self) -> str:
        """The part of the name that all products of one segment share, ``FRT0000932C_07``."""
        return f"{self.observation_class}{self.observation_id}_{self.counter}"

    @property
    def sensor_space(self) -> bool:
        """Whether columns of the image are columns of the detector."""
        return self.product_type in ("TRR", "TER", "DDR", "EDR")

    @property
    def atmosphere_corrected(self) -> Optional[bool]:
        """Whether the team corrected this product for the atmosphere; None where the question makes no sense."""
        if self.activity != "IF":
            return None
        return {"TRR": False, "TER": True, "MTR": True}.get(self.product_type)


def parse_product_name(path: PathLike) -> Optional[ProductName]:
    """The product that a file's name begins with, in capitals or small letters; None if it is not a CRISM name.

    What follows the name (``_subset``, the suffix) is ignored; `is_original` says whether anything follows.
    """
    match = _GRAMMAR.match(Path(path).name)
    return None if match is None else ProductName(**{field: text.upper() for field, text in match.groupdict().items()})


def is_original(path: PathLike) -> bool:
    """Whether the file is called exactly as the archive calls it, not ``…_TRR3_corrected.img``."""
    stem = Path(path).name.split(".", 1)[0]
    match = _GRAMMAR.match(stem)
    return match is not None and match.end() == len(stem)


def find_companion(
    name: ProductName,
    activity: str,
    product_type: str,
    folders: Iterable[Path],
    suffixes: tuple[str, ...],
    sensor: Optional[str] = None,
) -> Optional[Path]:
    """Another product of the same segment: its geometry (DE, DDR), wavelengths (WV, MTR), processing information (IN, MTR).

    Parameters
    ----------
    name
        The image.
    activity, product_type
        Activity and type of the companion, such as ``"DE", "DDR"``.
    folders
        Where to look, in this order.
    suffixes
        The endings that are wanted, the best one first, such as ``(".lbl", ".img")``.
    sensor
        Sensor of the companion, where it is another than the image's: a joined image has the infrared sensor's geometry, L.

    Returns
    -------
    The newest version found in the first folder that has one, or None.
    """
    wanted = (name.segment, activity.upper(), sensor or name.sensor, product_type.upper())
    for folder in folders:
        found = []
        for file in list_folder(folder):
            other = parse_product_name(file)
            if other is None or not is_original(file) or file.suffix.lower() not in suffixes:
                continue
            if (other.segment, other.activity, other.sensor, other.product_type) == wanted:
                found.append((other.version, -suffixes.index(file.suffix.lower()), file))
        if found:
            return max(found)[-1]
    return None


def find_geometry(name: ProductName, folders: Iterable[Path]) -> Optional[Path]:
    """The DDR of an image in sensor space (the infrared one's for a joined image), or None."""
    sensor = "L" if name.sensor == "J" else name.sensor
    return find_companion(name, "DE", "DDR", folders, (".lbl", ".hdr", ".img"), sensor)

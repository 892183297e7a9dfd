"""When an image was taken, as its label says; else between when it must have been.

STAC wants a time of every item. The time at which a map was computed is none of acquisition. Where no label tells it, an item has
the span of time within which the image was taken for sure, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Optional

from ..errors import InputError
from ..files.reading import beside, read_json
from ..instrument.product_names import parse_product_name
from ..rasters.label_pairs import labels_beside
from ..rasters.pds_label import Label, is_label, read_label

#: Times of PDS labels: a date, or a year and its day.
_TIME = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2}|\d{4}-\d{3})T(?P<time>\d{2}:\d{2}:\d{2}(\.\d+)?)Z?")

#: CRISM reached Mars on 2006-03-10, and was switched off on 2023-04-03. Mariner 4 took the first images of Mars from nearby.
_CRISM = ("2006-03-10T00:00:00.000Z", "2023-04-04T00:00:00.000Z")
_FIRST_IMAGE = "1965-07-14T00:00:00.000Z"

#: Images that are made of images, one of the other: imported, denoised, mapped.
_DEEPEST = 4


@dataclass(frozen=True)
class Acquisition:
    """Beginning and end of the time in which an image was taken, ISO 8601 with Z.

    Attributes
    ----------
    start, end
        The times.
    known
        Whether they are the label's; else the image was taken somewhen between them.
    """

    start: str
    end: str
    known: bool

    @property
    def said(self) -> str:
        """Where the times come from, in words."""
        return "from the label of the image" if self.known else "not known; the image was taken somewhen between start and end"


def acquisition_of(image: Optional[Mapping[str, Any]], product: str, made: str) -> Acquisition:
    """When the image of a map was taken.

    Parameters
    ----------
    image
        What the map's record says of it; None where there is no record.
    product
        The product's name, empty if unknown.
    made
        When the map was made, ISO 8601: the image is older.
    """
    path = None if image is None else image.get("path")
    found = _told(Path(path), _DEEPEST) if isinstance(path, str) else None
    return found or unknown(product, made)


def unknown(product: str, made: str) -> Acquisition:
    """The span within which an image was taken for sure."""
    if parse_product_name(product) is not None:
        return Acquisition(*_CRISM, known=False)
    end = _utc(made) or _CRISM[1]
    return Acquisition(min(_FIRST_IMAGE, end), end, known=False)


def _told(image: Path, depth: int) -> Optional[Acquisition]:
    """What the label of an image says, or that of the image that it was made of."""
    if depth == 0:
        return None
    for path in [image] if is_label(image) else labels_beside(image):
        try:
            found = _of_label(read_label(path))
        except InputError:
            continue
        if found is not None:
            return found
    record = beside(image, f"{image.stem}_provenance.json")
    try:
        before = None if record is None else read_json(record, "").get("image", {}).get("path")
    except (InputError, AttributeError):
        return None
    return _told(Path(before), depth - 1) if isinstance(before, str) and Path(before) != image else None


def _of_label(label: Label) -> Optional[Acquisition]:
    start, stop = (_utc(str(label.get(keyword, ""))) for keyword in ("START_TIME", "STOP_TIME"))
    if start is None or (stop is not None and stop < start):
        return None
    return Acquisition(start, stop or start, known=True)


def _utc(text: str) -> Optional[str]:
    """A time of a label or a record as STAC has it, in UTC; None if it is none."""
    match = _TIME.fullmatch(text.strip().replace("+00:00", "Z"))
    if match is None:
        return None
    try:
        day = match["date"]
        date = datetime.strptime(day, "%Y-%m-%d") if len(day) == 10 else datetime(int(day[:4]), 1, 1) + timedelta(int(day[5:]) - 1)
        clock, _, fraction = match["time"].partition(".")
        moment = datetime.strptime(f"{date:%Y-%m-%d} {clock}", "%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return None
    return f"{moment.isoformat()}.{fraction[:3]:0<3}Z"

"""What GDAL finds behind a name of its own: whether it is there, what lies beside it, how it begins and how long it is."""

from __future__ import annotations

from typing import Iterator, Optional

from ..errors import InputError
from .gdal_access import attempt, load_gdal
from .inputs import note_input
from .names import LEADS_ELSEWHERE, file_on_disk

#: Labels and headers are not read further than this.
_MOST_BYTES = 1 << 20


def check_name(name: str) -> None:
    """Note the file that a name of GDAL's leads into as an input; `InputError` if it is not there."""
    file = file_on_disk(name)
    if file is not None:
        note_input(file)
    elif not LEADS_ELSEWHERE.search(name):
        raise InputError(f"{name}: no such file; check the path, which is that of the archive followed by that of the image in it")


def siblings(name: str) -> Iterator[str]:
    """What lies beside an image in its archive."""
    folder = name.rpartition("/")[0]
    for entry in attempt(load_gdal().ReadDir, folder)[0] or ():
        yield f"{folder}/{entry}"


def sibling(name: str, wanted: str) -> Optional[str]:
    """The sibling with that file name, in capitals or small letters."""
    return next((each for each in siblings(name) if each.rpartition("/")[2].lower() == wanted.lower()), None)


def read_beginning(name: str, most: int = _MOST_BYTES) -> bytes:
    """The first bytes of a file, wherever GDAL finds it; nothing if it does not."""
    gdal = load_gdal()
    file = attempt(gdal.VSIFOpenL, name, "rb")[0]
    if file is None:
        return b""
    try:
        return bytes(attempt(gdal.VSIFReadL, 1, most, file)[0] or b"")
    finally:
        gdal.VSIFCloseL(file)


def size_of(name: str) -> int:
    """Bytes of a file, wherever GDAL finds it; 0 if it does not."""
    status = attempt(load_gdal().VSIStatL, name)[0]
    return 0 if status is None else int(status.size)

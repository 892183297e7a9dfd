"""GDAL's names for what is no file of its own: an image inside an archive, on a server, or one of several in a file.

``/vsizip//data/x.zip/a.img``, ``/vsicurl/https://…``, ``HDF5:"x.h5"://cube``, ``GTIFF_DIR:2:x.tif``. Such names go to GDAL as they
stand; what else is known of the file is asked for here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, Optional, Union

from ..errors import InputError
from .gdal_access import attempt, load_gdal
from .inputs import note_input
from .reading import is_regular

PathLike = Union[str, Path]

_PREFIX = re.compile(r"/vsi(?!std)[a-z0-9_]+/", re.IGNORECASE)

#: Prefixes of names that lead to no file of this machine.
_ELSEWHERE = re.compile(r"/vsi(mem|curl|s3|gs|az|adls|oss|swift|webhdfs|hdfs)[a-z_]*/", re.IGNORECASE)

#: A driver and what it opens; one letter would be a drive of Windows.
_PART_OF_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_]+:(?P<rest>.+)", re.DOTALL)

#: Labels and headers are not read further than this.
_MOST_BYTES = 1 << 20


def gdal_name(path: PathLike) -> Optional[str]:
    """The name by which GDAL knows something that is no plain file; None for a path.

    Paths in Python lose one of two slashes that follow each other; here it comes back.
    """
    text = str(path)
    if _PREFIX.match(text):
        return _with_slashes(text)
    if "\0" in text or is_regular(Path(text)):
        return None
    return re.sub(r"^(HDF5:.+):/(?!/)", r"\1://", text) if _file_of_part(text) is not None else None


def file_on_disk(name: PathLike) -> Optional[Path]:
    """The file of this machine that a name of GDAL's leads into, an archive or a file of several images; None if there is none."""
    text = str(name)
    if is_regular(Path(text)):
        return Path(text)
    if _ELSEWHERE.match(text):
        return None
    prefix = _PREFIX.match(text)
    if prefix is None:
        part = _file_of_part(text)
        return None if part is None else file_on_disk(part)
    rest = text[prefix.end() :]
    rest = rest.partition(",")[2] if prefix[0].lower() == "/vsisubfile/" else re.sub(r"^\{(.+)\}", r"\1", rest)
    if _PREFIX.match(rest):
        return file_on_disk(rest)
    return next((file for file in (Path(rest), *Path(rest).parents) if is_regular(file)), None)


def check_name(name: str) -> None:
    """Note the file that a name of GDAL's leads into as an input; `InputError` if it is not there."""
    file = file_on_disk(name)
    if file is not None:
        note_input(file)
    elif not _ELSEWHERE.search(name):
        raise InputError(f"{name}: no such file; check the path, which is that of the archive followed by that of the image in it")


def siblings(name: str) -> Iterator[str]:
    """What lies beside an image in its archive."""
    folder = name.rpartition("/")[0]
    for entry in attempt(load_gdal().ReadDir, folder)[0] or ():
        yield f"{folder}/{entry}"


def sibling(name: str, wanted: str) -> Optional[str]:
    """The one of these with that file name, in capitals or small letters."""
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


def _with_slashes(text: str) -> str:
    prefix = _PREFIX.match(text)
    if prefix is None:
        return text
    rest = text[prefix.end() :]
    rest = re.sub(r"^(https?|ftp):/(?!/)", r"\1://", rest)
    if _PREFIX.match("/" + rest):
        rest = "/" + rest
    if _PREFIX.match(rest):
        return prefix[0] + _with_slashes(rest)
    lost = not rest.startswith("/") and not _ELSEWHERE.match(text) and file_on_disk(text) is None
    return f"{prefix[0]}/{rest}" if lost and file_on_disk(f"{prefix[0]}/{rest}") is not None else text[: prefix.end()] + rest


def _file_of_part(text: str) -> Optional[str]:
    """The file in the name of one of its images; None where there is none of that name, so that it is no such name."""
    match = _PART_OF_FILE.match(text)
    if match is None:
        return None
    quoted = re.match(r'"([^"]+)"', match["rest"])
    if quoted is not None:
        return quoted[1] if _is_there(quoted[1]) else None
    words = match["rest"].split(":")
    joined = (":".join(words[first:stop]) for first in range(len(words)) for stop in range(len(words), first, -1))
    return next((name for name in joined if name and _is_there(name)), None)


def _is_there(name: str) -> bool:
    return is_regular(Path(name)) or (_PREFIX.match(name) is not None and file_on_disk(name) is not None)

"""What a name leads to: a regular file, or something inside a file, by one of GDAL's own names.

GDAL's names are such as ``/vsizip//data/x.zip/a.img``, ``/vsicurl/https://…``, ``HDF5:"x.h5"://cube`` or ``GTIFF_DIR:2:x.tif``:
images in an archive, on a server, or several in one file. Such names go to GDAL as they stand.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Optional, Union

PathLike = Union[str, os.PathLike[str]]

_PREFIX = re.compile(r"/vsi(?!std)[a-z0-9_]+/", re.IGNORECASE)

#: Prefixes of names that lead to no file of this machine.
LEADS_ELSEWHERE = re.compile(r"/vsi(mem|curl|s3|gs|az|adls|oss|swift|webhdfs|hdfs)[a-z_]*/", re.IGNORECASE)

#: A driver and what it opens; one letter would be a drive of Windows.
_PART_OF_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_]+:(?P<rest>.+)", re.DOTALL)


def is_regular(path: Path) -> bool:
    """Whether there is a regular file, or a link to one: no folder, pipe, device or socket."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False


def is_special(path: Path) -> bool:
    """Whether there is a pipe, device or socket, or a link to one: reading it may never end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def gdal_name(path: PathLike) -> Optional[str]:
    """The name by which GDAL knows something that is no plain file; None for a path.

    Paths in Python lose one of two slashes that follow each other; here it is put back.
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
    if LEADS_ELSEWHERE.match(text):
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
    lost = not rest.startswith("/") and not LEADS_ELSEWHERE.match(text) and file_on_disk(text) is None
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

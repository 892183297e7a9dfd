"""Files as they are found and opened: names whatever their case, and nothing but regular files of a sensible size.

PDS labels have names in capitals, and disks often have them in small letters. Reading a pipe or a device may never end.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional

from ..errors import InputError
from .inputs import note_input
from .names import PathLike, is_regular, is_special

#: Files that are read as a whole (labels, headers, tables of text, JSON) are at most this long; the longest of CRISM's have 3 MB.
LARGEST_TEXT = 16 << 20

#: Python takes time that grows with the square of a whole number's length; none that is meant is as long as this.
_MOST_DIGITS = 1000


def special_file_beside(path: Path) -> Optional[Path]:
    """A pipe, device or socket that has a file's name, but for the ending, so that it could be taken for a part of it."""
    try:
        changed = path.parent.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    stem = path.stem.lower()
    beginnings = (f"{stem}.", f"{stem}_rpc")
    special = _special_files(path.parent, changed)
    return next((file for file in special if file.name.lower() == stem or file.name.lower().startswith(beginnings)), None)


@lru_cache(maxsize=64)
def _special_files(folder: Path, changed: int) -> tuple[Path, ...]:
    """The special files of a folder, kept until the folder is ``changed`` again, since maps are opened very often."""
    try:
        with os.scandir(folder) as entries:
            return tuple(folder / entry.name for entry in entries if not entry.is_file() and is_special(folder / entry.name))
    except OSError:
        return ()


def check_file(path: PathLike) -> Path:
    """``path`` as a `Path`, if it is a regular file with something in it; else `InputError`."""
    file = Path(path)
    try:
        str(file).encode()
    except UnicodeEncodeError:
        raise InputError(f"{file}: its name has bytes that are not UTF-8, and GDAL opens no such file; rename it") from None
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        archive = "; of what is in archives only images are read: unpack it" if str(file).startswith("/vsi") else ""
        raise InputError(f"{file}: no such file; check the path{archive}") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{file}: not a file; give the file itself, not a folder, pipe or device")
    if status.st_size == 0:
        raise InputError(f"{file}: the file is empty; get it again")
    note_input(file)
    return file


def read_whole(path: PathLike, largest: int = LARGEST_TEXT) -> bytes:
    """The whole content of a file that is meant to be short.

    Raises
    ------
    InputError
        If it is no regular file, cannot be read, or has more than ``largest`` bytes.
    """
    file = check_file(path)
    try:
        with file.open("rb") as opened:
            data = opened.read(largest + 1)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path and who may read it") from error
    if len(data) > largest:
        raise InputError(f"{file}: has more than {largest >> 20} MB, too much for a file of its kind; check which file it is")
    return data


def read_json(path: PathLike, advice: str) -> Any:
    """What a JSON file holds; a mark of byte order at its beginning, as editors on Windows write it, is no part of it.

    Parameters
    ----------
    advice
        What to do if it cannot be read, the end of the error message.

    Raises
    ------
    InputError
        If it cannot be read, is not JSON in UTF-8, or is nested too deeply.
    """
    data = read_whole(path)
    try:
        return json.loads(data.decode("utf-8-sig"), parse_int=_whole_number, object_pairs_hook=_object)
    except RecursionError:
        raise InputError(f"{path}: is not JSON as it should be (it is nested too deeply); {advice}") from None
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); {advice}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice in one object")
        found[name] = value
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def find_file(name: str, folders: Iterable[Path]) -> Optional[Path]:
    """The file ``name`` in the first of the folders that has it, in capitals or small letters; None if none has.

    A name that leads out of the folder (``../x``, ``/x``) is never found: names come from labels and metadata, which anyone writes.
    """
    if not is_plain(name):
        return None
    for folder in folders:
        for file in _candidates(folder, name):
            if is_regular(file):
                return file
    return None


def is_plain(name: str) -> bool:
    """Whether it is the name of a file alone, without a folder."""
    return Path(name).name == name and name not in ("", ".", "..") and "\0" not in name


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    yield from (file for file in list_folder(folder) if file.name.lower() == name.lower())


def list_folder(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing if it is no folder, or may not be listed."""
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):
        return []


def real_path(path: Path) -> Path:
    """One path for a file, however it was given; a link that leads to itself stays what it is."""
    try:
        return Path(os.path.realpath(path))  # Path.resolve raises for such a link before Python 3.13
    except (OSError, ValueError):  # a name that no file can have
        return Path.cwd() / path


def beside(path: Path, name: str) -> Optional[Path]:
    """The file ``name`` in the folder of ``path``, in capitals or small letters; None if there is none."""
    return find_file(name, [path.parent])


def sha256(path: PathLike) -> str:
    """The checksum of a file, read in pieces; of a folder, that of the names and checksums of all files in it."""
    digest = hashlib.sha256()
    if Path(path).is_dir():
        for each in sorted(each for each in Path(path).rglob("*") if is_regular(each)):
            digest.update(f"{each.relative_to(path).as_posix()} {sha256(each)}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()
    with Path(path).open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()

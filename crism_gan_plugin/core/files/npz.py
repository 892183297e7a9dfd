"""Arrays of numbers from an `.npz`, which anyone may have written: nothing is unpickled or run, and memory has a bound.

The sizes that the archive declares are added up before anything is unpacked, and no more than those is ever unpacked: a few
megabytes of zeros can be made to hold terabytes.
"""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..arrays import AnyArray
from ..errors import InputError
from .names import PathLike
from .reading import check_file

#: Bytes of the archive's list of members: a thousand arrays and more. The whole list is read before anything of it can be checked.
_LONGEST_LIST = 256 << 10

#: The end of a zip archive but for its comment: signature, four counts, size and place of the list, the comment's length.
_END, _END_BYTES = b"PK\5\6", 22

_ENCRYPTED = 0x1

#: The header that NumPy writes before an array of numbers.
_HEADER = re.compile(
    r"\{'descr': '(?P<dtype>[<>|][biuf]\d+)', 'fortran_order': (?P<fortran>True|False), 'shape': \((?P<shape>[\d, ]*)\), \}\s*"
)


def read_npz(path: PathLike, largest: int, advice: str) -> dict[str, AnyArray]:
    """All arrays of an archive that `numpy.savez` or `numpy.savez_compressed` wrote.

    Parameters
    ----------
    largest
        How many bytes all arrays may have together.
    advice
        What to do if they cannot be read, the end of the error message.

    Returns
    -------
    Arrays of booleans, whole numbers or floats by their names, C-contiguous and in the machine's byte order. Numbers may be NaN.

    Raises
    ------
    InputError
        If the file is no such archive, is damaged, holds anything but arrays of numbers, or holds more than ``largest`` bytes.
    """
    file = check_file(path)
    try:
        _check_list(file)
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _check_members(members, largest)
            return {member.filename[: -len(".npy")]: _array(archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{file}: is damaged, or is not an .npz ({error}); {advice}") from error
    except ValueError as error:
        raise InputError(f"{file}: {error}; {advice}") from error


def _check_list(file: Path) -> None:
    """Raise `ValueError` if the file is no zip archive, or its list of members is too long to be read."""
    with file.open("rb") as opened:
        if opened.read(6) == b"\x93NUMPY":
            raise ValueError("is a single array (.npy), not an .npz, whatever its name")
        size = opened.seek(0, 2)
        opened.seek(max(0, size - _END_BYTES - 0xFFFF))
        tail = opened.read()
    place = len(tail) - _END_BYTES  # as `zipfile` looks for it: without a comment first
    if place < 0 or not (tail[place:].startswith(_END) and tail.endswith(b"\0\0")):
        place = tail.rfind(_END)
    end = tail[place : place + _END_BYTES]
    if place < 0 or len(end) < _END_BYTES:
        raise ValueError("is damaged, or is not an .npz (the list of its members is missing)")
    if int.from_bytes(end[12:16], "little") > _LONGEST_LIST:
        raise ValueError("the list of its members is too long")


def _check_members(members: list[zipfile.ZipInfo], largest: int) -> None:
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise ValueError("holds two arrays of one name")
    for member in members:
        if not member.filename.endswith(".npy"):
            raise ValueError(f"holds {member.filename!r}, which is no array")
        if member.flag_bits & _ENCRYPTED:
            raise ValueError(f"its member {member.filename!r} is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"its member {member.filename!r} is compressed by a method that NumPy does not use")
    if sum(member.file_size for member in members) > largest:
        raise ValueError(f"would take more than {largest >> 20} MB of memory, too much for a file of its kind")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> AnyArray:
    with archive.open(member) as opened:
        data = opened.read(member.file_size)  # never more than declared
        if opened.read(1) or len(data) < member.file_size:
            raise ValueError(f"its member {member.filename!r} has another size than it declares")
    return parse_npy(data, member.filename)


def parse_npy(data: bytes, name: str) -> AnyArray:
    """The array in the bytes of an `.npy` file; raises `ValueError` with the reason if they are not an array of numbers."""
    width = {1: 2, 2: 4}.get(data[6] if data.startswith(b"\x93NUMPY") and len(data) > 12 else 0, 0)
    begin = 8 + width
    end = begin + int.from_bytes(data[8:begin], "little")
    match = _HEADER.fullmatch(data[begin:end].decode("latin-1")) if width and end - begin < 2000 else None
    if match is None:
        raise ValueError(f"its member {name!r} is not an array of numbers")
    try:
        dtype = np.dtype(match["dtype"])
        shape = tuple(int(number) for number in match["shape"].split(",") if number.strip())
    except (TypeError, ValueError):
        raise ValueError(f"its member {name!r} is not an array of numbers") from None
    if math.prod(shape) * dtype.itemsize != len(data) - end:
        raise ValueError(f"its member {name!r} is cut short, or has another shape than it declares")
    if len(shape) > 8:
        raise ValueError(f"its member {name!r} has an unexpected shape")
    flat = np.frombuffer(data, dtype, offset=end).astype(dtype.newbyteorder("="))
    return np.ascontiguousarray(flat.reshape(shape[::-1]).T if match["fortran"] == "True" else flat.reshape(shape)).reshape(shape)

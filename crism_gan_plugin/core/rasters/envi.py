"""ENVI headers: the small text file beside a flat image."""

from __future__ import annotations

import math
import re
import uuid
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, TypeVar

import numpy as np

from ..errors import InputError, one_line
from ..files.gdal_access import load_gdal, metadata_of, open_dataset
from ..files.names import is_regular
from ..files.reading import beside, read_whole
from .raw_image import RawImage

#: A file, by its path or by GDAL's name for it.
Place = TypeVar("Place", Path, str)

#: ENVI's codes of number types; complex numbers are none of ours.
_TYPES = {"1": "u1", "2": "i2", "3": "i4", "4": "f4", "5": "f8", "12": "u2", "13": "u4", "14": "i8", "15": "u8"}
_COMPLEX = ("6", "9")

#: Fields that GDAL reads for us, as it calls them; it keeps no map info, once it is read.
_LEFT_TO_GDAL = ("coordinate_system_string", "wavelength", "wavelength_units", "fwhm", "bbl", "band_names")

#: Endings that images with a header have, the most usual first.
IMAGE_SUFFIXES = (".img", ".dat", ".bil", ".bip", ".bsq", ".raw", "")


def header_of(image: Path) -> Optional[Path]:
    """The ENVI header that belongs to an image, or None; ``x.hdr`` may be that of another image, ``x.img.hdr`` is this one's."""
    for name in (image.name + ".hdr", image.stem + ".hdr"):
        header = beside(image, name)
        if header is not None and is_header(header):
            return header
    return None


def is_header(path: Path) -> bool:
    """Whether the file begins as ENVI headers do."""
    if not is_regular(path):
        return False
    try:
        with path.open("rb") as file:
            return _decoded(file.read(16)).startswith("ENVI")
    except OSError:
        return False


def _decoded(data: bytes) -> str:
    """Text as editors save it: UTF-8 with or without a mark of byte order, UTF-16 with the mark, or one byte a letter."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def image_of(header: Path) -> Path:
    """The image that a header belongs to; `InputError` if there is none."""
    return find_image(header, header.stem, lambda name: beside(header, name))


def find_image(header: Place, stem: str, find: Callable[[str], Optional[Place]]) -> Place:
    """The image of a header, wherever ``find`` looks for a file of a name; `InputError` if there is none."""
    for suffix in IMAGE_SUFFIXES:
        image = find(stem + suffix)
        if image is not None and image != header:
            return image
    raise InputError(f"{header}: the image that this header describes is not beside it ({stem}.img)")


def read_header(path: Path) -> dict[str, str]:
    """The fields of a header file, see `parse_header`."""
    return parse_header(path, read_whole(path))


def parse_header(path: Path, data: bytes) -> dict[str, str]:
    """Fields of an ENVI header: names in lower case, values without comments, lists without their braces.

    Raises
    ------
    InputError
        If the file cannot be read, a list does not end, or a field is there twice with different values.
    """
    entries: list[tuple[str, list[str]]] = []
    inside = empty = False  # within braces; after a field without a value, whose list may begin in the next line
    lines = re.split(r"\r\n|\r|\n", _decoded(data))
    for line in (line for line in lines[1:] if line.strip() and not line.lstrip().startswith(";")):
        text = line.strip()
        if not inside and not (empty and text.startswith("{")):
            if "=" not in line:
                continue
            key, text = (part.strip() for part in line.split("=", 1))
            entries.append((" ".join(key.lower().split()), []))
        if inside or text.startswith("{"):
            more, closing, _ = (line if inside else text.lstrip("{")).partition("}")
            inside = not closing
        else:
            more = text.partition(";")[0].rstrip("} \t")
        entries[-1][1].append(more)
        empty = not inside and not text
    fields: dict[str, str] = {}
    for key, pieces in entries:
        value = "\n".join(pieces).strip()
        if fields.get(key, value) != value:
            raise InputError(f"{path}: says {one_line(key, 40)!r} twice, differently; correct the header")
        # A list that swallowed another one, or other fields up to the end.
        if re.search(r"^[^=\n]*=\s*\{", value, re.MULTILINE) or (inside and pieces is entries[-1][1] and "=" in value):
            raise InputError(
                f"{path}: the list {one_line(key, 40)!r} does not end: its closing brace is missing; correct the header"
            )
        fields[key] = value
    return fields


def is_plain(data: bytes) -> bool:
    """Whether GDAL knows how the header is written: no marks of byte order, blanks before its first fields, comments in lists,
    zeros, lists that begin in the next line."""
    odd = re.search(
        rb"^([ \t]+(samples|lines|bands|interleave)[ \t]*=|[ \t]*;)|=[ \t]*[\r\n]\s*\{", data, re.MULTILINE | re.IGNORECASE
    )
    return data.startswith(b"ENVI") and b"\0" not in data and odd is None


def is_read_alike(dataset: Any, header: Path, data: bytes) -> bool:
    """Whether GDAL has taken from the header what is left to it: it overlooks fields with blanks before or within their names."""
    if not is_plain(data):
        return False
    fields = {key.replace(" ", "_"): _bare(value) for key, value in parse_header(header, data).items()}
    kept = {key.lower(): _bare(value) for key, value in metadata_of(dataset, "ENVI").items()}
    placed = "map_info" not in fields or dataset.GetGeoTransform(can_return_null=True) is not None
    overlooked = any(key.startswith("_") or "__" in key for key in kept)
    return placed and not overlooked and all(kept.get(key, "") == fields.get(key, "") for key in _LEFT_TO_GDAL)


def _bare(value: str) -> str:
    return re.sub(r"[\s{}]+", "", value).rstrip(",")


def open_header(header: Path) -> Any:
    """A GDAL dataset of all that a header says but the image's size and numbers: place on the map, wavelengths, names.

    It is for headers that GDAL does not read rightly, see `is_read_alike`.
    """
    gdal = load_gdal()
    fields = {**read_header(header), "samples": "1", "lines": "1", "data type": "1", "header offset": "0", "interleave": "bsq"}
    text = "\n".join(f"{key} = {_rewritten(value)}" for key, value in fields.items() if key != "file compression")
    folder = f"/vsimem/crism-gan-{uuid.uuid4().hex}"
    copies = {f"{folder}/x.hdr": f"ENVI\n{text}\n".encode(), f"{folder}/x.img": bytes(_whole(header, fields, "bands", 1) + 1)}
    try:
        for copy, data in copies.items():
            gdal.FileFromMemBuffer(copy, data)
        return open_dataset(f"{folder}/x.img")
    except InputError as error:
        raise InputError(f"{header}: GDAL cannot read this header; save it as plain text that begins with the word ENVI") from error
    finally:
        for copy in copies:
            gdal.Unlink(copy)


def _rewritten(value: str) -> str:
    """A value in one line; whatever could be a list, in braces."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())
    return line if re.fullmatch(r"[\w.+-]*", line) else f"{{{line}}}"


def describe(image: Path, header: Path) -> Optional[RawImage]:
    """The image as its header describes it; None where the file is not a flat array of real numbers (compressed, complex).

    Raises
    ------
    InputError
        If the header is not complete, or says what no ENVI header may say.
    """
    return describe_fields(image, header, read_header(header))


def describe_fields(image: Path, header: Path, fields: dict[str, str]) -> Optional[RawImage]:
    """`describe` where the fields of the header are known already."""
    if "spectral library" in fields.get("file type", "").lower():
        raise InputError(f"{header}: describes a spectral library, not an image; give the image that shall be read")
    for key in ("lines", "samples", "bands", "data type"):
        if key not in fields:
            raise InputError(f"{header}: not a complete ENVI header: {key} is missing; correct the header")
    for key in ("major frame offsets", "minor frame offsets"):
        if re.search(r"[1-9]", fields.get(key, "")):
            raise InputError(f"{header}: has {key}, which are not read here; export the image as GeoTIFF")
    lines, samples, bands = (_whole(header, fields, key, 1) for key in ("lines", "samples", "bands"))
    dtype = number_type(header, fields)
    interleave = _one_of(header, {"interleave": "bsq", **fields}, "interleave", ("bil", "bip", "bsq"))
    if dtype is None or fields.get("file compression", "0") != "0":
        return None
    return RawImage(image, header, lines, samples, bands, dtype, interleave, header_offset(header, fields))


def check_compressed(image: Path, header: Path) -> None:
    """Raise `InputError` if a compressed image is too short, which GDAL fills with zeros; gzip tells the size at its end."""
    fields = read_header(header)
    dtype = number_type(header, fields)
    if dtype is None or fields.get("file compression", "0") == "0":
        return
    with image.open("rb") as file:
        file.seek(-4, 2)
        size = int.from_bytes(file.read(), "little")
    numbers = math.prod(_whole(header, fields, key, 1) for key in ("lines", "samples", "bands"))
    needed = header_offset(header, fields) + numbers * dtype.itemsize
    if size < needed < 1 << 32:  # it counts no further
        raise InputError(f"{image}: truncated: it holds {size} bytes, but {header.name} describes {needed}; get the file again")


def number_type(header: Path, fields: dict[str, str]) -> Optional[np.dtype[Any]]:
    """The type of the numbers, with byte order; None for complex ones, `InputError` if it is none that ENVI has."""
    kind = _one_of(header, fields, "data type", (*_TYPES, *_COMPLEX))
    order = ">" if _one_of(header, {"byte order": "0", **fields}, "byte order", ("0", "1")) == "1" else "<"
    return None if kind in _COMPLEX else np.dtype(order + _TYPES[kind])


def header_offset(header: Path, fields: dict[str, str]) -> int:
    """Bytes before the first number."""
    return _whole(header, {"header offset": "0", **fields}, "header offset", 0)


def _whole(header: Path, fields: dict[str, str], key: str, least: int) -> int:
    """A whole number that is not too small."""
    text = fields[key].split(";")[0].strip()
    if not re.fullmatch(r"\+?[0-9]{1,15}", text) or int(text) < least:
        raise InputError(f"{header}: {key} = {text[:40]} is no whole number from {least} on; correct the header")
    return int(text)


def _one_of(header: Path, fields: dict[str, str], key: str, values: Sequence[str]) -> str:
    """The value of a field, if it is one of those that it may have; numbers may begin with zeros."""
    text = fields[key].split(";")[0].strip().lower()
    text = text.lstrip("0") or "0" if text.isdigit() else text
    if text not in values:
        known = ", ".join(values)
        raise InputError(f"{header}: {key} = {fields[key][:40]} is none that ENVI has ({known}); correct the header")
    return text

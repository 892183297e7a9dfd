"""ENVI headers: the small text file beside a flat image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from .errors import InputError
from .files import beside, is_regular
from .raw_image import RawImage

#: ENVI's codes of number types; complex numbers are none of ours.
_TYPES = {"1": "u1", "2": "i2", "3": "i4", "4": "f4", "5": "f8", "12": "u2", "13": "u4", "14": "i8", "15": "u8"}
_COMPLEX = ("6", "9")

#: Endings that images with a header have, the most usual first.
IMAGE_SUFFIXES = (".img", ".dat", ".bil", ".bip", ".bsq", ".raw", "")


def header_of(image: Path) -> Optional[Path]:
    """The ENVI header that belongs to an image, or None."""
    for name in (image.stem + ".hdr", image.name + ".hdr"):
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
            return file.read(4) == b"ENVI"
    except OSError:
        return False


def image_of(header: Path) -> Path:
    """The image that a header belongs to; `InputError` if there is none."""
    for suffix in IMAGE_SUFFIXES:
        image = beside(header, header.stem + suffix)
        if image is not None and image != header:
            return image
    raise InputError(f"{header}: the image that this header describes is not beside it ({header.stem}.img)")


def read_header(path: Path) -> dict[str, str]:
    """Fields of an ENVI header: names in lower case, values as they stand, lists without their braces."""
    fields: dict[str, str] = {}
    name: Optional[str] = None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        if name is not None:  # inside braces
            fields[name] += "\n" + line.replace("}", "")
            name = None if "}" in line else name
        elif "=" in line and not line.lstrip().startswith(";"):
            key, value = (part.strip() for part in line.split("=", 1))
            key = key.lower()
            fields[key] = value.strip("{}")
            name = key if value.startswith("{") and "}" not in value else None
    return {key: value.strip() for key, value in fields.items()}


def describe(image: Path, header: Path) -> Optional[RawImage]:
    """The image as its header describes it; None where the file is not a flat array of real numbers (compressed, complex).

    Raises
    ------
    InputError
        If the header is not complete, or says what no ENVI header may say.
    """
    fields = read_header(header)
    if "spectral library" in fields.get("file type", "").lower():
        raise InputError(f"{header}: describes a spectral library, not an image; give the image that shall be read")
    for key in ("lines", "samples", "bands", "data type"):
        if key not in fields:
            raise InputError(f"{header}: not a complete ENVI header: {key} is missing; correct the header")
    lines, samples, bands = (_whole(header, fields, key, 1) for key in ("lines", "samples", "bands"))
    offset = _whole(header, {"header offset": "0", **fields}, "header offset", 0)
    kind = _one_of(header, fields, "data type", (*_TYPES, *_COMPLEX))
    order = ">" if _one_of(header, {"byte order": "0", **fields}, "byte order", ("0", "1")) == "1" else "<"
    interleave = _one_of(header, {"interleave": "bsq", **fields}, "interleave", ("bil", "bip", "bsq"))
    if kind in _COMPLEX or fields.get("file compression", "0") != "0":
        return None
    return RawImage(image, header, lines, samples, bands, np.dtype(order + _TYPES[kind]), interleave, offset)


def _whole(header: Path, fields: dict[str, str], key: str, least: int) -> int:
    """A whole number that is not too small."""
    text = fields[key].split(";")[0].strip()
    if not re.fullmatch(r"\+?[0-9]{1,15}", text) or int(text) < least:
        raise InputError(f"{header}: {key} = {text[:40]} is no whole number from {least} on; correct the header")
    return int(text)


def _one_of(header: Path, fields: dict[str, str], key: str, values: Sequence[str]) -> str:
    """One of the values that a field may have; numbers may begin with zeros."""
    text = fields[key].split(";")[0].strip().lower()
    text = text.lstrip("0") or "0" if text.isdigit() else text
    if text not in values:
        known = ", ".join(values)
        raise InputError(f"{header}: {key} = {fields[key][:40]} is none that ENVI has ({known}); correct the header")
    return text

"""ENVI headers: the small text file beside a flat image."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np

from .errors import InputError
from .files import beside
from .raw_image import RawImage

#: ENVI's codes of number types (complex types, 6 and 9, are none of ours).
_TYPES = {"1": "u1", "2": "i2", "3": "i4", "4": "f4", "5": "f8", "12": "u2", "13": "u4", "14": "i8", "15": "u8"}

_IMAGE_SUFFIXES = (".img", ".dat", ".bil", ".bip", ".bsq", ".raw", "")


def header_of(image: Path) -> Optional[Path]:
    """The ENVI header that belongs to an image, or None."""
    for name in (image.stem + ".hdr", image.name + ".hdr"):
        header = beside(image, name)
        if header is not None and is_header(header):
            return header
    return None


def is_header(path: Path) -> bool:
    """Whether the file begins as ENVI headers do."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"ENVI"
    except OSError:
        return False


def image_of(header: Path) -> Path:
    """The image that a header belongs to; `InputError` if there is none."""
    for suffix in _IMAGE_SUFFIXES:
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
    """The image as its header describes it; None where the file is not a flat array of real numbers (compressed, complex)."""
    fields = read_header(header)
    interleave = fields.get("interleave", "bsq").lower()
    if "data type" not in fields:
        raise InputError(f"{header}: not a complete ENVI header: the data type is missing")
    kind = _TYPES.get(fields["data type"])
    if kind is None or interleave not in ("bil", "bip", "bsq") or fields.get("file compression", "0") != "0":
        return None
    order = ">" if fields.get("byte order", "0") == "1" else "<"
    try:
        lines, samples, bands = (int(fields[key]) for key in ("lines", "samples", "bands"))
        offset = int(fields.get("header offset", "0"))
    except (KeyError, ValueError) as error:
        raise InputError(f"{header}: not a complete ENVI header: lines, samples and bands must be whole numbers") from error
    if min(lines, samples, bands) < 1 or offset < 0:
        raise InputError(f"{header}: lines, samples and bands must be positive")
    return RawImage(image, header, lines, samples, bands, np.dtype(order + kind), interleave, offset)

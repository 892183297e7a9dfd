"""Pictures of a few colours as PNG (RFC 2083), in the text of a page."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np

from ..arrays import IntArray

#: A greyscale or colour of a palette: red, green, blue, 0 … 255.
Colour = Sequence[int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS, _PALETTE = 8, 3


def paletted_png(image: IntArray, palette: Sequence[Colour]) -> bytes:
    """A picture whose pixels are places in a palette.

    Parameters
    ----------
    image
        (lines, samples) 0 … 255.
    palette
        At most 256 colours.
    """
    lines, samples = image.shape
    rows = np.zeros((lines, samples + 1), np.uint8)  # each line begins with its filter: none
    rows[:, 1:] = image
    header = struct.pack(">IIBBBBB", samples, lines, _BITS, _PALETTE, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", bytes(channel for colour in palette for channel in colour)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def data_uri(png: bytes) -> str:
    """The picture as an address that holds all of it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

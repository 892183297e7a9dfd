"""The bytes of a TIFF file: tags, tiles, and the tags in which GDAL says where an image lies.

BigTIFF, little-endian (TIFF 6.0 of Adobe 1992; the BigTIFF design of Aware Systems; predictor 3 of TIFF Technical Note 3).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from ..errors import OutputError
from ..files.gdal_access import attempt, load_gdal
from ..mars.georeference import Georeference

#: Types of a tag's values: number in the file and NumPy's name.
_TYPES = {"text": (2, "S1"), "short": (3, "<u2"), "long": (4, "<u4"), "double": (12, "<f8"), "long8": (16, "<u8")}

#: ModelPixelScale, ModelTiepoint, ModelTransformation, and the three GeoKey tags.
_GEOTIFF_TAGS = (33550, 33922, 34264, 34735, 34736, 34737)

HEADER_BYTES = 16

#: Level of compression: noisy numbers shrink no further at higher ones, which take longer.
_ZLIB_LEVEL = {"f": 1, "u": 6}


@dataclass(frozen=True)
class Tag:
    """A number, a type of `_TYPES`, and the values."""

    number: int
    kind: str
    values: np.ndarray

    @staticmethod
    def of(number: int, kind: str, *values: Any) -> Tag:
        if kind == "text":
            return Tag(number, kind, np.frombuffer(str(values[0]).encode("utf-8") + b"\0", "S1"))
        return Tag(number, kind, np.array(values, _TYPES[kind][1]))


def header(first_directory: int) -> bytes:
    """The file's first 16 bytes."""
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, first_directory)


def directory(tags: list[Tag], place: int, following: int) -> bytes:
    """An image file directory that begins at byte ``place``, with the values that do not fit into it after it.

    Parameters
    ----------
    following
        Where the next directory begins; 0 for none.
    """
    entries, values = [], b""
    after = place + 8 + 20 * len(tags) + 8
    for tag in sorted(tags, key=lambda tag: tag.number):
        data = tag.values.tobytes()
        code, _ = _TYPES[tag.kind]
        if len(data) > 8:
            values += b"\0" * (-len(values) % 8)
            stored = struct.pack("<Q", after + len(values))
            values += data
        else:
            stored = data.ljust(8, b"\0")
        entries.append(struct.pack("<HHQ", tag.number, code, tag.values.size) + stored)
    values += b"\0" * (-len(values) % 8)
    return struct.pack("<Q", len(tags)) + b"".join(entries) + struct.pack("<Q", following) + values


def predictor(dtype: np.dtype) -> int:
    """What is compressed: differences of the bytes of numbers, plane by plane (3), or the numbers themselves (1)."""
    return 3 if dtype.kind == "f" else 1


def encode(tile: np.ndarray) -> bytes:
    """A tile's bytes in the file."""
    kind = tile.dtype.kind
    if kind != "f":
        return zlib.compress(np.ascontiguousarray(tile, tile.dtype.newbyteorder("<")).data, _ZLIB_LEVEL[kind])
    rows, width = tile.shape
    numbers = np.ascontiguousarray(tile, tile.dtype.newbyteorder(">"))
    planes = numbers.view(np.uint8).reshape(rows, width, -1).transpose(0, 2, 1).reshape(rows, -1)
    differences = planes.copy()
    differences[:, 1:] -= planes[:, :-1]
    return zlib.compress(differences.data, _ZLIB_LEVEL[kind])


def metadata_tag(metadata: Mapping[str, str], band_name: str) -> Tag:
    """GDAL's own metadata, which it escapes twice."""
    items = [f"  <Item name={quoteattr(key)}>{escape(escape(value))}</Item>" for key, value in metadata.items()]
    items.append(f'  <Item name="DESCRIPTION" sample="0" role="description">{escape(escape(band_name))}</Item>')
    return Tag.of(42112, "text", "\n".join(["<GDALMetadata>", *items, "</GDALMetadata>", ""]))


@lru_cache(maxsize=4)
def georeference_tags(georeference: Georeference) -> tuple[Tag, ...]:
    """The tags that say where an image lies: those that GDAL writes into a file of one pixel."""
    gdal = load_gdal()
    path = f"/vsimem/crism-georeference-{id(georeference)}.tif"
    dataset = [attempt(gdal.GetDriverByName("GTiff").Create, path, 1, 1, 1, gdal.GDT_Byte, ["BIGTIFF=YES", "ENDIANNESS=LITTLE"])[0]]
    dataset[0].SetGeoTransform(georeference.transform)
    messages = attempt(dataset[0].SetProjection, georeference.wkt)[1]
    messages += attempt(dataset.clear)[1]
    data = _memory_file(gdal, path)
    gdal.Unlink(path)
    if messages:
        raise OutputError(f"CRS: cannot be written into a GeoTIFF ({messages[0]}); choose another one")
    return tuple(tag for tag in read_directory(data) if tag.number in _GEOTIFF_TAGS)


def _memory_file(gdal: Any, path: str) -> bytes:
    size = gdal.VSIStatL(path).size
    file = gdal.VSIFOpenL(path, "rb")
    try:
        return bytes(gdal.VSIFReadL(1, size, file))
    finally:
        gdal.VSIFCloseL(file)


def read_directory(data: bytes) -> list[Tag]:
    """The tags of a BigTIFF's first directory, those of known types."""
    kinds = {code: (kind, np.dtype(name)) for kind, (code, name) in _TYPES.items()}
    (place,) = struct.unpack_from("<Q", data, 8)
    (count,) = struct.unpack_from("<Q", data, place)
    tags = []
    for entry in range(place + 8, place + 8 + 20 * count, 20):
        number, code, values = struct.unpack_from("<HHQ", data, entry)
        if code not in kinds:
            continue
        kind, dtype = kinds[code]
        start = entry + 12 if values * dtype.itemsize <= 8 else struct.unpack_from("<Q", data, entry + 12)[0]
        tags.append(Tag(number, kind, np.frombuffer(data, dtype, values, start)))
    return tags

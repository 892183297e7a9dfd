"""Cloud-optimised GeoTIFFs, written tile by tile.

GDAL's COG driver copies a finished raster: it reads everything again for the overviews and once more to compress it, empty ground
included. Here each tile is compressed once, when it is done, and its overviews are made while it is in memory; empty tiles take no
time and no room. The file's layout is the driver's: all directories first, then the overviews from the smallest on, then the image,
each tile between its size and its last four bytes once more, by which GDAL knows that it read all of it at once.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import numpy as np

from ..mars.georeference import Georeference
from . import tiff

#: Side of a tile, in pixels.
TILE = 512

#: Tiles of overviews are kept in memory up to this size, then in a file without a name.
_SPOOL_BYTES = 8 << 20

#: Describes the layout to GDAL, which notes at the end if it changed the file later and the layout is lost.
_GHOST = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\nBLOCK_TRAILER=LAST_4_BYTES_REPEATED\n"
    b"KNOWN_INCOMPATIBLE_EDITION=NO\n "
)


@dataclass
class _Level:
    """One resolution: where its tiles are in the spool, and what of the tile above them is done."""

    lines: int
    samples: int
    spool: Any
    offsets: np.ndarray
    sizes: np.ndarray
    parent: Optional[tuple[int, int]] = None
    pending: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def final_offsets(self, begin: int) -> tuple[np.ndarray, int]:
        """Where the tiles are in the file when the first one's leader is at ``begin``, 0 for empty ones; and where they end."""
        room = np.where(self.sizes > 0, self.sizes.astype(np.uint64) + np.uint64(8), np.uint64(0)).ravel()
        ends = np.cumsum(room) + np.uint64(begin)
        offsets = np.where(room > 0, ends - room + np.uint64(4), np.uint64(0))
        return offsets, int(ends[-1])

    def copy_tiles(self, file: Any) -> None:
        """Write the tiles row by row."""
        for offset, size in zip(self.offsets.ravel().tolist(), self.sizes.ravel().tolist()):
            if size:
                self.spool.seek(offset)
                data = self.spool.read(size)
                file.write(struct.pack("<I", size) + data + data[-4:])


class CogWriter:
    """A one-band raster, written tile by tile in `tile_order`. Leave it by ``with``: only then is the file there.

    Parameters
    ----------
    path
        The file.
    lines, samples, dtype
        Size and type of the numbers.
    nodata
        The value of pixels that are not written.
    georeference
        Where it lies.
    band_name, metadata
        What it is.

    Raises
    ------
    OSError
        If the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        lines: int,
        samples: int,
        dtype: Any,
        *,
        nodata: float,
        georeference: Georeference,
        band_name: str,
        metadata: Optional[Mapping[str, str]] = None,
    ) -> None:
        self.path, self._nodata, self._dtype = path, nodata, np.dtype(dtype)
        self._tags = [
            *tiff.georeference_tags(georeference),
            tiff.metadata_tag(metadata or {}, band_name),
        ]
        self._levels = [self._level(lines, samples)]
        while max(lines, samples) > TILE:
            lines, samples = -(-lines // 2), -(-samples // 2)
            self._levels.append(self._level(lines, samples))
        self._compressors = ThreadPoolExecutor(min(4, os.cpu_count() or 1))
        self._waiting: deque[tuple[_Level, tuple[int, int], Future[bytes]]] = deque()

    def write(self, row: int, column: int, tile: np.ndarray) -> None:
        """Write one tile, counted from 0; at the image's edges it may be smaller. Tiles without data need not be written."""
        self._write(0, row, column, tile)

    def __enter__(self) -> CogWriter:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._compressors.shutdown(cancel_futures=True)
            for level in self._levels:
                level.spool.close()

    def _level(self, lines: int, samples: int) -> _Level:
        tiles = (-(-lines // TILE), -(-samples // TILE))
        spool = tempfile.SpooledTemporaryFile(_SPOOL_BYTES, dir=self.path.parent)  # noqa: SIM115 - closed with the writer
        return _Level(lines, samples, spool, np.zeros(tiles, np.uint64), np.zeros(tiles, np.uint32))

    def _write(self, number: int, row: int, column: int, tile: np.ndarray) -> None:
        level = self._levels[number]
        whole = np.asarray(tile, self._dtype)
        if tile.shape != (TILE, TILE):
            whole = np.full((TILE, TILE), self._nodata, self._dtype)
            whole[: tile.shape[0], : tile.shape[1]] = tile
        self._waiting.append((level, (row, column), self._compressors.submit(tiff.encode, whole)))
        while len(self._waiting) > 8:
            self._store()
        if number + 1 < len(self._levels):
            self._reduce(number, row, column, whole)

    def _reduce(self, number: int, row: int, column: int, tile: np.ndarray) -> None:
        """Put every second pixel of every second line into the overview's tile, which is written when another one begins."""
        level, parent = self._levels[number], (row // 2, column // 2)
        if level.parent != parent:
            self._flush(number)
            level.parent, level.pending = parent, np.full((TILE, TILE), self._nodata, self._dtype)
        line, sample, half = row % 2 * TILE // 2, column % 2 * TILE // 2, TILE // 2
        level.pending[line : line + half, sample : sample + half] = tile[::2, ::2]

    def _flush(self, number: int) -> None:
        level = self._levels[number]
        if level.parent is not None:
            self._write(number + 1, *level.parent, level.pending)
            level.parent = None

    def _store(self) -> None:
        level, place, data = self._waiting.popleft()
        compressed = data.result()
        level.offsets[place], level.sizes[place] = level.spool.tell(), len(compressed)
        level.spool.write(compressed)

    def _finish(self) -> None:
        for number in range(len(self._levels) - 1):
            self._flush(number)
        while self._waiting:
            self._store()
        ghost = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_GHOST) + _GHOST
        ghost += b"\0" * (-len(ghost) % 8)
        sizes = [len(tiff.directory(self._directory(number, level.offsets), 0, 0)) for number, level in enumerate(self._levels)]
        starts = np.cumsum([tiff.HEADER_BYTES + len(ghost), *sizes]).tolist()
        offsets, end = {}, starts[-1]
        for number in reversed(range(len(self._levels))):
            offsets[number], end = self._levels[number].final_offsets(end)
        with self.path.open("wb") as file:
            file.write(tiff.header(starts[0]) + ghost)
            for number, start in enumerate(starts[:-1]):
                following = starts[number + 1] if number + 1 < len(self._levels) else 0
                file.write(tiff.directory(self._directory(number, offsets[number]), start, following))
            for level in reversed(self._levels):
                level.copy_tiles(file)

    def _directory(self, number: int, offsets: np.ndarray) -> list[tiff.Tag]:
        level = self._levels[number]
        is_float = self._dtype.kind == "f"
        return [
            tiff.Tag.of(254, "long", 1 if number else 0),  # a reduced image
            tiff.Tag.of(256, "long", level.samples),
            tiff.Tag.of(257, "long", level.lines),
            tiff.Tag.of(258, "short", self._dtype.itemsize * 8),
            tiff.Tag.of(259, "short", 8),  # deflate
            tiff.Tag.of(262, "short", 1),  # larger is brighter
            tiff.Tag.of(277, "short", 1),
            tiff.Tag.of(284, "short", 1),
            tiff.Tag.of(317, "short", tiff.predictor(self._dtype)),
            tiff.Tag.of(322, "long", TILE),
            tiff.Tag.of(323, "long", TILE),
            tiff.Tag(324, "long8", offsets.ravel().astype("<u8")),
            tiff.Tag(325, "long", level.sizes.ravel().astype("<u4")),
            tiff.Tag.of(339, "short", 3 if is_float else 1),
            tiff.Tag.of(42113, "text", "nan" if np.isnan(self._nodata) else f"{self._nodata:g}"),
            *([] if number else self._tags),
        ]


def tile_order(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Places in the arrays, in an order in which the four parts of every overview tile follow each other (G. M. Morton 1966)."""
    code = np.zeros(np.shape(rows), np.int64)
    for bit in range(24):
        code |= ((np.asarray(columns) >> bit & 1) << (2 * bit)) | ((np.asarray(rows) >> bit & 1) << (2 * bit + 1))
    return np.argsort(code, kind="stable")

"""Numbers of pixels in a flat file on disk, with room that is reserved before anything is computed.

The file is read and written with plain operations and not mapped into memory: where the disk is full or the file is damaged, a
mapping ends the whole program.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import numpy as np

from ..arrays import AnyArray, IntArray

#: The disk, the quota, or the largest file allowed, is too small.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_ZEROS = bytes(1 << 20)


@dataclass(frozen=True)
class PixelFile:
    """A file of (pixels, width) numbers; OSError where it cannot be read or written.

    Attributes
    ----------
    path
        The file.
    pixels, width
        Number of pixels, and of numbers for each.
    dtype
        Type of the numbers.
    """

    path: Path
    pixels: int
    width: int
    dtype: Any

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.pixels * self._bytes

    @property
    def _bytes(self) -> int:
        return self.width * np.dtype(self.dtype).itemsize

    def is_whole(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size == self.size

    def reserve(self) -> None:
        """Make the file, of zeros, and have the disk keep the room for it."""
        with self.path.open("wb") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, self.size)
            except (AttributeError, OSError) as error:
                if getattr(error, "errno", None) in NO_ROOM:
                    raise
                _write_zeros(file, self.size)

    def read(self, pixels: IntArray) -> AnyArray:
        """(n, width) of n pixels, by their numbers."""
        values = np.empty((pixels.size, self.width), self.dtype)
        with self.path.open("rb", buffering=0) as file:
            for first, some in _runs(pixels):
                file.seek(first * self._bytes)
                _fill(file, values[some], self.path)
        return values

    def write(self, pixels: IntArray, values: Union[AnyArray, np.number[Any]]) -> None:
        """The inverse of `read`; ``values`` may be one number for all."""
        whole = np.ascontiguousarray(np.broadcast_to(values, (pixels.size, self.width)), self.dtype)
        with self.path.open("r+b", buffering=0) as file:
            for first, some in _runs(pixels):
                file.seek(first * self._bytes)
                room = whole[some].data.cast("B")
                while room:
                    room = room[file.write(room) :]

    def sync(self) -> None:
        """Wait until all that was written is on the disk itself."""
        with self.path.open("r+b") as file:
            os.fsync(file.fileno())


def _runs(pixels: IntArray) -> Iterator[tuple[int, slice]]:
    """Neighbours in the file that are asked for one after the other: the first pixel, and where they are in ``pixels``."""
    if not pixels.size:
        return
    stops = [*(np.flatnonzero(np.diff(pixels) != 1) + 1).tolist(), pixels.size]
    start = 0
    for stop in stops:
        yield int(pixels[start]), slice(start, stop)
        start = stop


def _fill(file: Any, values: AnyArray, path: Path) -> None:
    room = values.data.cast("B")
    while room:
        count = file.readinto(room)
        if not count:
            raise OSError(errno.EIO, "a scratch file is too short", str(path))
        room = room[count:]


def _write_zeros(file: Any, size: int) -> None:
    file.seek(0)
    for start in range(0, size, len(_ZEROS)):
        file.write(_ZEROS[: size - start])
    file.flush()
    os.fsync(file.fileno())

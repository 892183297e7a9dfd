"""Flat image files: the plain arrays of numbers that ENVI headers and PDS labels describe.

They are read with plain file reads, not through GDAL's cache of lines and bands. On cubes interleaved by line, as CRISM's are, this
is seven times as fast. Where a file is too short, GDAL silently reads zeros; here the size is checked first.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ..arrays import AnyArray, Indices, IntArray
from ..errors import InputError
from ..files.names import is_regular
from ..instrument.detectors import DETECTOR_ROWS


@dataclass(frozen=True)
class RawImage:
    """Where the numbers of an image are inside a file.

    Attributes
    ----------
    path
        The file with the numbers.
    description
        The header or label that says the rest, for error messages.
    lines, samples, bands
        Size of the image.
    dtype
        Type of the numbers, with byte order.
    interleave
        ``"bil"`` (line, band, sample), ``"bip"`` (line, sample, band) or ``"bsq"`` (band, line, sample).
    offset
        Bytes before the first number.
    whole_size
        Size in bytes of the whole file, with the tables that follow the image, where the description tells it.
    """

    path: Path
    description: Path
    lines: int
    samples: int
    bands: int
    dtype: np.dtype[Any]
    interleave: str
    offset: int = 0
    whole_size: Optional[int] = None

    @property
    def line_bytes(self) -> int:
        """Bytes of one line with all its bands."""
        return self.samples * self.bands * self.dtype.itemsize

    def check_size(self) -> None:
        """Raise `InputError` if the file is shorter than described, or longer by a line or more.

        CRISM images are followed by a table of detector rows, which is shorter than a line and unknown to ENVI headers.
        """
        if not is_regular(self.path):
            raise InputError(f"{self.path}: no such file, but {self.description.name} describes it; put it beside that file")
        size, needed = self.path.stat().st_size, self.offset + self.lines * self.line_bytes
        described = f"{self.description.name} describes {self.lines} lines x {self.samples} samples x {self.bands} bands"
        if size < needed:
            raise InputError(f"{self.path}: truncated: it has {size} bytes, but {described}, {needed} bytes; get the file again")
        if size - needed >= self.line_bytes and size != self.whole_size:
            raise InputError(
                f"{self.path}: image and label disagree: it has {size} bytes, but {described}, only {needed} bytes; "
                "use the header or label that belongs to this image"
            )

    def fits(self) -> bool:
        """Whether the file is as long as described."""
        try:
            self.check_size()
        except InputError:
            return False
        return True

    def row_table(self) -> Optional[IntArray]:
        """The detector row of each band: big-endian numbers right after the image, where not all labels' pointers point."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset + self.lines * self.line_bytes)
                rows = np.frombuffer(file.read(2 * self.bands), ">u2").astype(int)
        except (OSError, ValueError):
            return None
        is_table = rows.size == self.bands and np.unique(rows).size == rows.size and int(rows.max()) < DETECTOR_ROWS
        return rows if is_table else None

    def read(self, line0: int, lines: int, bands: Optional[Indices] = None) -> AnyArray:
        """Numbers as `RasterReader.read` gives them, but in the file's own type: a view that lies in memory as the file does."""
        wanted = np.arange(self.bands) if bands is None else np.asarray(bands, dtype=np.intp)
        try:
            with self.path.open("rb", buffering=0) as file:
                if self.interleave == "bsq":
                    return self._read_bands(file, line0, lines, wanted)
                return self._read_lines(file, line0, lines, wanted)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror})") from error

    def _read_bands(self, file: FileIO, line0: int, lines: int, wanted: IntArray) -> AnyArray:
        block = np.empty((wanted.size, lines, self.samples), self.dtype)
        for slot, band in zip(block, wanted):
            self._fill(file, (int(band) * self.lines + line0) * self.samples, slot)
        return block

    def _read_lines(self, file: FileIO, line0: int, lines: int, wanted: IntArray) -> AnyArray:
        per_line = self.samples * self.bands
        if self.interleave == "bip":
            pixels = np.empty((lines, self.samples, self.bands), self.dtype)
            self._fill(file, line0 * per_line, pixels)
            return pixels.transpose(2, 0, 1)[_selector(wanted)]
        first, last = int(wanted.min()), int(wanted.max())
        rows = np.empty((lines, last - first + 1, self.samples), self.dtype)
        for k, slot in enumerate(rows):
            self._fill(file, (line0 + k) * per_line + first * self.samples, slot)
        return rows.transpose(1, 0, 2)[_selector(wanted - first)]

    def _fill(self, file: FileIO, start: int, slot: AnyArray) -> None:
        """Fill the array ``slot`` with the numbers from number ``start`` on."""
        file.seek(self.offset + start * self.dtype.itemsize)
        room = slot.reshape(-1).view(np.uint8).data  # slot is contiguous, so this is a view
        while room:
            count = file.readinto(room)
            if not count:
                raise InputError(f"{self.path}: ended while it was being read; get the file again")
            room = room[count:]


def _selector(wanted: IntArray) -> Union[slice, IntArray]:
    """``wanted`` as a slice where it is evenly spaced, which makes a view instead of a copy."""
    steps = np.diff(wanted)
    if wanted.size == 1:
        return slice(int(wanted[0]), int(wanted[0]) + 1)
    if np.all(steps == steps[0]) and steps[0] != 0:
        stop = int(wanted[-1] + steps[0])
        return slice(int(wanted[0]), None if stop < 0 else stop, int(steps[0]))
    return wanted

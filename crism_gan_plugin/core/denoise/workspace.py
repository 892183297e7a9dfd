"""The denoiser's scratch files. Spectra wait there until their column is denoised, and an interrupted run goes on from there.

The files belong to one run. Their folder, ``<name>_unfinished/<key>``, is named after all that decides what the run makes, and is
locked as long as the run lives. So two runs under one name do not meet, and a run that was interrupted finds its own files again.
When a run is finished, the scratch files of dead runs under its name are removed with its own.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import BoolArray
from ..errors import InputError, MissingDependencyError, OutputError, ParameterError
from ..files.locks import FileLock, claim
from ..files.pixel_file import NO_ROOM, PixelFile
from ..progress import Progress
from .finished import as_text, key_of

#: Cubes of float32 (lines, samples, bands) by name, besides the spectra themselves.
CUBES = ("corrected", "model", "background")

#: Says which run the files are of; it is written when all spectra are in them.
_RECORD = "run.json"

_KEY = re.compile(r"[0-9a-f]{16}")

#: After these the same run would fail again.
_HOPELESS = (InputError, ParameterError, MissingDependencyError)


@dataclass(frozen=True)
class Size:
    """Size of an image and of what is denoised of it: lines, samples, bands; groups of pixels, and blocks of groups."""

    lines: int
    samples: int
    bands: int
    groups: int
    blocks: int


@dataclass(frozen=True)
class Workspace:
    """Scratch files of one run.

    Attributes
    ----------
    folder
        Folder of the files.
    size
        Size of the image.
    what
        All that decides the run's results; JSON.
    """

    folder: Path
    size: Size
    what: dict[str, Any]

    @property
    def spectra(self) -> PixelFile:
        """float32 I/F as measured, of each pixel."""
        return self._pixels("spectra.f4", self.size.bands)

    @property
    def cubes(self) -> dict[str, PixelFile]:
        """float32 of each pixel, by the names in `CUBES`."""
        return {name: self._pixels(f"{name}.f4", self.size.bands) for name in CUBES}

    @property
    def bad(self) -> PixelFile:
        """uint8 of each pixel."""
        return self._pixels("bad.u1", self.size.bands, np.uint8)

    @property
    def path(self) -> PixelFile:
        """One float32 of each pixel."""
        return self._pixels("path.f4", 1)

    @property
    def transmission(self) -> PixelFile:
        """float32 of each group."""
        return PixelFile(self.folder / "transmission.f4", self.size.groups, self.size.bands, np.float32)

    @property
    def iterations(self) -> PixelFile:
        """One float64 of each block: the number of iterations."""
        return PixelFile(self.folder / "iterations.f8", self.size.blocks, 1, np.float64)

    @property
    def _done(self) -> PixelFile:
        return PixelFile(self.folder / "done.u1", self.size.blocks, 1, np.uint8)

    def _pixels(self, name: str, width: int, dtype: Any = np.float32) -> PixelFile:
        return PixelFile(self.folder / name, self.size.lines * self.size.samples, width, dtype)

    @property
    def _results(self) -> list[PixelFile]:
        return [*self.cubes.values(), self.bad, self.path, self.transmission, self.iterations]

    @property
    def _files(self) -> list[PixelFile]:
        return [self.spectra, *self._results, self._done]

    def done(self) -> BoolArray:
        """(blocks,) bool: blocks that are finished."""
        return self._done.read(np.arange(self.size.blocks))[:, 0] == 1

    def mark_done(self, block: int) -> None:
        """Note that a block is written as a whole; the note holds even if the machine stops now."""
        for file in self._results:
            file.sync()
        self._done.write(np.array([block]), np.uint8(1))
        self._done.sync()

    def all_read(self) -> None:
        """Note that all spectra are there; a run that is interrupted before this begins anew."""
        self.spectra.sync()
        for file in self._results:
            file.sync()
        unfinished = self.folder / f"{_RECORD}.unfinished"
        with unfinished.open("w", encoding="utf-8") as record:
            record.write(as_text(self.what))
            record.flush()
            os.fsync(record.fileno())
        unfinished.replace(self.folder / _RECORD)

    def goes_on(self) -> bool:
        """Whether all spectra of this run are here."""
        try:
            same = (self.folder / _RECORD).read_text(encoding="utf-8") == as_text(self.what)
        except (OSError, ValueError):
            return False
        return same and all(file.is_whole() for file in self._files)

    def begin(self, progress: Progress) -> None:
        """Make the files; `OutputError` where there is not enough room for them."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        needed = sum(file.size for file in self._files)
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise OutputError(
                f"{self.folder.parent.parent}: has {free / 1e6:,.1f} MB free, but denoising this image needs "
                f"{needed / 1e6:,.1f} MB for scratch files; {self._advice()}"
            )
        try:
            for file in self._files:
                progress.check()
                file.reserve()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise OutputError(
                f"{self.folder.parent.parent}: denoising this image needs {needed} bytes for scratch files, and there is not so "
                f"much room ({error.strerror}); {self._advice()}"
            ) from None

    def _advice(self) -> str:
        others = [path for path in self.folder.parent.iterdir() if _KEY.fullmatch(path.name) and path != self.folder]
        also = f", the scratch files of other runs in {self.folder.parent} for example," if others else ""
        return f"free some disk space{also} or choose another folder"

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def open_workspace(out_dir: Path, name: str, size: Size, what: dict[str, Any], progress: Progress) -> Iterator[Workspace]:
    """Begin, or go on with, the run that ``what`` tells of; its files stay when it is interrupted, or fails but could go on.

    Raises
    ------
    OutputError
        If another process is at this very run, the folder cannot be made, or there is not enough room on the disk.
    """
    place = out_dir / f"{name}_unfinished"
    space = Workspace(place / key_of(what)[:16], size, what)
    taken = f"{out_dir / name}: another process is making this denoised image at the moment; wait until it is done"
    with claim(place / f"{space.folder.name}.lock", taken, passing=True):
        try:
            with _in_words(out_dir):
                if not space.goes_on():
                    space.begin(progress)
                yield space
        except BaseException as error:
            if isinstance(error, _HOPELESS) or not space.goes_on():
                space.remove()
            else:
                progress.info(f"what is done so far is kept in {space.folder}; the same denoising goes on from there")
            raise
        space.remove()
        _remove_dead(place)


@contextmanager
def _in_words(out_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{out_dir}: the scratch files there cannot be used ({error.strerror or error})") from error


def _remove_dead(place: Path) -> None:
    """Remove scratch files of runs under this name that are not alive, since what they would have made has been replaced."""
    keys = {path.name.partition(".")[0] for path in place.iterdir()}
    for key in filter(_KEY.fullmatch, keys):
        lock = FileLock(place / f"{key}.lock", "")
        with suppress(OutputError):
            if lock.take():
                shutil.rmtree(place / key, ignore_errors=True)
                lock.release()

"""The denoiser's scratch files: spectra wait there until their column's turn, and an interrupted run goes on from there.

Files are flat arrays in the order of the image's pixels, mapped into memory piece by piece.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import OutputError

#: Cubes of float32 (lines, samples, bands) by name, besides the spectra themselves.
CUBES = ("corrected", "model", "background")


#: Says which run the files are of; it is written when all spectra are in them.
_RECORD = "run.json"


@dataclass(frozen=True)
class Workspace:
    """Scratch files of one image.

    Attributes
    ----------
    folder
        Where they are.
    lines, samples, bands
        Size of the image, of the bands that are denoised.
    done
        (blocks,) uint8 in memory and on disk: 1 for blocks of columns that are finished.
    resumed
        Whether an interrupted run's files were found.
    """

    folder: Path
    lines: int
    samples: int
    bands: int
    done: np.ndarray
    resumed: bool

    @staticmethod
    def open(folder: Path, lines: int, samples: int, bands: int, blocks: int, what: dict[str, Any]) -> Workspace:
        """Begin, or go on with, the run that ``what`` tells of; files of another run are thrown away.

        Raises
        ------
        OutputError
            If the folder cannot be made, or there is not enough room on the disk.
        """
        record, text = folder / _RECORD, _as_text(what)
        resumed = record.is_file() and record.read_text(encoding="utf-8") == text and (folder / "done.u1").is_file()
        try:
            if not resumed:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                _check_room(folder, lines * samples * bands * (4 * (len(CUBES) + 1) + 1))
            space = Workspace(folder, lines, samples, bands, _mapped(folder / "done.u1", (blocks,), np.uint8), resumed)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(f"{folder}: cannot be used for scratch files ({reason}); choose another folder") from None
        return space

    @property
    def spectra(self) -> np.ndarray:
        """(pixels, bands) float32 I/F as measured."""
        return self._pixels("spectra", self.bands)

    def cube(self, name: str) -> np.ndarray:
        """(pixels, bands) float32, one of `CUBES`."""
        return self._pixels(name, self.bands)

    @property
    def bad(self) -> np.ndarray:
        """(pixels, bands) uint8."""
        return _mapped(self.folder / "bad.u1", (self.lines * self.samples, self.bands), np.uint8)

    @property
    def path(self) -> np.ndarray:
        """(pixels, 1) float32."""
        return self._pixels("path", 1)

    def transmission(self, groups: int) -> np.ndarray:
        """(groups, bands) float32."""
        return _mapped(self.folder / "transmission.f4", (groups, self.bands), np.float32)

    def _pixels(self, name: str, bands: int) -> np.ndarray:
        return _mapped(self.folder / f"{name}.f4", (self.lines * self.samples, bands), np.float32)

    def all_read(self, what: dict[str, Any]) -> None:
        """All spectra of the run that ``what`` tells of are there; a run that is interrupted before this begins anew."""
        (self.folder / _RECORD).write_text(_as_text(what), encoding="utf-8")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _as_text(what: dict[str, Any]) -> str:
    return json.dumps(what, sort_keys=True, default=str)


def _mapped(path: Path, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    mode = "r+" if path.is_file() and path.stat().st_size == size else "w+"
    return np.memmap(path, dtype, mode, shape=shape)


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(
            f"{folder.parent}: has {free / 1e9:.1f} GB free, but denoising this image needs {needed / 1e9:.1f} GB "
            "for scratch files; free some disk space or choose another folder"
        )

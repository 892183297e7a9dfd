"""The mean spectrum of each deposit, from the image that was mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import InputError, ParameterError
from ..files.names import PathLike, gdal_name
from ..mosaic.maps import ClassRaster
from ..products.scene import Scene, open_scene

#: Spectra that are read at once.
_PIECE_BYTES = 16 << 20


@dataclass(frozen=True)
class MappedImage:
    """The image below a map.

    Attributes
    ----------
    scene
        The image.
    by_pixel
        Whether its pixels are those of the map; else the map's evidence says which they are.
    """

    scene: Scene
    by_pixel: bool


def open_image(mineral_map: ClassRaster, given: Optional[PathLike], wavelengths: Optional[PathLike], placed: bool) -> MappedImage:
    """The image that a map was made of.

    Parameters
    ----------
    given
        The image; None: the one that the map's record names.
    wavelengths
        Wavelength table; None: the one that the record names.
    placed
        Whether the map's evidence says which pixel of the image each of its pixels is.

    Raises
    ------
    ParameterError
        If a given image is not that of the map.
    InputError
        If it cannot be read; without a given image, also if there is none to be found. The message says why.
    """
    record: Mapping[str, Any] = mineral_map.records[0] if mineral_map.records else {}
    path = _named(mineral_map, record) if given is None else given
    table = wavelengths
    if table is None and given is None:
        table = _path_in(record.get("wavelengths"))
    scene = open_scene(path, wavelengths=table)
    alike = (scene.lines, scene.samples) == (mineral_map.lines, mineral_map.samples)
    if record.get("geometry"):
        if placed:
            return MappedImage(scene, by_pixel=False)
        alike = False
    if alike:
        return MappedImage(scene, by_pixel=True)
    size = f"{scene.lines} lines × {scene.samples} samples, the map {mineral_map.lines} × {mineral_map.samples}"
    if record.get("geometry"):
        fault = "the map was placed by a geometry, and its evidence does not say which pixel of the image is where; map it again"
    else:
        fault = f"is not the image of the map: it has {size}; give the one that was mapped"
    if given is None:
        raise InputError(f"{path}: {fault}")
    raise ParameterError(f"image: {path}: {fault}")


def _named(mineral_map: ClassRaster, record: Mapping[str, Any]) -> PathLike:
    """The image that a record names, or the denoised one beside the map that was made of it."""
    said = record.get("image")
    path = _path_in(said)
    if path is None or not isinstance(said, Mapping):
        raise InputError(f"{mineral_map.path}: no record beside it names the image; give it (IMAGE, --image)")
    if record.get("denoised"):
        denoised = mineral_map.path.with_name(f"{mineral_map.path.stem}_denoised.tif")
        if not denoised.is_file():
            raise InputError(f"{denoised}: the denoised image of the map is not there; give it (IMAGE, --image)")
        return denoised
    if gdal_name(path) is not None:
        return path
    for file in (Path(path), mineral_map.path.parent / Path(path).name):
        if file.is_file():
            if said.get("bytes") not in (None, file.stat().st_size):
                raise InputError(f"{file}: was changed since it was mapped; give the image of the map (IMAGE, --image)")
            return file
    raise InputError(f"{path}: the image of the map is not there any more; say where it is (IMAGE, --image)")


def _path_in(entry: object) -> Optional[str]:
    """The path of a file that a record describes."""
    path = entry.get("path") if isinstance(entry, Mapping) else None
    return path if isinstance(path, str) and path and "\0" not in path else None


class MeanSpectra:
    """Sums of spectra by deposit, in arrays that may lie on the disk.

    Parameters
    ----------
    count
        Number of deposits.
    wavelengths_nm
        (bands,) of the image.
    scratch
        Folder for the sums.
    """

    def __init__(self, count: int, wavelengths_nm: FloatArray, scratch: Path) -> None:
        self._wavelengths = [round(float(value), 2) for value in wavelengths_nm]
        shape = (count, wavelengths_nm.size)
        self._sum, self._squares = (np.memmap(scratch / name, np.float64, "w+", shape=shape) for name in ("sums", "squares"))
        self._count = np.memmap(scratch / "counts", np.int32, "w+", shape=shape)
        self._pixels = np.zeros(count, np.int64)

    def add(self, patch: IntArray, spectra: FloatArray) -> None:
        """Add pixels: (n,) their deposits and (n, bands) their I/F, NaN for no data."""
        there, inverse = np.unique(patch, return_inverse=True)
        order = np.argsort(inverse.reshape(-1), kind="stable")
        starts = np.searchsorted(inverse.reshape(-1)[order], np.arange(there.size))
        sorted_spectra = spectra[order].astype(np.float64)
        valid = np.isfinite(sorted_spectra)
        sorted_spectra[~valid] = 0
        self._sum[there] += np.add.reduceat(sorted_spectra, starts, 0)
        self._squares[there] += np.add.reduceat(sorted_spectra**2, starts, 0)
        self._count[there] += np.add.reduceat(valid.astype(np.int32), starts, 0)
        self._pixels[there] += np.add.reduceat(valid.any(1).astype(np.int64), starts)

    def describe(self, patch: int) -> Optional[dict[str, Any]]:
        """Wavelengths, mean and standard deviation of one deposit; None where it has no spectrum. ``null`` stands for no data."""
        if not self._pixels[patch]:
            return None
        count = np.maximum(self._count[patch], 1)
        mean = self._sum[patch] / count
        spread = np.sqrt(np.maximum(self._squares[patch] / count - mean**2, 0))
        there = self._count[patch] > 0
        return {
            "wavelengths_nm": self._wavelengths,
            "mean": _numbers(mean, there),
            "std": _numbers(spread, there),
            "pixels": int(self._pixels[patch]),
        }


def _numbers(values: FloatArray, there: BoolArray) -> list[Optional[float]]:
    return [float(f"{value:.6g}") if known else None for value, known in zip(values.tolist(), there.tolist())]


def pixels_of(scene: Scene, line: IntArray, sample: IntArray) -> FloatArray:
    """(n, bands) float32 I/F of pixels at these places of an image, read by pieces of a few lines."""
    spectra = np.empty((line.size, scene.axis.bands), np.float32)
    height = max(1, _PIECE_BYTES // (4 * scene.samples * scene.axis.bands))
    piece = line // height
    for number in np.unique(piece).tolist():
        rows = piece == number
        first, last = int(line[rows].min()), int(line[rows].max())
        block = scene.read(first, last - first + 1)
        spectra[rows] = block[line[rows] - first, sample[rows]]
    return spectra

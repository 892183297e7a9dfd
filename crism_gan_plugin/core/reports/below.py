"""The image below a map, or the images below a composite: spectra and brightness at pixels of the map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, Protocol

import numpy as np

from ..arrays import FloatArray, IntArray
from ..deposits.source import MapSource
from ..errors import CrismError, InputError, MovedFileError
from ..files.names import PathLike
from ..inspection import Inspector, open_inspection
from ..mapping.map_files import PIXEL_BANDS
from ..mosaic.maps import ClassRaster, open_map
from ..progress import Progress
from ..rasters.blocks import split_lines
from ..spectra.grid import WAVELENGTHS_NM

#: The channel in which ground is shown: no common mineral absorbs there.
_SHOWN_NM = 1330.0


class Below(Protocol):
    """What lies below a map.

    Attributes
    ----------
    missing
        What could not be had, filled as spectra are asked for.
    """

    missing: list[str]

    @property
    def wavelengths_nm(self) -> FloatArray:
        """(bands,) of I/F."""

    def spectra(self, line: IntArray, sample: IntArray, progress: Progress) -> tuple[FloatArray, FloatArray]:
        """I/F (n, bands), and continuum-removed spectra (n, 240), of pixels of the map; NaN where there is none."""

    def brightness(self, line: IntArray, sample: IntArray) -> Optional[FloatArray]:
        """(n,) I/F in one channel; None where it is not shown."""

    def close(self) -> None:
        """Let go of the files."""


@dataclass
class ImageBelow:
    """The image of a map; spectra are those that the map was made of, divided by continuum and neutral ground as there."""

    inspector: Inspector
    missing: list[str] = field(default_factory=list)

    @property
    def wavelengths_nm(self) -> FloatArray:
        return self.inspector.cube.scene.axis.wavelengths_nm

    def spectra(self, line: IntArray, sample: IntArray, progress: Progress) -> tuple[FloatArray, FloatArray]:
        scene = self.inspector.cube.scene
        line, sample = self._pixels(line, sample)
        iof = np.full((line.size, scene.axis.bands), np.nan, np.float32)
        removed = np.full((line.size, WAVELENGTHS_NM.size), np.nan, np.float32)
        for block in split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size):
            progress.report(block.first / scene.lines, f"spectra of {block.first} of {scene.lines} lines")
            own = np.flatnonzero((line >= block.first) & (line < block.first + block.lines))
            if not own.size:
                continue
            rows, columns = _range(line[own]), _range(sample[own])
            views = self.inspector.region(rows, columns, progress)
            used = views.plain if views.ratioed is None else views.ratioed
            removed[own] = used.spectra[line[own] - rows.start, sample[own] - columns.start]
            for each, some in _by_value(line[own]):
                iof[own[some]] = scene.read(each, 1, None, columns)[0, sample[own[some]] - columns.start]
        iof[:, ~scene.axis.usable] = np.nan
        return iof, removed

    def brightness(self, line: IntArray, sample: IntArray) -> Optional[FloatArray]:
        scene = self.inspector.cube.scene
        usable = np.flatnonzero(scene.axis.usable)
        band = int(usable[np.abs(scene.axis.wavelengths_nm[usable] - _SHOWN_NM).argmin()])
        line, sample = self._pixels(line, sample)
        found = np.full(line.size, np.nan, np.float32)
        for each, some in _by_value(line):
            if each >= 0:
                found[some] = scene.read(each, 1, [band])[0, sample[some], 0]
        return found

    def close(self) -> None:
        self.inspector.close()

    def _pixels(self, line: IntArray, sample: IntArray) -> tuple[IntArray, IntArray]:
        """Which pixels of the image these of the map are; −1 for none."""
        told = self.inspector.pixels.evidence
        if told is None:
            return line, sample
        bands = [band for name in PIXEL_BANDS for band in range(told.bands) if told.band_name(band) == name]
        found = np.full((2, line.size), -1, np.intp)
        for each, some in _by_value(line):
            planes = told.read(each, 1, bands)[:, 0, sample[some]]
            found[:, some] = np.where(np.isfinite(planes).all(0), np.nan_to_num(planes), -1).astype(np.intp)
        return found[1], found[0]


@dataclass
class ImagesBelow:
    """The images of a composite's maps; I/F is on the network's grid, since their channels differ.

    Attributes
    ----------
    source
        The composite.
    paths
        Its maps by their numbers.
    """

    source: MapSource
    paths: Mapping[int, Path]
    missing: list[str] = field(default_factory=list)

    @property
    def wavelengths_nm(self) -> FloatArray:
        return WAVELENGTHS_NM

    def spectra(self, line: IntArray, sample: IntArray, progress: Progress) -> tuple[FloatArray, FloatArray]:
        iof, removed = (np.full((line.size, WAVELENGTHS_NM.size), np.nan, np.float32) for _ in range(2))
        shown = self._shown(line, sample)
        longitude, latitude = self._degrees(line, sample)
        numbers = [number for number in np.unique(shown).tolist() if number > 0]
        for place, number in enumerate(numbers):
            part = progress.part(place / len(numbers), (place + 1) / len(numbers))
            own = np.flatnonzero(shown == number)
            try:
                iof[own], removed[own] = self._of_map(number, longitude[own], latitude[own], part)
            except CrismError as error:
                self.missing.append(f"no spectra of map {number}: {error}")
        return iof, removed

    def brightness(self, line: IntArray, sample: IntArray) -> Optional[FloatArray]:
        return None

    def close(self) -> None:
        """Nothing to do: maps are open only while they are read."""

    def _of_map(
        self, number: int, longitude: FloatArray, latitude: FloatArray, progress: Progress
    ) -> tuple[FloatArray, FloatArray]:
        if number not in self.paths:
            raise InputError(f"{self.source.map.path}: its record does not name this map")
        opened = open_map(self.paths[number])
        below = ImageBelow(open_inspection(opened.path))
        try:
            samples, lines = opened.to_pixels(*opened.projection.to_map(longitude, latitude))
            line, sample = (np.floor(each).astype(np.intp) for each in (lines, samples))
            within = (line >= 0) & (line < opened.lines) & (sample >= 0) & (sample < opened.samples)
            iof, removed = (np.full((line.size, WAVELENGTHS_NM.size), np.nan, np.float32) for _ in range(2))
            own, removed[within] = below.spectra(line[within], sample[within], progress)
            iof[within] = _on_grid(own, below.wavelengths_nm)
            return iof, removed
        finally:
            below.close()

    def _shown(self, line: IntArray, sample: IntArray) -> IntArray:
        """(n,) numbers of the maps that the composite shows; 0 for none."""
        reader = self.source.evidence.source
        found = np.zeros(line.size, np.intp)
        if reader is not None:
            for each, some in _by_value(line):
                found[some] = reader.read(each, 1)[0, 0, sample[some]]
        return found

    def _degrees(self, line: IntArray, sample: IntArray) -> tuple[FloatArray, FloatArray]:
        assert self.source.projection is not None
        return self.source.projection.to_degrees(*self.source.place.to_map(sample + 0.5, line + 0.5))


def what_is_below(source: MapSource, image: Optional[PathLike]) -> tuple[Optional[Below], list[str]]:
    """What lies below a map; or None, and why.

    Raises
    ------
    InputError
        If an image is given that is not that of the map.
    """
    record: Mapping[str, Any] = source.map.records[0] if source.map.records else {}
    if "image" not in record and isinstance(record.get("maps"), list):
        if source.evidence.source is None or source.projection is None:
            return None, [f"no spectra: {source.map.path.stem}_source.tif, which tells where each map shows, is not beside the map"]
        return ImagesBelow(source, _paths_of_maps(source.map, record["maps"])), []
    try:
        return ImageBelow(open_inspection(source.map.path, _moved(record, image))), []
    except MovedFileError as error:
        return None, [f"no spectra: {error} (IMAGE, --image)" if image is None else f"no spectra: {error}"]
    except CrismError as error:
        if image is not None:
            raise
        return None, [f"no spectra: {error}"]


def _moved(record: Mapping[str, Any], image: Optional[PathLike]) -> dict[str, PathLike]:
    """Where the image is now, by where it was."""
    made_of = record.get("denoised cubes") or record
    said = made_of.get("image") if isinstance(made_of, Mapping) else None
    old = said.get("path") if isinstance(said, Mapping) else None
    return {} if image is None or not isinstance(old, str) else {old: image}


def _paths_of_maps(composite: ClassRaster, maps: list[Any]) -> dict[int, Path]:
    """The maps of a composite by their numbers: where they were, or beside it."""
    found: dict[int, Path] = {}
    for entry in maps:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("source"), int) or not isinstance(entry.get("path"), str):
            continue
        there = Path(entry["path"])
        beside = composite.path.with_name(there.name)
        found[entry["source"]] = beside if not there.is_file() and beside.is_file() else there
    return found


def _on_grid(iof: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    """(n, bands) at the network's wavelengths; gaps stay gaps."""
    found = np.full((len(iof), WAVELENGTHS_NM.size), np.nan, np.float32)
    nearest = np.abs(wavelengths_nm[:, None] - WAVELENGTHS_NM).argmin(0)
    for place, spectrum in enumerate(iof):
        known = np.isfinite(spectrum)
        if known.any():
            found[place] = np.interp(WAVELENGTHS_NM, wavelengths_nm[known], spectrum[known], np.nan, np.nan)
            found[place, ~known[nearest]] = np.nan
    return found


def _range(places: IntArray) -> slice:
    return slice(int(places.min()), int(places.max()) + 1)


def _by_value(values: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Each value with the places where it is."""
    order = np.argsort(values, kind="stable")
    there, starts = np.unique(values[order], return_index=True)
    yield from zip(there.tolist(), np.split(order, starts[1:]))

"""Which pixel of the image a place of the map shows, and what the map says there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import IntArray
from ..mapping.map_files import PIXEL_BANDS
from ..mars.georeference import SENSOR_SPACE, Georeference
from ..mars.projection import projection_of
from ..rasters.class_table import read_class_table
from ..rasters.reader import RasterReader


@dataclass(frozen=True)
class MapPixels:
    """The raster that is clicked on, class raster or image.

    Attributes
    ----------
    lines, samples, georeference
        Its size and place.
    classes
        The class raster; None where an image is asked.
    evidence
        Its evidence, where its pixels are not those of the image; None where they are.
    besides
        Codes of the class raster that are no minerals, as its table says.
    """

    lines: int
    samples: int
    georeference: Optional[Georeference]
    classes: Optional[RasterReader] = None
    evidence: Optional[RasterReader] = None
    besides: tuple[int, ...] = ()

    def rows_and_columns(self, x: tuple[float, float], y: tuple[float, float]) -> Optional[tuple[slice, slice]]:
        """The raster's lines and samples between two places, both ends included; None if none of these is on the raster.

        Parameters
        ----------
        x, y
            Coordinates of two corners of a rectangle, in the raster's CRS; in sensor space as `SENSOR_SPACE` has it.
        """
        samples, lines = (self.georeference or SENSOR_SPACE).to_pixels(*np.meshgrid(x, y))
        first, last = (int(np.floor(end)) for end in (lines.min(), lines.max()))
        left, right = (int(np.floor(end)) for end in (samples.min(), samples.max()))
        rows = slice(max(first, 0), min(last + 1, self.lines))
        columns = slice(max(left, 0), min(right + 1, self.samples))
        return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None

    def image_pixels(self, rows: slice, columns: slice) -> tuple[IntArray, IntArray]:
        """(n,) lines and samples of the image's pixels that these lines and samples of the raster show, each once."""
        if self.evidence is None:
            line, sample = (each.ravel() for each in np.mgrid[rows, columns])
            return line, sample
        bands = [band for name in PIXEL_BANDS if (band := band_of(self.evidence, name)) is not None]
        block = self.evidence.read(rows.start, rows.stop - rows.start, bands)[:, :, columns].reshape(2, -1)
        sample, line = block[:, np.isfinite(block).all(0)].astype(np.intp)
        pairs = np.unique(np.stack([line, sample]), axis=1)
        return pairs[0], pairs[1]

    def code(self, row: int, column: int) -> Optional[int]:
        """The map's code at a pixel."""
        return None if self.classes is None else int(self.classes.read(row, 1)[0, 0, column])

    def degrees(self, x: float, y: float) -> tuple[Optional[float], Optional[float]]:
        """Longitude and latitude of a place in the raster's CRS; None where they are not known."""
        projection = None if self.georeference is None or not self.georeference.wkt else projection_of(self.georeference.wkt)
        if projection is None:
            return None, None
        longitude, latitude = (float(each) for each in projection.to_degrees(np.array(x), np.array(y)))
        return (longitude, latitude) if np.isfinite(latitude) else (None, None)

    def close(self) -> None:
        """Let go of the files."""
        for reader in (self.classes, self.evidence):
            if reader is not None:
                reader.close()


def band_of(reader: RasterReader, name: str) -> Optional[int]:
    """The band of this name, from 0; None where there is none."""
    return next((band for band in range(reader.bands) if reader.band_name(band) == name), None)


def open_map_pixels(classes: Path, evidence: Optional[Path]) -> MapPixels:
    """Open the pixels of a map. Its evidence is used only where it tells the image's pixels."""
    reader = RasterReader(classes)
    told = None if evidence is None else RasterReader(evidence)
    if told is not None and any(band_of(told, name) is None for name in PIXEL_BANDS):
        told.close()
        told = None
    besides = tuple(row.value for row in read_class_table(classes) if not row.is_mineral)
    return MapPixels(reader.lines, reader.samples, reader.georeference, reader, told, besides)

"""Where an image lies on the map."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any, Optional, Union

import numpy as np

from ..arrays import FloatArray
from ..files.gdal_access import as_text
from .crs import crs_name
from .projection import same_system

_IDENTITY = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Georeference:
    """A coordinate reference system and the way from pixels to its coordinates.

    Attributes
    ----------
    wkt
        The coordinate reference system; empty when only the transform is known.
    transform
        GDAL's six numbers: x of the outer corner, pixel width, row rotation, y of the corner, column rotation, minus pixel height.
    """

    wkt: str
    transform: tuple[float, ...]

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Width and height of a pixel in units of the map."""
        _, a, b, _, d, e = self.transform
        return float(np.hypot(a, d)), float(np.hypot(b, e))

    @property
    def has_area(self) -> bool:
        """Whether its pixels are somewhere, and are not points or lines."""
        _, a, b, _, d, e = self.transform
        return bool(np.isfinite(self.transform).all() and a * e != b * d)

    def to_map(self, sample: FloatArray, line: FloatArray) -> tuple[FloatArray, FloatArray]:
        """x and y of places in the image, which are counted from the outer corner of the first pixel."""
        x0, a, b, y0, d, e = self.transform
        return x0 + a * sample + b * line, y0 + d * sample + e * line

    def to_pixels(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The reverse of `to_map`: sample and line."""
        x0, a, b, y0, d, e = self.transform
        dx, dy, area = x - x0, y - y0, a * e - b * d
        return (e * dx - b * dy) / area, (a * dy - d * dx) / area

    @classmethod
    def of(cls, dataset: Any) -> Optional[Georeference]:
        """The georeference of a GDAL dataset; None in sensor space, which has neither CRS nor transform."""
        wkt, transform = as_text(dataset.GetProjection()), tuple(dataset.GetGeoTransform())
        system = None if wkt else dataset.GetSpatialRef()
        if system is not None:  # one that only the newer kind of WKT can tell, such as IAU_2015:49902
            wkt = as_text(system.ExportToWkt(["FORMAT=WKT2_2019"]))
        return cls(wkt, transform) if wkt or transform != _IDENTITY else None


#: How QGIS shows an image without a place on the map: x is the sample, y is minus the line.
SENSOR_SPACE = Georeference("", (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))


@dataclass(frozen=True)
class FileWithCrs(os.PathLike[str]):
    """A file with the CRS that its user set for it. That CRS wins over the file's own. It stands for the path everywhere.

    Attributes
    ----------
    path
        Path of the file, or GDAL's name for it.
    crs
        WKT.
    """

    path: str
    crs: str

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path


def as_set_by_user(source: Union[str, os.PathLike[str]], own: Optional[Georeference]) -> tuple[Optional[Georeference], str]:
    """Where an image lies by its user's word, else its own, and what to say of that.

    An image in sensor space has no map coordinates which a CRS could explain.
    """
    if not isinstance(source, FileWithCrs) or (own is not None and own.wkt and same_system(own.wkt, source.crs)):
        return own, ""
    if own is None:
        return None, "the CRS that was set for the image is not used: it is in sensor space, and has no map coordinates"
    return replace(own, wkt=source.crs), f"in the CRS that was set for it, {crs_name(source.crs)}, instead of that of the file"

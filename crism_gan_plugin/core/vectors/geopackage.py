"""A layer of points or polygons in a GeoPackage, written feature by feature."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import numpy as np

from ..errors import OutputError, ParameterError
from ..files.gdal_access import attempt, load_gdal
from ..files.names import PathLike
from ..files.outputs import check_name
from ..mars.crs import iau_2015
from ..mars.georeference import Georeference
from .polygons import Polygons

#: What a field holds: "text", "whole" or "real" numbers.
FieldKind = str

#: Features that are written in one transaction.
_AT_ONCE = 1000


def check_geopackage(output: PathLike) -> Path:
    """``output`` as a `Path`, if it is the name of a GeoPackage; else `ParameterError`."""
    path = Path(output)
    if path.suffix.lower() != ".gpkg":
        raise ParameterError(f"output: {path} is not the name of a GeoPackage; let it end in .gpkg")
    check_name(path.name, "output")
    return path


def creation_options(driver: Any) -> list[str]:
    """
    The CRS as WKT 2, too, where GDAL knows how (3.9 and newer).

    WKT 1 has no version of the authority: newer GDAL would read IAU_2015:49910 back as a CRS of "IAU", which QGIS does not know.
    """
    return ["CRS_WKT_EXTENSION=YES"] if "CRS_WKT_EXTENSION" in driver.GetMetadataItem("DMD_CREATIONOPTIONLIST") else []


class VectorLayer:
    """A GeoPackage that is being written. Use it in a ``with`` statement; the file is whole afterwards.

    Parameters
    ----------
    path
        The file.
    name
        Name of the layer.
    wkt
        CRS; empty for none.
    transform
        GDAL's six numbers that lead from sample and line to coordinates.
    fields
        Name → what it holds.
    description
        Description of the layer.
    points
        Whether it holds points; else polygons.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        wkt: str,
        transform: Sequence[float],
        fields: Mapping[str, FieldKind],
        description: str,
        points: bool = False,
    ) -> None:
        load_gdal()
        from osgeo import ogr, osr

        self._path, self._transform, self._fields = path, tuple(transform), list(fields)
        self._unsaved = 0
        system = osr.SpatialReference() if wkt else None
        if system is not None:
            attempt(system.ImportFromWkt, wkt)
            system = iau_2015(system)
            system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        driver = ogr.GetDriverByName("GPKG")
        self._dataset = self._checked(*attempt(driver.CreateDataSource, str(path), creation_options(driver)))
        kind = ogr.wkbPoint if points else ogr.wkbMultiPolygon
        self._layer = self._checked(*attempt(self._dataset.CreateLayer, name, system, kind, [f"DESCRIPTION={description}"]))
        kinds = {"text": ogr.OFTString, "whole": ogr.OFTInteger64, "real": ogr.OFTReal}
        for field, holds in fields.items():
            self._done(*attempt(self._layer.CreateField, ogr.FieldDefn(field, kinds[holds])))

    def write_polygons(self, polygons: Polygons, values: Mapping[str, Any]) -> None:
        """Write a feature of polygons in pixels. Fields whose value is None or NaN stay empty."""
        self._write(multipolygon_wkb(polygons, self._transform), values)

    def write_point(self, x: float, y: float, values: Mapping[str, Any]) -> None:
        """Write a feature at these coordinates."""
        self._write(struct.pack("<BIdd", 1, 1, x, y), values)

    def _write(self, wkb: bytes, values: Mapping[str, Any]) -> None:
        from osgeo import ogr

        if self._unsaved == 0:
            self._done(*attempt(self._layer.StartTransaction))
        feature = ogr.Feature(self._layer.GetLayerDefn())
        for place, name in enumerate(self._fields):
            value = values.get(name)
            if value is not None and value == value:
                feature.SetField(place, value)
        feature.SetGeometry(ogr.CreateGeometryFromWkb(wkb))
        self._done(*attempt(self._layer.CreateFeature, feature))
        self._unsaved += 1
        if self._unsaved >= _AT_ONCE:
            self._save()

    def _save(self) -> None:
        if self._unsaved:
            self._unsaved = 0
            self._done(*attempt(self._layer.CommitTransaction))

    def __enter__(self) -> VectorLayer:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if kind is None:
            self._save()
        holder = [self._dataset]
        self._layer = self._dataset = None
        messages = attempt(holder.clear)[1]  # the last reference: GDAL closes the file
        if kind is None:
            self._done(0, messages)

    def _checked(self, result: Any, messages: list[str]) -> Any:
        self._done(0 if result is not None else 1, messages)
        return result

    def _done(self, result: Any, messages: list[str]) -> None:
        if result not in (0, None) or messages:
            reason = messages[0] if messages else "no reason given"
            raise OutputError(f"{self._path}: cannot be written ({reason}); free some disk space or choose another folder")


def multipolygon_wkb(polygons: Polygons, transform: Sequence[float]) -> bytes:
    """Well-known binary of polygons whose corners are counted in samples and lines."""
    place = Georeference("", tuple(transform))
    parts = [struct.pack("<BII", 1, 6, len(polygons))]
    for rings in polygons:
        parts.append(struct.pack("<BII", 1, 3, len(rings)))
        for ring in rings:
            sample, line = ring[:, 0], ring[:, 1]
            corners = np.column_stack(place.to_map(sample, line))
            parts += [struct.pack("<I", len(ring)), corners.astype("<f8").tobytes()]
    return b"".join(parts)

"""Deposits as a layer of polygons in a GeoPackage."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import numpy as np

from ..errors import OutputError
from ..files.gdal_access import attempt, load_gdal
from .tracing import Polygons

#: Features that are written in one transaction.
_AT_ONCE = 1000


class PolygonLayer:
    """A GeoPackage being written; leave it by ``with``: only then is it whole.

    Parameters
    ----------
    path
        The file.
    name
        Of the layer.
    wkt
        CRS; empty for none.
    transform
        GDAL's six numbers that lead from sample and line to coordinates.
    fields
        Name → "text", "whole" or "real".
    description
        Of the layer.
    """

    def __init__(
        self, path: Path, name: str, wkt: str, transform: Sequence[float], fields: Mapping[str, str], description: str
    ) -> None:
        load_gdal()
        from osgeo import ogr, osr

        self._path, self._transform, self._fields = path, tuple(transform), list(fields)
        self._unsaved = 0
        system = osr.SpatialReference() if wkt else None
        if system is not None:
            attempt(system.ImportFromWkt, wkt)
            system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        driver = ogr.GetDriverByName("GPKG")
        self._dataset = self._checked(*attempt(driver.CreateDataSource, str(path)))
        options = [f"DESCRIPTION={description}"]
        self._layer = self._checked(*attempt(self._dataset.CreateLayer, name, system, ogr.wkbMultiPolygon, options))
        kinds = {"text": ogr.OFTString, "whole": ogr.OFTInteger64, "real": ogr.OFTReal}
        for field, kind in fields.items():
            self._done(*attempt(self._layer.CreateField, ogr.FieldDefn(field, kinds[kind])))

    def write(self, polygons: Polygons, values: Mapping[str, Any]) -> None:
        """One deposit; values that are None, or no numbers, stay empty."""
        from osgeo import ogr

        if self._unsaved == 0:
            self._done(*attempt(self._layer.StartTransaction))
        feature = ogr.Feature(self._layer.GetLayerDefn())
        for place, name in enumerate(self._fields):
            value = values.get(name)
            if value is not None and value == value:
                feature.SetField(place, value)
        feature.SetGeometry(ogr.CreateGeometryFromWkb(multipolygon_wkb(polygons, self._transform)))
        self._done(*attempt(self._layer.CreateFeature, feature))
        self._unsaved += 1
        if self._unsaved >= _AT_ONCE:
            self._save()

    def _save(self) -> None:
        if self._unsaved:
            self._unsaved = 0
            self._done(*attempt(self._layer.CommitTransaction))

    def __enter__(self) -> PolygonLayer:
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
    x0, a, b, y0, d, e = transform
    parts = [struct.pack("<BII", 1, 6, len(polygons))]
    for rings in polygons:
        parts.append(struct.pack("<BII", 1, 3, len(rings)))
        for ring in rings:
            sample, line = ring[:, 0], ring[:, 1]
            corners = np.column_stack([x0 + a * sample + b * line, y0 + d * sample + e * line])
            parts += [struct.pack("<I", len(ring)), corners.astype("<f8").tobytes()]
    return b"".join(parts)

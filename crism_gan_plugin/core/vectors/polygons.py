"""Polygons of a vector layer, as arrays of their corners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.gdal_access import as_text, attempt, load_gdal
from ..files.names import PathLike
from ..files.reading import check_file
from ..mars.georeference import FileWithCrs

#: A ring: (n, 2) coordinates of its corners.
Ring = FloatArray

#: Polygons of one feature. The first ring of each is its outline, the others are holes.
Polygons = list[list[Ring]]

#: What is read: formats that hold nothing but features, and lead to no other files or servers.
_DRIVERS = ["GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf", "KML", "LIBKML"]


def read_polygons(source: PathLike) -> tuple[list[Polygons], str]:
    """The polygons of all features of a layer.

    Parameters
    ----------
    source
        A GeoPackage, shapefile, GeoJSON, FlatGeobuf or KML. It may be named as in QGIS (``x.gpkg|layername=a``). If no layer is
        named, the first is read.

    Returns
    -------
    Polygons of each feature, and the WKT of their CRS: that of the user's `FileWithCrs`, else the file's, empty for none.

    Raises
    ------
    InputError
        If it cannot be read, or has no polygons.
    """
    name, *options = str(source).split("|")
    file = check_file(name)
    gdal = load_gdal()
    dataset, messages = attempt(gdal.OpenEx, str(file), gdal.OF_VECTOR | gdal.OF_READONLY, allowed_drivers=_DRIVERS)
    if dataset is None:
        reason = messages[-1] if messages and "not recognized as" not in messages[-1] else "unknown format"
        raise InputError(f"{file}: no layer of polygons can be read ({reason}); give a GeoPackage, shapefile or GeoJSON")
    layer = _layer(dataset, options)
    if layer is None:
        raise InputError(f"{source}: has no such layer; check its name")
    system = layer.GetSpatialRef()
    wkt = as_text(system.ExportToWkt(["FORMAT=WKT2_2019"])) if system is not None else ""
    found = [polygons for feature in _features(file, layer) if (polygons := list(_polygons(feature.GetGeometryRef())))]
    if not found:
        raise InputError(f"{file}: has no polygons; give a layer that has some")
    return found, source.crs if isinstance(source, FileWithCrs) else wkt


def _layer(dataset: Any, options: list[str]) -> Any:
    for option in options:
        key, _, value = option.partition("=")
        if key == "layername":
            return attempt(dataset.GetLayerByName, value)[0]
        if key == "layerid" and value.isdecimal():
            return attempt(dataset.GetLayer, int(value))[0]
    return attempt(dataset.GetLayer, 0)[0]


def _features(file: Any, layer: Any) -> Iterator[Any]:
    while True:
        feature, messages = attempt(layer.GetNextFeature)
        if messages:
            raise InputError(f"{file}: cannot be read ({messages[0]}); the file may be damaged, get it again")
        if feature is None:
            return
        yield feature


def _polygons(geometry: Any) -> Iterator[list[Ring]]:
    """The polygons of a geometry, which may be a collection. Points and lines are left out."""
    from osgeo import ogr

    if geometry is None or geometry.IsEmpty():
        return
    if geometry.HasCurveGeometry():
        geometry = geometry.GetLinearGeometry()
    if ogr.GT_Flatten(geometry.GetGeometryType()) == ogr.wkbPolygon:
        rings = (geometry.GetGeometryRef(number) for number in range(geometry.GetGeometryCount()))
        yield [np.array(ring.GetPoints(), np.float64)[:, :2] for ring in rings if ring.GetPointCount() > 2]
        return
    for number in range(geometry.GetGeometryCount()):
        yield from _polygons(geometry.GetGeometryRef(number))

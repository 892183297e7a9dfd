"""Polygons of a vector layer, as arrays of their corners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
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

#: How GDAL calls the CRS of a GeoPackage that has none.
_NO_CRS = ("undefined geographic", "undefined cartesian")


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
    opened = _PolygonLayer.of(source)
    found = [polygons for _, polygons in opened.features()]
    if not found:
        raise InputError(f"{opened.file}: has no polygons; give a layer that has some")
    return found, opened.wkt


def read_polygons_by(source: PathLike, field: str) -> tuple[dict[str, list[Polygons]], int, str]:
    """The polygons of all features of a layer, by what a field says of them.

    Parameters
    ----------
    source
        As in `read_polygons`.
    field
        A field of the layer; capitals do not matter.

    Returns
    -------
    Polygons of the features by the field's text, in the order of the layer; how many features with polygons have none; and the WKT.

    Raises
    ------
    InputError
        If it cannot be read, has no polygons, or no such field.
    """
    opened = _PolygonLayer.of(source)
    file, definition = opened.file, opened.layer.GetLayerDefn()
    fields = [definition.GetFieldDefn(number).GetName() for number in range(definition.GetFieldCount())]
    place = next((number for number, name in enumerate(fields) if name.casefold() == field.strip().casefold()), None)
    if place is None:
        raise InputError(f"{file}: has no field {field!r}; its fields are {', '.join(fields) or 'none'}")
    found: dict[str, list[Polygons]] = {}
    without = 0
    for feature, polygons in opened.features():
        said = as_text(feature.GetFieldAsString(place)).strip() if feature.IsFieldSetAndNotNull(place) else ""
        if said:
            found.setdefault(said, []).append(polygons)
        else:
            without += 1
    if not found:
        raise InputError(f"{file}: has no polygon whose field {fields[place]!r} says anything; fill it in, or give another field")
    return found, without, opened.wkt


@dataclass(frozen=True)
class _PolygonLayer:
    """A layer with its file and the WKT of its CRS. It is good as long as its data set is."""

    file: Path
    dataset: Any
    layer: Any
    wkt: str

    @staticmethod
    def of(source: PathLike) -> _PolygonLayer:
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
        is_known = system is not None and not as_text(system.GetName()).lower().startswith(_NO_CRS)
        wkt = as_text(system.ExportToWkt(["FORMAT=WKT2_2019"])) if is_known else ""
        return _PolygonLayer(file, dataset, layer, source.crs if isinstance(source, FileWithCrs) else wkt)

    def features(self) -> Iterator[Any]:
        """The features that have polygons, with these."""
        while True:
            feature, messages = attempt(self.layer.GetNextFeature)
            if messages:
                raise InputError(f"{self.file}: cannot be read ({messages[0]}); the file may be damaged, get it again")
            if feature is None:
                return
            polygons = list(polygons_of(feature.GetGeometryRef()))
            if polygons:
                yield feature, polygons


def _layer(dataset: Any, options: list[str]) -> Any:
    for option in options:
        key, _, value = option.partition("=")
        if key == "layername":
            return attempt(dataset.GetLayerByName, value)[0]
        if key == "layerid" and value.isdecimal():
            return attempt(dataset.GetLayer, int(value))[0]
    return attempt(dataset.GetLayer, 0)[0]


def polygons_of(geometry: Any) -> Iterator[list[Ring]]:
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
        yield from polygons_of(geometry.GetGeometryRef(number))

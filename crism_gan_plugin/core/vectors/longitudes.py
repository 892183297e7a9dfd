"""Geometries whose longitudes go on beyond 180°, cut there and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..files.gdal_access import attempt
from .polygons import Polygons, polygons_of


def geometry_of(polygons: Polygons) -> Any:
    """An OGR geometry of several polygons."""
    from osgeo import ogr

    whole = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in polygons:
        made = ogr.Geometry(ogr.wkbPolygon)
        for ring in polygon:
            corners = ogr.Geometry(ogr.wkbLinearRing)
            for longitude, latitude in ring:
                corners.AddPoint_2D(float(longitude), float(latitude))
            corners.CloseRings()
            made.AddGeometry(corners)
        whole.AddGeometry(made)
    return whole


def wrapped(geometry: Any) -> Any:
    """A geometry whose longitudes are within -180 … 180, cut where it crosses that line."""
    west, east, _, _ = geometry.GetEnvelope()
    if west >= -180 and east <= 180:
        return geometry
    turns = range(int(np.floor((west + 180) / 360)), int(np.floor((east + 180) / 360)) + 1)
    return geometry_of([polygon for turn in turns for polygon in _within(geometry, 360.0 * turn)])


def _within(geometry: Any, centre: float) -> Iterator[Any]:
    """The polygons of a geometry that lie within 180° of a longitude, moved to around 0°."""
    from osgeo import ogr

    west, east = centre - 180, centre + 180
    frame = ogr.CreateGeometryFromWkt(f"POLYGON (({west} -90,{east} -90,{east} 90,{west} 90,{west} -90))")
    for polygon in polygons_of(attempt(geometry.Intersection, frame)[0]):
        yield [ring - (centre, 0.0) for ring in polygon]

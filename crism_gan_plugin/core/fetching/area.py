"""Where to look: areas in degrees, as boxes that the archive understands, and as outlines that footprints are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..errors import InputError, ParameterError
from ..files.gdal_access import attempt, load_gdal
from ..files.names import PathLike
from ..mars.projection import projection_of
from ..vectors.longitudes import geometry_of, wrapped
from ..vectors.polygons import Polygons, polygons_of, read_polygons


@dataclass(frozen=True)
class Box:
    """Ends of a box in degrees: 0 ≤ west < east ≤ 360, planetocentric latitudes."""

    west: float
    south: float
    east: float
    north: float


def boxes_of_extent(extent: Sequence[float]) -> list[Box]:
    """The boxes that an area (west, south, east, north) consists of: one, or two if it crosses the meridian of 0°.

    Raises
    ------
    ParameterError
        If it is empty, or not in degrees.

    Examples
    --------
    >>> from crism_gan_plugin.core.fetching.area import boxes_of_extent
    >>> boxes_of_extent((-2, 10, 3, 12))
    [Box(west=358, south=10, east=360, north=12), Box(west=0, south=10, east=3, north=12)]
    """
    west, south, east, north = extent
    said = "extent: must be west, south, east, north in degrees"
    if not all(np.isfinite(extent)) or not (-90 <= south < north <= 90) or min(west, east) < -360 or max(west, east) > 360:
        raise ParameterError(f"{said}; latitudes from -90 to 90, not {south:g} to {north:g}; longitudes {west:g} to {east:g}")
    if west == east:
        raise ParameterError(f"{said}; its west and east ends are the same")
    if east - west >= 360:
        return [Box(0, south, 360, north)]
    width = (east - west) % 360
    west %= 360
    east = west + width
    if east <= 360:
        return [Box(west, south, east, north)]
    return [Box(west, south, 360, north), Box(0, south, east - 360, north)]


def polygons_in_degrees(source: PathLike) -> list[Any]:
    """The features of a layer of polygons as OGR geometries in degrees, -180 … 180.

    Raises
    ------
    InputError
        If they cannot be read, or their CRS is not one of Mars.
    """
    features, wkt = read_polygons(source)
    projection = projection_of(wkt) if wkt else None
    if projection is None:
        raise InputError(f"{source}: its CRS is not one of the sphere of Mars; give it the right one (IAU_2015:49900 for degrees)")
    found = []
    for polygons in features:
        rings = [[np.column_stack(projection.to_degrees(*ring.T)) for ring in polygon] for polygon in polygons]
        if not all(np.isfinite(ring).all() for polygon in rings for ring in polygon):
            raise InputError(f"{source}: has corners that are not on Mars; check its CRS")
        found.append(wrapped(_geometry(rings)))
    return found


def boxes_of_geometry(geometry: Any) -> list[Box]:
    """A box around each part of a geometry in degrees."""
    found: list[Box] = []
    for number in range(geometry.GetGeometryCount()):
        west, east, south, north = geometry.GetGeometryRef(number).GetEnvelope()
        found += boxes_of_extent((west, max(south, -90.0), east, min(north, 90.0))) if west < east and south < north else []
    return found


def outline(wkt: str) -> Optional[Any]:
    """The outline that the archive tells of, as an OGR geometry in degrees, -180 … 180, in two parts if it crosses 180°.

    None if it is no polygon.
    """
    load_gdal()
    from osgeo import ogr

    geometry = attempt(ogr.CreateGeometryFromWkt, wkt)[0] if wkt else None
    rings = list(polygons_of(geometry)) if geometry is not None else []
    whole = [polygon for polygon in rings if polygon and all(np.isfinite(ring).all() for ring in polygon)]
    return wrapped(_geometry(whole)) if whole else None


def parts_of(geometry: Any) -> Polygons:
    """The polygons of a geometry as arrays."""
    return list(polygons_of(geometry))


def _geometry(polygons: Polygons) -> Any:
    """An OGR geometry of polygons. A polygon that seems to go around the planet crosses 0° instead; its longitudes go on."""
    moved = []
    for polygon in polygons:
        longitudes = np.concatenate([ring[:, 0] for ring in polygon])
        goes_around = np.ptp(longitudes) > 180 and np.ptp(longitudes % 360) > np.ptp((longitudes + 180) % 360)
        moved.append([np.column_stack([(ring[:, 0] + 180) % 360 - 180, ring[:, 1]]) if goes_around else ring for ring in polygon])
    return geometry_of(moved)

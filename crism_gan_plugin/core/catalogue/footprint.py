"""The outline of what a map shows, as GeoJSON: east longitude and planetocentric latitude.

GeoJSON (RFC 7946) has rules for places that flat maps tear: an outline that crosses 180° is cut there into parts, its box then has
its west end east of its east end, and an outline around a pole has an edge along the pole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..files.gdal_access import attempt, load_gdal
from ..mars.georeference import Georeference
from ..mars.projection import Projection
from ..vectors.longitudes import geometry_of, wrapped
from ..vectors.polygons import polygons_of

#: Cells between two corners, before those that are in line are taken out: edges of maps are curves in degrees.
_STEP = 8.0

#: Decimals of degrees: 6 cm on the ground.
_DECIMALS = 6


@dataclass(frozen=True)
class Outline:
    """What GeoJSON tells of a place.

    Attributes
    ----------
    geometry
        A Polygon or MultiPolygon.
    bbox
        West, south, east, north; west is the larger one where 180° lies between them.
    """

    geometry: dict[str, Any]
    bbox: tuple[float, float, float, float]


def footprint_of(seen: BoolArray, factor: int, place: Georeference, projection: Projection) -> Optional[Outline]:
    """The outline of what is seen; None where that is nowhere on Mars.

    Parameters
    ----------
    seen
        (rows, columns) whether there is anything in a cell of the map.
    factor
        Pixels along each side of a cell.
    place, projection
        Where the map lies.
    """
    rings = [_in_degrees(ring * factor, factor, place, projection) for ring in _outlines(seen)]
    known = [ring for ring in rings if ring is not None and len(ring) > 3]
    if not known:
        return None
    parts = (np.round(polygon[0], _DECIMALS) for polygon in polygons_of(wrapped(geometry_of([[ring] for ring in known]))))
    coordinates = [[turned.tolist()] for ring in parts if (turned := _counterclockwise(ring)) is not None]
    if not coordinates:
        return None
    geometry = {"type": "Polygon", "coordinates": coordinates[0]}
    if len(coordinates) > 1:
        geometry = {"type": "MultiPolygon", "coordinates": coordinates}
    return Outline(geometry, _box(known))


def _outlines(seen: BoolArray) -> list[FloatArray]:
    """(n, 2) corners in cells, x and y, of each connected part of what is seen; holes in it are part of it.

    Parts of a single cell are left out where there are larger ones: they are specks.
    """
    gdal = load_gdal()
    from osgeo import ogr

    rows, columns = seen.shape
    raster = gdal.GetDriverByName("MEM").Create("", columns, rows, 1, gdal.GDT_Byte)
    raster.SetGeoTransform((0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    band = raster.GetRasterBand(1)
    band.WriteArray(seen.astype(np.uint8))
    driver = attempt(ogr.GetDriverByName, "Memory")[0] or ogr.GetDriverByName("MEM")  # one was renamed in GDAL 3.11
    vectors = driver.CreateDataSource("")
    layer = vectors.CreateLayer("parts", None, ogr.wkbPolygon)
    attempt(gdal.Polygonize, band, band, layer, -1, ["8CONNECTED=8"])
    parts = [feature.GetGeometryRef().Clone() for feature in layer]
    if max((part.GetArea() for part in parts), default=0) > 1:
        parts = [part for part in parts if part.GetArea() > 1]
    return [polygon[0] for part in parts for polygon in polygons_of(part.SimplifyPreserveTopology(1.0))]


def _in_degrees(ring: FloatArray, cell: float, place: Georeference, projection: Projection) -> Optional[FloatArray]:
    """A ring of pixels as longitudes, which go on beyond 180°, and latitudes; None where it is beside the planet."""
    longitude, latitude = projection.to_degrees(*place.to_map(*_denser(ring, _STEP * cell).T))
    known = np.isfinite(longitude) & np.isfinite(latitude)
    longitude, latitude = longitude[known], latitude[known]
    if longitude.size < 3:
        return None
    longitude, latitude = np.append(longitude, longitude[0]), np.append(latitude, latitude[0])
    steps = (np.diff(longitude) + 180) % 360 - 180
    longitude = longitude[0] + np.concatenate([[0.0], np.cumsum(steps)])
    if abs(longitude[-1] - longitude[0]) > 180:  # it has gone around a pole
        pole = np.copysign(90.0, latitude.mean())
        longitude = np.append(longitude, [longitude[-1], longitude[0], longitude[0]])
        latitude = np.append(latitude, [pole, pole, latitude[0]])
    corners = np.column_stack([longitude, latitude])
    metres = max(place.pixel_size) * projection.metres_per_unit * cell
    return _without_needless(corners, 0.25 * metres / _METRES_PER_DEGREE)


#: Along a meridian.
_METRES_PER_DEGREE = 3396190.0 * np.pi / 180


def _denser(ring: FloatArray, step: float) -> FloatArray:
    """A closed ring without its last corner, with as many corners more as make none farther than ``step`` from the next."""
    parts = []
    for here, there in zip(ring[:-1], ring[1:]):
        count = max(1, int(np.ceil(np.hypot(*(there - here)) / step)))
        parts.append(here + (there - here) * (np.arange(count) / count)[:, None])
    return np.concatenate(parts)


def _without_needless(corners: FloatArray, tolerance: float) -> FloatArray:
    """A closed ring without corners that are in line with others to within the tolerance, degrees."""
    whole = geometry_of([[corners]])
    simple = attempt(whole.SimplifyPreserveTopology, tolerance)[0]
    found = [] if simple is None else list(polygons_of(simple))
    return found[0][0] if len(found) == 1 else corners


def _counterclockwise(ring: FloatArray) -> Optional[FloatArray]:
    """An outline as GeoJSON wants it; None for a sliver, which the cut at 180° leaves of an outline that just reaches it."""
    x, y = (ring - ring[0]).T
    area = np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])
    return None if abs(area) < 1e-10 else ring if area > 0 else ring[::-1]


def _box(rings: Sequence[FloatArray]) -> tuple[float, float, float, float]:
    """The narrowest box around rings whose longitudes go on beyond 180°."""
    south = min(float(ring[:, 1].min()) for ring in rings)
    north = max(float(ring[:, 1].max()) for ring in rings)
    spans = sorted(((float(ring[:, 0].min()) + 180) % 360, float(np.ptp(ring[:, 0]))) for ring in rings)
    reach, gaps = spans[0][0], []
    for start, width in spans:
        gaps.append((start - reach, reach, start))
        reach = max(reach, start + width)
    gaps.append((spans[0][0] + 360 - reach, reach, spans[0][0] + 360))
    gap, east, west = max(gaps)
    if gap <= 10.0**-_DECIMALS:  # it reaches around the planet
        return -180.0, round(south, _DECIMALS), 180.0, round(north, _DECIMALS)
    west, east = (round((each % 360) - 180, _DECIMALS) for each in (west, east))
    east = 180.0 if east == -180.0 else east
    return west, round(south, _DECIMALS), east, round(north, _DECIMALS)

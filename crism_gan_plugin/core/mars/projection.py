"""Between map coordinates and degrees, for maps whose spheres differ.

Every CRISM map has the sphere of its own standard parallel. Longitude and planetocentric latitude mean the same place on all of
them, so coordinates go from one map's CRS to its degrees, and from there to the other's: no datum shift is ever applied.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..files.gdal_access import attempt, load_gdal
from .crs import map_and_degrees, ocentric_latitude, sphere_fault

#: Points handed to PROJ at once: as Python tuples they take thirty times the memory of an array.
_AT_ONCE = 50_000

#: Of longitude, away from a map's edge; 6 mm on the ground.
_NEARLY = 1e-7

#: Longitudes and latitudes between which a cylindrical map has the same width everywhere.
_PROBE_LONGITUDES, _PROBE_LATITUDES = np.arange(-170.0, 171.0, 20.0), (-40.0, 0.0, 25.0)


class Projection:
    """A CRS and the degrees that it is based on; several threads may use one. Made by `projection_of`.

    Attributes
    ----------
    wkt
        The CRS.
    period
        How far apart, in units of the map, two images of one place are: the width of the whole planet on a cylindrical map, on
        which x may go on beyond 180°. None where the map is not cylindrical.
    metres_per_unit
        Metres in a unit of the map; for degrees, along the equator.
    on_sphere
        Whether the CRS is that of a sphere.
    """

    def __init__(self, wkt: str, system: Any, degrees: Any) -> None:
        from osgeo import osr

        self.wkt = wkt
        self._lock = threading.Lock()
        self._to_degrees = osr.CoordinateTransformation(system, degrees)
        self._to_map = osr.CoordinateTransformation(degrees, system)
        self._ratio = float(system.GetSemiMinor() / system.GetSemiMajor())
        self._meridian = 0.0 if system.IsGeographic() else float(system.GetNormProjParm(osr.SRS_PP_CENTRAL_MERIDIAN, 0.0))
        self.on_sphere = self._ratio == 1
        if system.IsGeographic():
            self.metres_per_unit = float(system.GetSemiMajor() * system.GetAngularUnits())
        else:
            self.metres_per_unit = float(system.GetLinearUnits())
        self.period = self._find_period()

    def to_degrees(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """East longitude and planetocentric latitude, of the arguments' shape; NaN beside the planet."""
        longitude, latitude = self._transform(self._to_degrees, x, y)
        latitude = latitude if self.on_sphere else ocentric_latitude(latitude, self._ratio)
        beside = np.abs(latitude) > 90 + 1e-9  # PROJ goes on beyond the poles of a cylindrical map
        return np.where(beside, np.nan, longitude), np.where(beside, np.nan, latitude)

    def to_map(self, longitude: FloatArray, latitude: FloatArray) -> tuple[FloatArray, FloatArray]:
        """x and y, of the arguments' shape; NaN where the map has no place for them."""
        latitude = latitude if self.on_sphere else ocentric_latitude(latitude, 1 / self._ratio)
        return self._transform(self._to_map, longitude, latitude)

    def to_map_around(self, centre: float, longitude: FloatArray, latitude: FloatArray) -> tuple[FloatArray, FloatArray]:
        """`to_map` without the tear at the edge of the map, which goes on for 180° on either side of the longitude ``centre``.

        Cylindrical maps end at 180° from their central meridian: of two neighbours across that line, one lies at the left edge of
        the map and one at the right. Here the map goes on beyond its edge instead, so that a scene is always in one piece, on the
        side where its centre is. Coordinates beyond the edge lead to the right places (x of 180.1° is that of -179.9°) and lie
        right beside others in the same CRS; but the way back, from places to coordinates, ends at the edge, so that programs
        which reproject such a map lose what is beyond it.
        """
        longitude, latitude = self._unwrapped(centre, longitude), np.asarray(latitude, np.float64)
        turns = np.nan_to_num(self._turns(longitude))
        x, y = self.to_map(longitude - 360 * turns, latitude)
        beyond = turns != 0
        x[beyond] += turns[beyond] * self._width(latitude[beyond])
        return x, y

    def crosses_edge(self, centre: float, longitude: FloatArray) -> bool:
        """Whether `to_map_around` puts some of these longitudes beyond the edge of the map; polar maps have none."""
        turns = self._turns(self._unwrapped(centre, longitude))
        return bool(np.nan_to_num(turns).any()) and float(self._width(np.zeros(1))[0]) > 1

    def near(self, x: FloatArray, centre: float) -> FloatArray:
        """x, on a cylindrical map moved to the image of the place that is nearest to ``centre``."""
        return x if self.period is None else centre + (x - centre + self.period / 2) % self.period - self.period / 2

    def _unwrapped(self, centre: float, longitude: FloatArray) -> FloatArray:
        """Longitudes within 180° of the centre, which itself is within 180° of the central meridian."""
        centre = self._meridian + _wrapped(centre - self._meridian)
        return centre + _wrapped(np.asarray(longitude, np.float64) - centre)

    def _turns(self, longitude: FloatArray) -> FloatArray:
        """How often one has gone around the planet from the central meridian; 0 on the map itself."""
        return np.floor((longitude - self._meridian + 180) / 360)

    def _width(self, latitude: FloatArray) -> FloatArray:
        """How wide the whole map is at these latitudes; 0 where its two edges are one line (polar maps)."""
        east, west = (
            self.to_map(np.full(latitude.shape, self._meridian + side * (180 - _NEARLY)), latitude)[0] for side in (1, -1)
        )
        return (east - west) * 180 / (180 - _NEARLY)

    def _find_period(self) -> Optional[float]:
        steps = []
        for latitude in _PROBE_LATITUDES:
            x, _ = self.to_map(_PROBE_LONGITUDES, np.full(_PROBE_LONGITUDES.size, latitude))
            steps.append(np.diff(x))
        width = float(np.median(steps[0]))
        same = [np.isclose(step, width, rtol=1e-9, atol=0).sum() >= step.size - 1 for step in steps]  # one step may cross the edge
        return 360 / 20 * width if all(same) and width > 0 else None

    def _transform(self, transformation: Any, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
        with self._lock:
            return transform_points(transformation, first, second)


@lru_cache(maxsize=64)
def projection_of(wkt: str) -> Optional[Projection]:
    """The projection of a CRS; None for one that has a `sphere_fault`. It is kept, since PROJ takes long to make one."""
    systems = None if sphere_fault(wkt) else map_and_degrees(wkt)
    return None if systems is None else Projection(wkt, *systems)


def known_projection(wkt: str) -> Projection:
    """The projection of a CRS that is known to be one of Mars, as those of `mars_crs` are."""
    found = projection_of(wkt)
    assert found is not None, wkt
    return found


def same_system(one: str, other: str) -> bool:
    """Whether two CRSs (WKT) are the same, whatever they are called."""
    load_gdal()
    from osgeo import osr

    systems = osr.SpatialReference(), osr.SpatialReference()
    for system, wkt in zip(systems, (one, other)):
        attempt(system.ImportFromWkt, wkt)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return bool(systems[0].IsSame(systems[1]))


def _wrapped(degrees: Any) -> Any:
    """-180 … 180."""
    return (degrees + 180) % 360 - 180


def transform_points(transformation: Any, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both coordinates through one of OSR's transformations, of the arguments' shape; NaN where it finds no answer."""
    first, second = np.broadcast_arrays(np.asarray(first, np.float64), np.asarray(second, np.float64))
    points = np.column_stack([first.ravel(), second.ravel()])
    found = np.full(points.shape, np.nan)
    wanted = np.flatnonzero(np.isfinite(points).all(1))
    for start in range(0, wanted.size, _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found[some] = _transform_some(transformation, points[some])
    found[~np.isfinite(found)] = np.nan
    return found[:, 0].reshape(first.shape), found[:, 1].reshape(first.shape)


def _transform_some(transformation: Any, points: FloatArray) -> FloatArray:
    """(n, 2). Where GDAL raises exceptions, one point that has no answer takes the others with it: they are tried by halves."""
    answers, _ = attempt(transformation.TransformPoints, points.tolist())
    if answers is not None:
        return np.array(answers)[:, :2]
    if len(points) == 1:
        return np.full((1, 2), np.nan)
    half = len(points) // 2
    return np.vstack([_transform_some(transformation, points[:half]), _transform_some(transformation, points[half:])])

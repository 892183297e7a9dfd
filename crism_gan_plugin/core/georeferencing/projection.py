"""Degrees to map coordinates, without the tear at the edge of the map."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..files.gdal_access import load_gdal
from ..mars.crs import map_and_degrees
from ..mars.projection import transform_points

#: Of longitude, away from the map's edge; 6 mm on the ground.
_NEARLY = 1e-7


class MapProjection:
    """A map projection of Mars around one place.

    Cylindrical maps end at 180° from their central meridian: of two neighbours across that line, one lies at the left edge of the
    map and one at the right. Here the map goes on beyond its edge instead, so that a scene is always in one piece, on the side
    where its centre is. Coordinates beyond the edge lead to the right places (x of 180.1° is that of -179.9°) and lie right beside
    others in the same CRS; but the way back, from places to coordinates, ends at the edge, so that programs which reproject such
    a map lose what is beyond it.

    Parameters
    ----------
    wkt
        The CRS, as `mars.crs` gives it.
    longitude_deg
        Of the scene's centre; the map goes on for 180° on either side of it.
    """

    def __init__(self, wkt: str, longitude_deg: float) -> None:
        load_gdal()
        from osgeo import osr

        system, degrees = map_and_degrees(wkt)
        self.is_geographic = bool(system.IsGeographic())
        self.metres_per_unit = np.nan if self.is_geographic else float(system.GetLinearUnits())
        self.wkt = wkt
        self._to_map = osr.CoordinateTransformation(degrees, system)
        self._to_planet = osr.CoordinateTransformation(system, degrees)
        self._meridian = 0.0 if self.is_geographic else float(system.GetNormProjParm(osr.SRS_PP_CENTRAL_MERIDIAN, 0.0))
        self._centre = self._meridian + _wrapped(longitude_deg - self._meridian)

    def to_map(self, latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """x and y, float64, of the same shape; NaN where there are none."""
        latitude = np.asarray(latitude_deg, np.float64)
        longitude = self._unwrapped(longitude_deg)
        turns = np.nan_to_num(np.floor((longitude - self._meridian + 180) / 360))
        x, y = transform_points(self._to_map, longitude - 360 * turns, latitude)
        beyond = turns != 0
        x[beyond] += turns[beyond] * self._width(latitude[beyond])
        return x, y

    def crosses_edge(self, longitude_deg: np.ndarray) -> bool:
        """Whether some of these longitudes lie beyond the edge of the map; polar maps have none."""
        turns = np.floor((self._unwrapped(longitude_deg) - self._meridian + 180) / 360)
        return bool(np.nan_to_num(turns).any()) and float(self._width(np.zeros(1))[0]) > 1

    def to_planet(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude, degrees; NaN beside the planet."""
        longitude, latitude = transform_points(self._to_planet, np.asarray(x, np.float64), np.asarray(y, np.float64))
        return latitude, longitude

    def _unwrapped(self, longitude_deg: np.ndarray) -> np.ndarray:
        """Within 180° of the scene's centre."""
        return self._centre + _wrapped(np.asarray(longitude_deg, np.float64) - self._centre)

    def _width(self, latitude_deg: np.ndarray) -> np.ndarray:
        """How wide the whole map is at these latitudes; 0 where its two edges are one line (polar maps)."""
        east, west = (
            transform_points(self._to_map, np.full(latitude_deg.shape, self._meridian + side * (180 - _NEARLY)), latitude_deg)[0]
            for side in (1, -1)
        )
        return (east - west) * 180 / (180 - _NEARLY)


def _wrapped(degrees: Any) -> Any:
    """-180 … 180."""
    return (degrees + 180) % 360 - 180

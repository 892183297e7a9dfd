"""How much of Mars a pixel covers."""

from __future__ import annotations

from typing import Optional

import numpy as np

from .errors import MissingDependencyError
from .raster import Georeference

#: Radius of the sphere of IAU_2015:49900 and of all areas, km.
MARS_RADIUS_KM = 3396.19

#: Pixel areas vary so smoothly that this many nodes along each side of the image give them to better than 1e-4.
_NODES = 33


class PixelAreas:
    """Areas of an image's pixels on the sphere of 3396.19 km, whatever the map projection.

    The area of a pixel is R² cos(latitude) times the Jacobian of (longitude, latitude) with respect to (sample, line), computed at
    33 × 33 places and interpolated linearly between them.

    Parameters
    ----------
    georeference
        Where the image lies; its CRS must be projected or geographic.
    lines, samples
        The image's size.
    """

    def __init__(self, georeference: Georeference, lines: int, samples: int) -> None:
        self._line_nodes = np.linspace(0, lines - 1, min(_NODES, lines))
        self._sample_nodes = np.linspace(0, samples - 1, min(_NODES, samples))
        self._samples = np.arange(samples)
        grid = np.meshgrid(self._sample_nodes + 0.5, self._line_nodes + 0.5)
        self._at_nodes = _areas_at(georeference, *grid)

    def block(self, line0: int, lines: int) -> np.ndarray:
        """(lines, samples) km²."""
        along = np.array([np.interp(self._samples, self._sample_nodes, row) for row in self._at_nodes])
        position = np.interp(np.arange(line0, line0 + lines), self._line_nodes, np.arange(self._line_nodes.size))
        low = np.minimum(position.astype(int), max(self._line_nodes.size - 2, 0))
        share = (position - low)[:, None]
        return (1 - share) * along[low] + share * along[np.minimum(low + 1, self._line_nodes.size - 1)]


def pixel_areas(georeference: Optional[Georeference], lines: int, samples: int) -> Optional[PixelAreas]:
    """The areas, or None for an image without a coordinate reference system."""
    return PixelAreas(georeference, lines, samples) if georeference is not None and georeference.wkt else None


def _areas_at(georeference: Georeference, sample: np.ndarray, line: np.ndarray) -> np.ndarray:
    half = 0.5
    corners = [_lon_lat(georeference, sample + dx, line + dy) for dx, dy in ((-half, 0), (half, 0), (0, -half), (0, half))]
    (lon_w, lat_w), (lon_e, lat_e), (lon_n, lat_n), (lon_s, lat_s) = corners
    latitude = (lat_w + lat_e) / 2
    jacobian = _turn(lon_e - lon_w) * (lat_s - lat_n) - _turn(lon_s - lon_n) * (lat_e - lat_w)
    return MARS_RADIUS_KM**2 * np.cos(latitude) * np.abs(jacobian)


def _turn(difference: np.ndarray) -> np.ndarray:
    """A difference of longitudes, the short way round."""
    return (difference + np.pi) % (2 * np.pi) - np.pi


def _lon_lat(georeference: Georeference, sample: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude, radians, of places in the image."""
    try:
        from osgeo import osr
    except ImportError as error:
        raise MissingDependencyError("map coordinates need GDAL's Python bindings (Debian: python3-gdal)") from error
    x0, a, b, y0, d, e = georeference.transform
    projected = osr.SpatialReference()
    projected.ImportFromWkt(georeference.wkt)
    geographic = projected.CloneGeogCS()
    for system in (projected, geographic):
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    points = np.column_stack([(x0 + a * sample + b * line).ravel(), (y0 + d * sample + e * line).ravel()])
    degrees = np.array(osr.CoordinateTransformation(projected, geographic).TransformPoints(points.tolist()))
    longitude, latitude = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    return longitude.reshape(sample.shape), latitude.reshape(sample.shape)

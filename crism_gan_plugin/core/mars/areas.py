"""How much of Mars a pixel covers."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..arrays import FloatArray
from .georeference import Georeference
from .projection import known_projection, projection_of

#: Radius of the sphere of IAU_2015:49900 and of all areas, km.
MARS_RADIUS_KM = 3396.19

#: Pixel areas vary so smoothly that this many nodes along each side of the image give them to better than 1e-4.
_NODES = 33

#: The farthest that two nodes of a large map may be apart, radians.
_STEP = 0.03


class PixelAreas:
    """Areas of an image's pixels on the sphere of 3396.19 km, whatever the map projection.

    Areas are computed at some places, by default 33 × 33, from where each pixel's four sides lie on the sphere, and interpolated
    linearly between them.

    Parameters
    ----------
    georeference
        Where the image lies; its CRS must be projected or geographic.
    lines, samples
        The image's size.
    nodes
        Places along each side at which areas are computed.
    """

    def __init__(self, georeference: Georeference, lines: int, samples: int, nodes: int = _NODES) -> None:
        self._line_nodes = np.linspace(0, lines - 1, min(nodes, lines))
        self._sample_nodes = np.linspace(0, samples - 1, min(nodes, samples))
        self._samples = np.arange(samples)
        grid = np.meshgrid(self._sample_nodes + 0.5, self._line_nodes + 0.5)
        self._at_nodes = _areas_at(georeference, *grid)

    def block(self, line0: int, lines: int) -> FloatArray:
        """(lines, samples) km²."""
        along = np.array([np.interp(self._samples, self._sample_nodes, row) for row in self._at_nodes])
        position = np.interp(np.arange(line0, line0 + lines), self._line_nodes, np.arange(self._line_nodes.size))
        low = np.minimum(position.astype(int), max(self._line_nodes.size - 2, 0))
        share = (position - low)[:, None]
        return (1 - share) * along[low] + share * along[np.minimum(low + 1, self._line_nodes.size - 1)]


def areas_of_map(georeference: Georeference, lines: int, samples: int, least_nodes: int = _NODES) -> PixelAreas:
    """The areas of a map of any size: it has so many nodes that none is farther than `_STEP` from the next."""
    metres = max(georeference.pixel_size) * known_projection(georeference.wkt).metres_per_unit
    across = max(lines, samples) * metres / (1000 * MARS_RADIUS_KM)
    return PixelAreas(georeference, lines, samples, max(least_nodes, int(across / _STEP) + 2))


def pixel_areas(georeference: Optional[Georeference], lines: int, samples: int) -> Optional[PixelAreas]:
    """The areas, or None for an image without a coordinate reference system that leads to longitude and latitude on Mars."""
    if georeference is None or projection_of(georeference.wkt) is None:
        return None
    return PixelAreas(georeference, lines, samples)


def pixel_width_km(georeference: Optional[Georeference], line: float, sample: float) -> Optional[float]:
    """How far apart the two sides of a pixel at this place are, km; None if the place on Mars is not known."""
    if georeference is None or projection_of(georeference.wkt) is None:
        return None
    west, east = _directions(georeference, np.array([sample - 0.5, sample + 0.5]), np.array([line, line]))
    width = float(np.linalg.norm(east - west) * MARS_RADIUS_KM)
    return width if width > 0 else None


def _areas_at(georeference: Georeference, sample: FloatArray, line: FloatArray) -> FloatArray:
    """R² times the cross product of a pixel's two medians, as directions from the planet's centre; 0 beside the planet."""
    west, east, north, south = (
        _directions(georeference, sample + dx, line + dy) for dx, dy in ((-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5))
    )
    areas = MARS_RADIUS_KM**2 * np.linalg.norm(np.cross(east - west, south - north), axis=-1)
    return np.nan_to_num(areas)


def _directions(georeference: Georeference, sample: FloatArray, line: FloatArray) -> FloatArray:
    """(..., 3) unit vectors to places in the image; NaN where the map shows no planet."""
    return directions(*known_projection(georeference.wkt).to_degrees(*georeference.to_map(sample, line)))


def directions(longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """(..., 3) float64 unit vectors from the planet's centre, of degrees."""
    longitude, latitude = (np.radians(plane, dtype=np.float64) for plane in (longitude, latitude))
    return np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1)

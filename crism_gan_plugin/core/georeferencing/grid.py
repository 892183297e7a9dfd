"""Which map raster an image in sensor space goes on to: CRS, pixel size, extent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..mars.areas import MARS_RADIUS_KM
from ..mars.crs import default_crs, mars_crs
from ..mars.georeference import Georeference
from ..mars.projection import Projection, known_projection
from .geolocation import Geolocation

#: A map of more pixels than the image times this is a mistake: wrong coordinates, or a CRS that tears the image apart.
_LARGEST = 64


@dataclass(frozen=True)
class MapGrid:
    """A north-up raster on the map.

    Attributes
    ----------
    georeference
        Its CRS and transform.
    lines, samples
        Its size.
    crosses_edge
        Whether it goes on beyond the edge of the map, see `Projection.to_map_around`.
    """

    georeference: Georeference
    lines: int
    samples: int
    crosses_edge: bool = False


def choose_grid(geolocation: Geolocation, crs: Optional[str] = None) -> MapGrid:
    """The smallest north-up raster that the scene fits on, its corner at a multiple of its pixel size.

    Its pixels are as large as those of the image (the square of the same area as the median pixel, on the sphere, rounded to two
    digits), so that images of one kind share one lattice. A scene that crosses the edge of a map (180° from the central meridian)
    stays in one piece: coordinates go on beyond the edge, see `Projection.to_map_around`.

    Parameters
    ----------
    geolocation
        Where the image's pixels lie.
    crs
        A CRS of Mars, see `mars.crs`. None: equirectangular, polar stereographic where the scene's centre is beyond ±65°.

    Raises
    ------
    ParameterError, InputError
        If the CRS is none of Mars; if the coordinates are not those of one image, or the image is torn apart in this CRS.
    """
    projection = known_projection(mars_crs(crs or default_crs(geolocation.centre()[0])))
    pixel = float(f"{_pixel_metres(geolocation) / projection.metres_per_unit:.1e}")
    first, last = geolocation.columns
    x, y = (_corners(plane)[:, first : last + 2] / pixel for plane in pixel_centres(geolocation, projection))
    left, right, bottom, top = (int(end) for end in (_floor(x), _ceil(x), _floor(y), _ceil(y)))
    _check_size(geolocation, right - left, top - bottom)
    transform = (left * pixel, pixel, 0.0, top * pixel, 0.0, -pixel)
    crosses_edge = projection.crosses_edge(geolocation.centre()[1], geolocation.longitude[:, geolocation.scene])
    return MapGrid(Georeference(projection.wkt, transform), top - bottom, right - left, crosses_edge)


def pixel_centres(geolocation: Geolocation, projection: Projection) -> tuple[FloatArray, FloatArray]:
    """x and y of the pixels' centres with one more row and column on each side, as (lines + 2, samples + 2)."""
    x, y = projection.to_map_around(geolocation.centre()[1], geolocation.longitude, geolocation.latitude)
    return _framed(x), _framed(y)


def _framed(plane: FloatArray) -> FloatArray:
    """One more row and column on each side, extrapolated: an image reaches half a pixel beyond the centres of its edges."""
    rows = np.concatenate([2 * plane[:1] - plane[1:2], plane, 2 * plane[-1:] - plane[-2:-1]])
    return np.concatenate([2 * rows[:, :1] - rows[:, 1:2], rows, 2 * rows[:, -1:] - rows[:, -2:-1]], 1)


def _corners(framed: FloatArray) -> FloatArray:
    """(lines + 1, samples + 1) corners of the pixels: the middle between four centres."""
    return (framed[:-1, :-1] + framed[:-1, 1:] + framed[1:, :-1] + framed[1:, 1:]) / 4


def _floor(values: FloatArray) -> float:
    return float(np.floor(np.nanmin(values)))


def _ceil(values: FloatArray) -> float:
    return float(np.ceil(np.nanmax(values)))


def _check_size(geolocation: Geolocation, samples: int, lines: int) -> None:
    if samples * lines <= _LARGEST * max(geolocation.latitude.size, 1000):
        return
    latitude, _ = geolocation.centre()
    raise InputError(
        f"{geolocation.path}: in this CRS the image would need {samples} × {lines} pixels; choose one that suits a latitude of "
        f"{latitude:.0f}°, such as {default_crs(latitude)}, or get the geometry again if that does not help"
    )


def _pixel_metres(geolocation: Geolocation) -> float:
    """Side of the square whose area on the sphere is that of the scene's median pixel."""
    directions = geolocation.directions()
    across, along = np.diff(directions, axis=1)[:-1], np.diff(directions, axis=0)[:, :-1]
    areas = np.linalg.norm(np.cross(across, along), axis=-1)
    metres = MARS_RADIUS_KM * 1000 * float(np.sqrt(np.nanmedian(areas))) if np.isfinite(areas).any() else 0.0
    if not metres > 0:
        raise InputError(f"{geolocation.path}: its pixels all lie at one place, or none beside another; get the DDR again")
    return metres

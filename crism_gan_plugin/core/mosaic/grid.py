"""The grid of a composite: the CRS, the size and the extent of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..errors import ParameterError
from ..mars.crs import default_crs, mars_crs
from ..mars.georeference import Georeference
from ..mars.projection import Projection, known_projection
from .maps import MineralMap

Extent = tuple[float, float, float, float]

#: Points along each side of a map. So many are enough to find where its edges lie in another CRS.
_NODES = 33

#: The most columns or lines of a composite. At 18 m a pixel, the whole equator takes 1.2 million.
_LARGEST = 1 << 22


@dataclass(frozen=True)
class Grid:
    """A grid of square pixels, north up.

    Attributes
    ----------
    projection
        The CRS.
    left, top
        Coordinates of the outer corner of the first pixel.
    pixel
        Side of a pixel, in units of the CRS.
    lines, samples
        Size of the grid.
    """

    projection: Projection
    left: float
    top: float
    pixel: float
    lines: int
    samples: int

    @property
    def georeference(self) -> Georeference:
        return Georeference(self.projection.wkt, (self.left, self.pixel, 0.0, self.top, 0.0, -self.pixel))

    def part(self, line: int, sample: int, lines: int, samples: int) -> Grid:
        """A rectangle of the grid."""
        left, top = self.left + sample * self.pixel, self.top - line * self.pixel
        return Grid(self.projection, left, top, self.pixel, lines, samples)


def make_grid(maps: Sequence[MineralMap], crs: Optional[str], pixel_size: Optional[float], extent: Optional[Extent]) -> Grid:
    """Make the grid of a composite.

    Parameters
    ----------
    maps
        The maps that the composite holds.
    crs
        A CRS of Mars, see `mars_crs`. None means equirectangular, or polar stereographic where all maps lie beyond 65° of latitude.
    pixel_size
        Side of a pixel in units of the CRS. None means that of the finest map.
    extent
        xmin, ymin, xmax, ymax in the CRS. The right and lower edges move outwards to the end of a pixel, the others stay. None
        means the extent of all maps, with edges at multiples of the pixel size.

    Raises
    ------
    ParameterError
        If one of the parameters makes no sense, or there would be too many pixels.
    """
    projection = known_projection(mars_crs(crs or common_crs(maps)))
    pixel = pixel_size if pixel_size is not None else min(each.pixel_metres for each in maps) / projection.metres_per_unit
    if not (np.isfinite(pixel) and pixel > 0):
        raise ParameterError(f"pixel size {pixel:g}: must be greater than 0")
    if extent is None:
        left, bottom, right, top = _around(maps, projection, pixel)
    else:
        left, bottom, right, top = _checked(extent)
    samples, lines = (max(1, int(np.ceil(length / pixel - 1e-6))) for length in (right - left, top - bottom))
    if max(samples, lines) > _LARGEST:
        raise ParameterError(
            f"pixel size {pixel:g}: the composite would have {samples} × {lines} pixels; choose larger ones, or a smaller extent"
        )
    return Grid(projection, left, top, pixel, lines, samples)


def common_crs(maps: Sequence[MineralMap]) -> str:
    """The code of the CRS that suits the maps. It is polar only where all maps lie near that pole."""
    codes = {default_crs(each.centre_degrees[1]) for each in maps}
    return codes.pop() if len(codes) == 1 else default_crs(0.0)


def _checked(extent: Extent) -> Extent:
    left, bottom, right, top = (float(edge) for edge in extent)
    if not (np.isfinite([left, bottom, right, top]).all() and left < right and bottom < top):
        raise ParameterError(f"extent {left:g}, {bottom:g}, {right:g}, {top:g}: must be xmin, ymin, xmax, ymax, in this order")
    return left, bottom, right, top


def _around(maps: Sequence[MineralMap], projection: Projection, pixel: float) -> Extent:
    """The extent of all maps. Maps on both sides of a cylindrical map's edge stay together, since x goes on beyond the edge."""
    centres = np.radians([each.centre_degrees[0] for each in maps])
    middle = np.degrees(np.arctan2(np.sin(centres).mean(), np.cos(centres).mean()))
    centre = float(projection.to_map(np.array(middle), np.array(0.0))[0]) if projection.period else 0.0
    edges = [edge for each in maps if (edge := map_extent(each, projection, centre)) is not None]
    if not edges:
        raise ParameterError("CRS: it has no place for any of the maps; choose another one")
    left, bottom, right, top = (float(end) for end in np.concatenate([np.min(edges, 0)[:2], np.max(edges, 0)[2:]]))
    if projection.period is not None:
        left, right = max(left, centre - projection.period / 2), min(right, centre + projection.period / 2)
    left, bottom = np.floor(np.array([left, bottom]) / pixel + 1e-6) * pixel
    right, top = np.ceil(np.array([right, top]) / pixel - 1e-6) * pixel
    return left, bottom, right, top


def map_extent(each: MineralMap, projection: Projection, centre: float) -> Optional[Extent]:
    """A map's extent in another CRS. If the map holds a pole, the extent has all longitudes."""
    sample, line = np.meshgrid(np.linspace(0, each.samples, _NODES), np.linspace(0, each.lines, _NODES))
    longitude, latitude = each.projection.to_degrees(*each.georeference.to_map(sample, line))
    poles = [pole for pole in (-90.0, 90.0) if each.holds(0.0, pole)]
    around = np.tile(np.linspace(-180, 180, _NODES), len(poles))
    longitude = np.concatenate([longitude.ravel(), around])
    latitude = np.concatenate([latitude.ravel(), np.repeat(poles, _NODES)])
    x, y = projection.to_map(longitude, latitude)
    seen = np.isfinite(x) & np.isfinite(y)
    if not seen.any():
        return None
    x, y = x[seen], y[seen]
    if projection.period is None:
        return x.min(), y.min(), x.max(), y.max()
    if poles:
        return centre - projection.period / 2, y.min(), centre + projection.period / 2, y.max()
    own = float(projection.near(projection.to_map(*(np.array(d) for d in each.centre_degrees))[0], centre))
    x = projection.near(x, own)
    return x.min(), y.min(), x.max(), y.max()

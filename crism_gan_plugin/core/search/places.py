"""Points and polygons in map coordinates, as pixels of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import ParameterError
from ..files.names import PathLike
from ..georeferencing import Lookup, Placement, nearest_pixels, read_geometry
from ..mars.crs import SPHERE_ADVICE, mars_crs, sphere_fault
from ..mars.georeference import SENSOR_SPACE, Georeference
from ..mars.projection import projection_of, same_system
from ..products.scene import Scene
from ..vectors import Polygons, Ring, read_polygons


@dataclass(frozen=True)
class ImageFrame:
    """The way from map coordinates to pixels of an image.

    Attributes
    ----------
    georeference
        That of the image or of its map; `SENSOR_SPACE` for an image without a place on the map.
    lines, samples
        Size of that raster.
    lookup
        For an image that is placed by a geometry: which of its pixels the map shows.
    """

    georeference: Georeference
    lines: int
    samples: int
    lookup: Optional[Lookup]

    @staticmethod
    def of(scene: Scene, placement: Optional[Placement]) -> ImageFrame:
        """The frame of an image, or of its map."""
        if placement is not None:
            grid = placement.lookup.grid
            return ImageFrame(grid.georeference, grid.lines, grid.samples, placement.lookup)
        return ImageFrame(scene.georeference or SENSOR_SPACE, scene.lines, scene.samples, None)

    def pixel_at(self, x: float, y: float, crs: Optional[str]) -> tuple[IntArray, IntArray]:
        """(1,) line and sample of the pixel at a place; `ParameterError` if there is none."""
        points = self._own(np.array([[x, y]]), mars_crs(crs, "at_crs") if crs else "", "at_crs")
        sample, line = self._raster(points)[0]
        if not (0 <= sample < self.samples and 0 <= line < self.lines):
            raise ParameterError(
                f"at {x:g}, {y:g}: lies beside the image, which reaches from {self._corners()}; choose a place on it"
            )
        found = self._pixels(np.array([int(line)]), np.array([int(sample)]))
        if not found[0].size:
            raise ParameterError(f"at {x:g}, {y:g}: lies beside the image, in a corner of its map; choose a place on it")
        return found

    def pixels_within(self, source: PathLike) -> tuple[IntArray, IntArray]:
        """(n,) lines and samples of the pixels whose centres lie in a layer's polygons; `ParameterError` if there are none."""
        return self.pixels_of(*read_polygons(source), f"polygons: {source}")

    def pixels_of(self, features: list[Polygons], wkt: str, what: str) -> tuple[IntArray, IntArray]:
        """The same of polygons with coordinates in a CRS; ``what`` they are begins messages."""
        line, sample = self.pixels_in(features, wkt, what)
        if not line.size:
            raise ParameterError(
                f"{what}: the centre of no pixel lies in them; the image reaches from {self._corners()}; draw them on the image, "
                "or check their CRS"
            )
        return line, sample

    def pixels_in(self, features: list[Polygons], wkt: str, what: str) -> tuple[IntArray, IntArray]:
        """The same, where there may be none."""
        found = np.zeros((0, 2), np.intp)
        for polygons in features:
            there = [[self._raster(self._own(ring, wkt, what)) for ring in rings] for rings in polygons]
            found = np.unique(np.concatenate([found, *(_inside(rings, self.lines, self.samples) for rings in there)]), axis=0)
        return self._pixels(found[:, 0], found[:, 1])

    def _pixels(self, line: IntArray, sample: IntArray) -> tuple[IntArray, IntArray]:
        """The pixels of the image that these pixels of its map show, each once."""
        if self.lookup is None:
            return line, sample
        places = nearest_pixels(self.lookup)[:, line, sample]
        known = np.unique(places[:, np.isfinite(places).all(0)].astype(np.intp), axis=1)
        return known[1], known[0]

    def _own(self, points: FloatArray, wkt: str, source: str) -> FloatArray:
        """(n, 2) coordinates in the frame's CRS, of those in another CRS. Degrees are kept from sphere to sphere."""
        own = self.georeference.wkt
        if not wkt or not own or same_system(wkt, own):
            return points
        there, here = projection_of(wkt), projection_of(own)
        if there is None:
            raise ParameterError(f"{source}: its coordinate reference system {sphere_fault(wkt)}; {SPHERE_ADVICE}")
        if here is None:
            raise ParameterError(f"{source}: has a coordinate reference system, but that of the image {sphere_fault(own)}")
        x, y = here.to_map(*there.to_degrees(points[:, 0], points[:, 1]))
        middle, _ = self.georeference.to_map(np.array(self.samples / 2), np.array(self.lines / 2))
        return np.column_stack([here.near(x, float(middle)), y])

    def _raster(self, points: FloatArray) -> FloatArray:
        """(n, 2) sample and line, counted from the outer corner of the first pixel."""
        return np.column_stack(self.georeference.to_pixels(points[:, 0], points[:, 1]))

    def _corners(self) -> str:
        x, y = self.georeference.to_map(*np.meshgrid([0.0, self.samples], [0.0, self.lines]))
        return f"{x.min():.10g}, {y.min():.10g} to {x.max():.10g}, {y.max():.10g}"


@dataclass(frozen=True)
class MapPlaces:
    """Centres of pixels of an image, (n,) each: map coordinates, and degrees, which are NaN where they are not known."""

    x: FloatArray
    y: FloatArray
    longitude: FloatArray
    latitude: FloatArray

    @staticmethod
    def of(scene: Scene, placement: Optional[Placement], line: IntArray, sample: IntArray) -> MapPlaces:
        """Those of these pixels, in the CRS of the image or of its map; in sensor space x is the sample and y minus the line."""
        unknown = np.full(line.size, np.nan)
        if placement is not None:
            projection = projection_of(placement.lookup.grid.georeference.wkt)
            geometry = read_geometry(placement.geometry, scene.lines, scene.samples, scene.name)
            longitude, latitude = (plane[line, sample].astype(np.float64) for plane in (geometry.longitude, geometry.latitude))
            assert projection is not None
            x, y = projection.to_map_around(geometry.centre()[1], longitude, latitude)
            return MapPlaces(x, y, longitude, latitude)
        x, y = (scene.georeference or SENSOR_SPACE).to_map(sample + 0.5, line + 0.5)
        known = None if scene.georeference is None else projection_of(scene.georeference.wkt)
        return MapPlaces(x, y, *((unknown, unknown) if known is None else known.to_degrees(x, y)))


def _inside(rings: list[Ring], lines: int, samples: int) -> IntArray:
    """(n, 2) line and sample of the pixels whose centres are within an odd number of a polygon's rings.

    Parameters
    ----------
    rings
        (corners, 2) sample and line; closed by themselves.
    """
    corners = np.concatenate(rings)
    if not np.isfinite(corners).all():
        return np.zeros((0, 2), np.intp)
    top, bottom = (int(np.clip(edge, 0, lines)) for edge in (np.floor(corners[:, 1].min()), np.ceil(corners[:, 1].max())))
    left, right = (int(np.clip(edge, 0, samples)) for edge in (np.floor(corners[:, 0].min()), np.ceil(corners[:, 0].max())))
    crossed = np.zeros((max(bottom - top, 0), max(right - left, 0) + 1), bool)
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, np.roll(ring, -1, 0)):
            low, high = min(y1, y2), max(y1, y2)
            rows = np.arange(max(int(np.ceil(low - 0.5)), top), min(int(np.ceil(high - 0.5)), bottom))
            if rows.size:
                x = x1 + (rows + 0.5 - y1) * (x2 - x1) / (y2 - y1)
                columns = np.clip(np.ceil(x - 0.5), left, right).astype(np.intp) - left
                crossed[rows - top, columns] ^= True
    within = np.logical_xor.accumulate(crossed, axis=1)[:, :-1]
    return np.add(np.argwhere(within), (top, left))

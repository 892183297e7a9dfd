"""Whole simulated images: ENVI cubes with CRISM names, written block by block, and the truth beside them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Protocol

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..background import load_background
from ..errors import ParameterError
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs
from ..libraries import ExemplarLibrary, load_exemplars
from ..mars.georeference import Georeference
from ..options.simulation import PIXEL_M
from ..progress import Progress
from ..rasters.geotiff import create_raster
from .envi_cube import EnviCube
from .ground import MINERALS, SPHERE_RADIUS_M, STANDARD_PARALLEL_DEG, ground_at, map_coordinates
from .spectra import NODATA, detector_for, infrared_axis, joined_axis, surface_on
from .track import Track, geometry_name, write_geometry

_BLOCK_LINES = 16
TRUTH_NODATA = 255

#: Columns of the infrared detector that see the scene, of 640.
_SCENE_COLUMNS = (29, 633)

#: Axis by number of bands.
_AXES = {489: joined_axis, 438: infrared_axis}

_SPHERE = "Mars_2000_IAU_IAG_custom_sphere_lat15"
_WKT = (
    f'PROJCS["MRO Mars Equirectangular [IAU 2000] [15.00N; 0.00E]",GEOGCS["GCS_{_SPHERE}",DATUM["D_{_SPHERE}",'
    f'SPHEROID["{_SPHERE}",{SPHERE_RADIUS_M},0.0]],PRIMEM["Reference_Meridian",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Equidistant_Cylindrical"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],'
    f'PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",{STANDARD_PARALLEL_DEG}],UNIT["Meter",1.0]]'
)


@dataclass(frozen=True)
class Footprint:
    """Where one map-projected image lies; what is outside it is no-data.

    Attributes
    ----------
    name
        Name of the files, as CRISM products are called.
    latitude_deg, longitude_deg
        Its centre.
    width_km, length_km
        Across (at the ends; the waist is narrower, as in real images) and along the track.
    tilt_deg
        Its long axis, clockwise from north.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    width_km: float = 11.5
    length_km: float = 19.4
    tilt_deg: float = 6.5


#: Two overlapping images: one with Jezero's site (18.4463° N, 77.4565° E), one with NE Syrtis' (17.8899° N, 77.1599° E).
DEMO_SCENES = (
    Footprint("frt0000a001_07_if165j_mtr3", 18.31, 77.39),
    Footprint("frt0000b002_07_if165j_mtr3", 18.03, 77.23),
)


@dataclass(frozen=True)
class SimulatedScene:
    """The files of one image: the cube, the true classes (uint8 codes, 0 nothing, 255 no data), the noise-free cube, and the
    label of the geometry (DDR); None where they were not asked for.
    """

    image: Path
    truth: Path
    model: Optional[Path]
    geometry: Optional[Path] = None


def simulate_scene(
    footprint: Footprint,
    folder: PathLike,
    *,
    pixel_m: float = PIXEL_M,
    seed: int = 0,
    with_model: bool = False,
    progress: Optional[Progress] = None,
) -> SimulatedScene:
    """Write a map-projected joined cube (489 bands, like an MTRDR) of the invented ground, and its truth.

    Parameters
    ----------
    footprint
        Which place; see `DEMO_SCENES`.
    folder
        Where to write; made if it is missing.
    pixel_m
        Pixel size. All images share one lattice of pixels: where they overlap, pixels coincide.
    seed
        The same seed gives the same files.
    with_model
        Also write the noise-free cube.
    progress
        Object that is told the share of lines that are done.

    Raises
    ------
    ParameterError
        If the pixel size makes no sense.
    OutputError
        If a file cannot be written.
    """
    if not 10 <= pixel_m <= 1000:
        raise ParameterError(f"pixel size {pixel_m:g} m must be between 10 and 1000 m")
    view = _map_view(footprint, pixel_m)
    return _write(view, footprint.name, Path(folder), 489, seed, with_model, progress or Progress())


def simulate_sensor_scene(
    name: str,
    folder: PathLike,
    *,
    lines: int = 480,
    samples: int = 640,
    bands: int = 438,
    seed: int = 0,
    with_model: bool = False,
    track: Optional[Track] = None,
    progress: Optional[Progress] = None,
) -> SimulatedScene:
    """Write a cube in sensor space, 18 m pixels, its outer columns no-data: full size by default, for benchmarks.

    Parameters
    ----------
    name
        Name of the files.
    folder
        Where to write; made if it is missing.
    lines, samples
        Size.
    bands
        438, the infrared detector's channels, or 489, those of joined cubes.
    seed, with_model, progress
        As for `simulate_scene`.
    track
        What the image sees. Its geometry (DDR) is then written beside it, and the name must be a CRISM name. None: a plain
        rectangle, without geometry.

    Raises
    ------
    ParameterError
        If the size or the name makes no sense.
    OutputError
        If a file cannot be written.
    """
    if lines < 1 or samples < 1:
        raise ParameterError(f"size {lines} × {samples} must be at least 1 × 1")
    if bands not in _AXES:
        raise ParameterError(f"bands {bands} must be one of {', '.join(map(str, _AXES))}")
    view = _SensorView(lines, samples, track)
    return _write(view, name, Path(folder), bands, seed, with_model, progress or Progress(), track)


class _View(Protocol):
    """What an image sees: its size, its place on the map, the detector's columns, and where each pixel lies."""

    @property
    def lines(self) -> int: ...

    @property
    def samples(self) -> int: ...

    @property
    def columns(self) -> int: ...

    @property
    def georeference(self) -> Optional[Georeference]: ...

    def look(self, start: int, stop: int) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
        """Map x and y, detector column, and whether it is inside the image, of these lines' pixels; (lines, samples) each."""


@dataclass(frozen=True)
class _MapView:
    footprint: Footprint
    pixel: float
    left: float
    top: float
    lines: int
    samples: int

    @property
    def columns(self) -> int:
        return int(np.ceil(self.footprint.width_km * 1000 / self.pixel))

    @property
    def georeference(self) -> Georeference:
        return Georeference(_WKT, (self.left, self.pixel, 0.0, self.top, 0.0, -self.pixel))

    def look(self, start: int, stop: int) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
        x, y = np.meshgrid(
            self.left + (np.arange(self.samples) + 0.5) * self.pixel, self.top - (np.arange(start, stop) + 0.5) * self.pixel
        )
        across, along = _in_footprint(self.footprint, x, y)
        half_width = 0.5 - 0.06 * (1 - 4 * along**2)  # the camera looks from farther away at both ends
        inside = (np.abs(across) <= half_width) & (np.abs(along) <= 0.5)
        column = np.clip((across / half_width + 1) / 2 * self.columns, 0, self.columns - 1).astype(int)
        return x, y, column, inside


def _in_footprint(footprint: Footprint, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Across and along the track, -0.5 … 0.5 inside."""
    x0, y0 = map_coordinates(footprint.latitude_deg, footprint.longitude_deg)
    sine, cosine = np.sin(np.radians(footprint.tilt_deg)), np.cos(np.radians(footprint.tilt_deg))
    across = (x - x0) * cosine - (y - y0) * sine
    along = (x - x0) * sine + (y - y0) * cosine
    return across / (footprint.width_km * 1000), along / (footprint.length_km * 1000)


def _map_view(footprint: Footprint, pixel: float) -> _MapView:
    """The smallest north-up raster around the footprint, on the lattice of multiples of the pixel size."""
    x0, y0 = map_coordinates(footprint.latitude_deg, footprint.longitude_deg)
    sine, cosine = abs(np.sin(np.radians(footprint.tilt_deg))), abs(np.cos(np.radians(footprint.tilt_deg)))
    half_x = 500 * (footprint.width_km * cosine + footprint.length_km * sine)
    half_y = 500 * (footprint.width_km * sine + footprint.length_km * cosine)
    left, right = np.floor((x0 - half_x) / pixel), np.ceil((x0 + half_x) / pixel)
    bottom, top = np.floor((y0 - half_y) / pixel), np.ceil((y0 + half_y) / pixel)
    return _MapView(footprint, pixel, float(left * pixel), float(top * pixel), int(top - bottom), int(right - left))


@dataclass(frozen=True)
class _SensorView:
    lines: int
    samples: int
    track: Optional[Track] = None
    georeference: None = None
    pixel: float = 18.0

    @property
    def columns(self) -> int:
        return self.samples

    def look(self, start: int, stop: int) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
        column, line = np.meshgrid(np.arange(self.samples), np.arange(start, stop))
        low, high = (np.round(edge * self.samples / 640) for edge in _SCENE_COLUMNS)
        return (*self._map_places(line, column), column, (column >= low) & (column < high))

    def _map_places(self, line: IntArray, column: IntArray) -> tuple[FloatArray, FloatArray]:
        if self.track is None:
            x0, y0 = map_coordinates(18.44, 77.35)
            return x0 + self.pixel * column, y0 - self.pixel * line
        return map_coordinates(*self.track.places(line, column, self.lines, self.samples))


def _write(
    view: _View,
    name: str,
    folder: Path,
    bands: int,
    seed: int,
    with_model: bool,
    progress: Progress,
    track: Optional[Track] = None,
) -> SimulatedScene:
    library = load_exemplars()
    axis = _AXES[bands]()
    codes = _codes(library)
    surface = surface_on(axis, library, load_background().plain)
    image_seed = zlib.crc32(name.encode()) + seed
    detector = detector_for(axis, view.columns, image_seed)
    names = {"image": f"{name}.img", "truth": f"{name}_truth.tif", "model": f"{name}_model.img"}
    geometry = None if track is None else geometry_name(name)
    with AtomicOutputs(folder) as outputs, ExitStack() as files:
        where = {part: outputs.path(file) for part, file in names.items()}
        shape = (view.lines, view.samples)
        image = files.enter_context(EnviCube(where["image"], *shape, axis, view.georeference))
        model = files.enter_context(EnviCube(where["model"], *shape, axis, view.georeference)) if with_model else None
        truth = files.enter_context(
            create_raster(where["truth"], *shape, 1, np.uint8, nodata=TRUTH_NODATA, georeference=view.georeference)
        )
        for start, stop in _blocks(view.lines, progress):
            x, y, column, inside = view.look(start, stop)
            ground = ground_at(x, y, seed)
            clean = surface.spectra(ground)
            lines = (np.random.default_rng([image_seed, line]) for line in range(start, stop))
            seen = np.stack([detector.look(*line) for line in zip(clean, column, lines)])
            clean[~inside] = seen[~inside] = NODATA
            truth.write(np.where(inside, codes[ground.mineral], TRUTH_NODATA).astype(np.uint8)[np.newaxis], start)
            image.write(seen)
            if model is not None:
                model.write(clean)
        if track is not None and geometry is not None:
            line, sample = np.mgrid[: view.lines, : view.samples]
            places = track.places(line, sample, view.lines, view.samples)
            write_geometry(outputs.path(f"{geometry}.lbl".lower()), geometry, *places)
    return SimulatedScene(
        folder / names["image"],
        folder / names["truth"],
        folder / names["model"] if with_model else None,
        None if geometry is None else folder / f"{geometry}.lbl".lower(),
    )


def _codes(library: ExemplarLibrary) -> IntArray:
    """(minerals,) code of the class of each of `MINERALS`."""
    by_name = {mineral.name: mineral.code for mineral in library.classes}
    return np.array([by_name[name] if name else 0 for name in MINERALS])


def _blocks(lines: int, progress: Progress) -> Iterator[tuple[int, int]]:
    for start in range(0, lines, _BLOCK_LINES):
        progress.report(start / lines)
        yield start, min(start + _BLOCK_LINES, lines)
    progress.report(1.0)

"""Where each pixel of an image in sensor space lies on Mars, as its DDR (derived data record) says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.names import PathLike
from ..instrument.detectors import MISSING, scene_columns
from ..instrument.product_names import ProductName, parse_product_name
from ..mars.areas import directions
from ..products.kinds import refuse_other_kind
from ..rasters.reader import RasterReader

#: A DDR's bands, and which of them, from 0, are planetocentric latitude and east longitude, degrees.
DDR_BANDS, LATITUDE, LONGITUDE = 14, 3, 4

_WANTED = ("a DDR", "give the geometry of the image in sensor space (…_DE…_DDR1.LBL)")


@dataclass(frozen=True)
class Geolocation:
    """Coordinates of the centres of an image's pixels.

    Attributes
    ----------
    path
        The file they are from.
    latitude, longitude
        (lines, samples) float32, degrees, planetocentric and east; NaN where they are not set. Columns that do not see the scene
        have coordinates too.
    columns
        First and last column that see the scene.
    """

    path: Path
    latitude: FloatArray
    longitude: FloatArray
    columns: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Lines and samples."""
        return self.latitude.shape  # type: ignore[return-value]

    @property
    def scene(self) -> slice:
        """The columns that see the scene."""
        return slice(self.columns[0], self.columns[1] + 1)

    def directions(self) -> FloatArray:
        """(lines, columns that see the scene, 3) float64 unit vectors from the planet's centre."""
        return directions(self.longitude[:, self.scene], self.latitude[:, self.scene])

    def centre(self) -> tuple[float, float]:
        """Latitude and longitude, degrees, of the mean direction: ±180° and the poles are places like any other."""
        x, y, z = np.nanmean(self.directions(), axis=(0, 1))
        return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def read_geometry(path: PathLike, lines: int, samples: int, image: Optional[ProductName] = None) -> Geolocation:
    """Read the DDR of an image.

    Parameters
    ----------
    path
        Its label (.lbl), header or image.
    lines, samples
        Size of the image that it is for.
    image
        The image's name, where it has one. A DDR whose own name is of another observation, segment or sensor is refused.

    Raises
    ------
    InputError
        If it cannot be read, is no DDR, is that of another image, or has no coordinates in the scene's columns.
    """
    refuse_other_kind(path, *_WANTED, ("DE", "raster"))
    with RasterReader(path) as reader:
        name = parse_product_name(reader.path)
        _check_kind(reader, name)
        _check_observation(reader.path, name, image)
        if (reader.lines, reader.samples) != (lines, samples):
            raise InputError(
                f"{reader.path}: has {reader.lines} lines × {reader.samples} samples, the image {lines} × {samples}; "
                "give the geometry (DDR) of this image"
            )
        latitude, longitude = (_degrees(plane) for plane in reader.read(0, lines, [LATITUDE, LONGITUDE]))
        latitude[np.isnan(longitude)] = longitude[np.isnan(latitude)] = np.nan
        found = Geolocation(reader.path, latitude, longitude, _scene_columns(name, image, samples))
    _check_coordinates(found)
    return found


def _degrees(plane: FloatArray) -> FloatArray:
    """A copy with NaN where nothing is set: 1e32, 65535, not finite."""
    degrees = plane.astype(np.float32)
    degrees[~(np.abs(degrees) < MISSING)] = np.nan
    return degrees


def _scene_columns(name: Optional[ProductName], image: Optional[ProductName], samples: int) -> tuple[int, int]:
    sensor = image.sensor if image is not None else name.sensor if name is not None else "L"
    return scene_columns("L" if sensor == "J" else sensor, samples) or (0, samples - 1)


def _check_kind(reader: RasterReader, name: Optional[ProductName]) -> None:
    other = name is not None and (name.activity, name.product_type) != ("DE", "DDR")
    mapped = reader.georeference is not None and reader.georeference.wkt
    if reader.bands != DDR_BANDS or other or mapped:
        what = f"is {name}" if other else "is map-projected" if mapped else f"has {reader.bands} bands, not {DDR_BANDS}"
        raise InputError(f"{reader.path}: {what}: not a DDR; give the geometry of the image in sensor space (…_DE…_DDR1.LBL)")


def _check_observation(path: Path, name: Optional[ProductName], image: Optional[ProductName]) -> None:
    if name is None or image is None:
        return
    sensor = "L" if image.sensor == "J" else image.sensor
    if name.segment != image.segment or name.sensor != sensor:
        wanted = f"{image.segment}_DE…{sensor}_DDR"
        raise InputError(f"{path}: is the geometry of another image ({name}), this one is {image}; give {wanted}")


def _check_coordinates(found: Geolocation) -> None:
    latitude, longitude = found.latitude[:, found.scene], found.longitude[:, found.scene]
    if not np.isfinite(latitude).any():
        raise InputError(f"{found.path}: no latitude and longitude is set (all are 1e32); get the file again")
    if np.nanmax(np.abs(latitude)) > 90 or np.nanmin(longitude) < -360 or np.nanmax(longitude) > 360:
        raise InputError(
            f"{found.path}: its bands 4 and 5 are no latitudes and longitudes in degrees; give a DDR, or get the file again"
        )
    if min(found.shape) < 2:
        raise InputError(
            f"{found.path}: {found.shape[0]} × {found.shape[1]} pixels are too few to place an image, 2 × 2 are needed"
        )

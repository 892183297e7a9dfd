"""Where a simulated image in sensor space lies on Mars, and its geometry product (DDR).

A gimballed scan is no rectangle. It is wider at both ends, where the camera looks from farther away, it is bowed across the track
and tilted against north, and its lines are not evenly spaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import AnyArray, FloatArray
from ..errors import ParameterError
from ..instrument.product_names import ProductName, parse_product_name
from ..mars.areas import directions
from .labels import image_label

MARS_RADIUS_M = 3396190.0
UNSET = 1e32


@dataclass(frozen=True)
class Track:
    """What one image sees.

    Attributes
    ----------
    latitude_deg, longitude_deg
        Its centre.
    pixel_m
        Mean size of its pixels.
    tilt_deg
        Its long axis, clockwise from north.
    waist
        How much wider the ends are than the middle.
    bow
        How far the ends of a line lie before its middle, relative to its length.
    unevenness
        Largest relative change of the spacing of lines.
    """

    latitude_deg: float = 18.44
    longitude_deg: float = 77.35
    pixel_m: float = 18.0
    tilt_deg: float = 7.0
    waist: float = 0.06
    bow: float = 0.05
    unevenness: float = 0.2

    def places(self, line: AnyArray, sample: AnyArray, lines: int, samples: int) -> tuple[FloatArray, FloatArray]:
        """Planetocentric latitude and east longitude, degrees, -180 … 180, of places in an image of that size, in pixels from 0."""
        along, across = line - (lines - 1) / 2, sample - (samples - 1) / 2
        right = across * (1 + self.waist * (2 * along / lines) ** 2)
        uneven = self.unevenness * 40 * np.sin(along / 40)
        up = -(along + uneven) + self.bow * samples * (2 * across / samples) ** 2
        tilt = np.radians(self.tilt_deg)
        east = self.pixel_m * (right * np.cos(tilt) + up * np.sin(tilt))
        north = self.pixel_m * (up * np.cos(tilt) - right * np.sin(tilt))
        return _from_centre(self.latitude_deg, self.longitude_deg, east, north)


def _from_centre(
    latitude_deg: float, longitude_deg: float, east_m: FloatArray, north_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The places at these distances along great circles, in directions from the planet's centre, so that poles are not special."""
    longitude = np.radians(longitude_deg)
    centre = directions(np.array(longitude_deg), np.array(latitude_deg))
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    distance = np.hypot(east_m, north_m)
    aside = (east_m[..., None] * east + north_m[..., None] * np.cross(centre, east)) / np.maximum(distance, 1e-9)[..., None]
    angle = (distance / MARS_RADIUS_M)[..., None]
    x, y, z = np.moveaxis(np.cos(angle) * centre + np.sin(angle) * aside, -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def geometry_name(image: str) -> ProductName:
    """What the DDR of an image is called; `ParameterError` if the image has no CRISM name."""
    name = parse_product_name(image)
    if name is None:
        raise ParameterError(f"name {image!r}: an image with geometry needs a CRISM name, such as frt0000c003_07_if166l_trr3")
    sensor = "L" if name.sensor == "J" else name.sensor
    fields = {"activity": "DE", "sensor": sensor, "product_type": "DDR", "version": "1"}
    return ProductName(**{**vars(name), **fields})


def write_geometry(label: Path, name: ProductName, latitude_deg: FloatArray, longitude_deg: FloatArray) -> None:
    """Write a DDR, label and image, whose bands but latitude and longitude are not set.

    Parameters
    ----------
    label
        File of the label; the image goes beside it, ``.img``.
    name
        Name of the product.
    latitude_deg, longitude_deg
        (lines, samples).
    """
    lines, samples = latitude_deg.shape
    bands = np.full((14, lines, samples), UNSET, "<f4")
    bands[3], bands[4] = latitude_deg, longitude_deg
    label.with_suffix(".img").write_bytes(bands.tobytes())
    sensor = {"MRO:SENSOR_ID": f'"{name.sensor}"'}
    text = image_label(name, "DDR", (14, lines, samples), "BAND_SEQUENTIAL", 14 * lines, sensor)
    label.write_text(text, encoding="ascii")

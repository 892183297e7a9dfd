"""Areas of pixels against the sphere's own geometry."""

from __future__ import annotations

import numpy as np
import pytest
from osgeo import osr

from crism_gan_plugin.core.mars.areas import MARS_RADIUS_KM, PixelAreas, pixel_areas, pixel_width_km
from crism_gan_plugin.core.mars.georeference import Georeference

R = 3396190.0
#: An MTRDR's sphere has the local radius of its standard parallel.
R15 = 3394839.8133


def georeference(proj: str, x0: float, y0: float, width: float, height: float) -> Georeference:
    system = osr.SpatialReference()
    assert system.ImportFromProj4(proj) == 0
    return Georeference(system.ExportToWkt(), (x0, width, 0.0, y0, 0.0, -height))


def test_equirectangular_at_a_standard_parallel() -> None:
    lines, samples, pixel = 70, 40, 18.0
    top = R15 * np.radians(18.5)
    place = georeference(f"+proj=eqc +lat_ts=15 +R={R15} +units=m", 4.5e6, top, pixel, pixel)
    latitude = (top - (np.arange(lines) + 0.5) * pixel) / R15
    wanted = MARS_RADIUS_KM**2 * np.cos(latitude) * (pixel / R15) * (pixel / (R15 * np.cos(np.radians(15))))
    areas = PixelAreas(place, lines, samples).block(0, lines)
    assert areas.shape == (lines, samples)
    np.testing.assert_allclose(areas, np.broadcast_to(wanted[:, None], areas.shape), rtol=1e-6)


@pytest.mark.parametrize("hemisphere", [90, -90])
def test_polar_stereographic(hemisphere: int) -> None:
    lines, samples, pixel = 50, 60, 200.0
    place = georeference(f"+proj=stere +lat_0={hemisphere} +lat_ts={hemisphere} +R={R} +units=m", 2e5, 4e5, pixel, pixel)
    x = 2e5 + (np.arange(samples) + 0.5) * pixel
    y = 4e5 - (np.arange(lines)[:, None] + 0.5) * pixel
    # scale of the projection on a sphere: k = 1 + (rho / 2R)² (Snyder 1987, eqs. 21-33 and 21-4 with k0 = 1)
    scale = 1 + (x**2 + y**2) / (4 * R**2)
    wanted = (MARS_RADIUS_KM * 1000 / R) ** 2 * (pixel / 1000 / scale) ** 2
    np.testing.assert_allclose(PixelAreas(place, lines, samples).block(0, lines), wanted, rtol=1e-6)


@pytest.mark.parametrize("size", [99, 100])
def test_the_pole_itself(size: int) -> None:
    pixel = 500.0
    corner = size / 2 * pixel
    place = georeference(f"+proj=stere +lat_0=90 +lat_ts=90 +R={R} +units=m", -corner, corner, pixel, pixel)
    areas = PixelAreas(place, size, size).block(0, size)
    np.testing.assert_allclose(areas, (MARS_RADIUS_KM * 1000 / R * pixel / 1000) ** 2, rtol=1e-4)


@pytest.mark.parametrize(("west", "south", "width", "height"), [(70, 10, 10, 10), (-5, -60, 30, 40), (175, 60, 10, 29)])
def test_the_whole_of_a_box_of_longitude_and_latitude(west: float, south: float, width: float, height: float) -> None:
    lines, samples = 123, 211
    place = georeference(f"+proj=longlat +R={R}", west, south + height, width / samples, height / lines)
    total = PixelAreas(place, lines, samples).block(0, lines).sum()
    north = np.radians(south + height)
    wanted = MARS_RADIUS_KM**2 * np.radians(width) * (np.sin(north) - np.sin(np.radians(south)))
    assert total == pytest.approx(wanted, rel=1e-4)


def test_the_whole_globe() -> None:
    place = georeference(f"+proj=longlat +R={R}", -180, 90, 360 / 720, 180 / 360)
    total = PixelAreas(place, 360, 720).block(0, 360).sum()
    assert total == pytest.approx(4 * np.pi * MARS_RADIUS_KM**2, rel=1e-3)


def test_blocks_are_parts_of_the_whole() -> None:
    place = georeference(f"+proj=eqc +lat_ts=0 +R={R} +units=m", 0, 3e6, 5000, 5000)
    areas = PixelAreas(place, 200, 30)
    whole = areas.block(0, 200)
    parts = np.vstack([areas.block(first, min(37, 200 - first)) for first in range(0, 200, 37)])
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
    assert whole[-1, 0] > whole[0, 0]  # nearer to the equator


@pytest.mark.parametrize(("lines", "samples"), [(1, 1), (1, 7), (7, 1), (2, 2)])
def test_tiny_images(lines: int, samples: int) -> None:
    place = georeference(f"+proj=eqc +lat_ts=0 +R={R} +units=m", 0, 0, 100, 100)
    areas = PixelAreas(place, lines, samples).block(0, lines)
    np.testing.assert_allclose(areas, np.full((lines, samples), 0.01), rtol=1e-6)


def test_rotated_and_oblong_pixels() -> None:
    place = georeference(f"+proj=eqc +lat_ts=0 +R={R} +units=m", 0, 0, 1, 1)
    turned = Georeference(place.wkt, (0.0, 30.0, 40.0, 0.0, 20.0, -60.0))
    np.testing.assert_allclose(PixelAreas(turned, 3, 3).block(0, 3), abs(30 * -60 - 40 * 20) * 1e-6, rtol=1e-6)


def test_without_a_coordinate_system_there_are_no_areas() -> None:
    assert pixel_areas(None, 3, 3) is None
    assert pixel_areas(Georeference("", (0.0, 2.0, 0.0, 0.0, 0.0, -2.0)), 3, 3) is None
    assert pixel_areas(Georeference('LOCAL_CS["unnamed",UNIT["metre",1]]', (0.0, 2.0, 0.0, 0.0, 0.0, -2.0)), 3, 3) is None


def test_places_off_the_planet_have_no_area() -> None:
    place = georeference(f"+proj=ortho +lat_0=0 +R={R} +units=m", -2 * R, 2 * R, R / 25, R / 25)
    areas = PixelAreas(place, 100, 100).block(0, 100)
    assert areas[0, 0] == 0
    assert np.isfinite(areas).all()
    assert areas[50, 50] == pytest.approx((R / 25 / 1000) ** 2, rel=1e-2)


def test_the_width_of_a_pixel_is_that_on_the_ground() -> None:
    """On a map that is true at the equator, a degree of longitude is shorter on Mars than on the map."""
    latitude = np.radians(60)
    place = georeference(f"+proj=eqc +lat_ts=0 +R={R} +units=m", 1e6, R * latitude, 100.0, 100.0)
    assert pixel_width_km(place, 0, 5) == pytest.approx(0.1 * np.cos(latitude), rel=1e-6)
    assert pixel_width_km(None, 0, 5) is None
    assert pixel_width_km(Georeference("", (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)), 0, 5) is None

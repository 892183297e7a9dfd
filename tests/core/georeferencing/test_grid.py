"""The map raster that is chosen: CRS, pixel size, extent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osgeo import osr

from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.georeferencing import choose_grid, read_geometry
from crism_gan_plugin.core.simulation import Track


def name_of(wkt: str) -> str:
    return osr.SpatialReference(wkt).GetName()


@pytest.mark.parametrize(
    ("latitude", "name"), [(18.4, "clon = 0"), (64.9, "clon = 0"), (-64.9, "clon = 0"), (66, "North Polar"), (-89.9, "South Polar")]
)
def test_the_crs_suits_the_latitude(simulated: Callable, latitude: float, name: str) -> None:
    grid = choose_grid(simulated(Track(latitude, 40.0)))
    assert name in name_of(grid.georeference.wkt)
    assert not grid.crosses_edge


@pytest.mark.parametrize("pixel", [18.0, 36.0, 200.0])
def test_pixels_are_those_of_the_image(simulated: Callable, pixel: float) -> None:
    grid = choose_grid(simulated(Track(18.4, 77.4, pixel_m=pixel, unevenness=0.0, waist=0.0, bow=0.0)))
    assert grid.georeference.pixel_size == (pixel, pixel)
    left, _, _, top, _, _ = grid.georeference.transform
    assert left % pixel == top % pixel == 0
    geographic = choose_grid(simulated(Track(18.4, 77.4, pixel_m=pixel, unevenness=0.0)), "IAU_2015:49900")
    assert geographic.georeference.pixel_size[0] == pytest.approx(pixel / 59274.7, rel=0.05)


def test_the_raster_holds_the_scene_and_no_more(simulated: Callable) -> None:
    grid = choose_grid(simulated(Track(18.4, 77.4, tilt_deg=0.0, waist=0.0, bow=0.0, unevenness=0.0)))
    stretched = 60 / np.cos(np.radians(18.4))  # of 64 columns 60 see the scene; the map is as wide as at the equator
    assert 0 <= grid.samples - stretched <= 3
    assert 0 <= grid.lines - 40 <= 2


@pytest.mark.parametrize(("crs", "edge"), [(None, 180), ("IAU_2015:49900", 180), ("IAU_2015:49920", 180), ("IAU_2015:49915", 0)])
@pytest.mark.parametrize("centre", [179.9999, -179.9999, 179.992])
def test_a_scene_across_180_is_one_small_raster_where_its_centre_is(
    simulated: Callable, crs: str | None, edge: float, centre: float
) -> None:
    """Also the longitudes at exactly ±180° find their side."""
    found = simulated(Track(-10.0, centre))
    assert np.ptp(found.longitude) > 359
    grid = choose_grid(found, crs)
    assert grid.samples < 2 * 64
    left, width, *_ = grid.georeference.transform
    system = osr.SpatialReference(grid.georeference.wkt)
    degrees = system.CloneGeogCS()
    for each in (system, degrees):
        each.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    middle = left + width * grid.samples / 2
    _, _, _, top, _, height = grid.georeference.transform
    longitude, latitude, _ = osr.CoordinateTransformation(system, degrees).TransformPoint(middle, top + height * grid.lines / 2)
    assert latitude == pytest.approx(-10, abs=0.003)
    assert abs((longitude - centre + 180) % 360 - 180) < 0.003
    assert grid.crosses_edge == bool(edge)
    if edge:
        assert np.sign(middle) == np.sign(found.centre()[1])


def test_a_pole_does_not_fit_on_a_cylinder(simulated: Callable) -> None:
    with pytest.raises(InputError, match="such as IAU_2015:49930"):
        choose_grid(simulated(Track(89.999, 40.0)), "IAU_2015:49910")


def test_a_crs_of_another_body(simulated: Callable) -> None:
    with pytest.raises(ParameterError, match="not of Mars"):
        choose_grid(simulated(Track()), "EPSG:4326")


def test_pixels_at_one_place(simulated: Callable) -> None:
    found = simulated(Track())
    still = replace(found, latitude=np.full_like(found.latitude, 3), longitude=np.full_like(found.longitude, 4))
    with pytest.raises(InputError, match="all lie at one place"):
        choose_grid(still)


def test_coordinates_of_two_images(simulated: Callable) -> None:
    found = simulated(Track())
    torn = found.longitude.copy()
    torn[20:] -= 60
    with pytest.raises(InputError, match="get the geometry again"):
        choose_grid(replace(found, longitude=torn))


def test_the_real_ddr(real_ddr: Path) -> None:
    """Every pixel of the scene lies within the raster."""
    found = read_geometry(real_ddr, 15, 64)
    grid = choose_grid(found)
    left, pixel, _, top, _, _ = grid.georeference.transform
    metres = 3396190 * np.pi / 180
    column = (found.longitude[:, found.scene] * metres - left) / pixel
    line = (top - found.latitude[:, found.scene] * metres) / pixel
    assert column.min() >= 0
    assert column.max() <= grid.samples
    assert line.min() >= 0
    assert line.max() <= grid.lines
    assert 300 < pixel < 1000

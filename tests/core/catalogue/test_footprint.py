"""Outlines of maps on Mars: in one piece, across 180°, around poles, and of the whole planet."""

from __future__ import annotations

import numpy as np
import pytest
from osgeo import ogr

from crism_gan_plugin.core.catalogue.footprint import Outline, footprint_of
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.mars.projection import projection_of
from tests.core.catalogue.stac_rules import check_geometry
from tests.mosaic_support import RADIUS, equirectangular, polar, to_wkt

DEGREE = RADIUS * np.pi / 180


def outline(
    seen: np.ndarray, left: float, top: float, pixel: float, crs: str = "", factor: int = 1, transform: tuple[float, ...] = ()
) -> Outline:
    place = Georeference(to_wkt(crs or equirectangular()), transform or (left, pixel, 0.0, top, 0.0, -pixel))
    found = footprint_of(seen, factor, place, projection_of(place.wkt))
    assert found is not None
    check_geometry(found.geometry, list(found.bbox))
    return found


def area(found: Outline) -> float:
    import json

    return ogr.CreateGeometryFromJson(json.dumps(found.geometry)).GetArea()


def test_a_rectangle_is_four_corners() -> None:
    found = outline(np.ones((20, 30), bool), 70 * DEGREE, 10 * DEGREE, 0.1 * DEGREE)
    assert found.bbox == pytest.approx((70, 8, 73, 10))
    assert found.geometry["type"] == "Polygon"
    assert sorted(map(tuple, found.geometry["coordinates"][0][:-1])) == [(70, 8), (70, 10), (73, 8), (73, 10)]


def test_cells_of_several_pixels_cover_them() -> None:
    assert outline(np.ones((2, 3), bool), 70 * DEGREE, 10 * DEGREE, 0.01 * DEGREE, factor=100).bbox == pytest.approx(
        (70, 8, 73, 10)
    )


def test_no_data_is_outside_and_holes_are_not() -> None:
    seen = np.ones((40, 40), bool)
    seen[:, :10] = False
    seen[20:23, 20:23] = False
    found = outline(seen, 0, 0, 0.1 * DEGREE)
    assert found.bbox == pytest.approx((1, -4, 4, 0)) and area(found) == pytest.approx(12, rel=0.01)


def test_a_map_across_180_degrees_is_cut_there() -> None:
    found = outline(np.ones((20, 40), bool), 178 * DEGREE, 10 * DEGREE, 0.1 * DEGREE)
    assert found.bbox == pytest.approx((178, 8, -178, 10))
    assert found.geometry["type"] == "MultiPolygon" and len(found.geometry["coordinates"]) == 2
    assert area(found) == pytest.approx(8, rel=1e-3)


def test_parts_on_both_sides_of_180_degrees_have_the_narrow_box() -> None:
    seen = np.zeros((20, 40), bool)
    seen[:, :5] = seen[:, 35:] = True
    assert outline(seen, 178 * DEGREE, 10 * DEGREE, 0.1 * DEGREE).bbox == pytest.approx((178, 8, -178, 10))


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_map_with_a_pole_in_it_reaches_all_longitudes(pole: float) -> None:
    seen = np.hypot(*np.mgrid[-39.5:40, -39.5:40]) < 39
    found = outline(seen, -40 * 5000, 40 * 5000, 5000, polar(pole))
    assert found.bbox[0] == -180 and found.bbox[2] == 180
    edge = np.degrees(39 * 5000 / RADIUS)
    assert abs(found.bbox[1 if pole > 0 else 3]) == pytest.approx(90 - edge, abs=0.1)
    assert found.bbox[3 if pole > 0 else 1] == pole
    assert area(found) == pytest.approx(360 * edge, rel=0.02)


def test_a_map_beside_a_pole_does_not_reach_it() -> None:
    seen = np.ones((40, 40), bool)
    found = outline(seen, 100_000, -100_000, 5000, polar())
    assert found.bbox == pytest.approx((18.43, 82.8, 71.57, 87.6), abs=0.15)
    edges = outline(seen, -100_000, 300_000, 5000, polar())  # its middle is at 180°
    assert edges.bbox[0] == pytest.approx(135, abs=0.1) and edges.bbox[2] == pytest.approx(-135, abs=0.1)


def test_the_whole_planet() -> None:
    found = outline(np.ones((180, 360), bool), -180 * DEGREE, 90 * DEGREE, DEGREE)
    assert found.bbox == (-180, -90, 180, 90) and area(found) == pytest.approx(360 * 180)
    shifted = outline(np.ones((180, 360), bool), -180 * DEGREE, 90 * DEGREE, DEGREE, equirectangular(meridian=180))
    assert area(shifted) == pytest.approx(360 * 180, rel=1e-3)


def test_turned_maps_lie_where_their_pixels_do() -> None:
    step = 0.1 * DEGREE * np.sqrt(0.5)
    found = outline(np.ones((20, 20), bool), 0, 0, 1, transform=(0.0, step, step, 0.0, step, -step))
    assert found.bbox == pytest.approx((0, -np.sqrt(2), 2 * np.sqrt(2), np.sqrt(2)), abs=1e-5)
    assert area(found) == pytest.approx(4, rel=1e-3)


def test_parts_apart_stay_apart_and_specks_do_not_count() -> None:
    seen = np.zeros((30, 60), bool)
    seen[5:15, 5:15] = seen[12:28, 40:55] = True
    seen[25, 3] = True
    found = outline(seen, 0, 0, 0.1 * DEGREE)
    assert found.geometry["type"] == "MultiPolygon" and len(found.geometry["coordinates"]) == 2
    assert area(found) == pytest.approx(1 + 2.4)


def test_nothing_seen_is_nowhere() -> None:
    place = Georeference(to_wkt(equirectangular()), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    assert footprint_of(np.zeros((5, 5), bool), 1, place, projection_of(place.wkt)) is None

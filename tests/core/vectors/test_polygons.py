"""Polygons that are written come back as they were; what is no layer of polygons is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.mars.crs import mars_crs
from crism_gan_plugin.core.mars.georeference import FileWithCrs
from crism_gan_plugin.core.mars.projection import same_system
from crism_gan_plugin.core.vectors import VectorLayer, check_geopackage, read_polygons

SQUARE = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], float)
HOLE = np.array([[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]], float)


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """Two features, of which one has two polygons, and one of these a hole."""
    transform = (100.0, 10.0, 0.0, 50.0, 0.0, -10.0)
    with VectorLayer(tmp_path / "a.gpkg", "areas", mars_crs("IAU_2015:49910"), transform, {"name": "text"}, "a test") as made:
        made.write_polygons([[SQUARE, HOLE], [SQUARE + 10]], {"name": "both"})
        made.write_polygons([[SQUARE + 20]], {"name": None})
    return tmp_path / "a.gpkg"


def test_polygons_come_back_in_coordinates(layer: Path) -> None:
    features, wkt = read_polygons(layer)
    assert same_system(wkt, mars_crs("IAU_2015:49910"))
    assert [[len(rings) for rings in polygons] for polygons in features] == [[2, 1], [1]]
    np.testing.assert_allclose(features[0][0][1], HOLE * (10, -10) + (100, 50))


def test_a_layer_is_found_by_its_name_and_the_users_crs_wins(layer: Path) -> None:
    polar = mars_crs("IAU_2015:49930")
    features, wkt = read_polygons(FileWithCrs(f"{layer}|layername=areas", polar))
    assert (len(features), wkt) == (2, polar)
    with pytest.raises(InputError, match="no such layer"):
        read_polygons(f"{layer}|layername=other")


def test_geojson_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}')
    assert read_polygons(path)[0][0][0][0].tolist() == [[0, 0], [1, 0], [1, 1], [0, 0]]


def test_what_holds_no_polygons_is_refused(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    image = make_tif(tmp_path / "x.tif", np.ones((2, 2, 1), np.float32))
    points, text, empty = tmp_path / "p.geojson", tmp_path / "t.gpkg", tmp_path / "e.gpkg"
    points.write_text('{"type": "Point", "coordinates": [0, 0]}')
    text.write_text("no database")
    empty.touch()
    virtual = tmp_path / "v.vrt"
    virtual.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>{points}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    for path in (image, points, text, empty, virtual, tmp_path / "none.gpkg", tmp_path):
        with pytest.raises(InputError) as raised:
            read_polygons(path)
        assert str(path) in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["a.shp", "a", ".gpkg", "a.tif"])
def test_an_output_is_called_as_a_geopackage_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="output"):
        check_geopackage(tmp_path / name)


def test_a_layer_left_by_an_error_says_the_error(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyError),
        VectorLayer(tmp_path / "a.gpkg", "a", "", (0, 1, 0, 0, 0, -1), {"n": "whole"}, "a test", points=True) as made,
    ):
        made.write_point(1, 2, {"n": 3})
        raise KeyError

"""An image in sensor space with its geometry, through the real ``qgis_process``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr

from crism_gan_plugin.core.simulation import SimulatedScene, Track, simulate_sensor_scene
from crism_gan_plugin.core.simulation.ground import ground_at, map_coordinates
from tests.qgis_support import read_codes

NAME = "frt0000c003_07_if166j_ter3"
METRES_PER_DEGREE = 3396190 * np.pi / 180


@pytest.fixture(scope="module")
def sensor_scene(tmp_path_factory) -> SimulatedScene:
    """60 × 64 pixels of 180 m around NE Syrtis, curved, with the DDR beside it."""
    track = Track(18.0, 77.2, pixel_m=180.0)
    return simulate_sensor_scene(NAME, tmp_path_factory.mktemp("sensor"), lines=60, samples=64, bands=489, track=track)


def test_the_map_lies_where_the_ground_is(qgis, qgis_process, sensor_scene, tmp_path):
    from qgis.core import QgsRasterLayer

    results = qgis_process.run_json("crism:ganmap", INPUT=sensor_scene.image, OUTPUT=tmp_path / "map.tif")
    layer = QgsRasterLayer(results["OUTPUT"], "map")
    assert layer.crs().isValid()
    assert "Equirectangular, clon = 0" in layer.crs().description()
    codes = read_codes(Path(results["OUTPUT"])).astype(int)
    left, pixel, _, top, _, _ = gdal.Open(results["OUTPUT"]).GetGeoTransform()
    assert pixel == pytest.approx(180, rel=0.15)
    column, line = np.meshgrid(np.arange(codes.shape[1]) + 0.5, np.arange(codes.shape[0]) + 0.5)
    latitude, longitude = (top - pixel * line) / METRES_PER_DEGREE, (left + pixel * column) / METRES_PER_DEGREE
    mineral = ground_at(*map_coordinates(latitude, longitude)).mineral > 0
    seen = codes != 255
    found = seen & (codes % 100 > 0)
    overlap = [(np.roll(mineral, (down, right), (0, 1)) == found)[seen].mean() for down in range(-3, 4) for right in range(-3, 4)]
    assert np.argmax(overlap) == len(overlap) // 2  # shifted by whole pixels in any direction, the ground fits worse
    record = json.loads(Path(results["PROVENANCE"]).read_text())
    assert "found beside the image" in record["geometry"]["note"]


def test_a_given_geometry_and_crs(qgis_process, sensor_scene, tmp_path):
    image = tmp_path / sensor_scene.image.name
    image.symlink_to(sensor_scene.image)
    image.with_suffix(".hdr").symlink_to(sensor_scene.image.with_suffix(".hdr"))
    results = qgis_process.run_json(
        "crism:ganmap", INPUT=image, GEOMETRY=sensor_scene.geometry, TARGET_CRS="IAU_2015:49915", OUTPUT=tmp_path / "map.tif"
    )
    crs = osr.SpatialReference(gdal.Open(results["OUTPUT"]).GetProjection())
    assert crs.GetProjParm("central_meridian") == 180


@pytest.mark.parametrize("fault", ["not there", "another image", "crs"])
def test_what_does_not_fit_is_one_line_and_no_file(qgis_process, sensor_scene, tmp_path, fault):
    geometry, crs = sensor_scene.geometry, ""
    if fault == "not there":
        geometry = tmp_path / "none.lbl"
    elif fault == "another image":
        simulate_sensor_scene("frt0000c004_07_if166j_ter3", tmp_path / "other", lines=60, samples=64, track=Track())
        geometry = tmp_path / "other" / "frt0000c004_07_de166l_ddr1.lbl"
    else:
        crs = "EPSG:4326"
    done = qgis_process.run(
        "crism:ganmap", INPUT=sensor_scene.image, GEOMETRY=geometry, TARGET_CRS=crs, OUTPUT=tmp_path / "out" / "map.tif"
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert {"not there": "no such file", "another image": "another image", "crs": "not of Mars"}[fault] in said
    assert not (tmp_path / "out" / "map.tif").exists()

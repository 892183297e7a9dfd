"""CRISM Import Product through the real ``qgis_process``, and its cube in QGIS."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core.simulation import Track, simulate_sensor_scene
from tests.qgis_support import band_wavelengths, read_cube


@pytest.fixture
def pair(shared_data, tmp_path):
    """A real TRR3 pair and its wavelength tables; they are copied, since QGIS writes statistics beside what it opens."""
    folder = tmp_path / "pair"
    folder.mkdir()
    for pattern in ("trdr/frt0001458f_01_if156*", "cdr/CDR450924300802_WA03*"):
        for file in (shared_data / "crism").glob(pattern):
            shutil.copy(file, folder)
    return folder


def test_a_real_pair(qgis, qgis_process, pair, tmp_path):
    from qgis.core import QgsRasterLayer

    done = qgis_process.run("crism:importproduct", INPUT=pair / "frt0001458f_01_if156l_trr3.lbl", OUTPUT=tmp_path / "cube.tif")
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "joined with FRT0001458F_01_IF156S_TRR3" in said
    assert "stays in sensor space" in said
    layer = QgsRasterLayer(str(tmp_path / "cube.tif"), "cube")
    assert layer.isValid()
    assert layer.bandCount() == 535
    assert layer.bandName(300).endswith("Nanometers")
    provider = layer.dataProvider()
    assert provider.sourceHasNoDataValue(1)
    assert np.isnan(provider.sourceNoDataValue(1))
    axis = band_wavelengths(tmp_path / "cube.tif")
    assert axis == sorted(axis)


def test_on_the_map_of_mars_in_the_crs_that_is_asked_for(qgis_process, tmp_path):
    scene = simulate_sensor_scene(
        "frt0000c003_07_if166j_ter3", tmp_path / "in", lines=20, samples=64, bands=489, track=Track(-80.0, 20.0, pixel_m=180.0)
    )
    results = qgis_process.run_json("crism:importproduct", INPUT=scene.image, OUTPUT=tmp_path / "cube.tif")
    dataset = gdal.Open(results["OUTPUT"])
    assert "South Polar" in dataset.GetProjection()
    assert np.isfinite(read_cube(tmp_path / "cube.tif")[200]).sum() > 800
    degrees = qgis_process.run_json(
        "crism:importproduct",
        INPUT=scene.image,
        GEOMETRY=scene.geometry,
        CRS="IAU_2015:49900",
        RESAMPLING="bilinear",
        OUTPUT=tmp_path / "degrees.tif",
    )
    left, _, _, top, _, _ = gdal.Open(degrees["OUTPUT"]).GetGeoTransform()
    assert (left, top) == (pytest.approx(20, abs=1), pytest.approx(-80, abs=0.1))
    raw = qgis_process.run_json("crism:importproduct", INPUT=scene.image, SENSOR_SPACE="true", OUTPUT=tmp_path / "raw.tif")
    assert read_cube(tmp_path / "raw.tif").shape == (489, 20, 64)
    assert gdal.Open(raw["OUTPUT"]).GetProjection() == ""


def test_a_ddr_is_no_image(qgis_process, tmp_path):
    scene = simulate_sensor_scene("frt0000c003_07_if166l_ter3", tmp_path / "in", lines=4, samples=64, track=Track())
    done = qgis_process.run("crism:importproduct", INPUT=scene.geometry, OUTPUT=tmp_path / "cube.tif")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "no I/F image" in said
    assert "Traceback" not in said
    assert not (tmp_path / "cube.tif").exists()

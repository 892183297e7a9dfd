"""CRISM Detection Limits in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

import csv
import gc
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import WAVELENGTHS_NM, map_scene
from crism_gan_plugin.core.simulation.envi_cube import EnviCube


@pytest.fixture(scope="module")
def mineral_map(tmp_path_factory) -> Path:
    """A map of bland ground, on which there is nothing."""
    folder, rng = tmp_path_factory.mktemp("map"), np.random.default_rng(0)
    position = np.linspace(-1, 1, WAVELENGTHS_NM.size)
    ground = 0.25 * np.exp(0.05 * position - 0.05 * position**2) * rng.uniform(0.8, 1.2, (30, 30, 1))
    ground *= 1 + 0.003 * rng.standard_normal(ground.shape)
    with EnviCube(folder / "scene.img", 30, 30, WAVELENGTHS_NM) as cube:
        cube.write(ground.astype(np.float32))
    return map_scene(folder / "scene.img", folder, classes=["gypsum", "kaolinite"], engine="numpy").classes


@pytest.fixture(autouse=True)
def nothing_is_left():
    """What QGIS made is collected now, not after QGIS has gone."""
    yield
    gc.collect()


def table(results: dict) -> list[dict[str, str]]:
    with Path(results["TABLE"]).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_limits_come_with_a_style_for_their_first_band(provider, mineral_map, tmp_path):
    import processing
    from osgeo import gdal

    asked = {"INPUT": str(mineral_map), "CLASSES": "gypsum", "PATCHES": "1", "IMPLANTS": 10, "OUTPUT": str(tmp_path / "x.tif")}
    results = processing.run("crism:detectionlimit", asked)
    assert Path(results["STYLE"]).name == "x.qml"
    assert Path(results["CURVES"]).is_file()
    assert 0 < float(table(results)[0]["found_90"]) < 100
    raster = gdal.Open(results["OUTPUT"])
    assert raster.RasterCount == 1
    assert "gypsum" in raster.GetRasterBand(1).GetDescription()
    assert 'type="singlebandpseudocolor"' in Path(results["STYLE"]).read_text(encoding="utf-8")


def test_qgis_process_tells_them_too(qgis_process, mineral_map, tmp_path):
    out = tmp_path / "x.tif"
    results = qgis_process.run_json("crism:detectionlimit", INPUT=mineral_map, CLASSES="kaolinite", IMPLANTS=10, OUTPUT=out)
    assert {row["class"] for row in table(results)} == {"kaolinite"}


@pytest.mark.parametrize("wanted", [True, False])
def test_a_map_tells_its_limits_if_it_is_asked(provider, mineral_map, tmp_path, wanted):
    import processing

    asked = {"INPUT": str(mineral_map.with_name("scene.img")), "CLASSES": "gypsum", "LIMITS": wanted}
    results = processing.run("crism:ganmap", {**asked, "OUTPUT": str(tmp_path / "m.tif")})
    assert ("DETECTION_LIMITS" in results) == wanted
    assert (tmp_path / "m_detection_limits.csv").is_file() == wanted
    if wanted:
        assert Path(results["DETECTION_LIMITS"]).name == "m_detection.tif"

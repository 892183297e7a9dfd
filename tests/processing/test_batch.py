"""CRISM Batch Map in a QGIS of this process: lists of layers and paths, folders, broken images, what is loaded."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core.simulation import Track, simulate_sensor_scene
from tests.qgis_support import SCENE_CLASSES, STRIP, class_codes, read_codes, write_scene

SENSOR = "frt0000c005_07_if166j_ter3"


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """Two images of the same strips, the second half a strip farther east, and a file that is broken."""
    folder = tmp_path_factory.mktemp("images")
    write_scene(folder / "one.tif")
    moved = gdal.Open(str(write_scene(folder / "two.tif")), gdal.GA_Update)
    x, *rest = moved.GetGeoTransform()
    moved.SetGeoTransform((x + 18.0 * STRIP * len(SCENE_CLASSES) / 2, *rest))
    moved = None
    (folder / "broken.tif").write_bytes((folder / "one.tif").read_bytes()[:3000])
    return folder


def run(parameters: dict, feedback=None, context=None):
    import processing

    return processing.run("crism:batchmap", parameters, feedback=feedback, context=context)


@pytest.fixture
def listener(qgis):
    from qgis.core import QgsProcessingFeedback

    class Listener(QgsProcessingFeedback):
        def __init__(self):
            super().__init__()
            self.warnings: list[str] = []

        def pushWarning(self, text):
            self.warnings.append(text)

    return Listener()


def test_layers_paths_and_a_folder_together(provider, images, tmp_path, listener):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(images / "one.tif"), "a layer with another name")
    results = run(
        {"INPUT": [layer, str(images / "two.tif")], "FOLDER": str(images), "OUTPUT_FOLDER": str(tmp_path / "out")}, listener
    )
    assert [Path(path).name for path in results["MAPS"]] == ["one_minerals.tif", "two_minerals.tif"]
    assert (results["MAPPED"], results["SKIPPED"], results["FAILED"]) == (2, 0, 1)
    assert results["COMPOSITE"] == str(tmp_path / "out" / "composite.tif")
    codes = read_codes(Path(results["COMPOSITE"])).astype(int)
    assert codes.shape[1] - STRIP * len(SCENE_CLASSES) * 3 // 2 in (0, 1, 2)  # edges lie on whole pixels of the planet
    middle = codes[2:-2, STRIP * 3 // 2 + 2 : STRIP * 2 - 2]  # Mg-carbonate of the first, kaolinite of the second
    assert set(np.unique(middle % 100)) <= set(class_codes(SCENE_CLASSES[:2]))
    with Path(results["SUMMARY"]).open() as text:
        found = {(row["scene"], int(row["code"])) for row in csv.DictReader(text)}
    assert {(name, code) for name in ("one", "two") for code in class_codes()} <= found
    assert any("FAILED" in line and "broken.tif" in line for line in listener.warnings)
    assert "1 of 3 images failed" in listener.warnings[-1]
    again = run({"FOLDER": str(images), "OUTPUT_FOLDER": str(tmp_path / "out")})
    assert (again["MAPPED"], again["SKIPPED"], again["FAILED"]) == (2, 2, 1)


def test_the_composite_goes_where_it_is_wanted_in_the_crs_that_is_wanted(provider, images, tmp_path):
    from osgeo import osr

    results = run(
        {
            "INPUT": [str(images / "one.tif")],
            "OUTPUT_FOLDER": str(tmp_path / "out"),
            "COMPOSITE": str(tmp_path / "elsewhere" / "all.tif"),
            "CRS": "IAU_2015:49930",
            "STRATEGY": "last",
            "CLASSES": "kaolinite",
        }
    )
    assert Path(results["COMPOSITE"]) == tmp_path / "elsewhere" / "all.tif"
    assert "Polar" in osr.SpatialReference(gdal.Open(results["COMPOSITE"]).GetProjection()).GetAttrValue("PROJECTION")
    assert not (tmp_path / "out" / "composite.tif").exists()


def test_an_image_in_sensor_space_is_placed_by_the_geometry_beside_it(provider, tmp_path):
    simulate_sensor_scene(SENSOR, tmp_path / "images", lines=40, samples=64, bands=489, track=Track())
    results = run({"FOLDER": str(tmp_path / "images"), "OUTPUT_FOLDER": str(tmp_path / "out")})
    assert [Path(path).name for path in results["MAPS"]] == [f"{SENSOR}_minerals.tif"]
    dataset = gdal.Open(results["MAPS"][0])
    assert "Mars" in dataset.GetProjection()
    assert Path(results["COMPOSITE"]).is_file()


def test_the_composite_is_loaded_with_its_legend(provider, images, tmp_path):
    import processing
    from qgis.core import QgsPalettedRasterRenderer, QgsProject

    project = QgsProject.instance()
    project.clear()
    processing.runAndLoadResults("crism:batchmap", {"INPUT": [str(images / "one.tif")], "OUTPUT_FOLDER": str(tmp_path / "out")})
    (layer,) = project.mapLayers().values()
    assert layer.name() == "Minerals (composite)"
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    project.clear()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "no image is given"),
        ({"INPUT": []}, "no image is given"),
        ({"INPUT": ["nowhere.img"]}, "nowhere.img"),
        ({"FOLDER": "empty"}, "no image"),
        ({"INPUT": ["one.tif"], "GUESS": 0.99}, "rise"),
        ({"INPUT": ["one.tif"], "CLASSES": "unobtainium"}, "unobtainium"),
        ({"INPUT": ["one.tif"], "CRS": "EPSG:4326"}, "Mars"),
        ({"INPUT": ["one.tif"], "COMPOSITE": "all.png"}, "all.png"),
    ],
)
def test_bad_input_is_one_line(provider, images, tmp_path, monkeypatch, parameters, said):
    from qgis.core import QgsProcessingException

    monkeypatch.chdir(images)
    (tmp_path / "empty").mkdir()
    if "FOLDER" in parameters:
        parameters = {"FOLDER": str(tmp_path / "empty")}
    with pytest.raises(QgsProcessingException) as raised:
        run({"OUTPUT_FOLDER": str(tmp_path / "out"), **parameters})
    headings = ("Unable to execute algorithm", "---")
    (line,) = [line for line in str(raised.value).splitlines() if not line.startswith(headings)]
    assert said in line
    assert {path.name for path in (tmp_path / "out").rglob("*")} <= {"summary.csv", "failed.csv"}


def test_cancelling_says_what_is_kept(provider, images, tmp_path):
    from qgis.core import QgsProcessingException, QgsProcessingFeedback

    class CancelledAfterOne(QgsProcessingFeedback):
        def isCanceled(self):
            return (tmp_path / "out" / "one_minerals_provenance.json").is_file()

    with pytest.raises(QgsProcessingException, match="1 of 2 images are finished"):
        run(
            {"INPUT": [str(images / "one.tif"), str(images / "two.tif")], "OUTPUT_FOLDER": str(tmp_path / "out")},
            CancelledAfterOne(),
        )
    assert {path.name.split("_")[0] for path in (tmp_path / "out").iterdir()} == {"one"}


def test_the_rows_of_the_standard_batch_dialog_are_maps_of_their_own(provider, images, tmp_path):
    """What the dialog does for each row: one instance of the algorithm, a new context, an output definition that loads."""
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProcessingOutputLayerDefinition

    algorithm = QgsApplication.processingRegistry().algorithmById("crism:ganmap").create()
    for name in ("one", "two"):
        output = QgsProcessingOutputLayerDefinition(str(tmp_path / f"{name}.tif"))
        parameters = {"INPUT": str(images / f"{name}.tif"), "OUTPUT": output}
        results, done = algorithm.run(parameters, QgsProcessingContext(), QgsProcessingFeedback())
        assert done and set(class_codes()) <= set(np.unique(read_codes(Path(results["OUTPUT"])) % 100))

"""CRISM Catalogue in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def folder(mineral_map, tmp_path):
    """A folder with a map, and the files beside it."""
    made = tmp_path / "maps"
    made.mkdir()
    for file in Path(mineral_map).parent.glob(f"{Path(mineral_map).stem}*"):
        if file.is_file():
            shutil.copy(file, made)
    return made


def run(parameters: dict):
    import processing

    return processing.run("crism:catalogue", parameters)


def test_all_detections_open_in_the_colours_of_the_maps(provider, folder):
    from qgis.core import QgsCategorizedSymbolRenderer, QgsVectorLayer

    results = run({"INPUT": str(folder), "MIN_PIXELS": 1})
    assert (results["ENTERED"], results["KEPT"], results["FAILED"]) == (1, 0, 0)
    layer = QgsVectorLayer(results["DETECTIONS"], "detections")
    assert layer.isValid() and layer.featureCount() > 0
    assert layer.crs().isGeographic() and pytest.approx(float(layer.crs().toProj().split("+R=")[1].split()[0])) == 3396190
    assert isinstance(layer.renderer(), QgsCategorizedSymbolRenderer)
    found = {each.label(): each.symbol().color().getRgb()[:3] for each in layer.renderer().categories()}
    assert found["kaolinite"] == (139, 69, 19)
    layer.setSubsetString("\"class\" = 'kaolinite'")
    assert layer.featureCount() > 0 and {feature["class"] for feature in layer.getFeatures()} == {"kaolinite"}
    assert {each["level"] for each in layer.getFeatures()} <= {"identification", "guess"}
    assert (run({"INPUT": str(folder), "MIN_PIXELS": 1})["KEPT"]) == 1
    del layer


def test_one_mineral_is_one_layer(qgis_process, folder):
    results = qgis_process.run_json("crism:catalogue", INPUT=folder, SHOW="kaolinite, talc")
    assert results["DETECTIONS"].endswith("""|layername=detections|subset="class" IN ('kaolinite', 'talc')""")
    assert Path(results["COLLECTION"]).is_file()


def test_what_is_refused_is_told_in_one_line(provider, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="has no map made by CRISM GAN"):
        run({"INPUT": str(tmp_path)})
    assert not list(tmp_path.iterdir())

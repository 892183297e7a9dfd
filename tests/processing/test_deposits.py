"""CRISM Deposits in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vector_support import features

pytest.importorskip("rasterio")


def run(parameters: dict):
    import processing

    return processing.run("crism:deposits", parameters)


def test_deposits_open_in_the_colours_of_the_map(provider, mineral_map, tmp_path):
    from qgis.core import QgsCategorizedSymbolRenderer, QgsRasterLayer, QgsVectorLayer

    layer = QgsRasterLayer(str(mineral_map), "a layer with another name")
    results = run({"INPUT": layer, "LEVEL": "both", "MIN_PIXELS": 1, "OUTPUT": str(tmp_path / "d.gpkg")})
    assert {name: Path(path).name for name, path in results.items()} == {
        "OUTPUT": "d.gpkg",
        "STYLE": "d.qml",
        "PROVENANCE": "d_provenance.json",
    }
    found = QgsVectorLayer(results["OUTPUT"], "deposits")
    assert found.isValid()
    assert found.featureCount() == len(features(tmp_path / "d.gpkg"))
    assert found.crs() == layer.crs()
    renderer = found.renderer()
    assert isinstance(renderer, QgsCategorizedSymbolRenderer)
    assert renderer.classAttribute() == "code"
    named = {
        int(category.value()): (category.label(), category.symbol().color().getRgb()[:3]) for category in renderer.categories()
    }
    assert named[15] == ("kaolinite", (139, 69, 19))
    assert named[115][0] == "kaolinite (guess)"
    kinds = {feature["code"] for feature in found.getFeatures()}
    assert kinds == set(named)


def test_qgis_process_makes_them_too(qgis_process, mineral_map, tmp_path):
    results = qgis_process.run_json("crism:deposits", INPUT=mineral_map, NEIGHBOURS="4", OUTPUT=tmp_path / "d.gpkg")
    found = features(Path(results["OUTPUT"]))
    assert any(each["class"] == "kaolinite" and each["pixels"] >= 100 for each in found)
    assert all(each["level"] == "identification" and each["pixels"] >= 5 for each in found)


def test_what_is_refused_is_told_in_one_line(provider, mineral_map, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=r"min columns 3: .*no band 'sample'"):
        run({"INPUT": str(mineral_map), "MIN_COLUMNS": 3, "OUTPUT": str(tmp_path / "d.gpkg")})
    assert not list(tmp_path.iterdir())

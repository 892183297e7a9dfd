"""CRISM Similarity Map in a QGIS of this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vector_support import features


def run(parameters: dict):
    import processing

    return processing.run("crism:similaritymap", parameters)


def test_a_library_spectrum_is_found_and_all_results_are_named(provider, scene, tmp_path):
    from qgis.core import QgsRasterLayer, QgsSingleBandPseudoColorRenderer

    results = run({"INPUT": str(scene), "SPECTRUM": "gypsum", "METRIC": "derivative", "OUTPUT": str(tmp_path / "x.tif")})
    assert {name: Path(path).name for name, path in results.items()} == {
        "OUTPUT": "x.tif",
        "BEST": "x_best.gpkg",
        "HISTOGRAM": "x_histogram.csv",
        "STYLE": "x.qml",
        "PROVENANCE": "x_provenance.json",
    }
    layer = QgsRasterLayer(results["OUTPUT"], "x")
    assert layer.bandCount() == 3
    assert isinstance(layer.renderer(), QgsSingleBandPseudoColorRenderer)
    assert all(row["sample"] >= 16 for row in features(tmp_path / "x_best.gpkg"))  # the third strip


def test_points_and_polygons_of_layers_tell_the_spectrum(provider, scene, tmp_path):
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer

    x, y = 4_590_000.0 + 18 * 3.5, 1_093_000.0 - 18 * 3.5
    common = {"INPUT": str(scene), "METRIC": "absorption", "SCALES": ["1"]}
    results = run({**common, "AT": f"{x},{y} [IAU_2015:49910]", "OUTPUT": str(tmp_path / "a.tif")})
    assert "sample 3, line 3" in json.loads(Path(results["PROVENANCE"]).read_text())["spectrum"]["name"]
    layer = QgsVectorLayer("Polygon?crs=IAU_2015:49910", "drawn", "memory")
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x - 20, y - 20, x + 20, y + 20)))
    layer.dataProvider().addFeatures([feature])
    results = run({**common, "POLYGONS": layer, "OUTPUT": str(tmp_path / "b.tif")})
    assert "9 pixels" in json.loads(Path(results["PROVENANCE"]).read_text())["spectrum"]["name"]


def test_what_is_refused_is_told_in_one_line(provider, scene, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="give either a spectrum"):
        run({"INPUT": str(scene), "OUTPUT": str(tmp_path / "x.tif")})
    assert not list(tmp_path.iterdir())

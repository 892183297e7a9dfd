"""CRISM Scene Endmembers in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vector_support import features


def test_all_results_are_named_and_the_library_maps(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer

    given = {"INPUT": str(scene), "COUNT": 3, "MIN_PIXELS": 10, "EXPORT": "all", "OUTPUT": str(tmp_path / "x.tif")}
    results = processing.run("crism:sceneendmembers", given)
    assert {name: Path(path).name for name, path in results.items()} == {
        "OUTPUT": "x.tif",
        "POINTS": "x_points.gpkg",
        "TABLE": "x_table.csv",
        "SPECTRA": "x_spectra.svg",
        "LIBRARY": "x_exemplars.json",
        "STYLE": "x.qml",
        "PROVENANCE": "x_provenance.json",
    }
    layer = QgsRasterLayer(results["OUTPUT"], "x")
    layer.loadDefaultStyle()
    assert layer.bandCount() == 2
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert len(features(tmp_path / "x_points.gpkg")) == 3
    mapped = {"INPUT": str(scene), "EXEMPLARS": results["LIBRARY"], "OUTPUT": str(tmp_path / "map.tif")}
    assert Path(processing.run("crism:ganmap", mapped)["OUTPUT"]).is_file()


def test_qgis_process_makes_them_too(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:sceneendmembers", INPUT=scene, METHOD="demud", MIN_PIXELS=10, OUTPUT=tmp_path / "y.tif")
    assert Path(results["OUTPUT"]).is_file()
    assert (tmp_path / "y_table.csv").is_file()


def test_what_is_refused_is_told_in_one_line(provider, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    (tmp_path / "x.txt").write_text("no image")
    with pytest.raises(QgsProcessingException, match=r"x.txt: .*"):
        processing.run("crism:sceneendmembers", {"INPUT": str(tmp_path / "x.txt"), "OUTPUT": str(tmp_path / "p.tif")})
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]

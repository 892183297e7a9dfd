"""CRISM Compare Methods in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

GIVEN = {"METHODS": ["network", "derivative"], "CLASSES": "kaolinite, Mg-carbonate", "ENGINE": "numpy"}


def test_layers_have_names_and_legends(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsPalettedRasterRenderer, QgsProcessingContext, QgsProject, QgsRasterLayer

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results = processing.run(
        "crism:comparemethods", {"INPUT": str(scene), **GIVEN, "OUTPUT": str(tmp_path / "m.tif")}, context=context
    )
    assert [Path(path).name for path in results["MAPS"]] == ["m_network.tif", "m_derivative.tif"]
    with Path(results["TABLE"]).open(encoding="utf-8", newline="") as file:
        assert {row["method"] for row in csv.DictReader(file)} == {"network", "derivative"}
    layer = QgsRasterLayer(results["OUTPUT"], "m")
    layer.loadDefaultStyle()
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert [text for text, _ in layer.renderer().legendSymbologyItems()] == ["no method", "1 of 2 methods", "2 of 2 methods"]


def test_a_truth_may_be_a_map(provider, scene, tmp_path):
    import processing

    made = processing.run("crism:comparemethods", {"INPUT": str(scene), **GIVEN, "OUTPUT": str(tmp_path / "m.tif")})
    given = {"INPUT": str(scene), **GIVEN, "OUTPUT": str(tmp_path / "n.tif"), "TRUTH": made["MAPS"][1]}
    table = Path(processing.run("crism:comparemethods", given)["TABLE"])
    with table.open(encoding="utf-8", newline="") as file:
        rows = {(row["method"], row["setting"], row["class"]): row for row in csv.DictReader(file)}
    assert float(rows["derivative", "default", "all"]["f1"]) == 1


def test_parameters_of_methods_are_chosen(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    given = {"INPUT": str(scene), **GIVEN, "OUTPUT": str(tmp_path / "m.tif")}
    chosen = "derivative.least=0.9; network.guess=0.8\nnetwork.best_guess=0.75"
    made = processing.run("crism:comparemethods", {**given, "METHOD_PARAMETERS": chosen})
    methods = json.loads(Path(made["PROVENANCE"]).read_text(encoding="utf-8"))["methods"]
    assert methods["derivative"]["parameters"] == {"least": 0.9}
    assert {name: methods["network"]["parameters"][name] for name in ("guess", "best_guess")} == {"guess": 0.8, "best_guess": 0.75}
    with pytest.raises(QgsProcessingException, match=r"derivative\.least must be a number$"):
        processing.run("crism:comparemethods", {**given, "METHOD_PARAMETERS": "derivative.least=high"})


def test_qgis_process_compares_too(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:comparemethods", INPUT=scene, METHODS="angle", OUTPUT=tmp_path / "m.tif")
    assert Path(results["OUTPUT"]).is_file()
    assert (tmp_path / "m_angle.tif").is_file()


def test_what_is_refused_is_told_in_one_line(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    (tmp_path / "truth.txt").write_text("no raster")
    given = {"INPUT": str(scene), **GIVEN, "TRUTH": str(tmp_path / "truth.txt"), "OUTPUT": str(tmp_path / "m.tif")}
    with pytest.raises(QgsProcessingException, match=r"truth.txt: .*"):
        processing.run("crism:comparemethods", given)
    assert [path.name for path in tmp_path.iterdir()] == ["truth.txt"]

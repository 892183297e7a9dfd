"""CRISM Summary Parameters in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_layers_have_names_and_styles(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsMultiBandColorRenderer, QgsProcessingContext, QgsProject, QgsRasterLayer

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    given = {"INPUT": str(scene), "PARAMETERS": ["D2300"], "PRODUCTS": ["MAF"], "OUTPUT": str(tmp_path / "p.tif")}
    results = processing.run("crism:summaryparameters", given, context=context)
    assert [Path(path).name for path in results["BROWSE"]] == ["p_MAF.tif"]
    layer = QgsRasterLayer(results["OUTPUT"], "p")
    layer.loadDefaultStyle()
    assert [layer.bandName(k + 1).split(": ")[-1] for k in range(layer.bandCount())] == [
        "OLINDEX3",
        "LCPINDEX2",
        "HCPINDEX2",
        "D2300",
    ]
    renderer = layer.renderer()
    assert isinstance(renderer, QgsMultiBandColorRenderer)
    assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (1, 2, 3)
    assert renderer.redContrastEnhancement().maximumValue() > renderer.redContrastEnhancement().minimumValue() >= 0


def test_qgis_process_makes_them_too(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:summaryparameters", INPUT=scene, PRODUCTS="PHY", OUTPUT=tmp_path / "p.tif")
    assert Path(results["OUTPUT"]).is_file()
    assert (tmp_path / "p_PHY.tif").is_file()


def test_what_is_refused_is_told_in_one_line(provider, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    (tmp_path / "x.txt").write_text("no image")
    with pytest.raises(QgsProcessingException, match=r"x.txt: .*"):
        processing.run("crism:summaryparameters", {"INPUT": str(tmp_path / "x.txt"), "OUTPUT": str(tmp_path / "p.tif")})
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]

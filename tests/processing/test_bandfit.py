"""CRISM Band Positions in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

import pytest


def test_the_centre_is_shown_in_colours(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsProcessingContext, QgsProject, QgsRasterLayer, QgsSingleBandPseudoColorRenderer

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results = processing.run("crism:bandfit", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "p.tif")}, context=context)
    layer = QgsRasterLayer(results["OUTPUT"], "p")
    layer.loadDefaultStyle()
    assert layer.bandCount() == 4
    renderer = layer.renderer()
    assert isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    assert renderer.band() == 1


def test_qgis_process_makes_them_too(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:bandfit", INPUT=scene, RANGE="1000,2600", OUTPUT=tmp_path / "p.tif")
    assert sorted(path.name for path in tmp_path.glob("p*.qml")) == ["p.qml", "p_area.qml", "p_depth.qml", "p_width.qml"]
    assert results["STYLE"].endswith("p.qml")


def test_a_bad_window_is_told_in_one_line(provider, scene, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=r"range 2400-2100 nm: the first wavelength must be the shorter one"):
        processing.run("crism:bandfit", {"INPUT": str(scene), "RANGE": "2400,2100", "OUTPUT": str(tmp_path / "p.tif")})
    assert not list(tmp_path.glob("p*"))

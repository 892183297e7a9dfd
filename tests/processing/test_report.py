"""CRISM Report in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.mapping.legend import LegendEntry, style_qml
from tests.mosaic_support import write_map


def run(parameters: dict):
    import processing

    return processing.run("crism:report", parameters)


def test_a_page_and_a_sheet_are_made_of_a_layer(provider, mineral_map, tmp_path):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(mineral_map), "a layer with another name")
    results = run({"INPUT": layer, "OUTPUT": str(tmp_path / "r.html"), "OUTPUT_PDF": str(tmp_path / "r.pdf")})
    assert results == {"OUTPUT": str(tmp_path / "r.html"), "OUTPUT_PDF": str(tmp_path / "r.pdf")}
    assert "kaolinite" in (tmp_path / "r.html").read_text(encoding="utf-8")
    sheet = (tmp_path / "r.pdf").read_bytes()
    assert sheet.startswith(b"%PDF")
    assert sheet.count(b"/Type /Page\n") == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["r.html", "r.pdf"]


@pytest.mark.parametrize("crs", ["IAU_2015:49910", ""], ids=["on Mars", "in sensor space"])
def test_the_map_fills_the_sheet_in_its_colours(provider, tmp_path, crs):
    from qgis.core import QgsCoordinateReferenceSystem, QgsLayoutExporter, QgsLayoutItemScaleBar, QgsProject, QgsRasterLayer

    from crism_gan_plugin.core.rasters.class_table import read_class_table
    from crism_gan_plugin.processing.report_sheet import laid_out

    path = write_map(tmp_path / "m.tif", np.full((60, 30), 15), crs="IAU_2015:49910")
    (tmp_path / "m.qml").write_text(style_qml([LegendEntry(15, "kaolinite", "identification", (139, 69, 19))]))
    project, layer = QgsProject(), QgsRasterLayer(str(path), "m")
    layer.setCrs(QgsCoordinateReferenceSystem(crs))
    project.addMapLayer(layer)
    project.setCrs(layer.crs())
    layout = laid_out(project, layer, read_class_table(path), 0.018 if crs else None)
    image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=50)
    colours = [image.pixelColor(x, y).getRgb()[:3] for y in range(0, image.height(), 4) for x in range(0, image.width(), 4)]
    brown = colours.count((139, 69, 19)) / len(colours)
    bars = [item for item in layout.items() if isinstance(item, QgsLayoutItemScaleBar)]
    assert 0.2 < brown < 0.32  # 92.5 by 185 of 210 by 297 mm
    assert [bar.unitsPerSegment() * bar.numberOfSegments() for bar in bars] == pytest.approx([200.0] if crs else [])
    del bars, layout, layer, project


def test_qgis_process_makes_them_too(qgis_process, mineral_map, tmp_path):
    results = qgis_process.run_json("crism:report", INPUT=mineral_map, OUTPUT=tmp_path / "r.html", OUTPUT_PDF=tmp_path / "r.pdf")
    assert Path(results["OUTPUT"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert Path(results["OUTPUT_PDF"]).read_bytes().startswith(b"%PDF")


def test_without_a_sheet_there_is_only_the_page(provider, mineral_map, tmp_path):
    assert run({"INPUT": str(mineral_map), "OUTPUT": str(tmp_path / "r.html")}) == {"OUTPUT": str(tmp_path / "r.html")}


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ({"OUTPUT": "r.html", "OUTPUT_PDF": "r.png"}, r"OUTPUT_PDF: .*r\.png is not the name of a PDF"),
        ({"OUTPUT": "r.tif"}, r"output: .*r\.tif is not the name of a page"),
    ],
)
def test_what_is_refused_is_told_in_one_line(provider, mineral_map, tmp_path, outputs, says):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=says):
        run({"INPUT": str(mineral_map), **{name: str(tmp_path / file) for name, file in outputs.items()}})
    assert not list(tmp_path.iterdir())

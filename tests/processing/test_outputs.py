"""Where results go: no algorithm replaces what it reads, and every ending of a GeoTIFF will do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from osgeo import gdal

from tests.qgis_support import write_scene

#: Algorithms that make one raster of one image, and what they need besides.
ALGORITHMS = {
    "crism:ganmap": {},
    "crism:continuumremoval": {},
    "crism:importproduct": {},
    "crism:denoise": {},
}


def run(algorithm: str, parameters: dict, **more):
    import processing

    return processing.run(algorithm, parameters, **more)


def refused(algorithm: str, parameters: dict) -> str:
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as caught:
        run(algorithm, parameters)
    return str(caught.value)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".aux.xml")}


@pytest.mark.parametrize("by", ["path", "layer", "link", "virtual raster", "layer of a virtual raster"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_input_is_never_replaced(provider, tmp_path, algorithm, by):
    from qgis.core import QgsRasterLayer

    output = write_scene(tmp_path / "x.tif")
    source = tmp_path / "given.vrt"
    if "virtual" in by:
        gdal.Translate(str(source), str(output), format="VRT")
    elif by == "link":
        os.link(output, source := tmp_path / "given.tif")
    else:
        source = output
    before = contents(tmp_path)
    given = QgsRasterLayer(str(source), "a layer") if "layer" in by else str(source)
    said = refused(algorithm, {"INPUT": given, "OUTPUT": str(output), **ALGORITHMS[algorithm]})
    assert "x.tif: is the input itself" in said or "x.tif: belongs to the input" in said
    assert contents(tmp_path) == before


def test_a_composite_and_a_batch_replace_none_of_theirs(provider, scene, tmp_path):
    mapped = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "m.tif")})
    before = contents(tmp_path)
    for name in ("m.tif", "m_evidence.tif", "m.tiff"):
        said = refused("crism:compositemosaic", {"INPUT": [mapped["OUTPUT"]], "OUTPUT": str(tmp_path / name)})
        assert "the input" in said
    image = str(shutil.copy(scene, tmp_path / "image.tif"))
    before["image.tif"] = Path(image).read_bytes()
    said = refused("crism:batchmap", {"INPUT": [image], "OUTPUT_FOLDER": str(tmp_path / "maps"), "COMPOSITE": image})
    assert "image.tif: is the input itself" in said
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["my map.TIF", "x.tiff", "x.y.TIFF"])
@pytest.mark.parametrize("algorithm", ["crism:ganmap", "crism:continuumremoval", "crism:importproduct"])
def test_geotiffs_end_in_tif_or_tiff_in_capitals_too(provider, scene, tmp_path, algorithm, name):
    results = run(algorithm, {"INPUT": str(scene), "OUTPUT": str(tmp_path / name)})
    assert Path(results["OUTPUT"]) == tmp_path / name
    assert gdal.Open(results["OUTPUT"]).GetDriver().ShortName == "GTiff"
    others = {"map": ["{}.qml", "{}_evidence.tif", "{}_provenance.json", "catalogue"]}.get(algorithm[-3:], [])
    stem = Path(name).stem
    made = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".aux.xml")}
    assert made == {name, *(other.format(stem) for other in others)}


def test_a_map_called_tiff_opens_with_its_legend_and_joins_a_composite(provider, scene, tmp_path):
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingUtils, QgsProject

    context, project = QgsProcessingContext(), QgsProject()
    context.setProject(project)
    results = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "x.tiff")}, context=context)
    layer = QgsProcessingUtils.mapLayerFromString(results["OUTPUT"], context)
    assert layer.isValid()
    assert layer.renderer().type() == "paletted"
    made = run("crism:compositemosaic", {"INPUT": [results["OUTPUT"]], "OUTPUT": str(tmp_path / "y.TIF")})
    assert Path(made["OUTPUT"]).name == "y.TIF"
    assert Path(made["OUTPUT"]).is_file()
    assert isinstance(QgsProcessingFeedback(), QgsProcessingFeedback)


@pytest.mark.parametrize("algorithm", ["crism:ganmap", "crism:continuumremoval", "crism:importproduct", "crism:denoise"])
def test_other_endings_are_refused(provider, scene, tmp_path, algorithm):
    said = refused(algorithm, {"INPUT": str(scene), "OUTPUT": str(tmp_path / "x.img")})
    assert "x.img" in said
    assert not list(tmp_path.iterdir())


def test_a_basemaps_files_replace_no_map(provider, scene, tmp_path):
    mapped = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "m.tif")})["OUTPUT"]
    before = contents(tmp_path)
    for name in ("LOCAL", "PROJECT"):
        said = refused("crism:marsbasemap", {"BASEMAP": "none", "LAYERS": [mapped], name: mapped})
        assert "m.tif" in said
    assert contents(tmp_path) == before

"""CRISM Composite Mosaic in a QGIS of this process and through the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.mosaic_support import RADIUS_15, RADIUS_30, equirectangular, random_map, write_map
from tests.qgis_support import read_codes


@pytest.fixture(scope="module")
def maps(tmp_path_factory) -> list[Path]:
    """Two overlapping maps with spheres of their own, near 77.3° E, 18° N."""
    folder = tmp_path_factory.mktemp("maps")
    rng = np.random.default_rng(0)
    paths = []
    for name, parallel, radius in (("frt1", 15, RADIUS_15), ("frt2", 30, RADIUS_30)):
        left, top = radius * np.radians(77.3) * np.cos(np.radians(parallel)), radius * np.radians(18)
        codes, similarity = random_map(rng, 40, 40)
        crs = equirectangular(parallel, radius)
        paths.append(write_map(folder / f"{name}.tif", codes, similarity, left=left, top=top, crs=crs))
    return paths


def run(parameters: dict, feedback=None, context=None):
    import processing

    return processing.run("crism:compositemosaic", parameters, feedback=feedback, context=context)


def test_all_results_are_written_and_named(provider, maps, tmp_path):
    results = run({"INPUT": [str(path) for path in maps], "OUTPUT": str(tmp_path / "y.tif")})
    assert {name: Path(path).name for name, path in results.items()} == {
        "OUTPUT": "y.tif",
        "SIMILARITY": "y_similarity.tif",
        "SOURCE": "y_source.tif",
        "COUNT": "y_count.tif",
        "SOURCES": "y_sources.csv",
        "AGREEMENT": "y_agreement.csv",
        "STYLE": "y.qml",
        "PROVENANCE": "y_provenance.json",
    }
    assert set(np.unique(read_codes(Path(results["COUNT"])))) == {0, 1, 2}


def test_layers_are_as_good_as_paths_and_the_strategy_counts(provider, maps, tmp_path):
    from qgis.core import QgsRasterLayer

    layers = [QgsRasterLayer(str(path), "a layer with another name") for path in maps]
    one = run({"INPUT": layers, "STRATEGY": "last", "OUTPUT": str(tmp_path / "one.tif")})
    other = run({"INPUT": [str(path) for path in reversed(maps)], "STRATEGY": "first", "OUTPUT": str(tmp_path / "other.tif")})
    best = run({"INPUT": layers, "OUTPUT": str(tmp_path / "best.tif")})
    found = read_codes(Path(one["OUTPUT"]))
    np.testing.assert_array_equal(found, read_codes(Path(other["OUTPUT"])))
    assert (found != read_codes(Path(best["OUTPUT"]))).any()


def test_every_raster_opens_with_a_legend_of_its_own(provider, maps, tmp_path):
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer, QgsSingleBandPseudoColorRenderer

    results = run({"INPUT": [str(path) for path in maps], "OUTPUT": str(tmp_path / "y.tif")})
    layers = {name: QgsRasterLayer(results[name], name) for name in ("OUTPUT", "SIMILARITY", "SOURCE", "COUNT")}
    assert all(layer.isValid() and "Mars" in layer.crs().description() for layer in layers.values())
    labels = {}
    for name in ("OUTPUT", "SOURCE", "COUNT"):
        renderer = layers[name].renderer()
        assert isinstance(renderer, QgsPalettedRasterRenderer), name
        labels[name] = [entry.label for entry in renderer.classes()]
    assert labels["SOURCE"] == ["1 frt1", "2 frt2"]
    assert labels["COUNT"] == ["1 map", "2 maps"]
    assert {"kaolinite", "talc (guess)"} <= set(labels["OUTPUT"])
    assert isinstance(layers["SIMILARITY"].renderer(), QgsSingleBandPseudoColorRenderer)
    assert [text for text, _ in layers["SIMILARITY"].renderer().legendSymbologyItems()][-1] == "1.00"


def test_extent_is_taken_from_any_crs(provider, maps, tmp_path):
    whole = run({"INPUT": [str(path) for path in maps], "OUTPUT": str(tmp_path / "whole.tif")})
    parameters = {"INPUT": [str(path) for path in maps], "PIXEL_SIZE": 36}
    part = run({**parameters, "EXTENT": "77.301,77.306,17.992,17.998 [IAU_2015:49900]", "OUTPUT": str(tmp_path / "part.tif")})
    codes = read_codes(Path(part["OUTPUT"]))
    degree = np.radians(1) * 3396190 / 36
    assert codes.shape == (np.ceil(0.006 * degree), np.ceil(0.005 * degree))
    assert codes.size < read_codes(Path(whole["OUTPUT"])).size / 4


@pytest.mark.parametrize(
    ("crs", "says"),
    [("IAU_2015:49901", "counts longitudes to the west"), ("ESRI:104905", "is on an ellipsoid"), ("EPSG:4326", "is not of Mars")],
)
def test_an_extent_whose_degrees_are_other_places_is_refused(provider, maps, tmp_path, crs, says):
    import processing
    from qgis.core import QgsProcessingException

    parameters = {"INPUT": [str(path) for path in maps], "EXTENT": f"77.301,77.306,17.992,17.998 [{crs}]"}
    with pytest.raises(QgsProcessingException, match=f"EXTENT: .*{says}"):
        processing.run("crism:compositemosaic", {**parameters, "OUTPUT": str(tmp_path / "y.tif")})
    assert not (tmp_path / "y.tif").exists()


def test_a_plain_extent_is_in_the_composites_crs(provider, maps, tmp_path):
    from qgis.core import QgsRectangle

    box = (4582000.0, 1066500.0, 4582360.0, 1066860.0)
    plain = f"{box[0]},{box[2]},{box[1]},{box[3]}"
    for number, extent in enumerate((plain, QgsRectangle(*box))):
        parameters = {"INPUT": [str(path) for path in maps], "PIXEL_SIZE": 36, "EXTENT": extent}
        found = run({**parameters, "OUTPUT": str(tmp_path / f"{number}.tif")})
        assert read_codes(Path(found["OUTPUT"])).shape == (10, 10)


@pytest.mark.parametrize("code", ["IAU_2015:49901", "IAU_2015:49911", "IAU_2015:49902", "IAU_2015:49912", "ESRI:104905"])
def test_a_crs_whose_coordinates_are_other_places_is_refused(provider, maps, tmp_path, code):
    import processing
    from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingException

    for number, crs in enumerate((code, QgsCoordinateReferenceSystem(code))):
        parameters = {"INPUT": [str(path) for path in maps], "CRS": crs, "OUTPUT": str(tmp_path / f"{number}.tif")}
        with pytest.raises(QgsProcessingException, match=r"CRS: .*choose one of the sphere of Mars"):
            processing.run("crism:compositemosaic", parameters)


def test_the_crs_that_is_set_on_a_layer_counts(provider, maps, tmp_path):
    from osgeo import gdal
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

    file = str(maps[0])
    layer = QgsRasterLayer(file, "moved")
    layer.setCrs(QgsCoordinateReferenceSystem("IAU_2015:49915"))
    found = run({"INPUT": [layer], "CRS": "IAU_2015:49915", "OUTPUT": str(tmp_path / "y.tif")})
    left = gdal.Open(file).GetGeoTransform()[0]  # the same numbers count from 180° now
    assert abs(gdal.Open(found["OUTPUT"]).GetGeoTransform()[0] - left) < 36


def test_open_all_loads_four_styled_layers(provider, maps, tmp_path):
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingOutputLayerDefinition, QgsProject

    project = QgsProject()
    context = QgsProcessingContext()
    context.setProject(project)
    output = QgsProcessingOutputLayerDefinition(str(tmp_path / "y.tif"), project)
    parameters = {"INPUT": [str(path) for path in maps], "OPEN_ALL": True, "OUTPUT": output}
    algorithm = provider.algorithm("compositemosaic").create()
    _, done = algorithm.run(parameters, context, QgsProcessingFeedback())
    assert done
    waiting = {Path(path).name: details for path, details in context.layersToLoadOnCompletion().items()}
    assert {name: details.name for name, details in waiting.items()} == {
        "y.tif": "y minerals",
        "y_similarity.tif": "y similarity",
        "y_source.tif": "y sources",
        "y_count.tif": "y number of maps",
    }
    assert all(details.postProcessor() is not None for details in waiting.values())


def test_cancelling_leaves_nothing(provider, maps, tmp_path):
    from qgis.core import QgsProcessingException, QgsProcessingFeedback

    feedback = QgsProcessingFeedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException, match="cancelled"):
        run({"INPUT": [str(path) for path in maps], "OUTPUT": str(tmp_path / "out" / "y.tif")}, feedback=feedback)
    assert not list(tmp_path.iterdir())


def test_through_qgis_process(qgis_process, maps, tmp_path):
    done = qgis_process.run(
        "crism:compositemosaic", **{"INPUT": f"{maps[0]}", "STRATEGY": "most detections", "OUTPUT": tmp_path / "y.tif"}
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "y_sources.csv").read_text().count("\n") == 2
    both = qgis_process("run", "crism:compositemosaic", "--", *(f"INPUT={path}" for path in maps), f"OUTPUT={tmp_path / 'z.tif'}")
    assert both.returncode == 0, both.stderr
    assert (tmp_path / "z_sources.csv").read_text().count("\n") == 3


@pytest.mark.parametrize("fault", ["missing", "not a raster", "no evidence", "another body"])
def test_bad_input_gives_one_clear_line_and_no_file(qgis_process, maps, tmp_path, fault):
    bad = tmp_path / "bad.tif"
    if fault == "not a raster":
        bad.write_text("not a raster")
    elif fault == "no evidence":
        write_map(bad, random_map(np.random.default_rng(1), 5, 5)[0])
    elif fault == "another body":
        write_map(bad, *random_map(np.random.default_rng(1), 5, 5), crs="EPSG:32633")
    done = qgis_process(
        "run", "crism:compositemosaic", "--", f"INPUT={maps[0]}", f"INPUT={bad}", f"OUTPUT={tmp_path / 'out' / 'y.tif'}"
    )
    assert done.returncode != 0
    told = {line.replace("ERROR:", "").strip() for line in (done.stdout + done.stderr).splitlines() if str(bad) in line}
    told = {line for line in told if not line.startswith(("INPUT:\t", "Status 2:", "ERROR 4:"))}  # QGIS's and GDAL's own words
    assert len(told) == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()

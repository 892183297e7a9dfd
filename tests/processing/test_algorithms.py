"""The algorithms in a QGIS of this process: results as layers, messages, cancelling."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.qgis_support import SCENE_CLASSES, STRIP, band_wavelengths, class_codes, read_codes, read_cube, write_scene


def run(algorithm: str, parameters: dict, feedback=None, context=None):
    import processing

    return processing.run(algorithm, parameters, feedback=feedback, context=context)


def test_map_names_every_strip_of_the_scene(provider, scene, tmp_path):
    results = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "map.tif")})
    assert {Path(path).name for path in results.values()} == {"map.tif", "map_evidence.tif", "map.qml", "map_provenance.json"}
    codes = read_codes(Path(results["OUTPUT"])).astype(int)
    assert codes.shape == (STRIP, STRIP * len(SCENE_CLASSES))
    for place, code in enumerate(class_codes()):
        strip = codes[:, place * STRIP + 2 : (place + 1) * STRIP - 2]  # off the edges, where windows mix neighbours
        assert np.mean((strip == code) | (strip == code + 100)) > 0.9


def test_a_layer_is_as_good_as_its_path(provider, scene, tmp_path):
    from qgis.core import QgsRasterLayer

    by_path = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "path.tif")})
    layer = QgsRasterLayer(str(scene), "a layer with another name")
    by_layer = run("crism:ganmap", {"INPUT": layer, "OUTPUT": str(tmp_path / "layer.tif")})
    np.testing.assert_array_equal(read_codes(Path(by_path["OUTPUT"])), read_codes(Path(by_layer["OUTPUT"])))


@pytest.mark.parametrize("ratio", ["off", "column", "bland"])
def test_the_ratio_reaches_map_and_batch(provider, scene, tmp_path, ratio):
    one = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "map.tif"), "RATIO": ratio})
    many = run("crism:batchmap", {"INPUT": [str(scene)], "OUTPUT_FOLDER": str(tmp_path / "maps"), "RATIO": ratio})
    for classes in (Path(one["OUTPUT"]), Path(many["MAPS"][0])):
        record = json.loads(classes.with_name(f"{classes.stem}_provenance.json").read_text(encoding="utf-8"))
        assert (record["ratio"] or {"mode": "off"})["mode"] == ratio
        assert len(read_cube(classes.with_name(f"{classes.stem}_evidence.tif"))) == (5 if ratio == "off" else 6)


def layer_with_crs(path: Path, crs: str):
    """A layer whose CRS its user set; coordinates stay as they are."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

    layer = QgsRasterLayer(str(path), "layer")
    layer.setCrs(QgsCoordinateReferenceSystem(crs))
    assert layer.crs().isValid() and layer.crs() != layer.dataProvider().crs()
    return layer


def georeference_of(path: str) -> tuple[str, tuple[float, ...]]:
    from osgeo import gdal

    dataset = gdal.Open(path)
    return dataset.GetSpatialRef().GetName(), dataset.GetGeoTransform()


@pytest.mark.parametrize(
    ("algorithm", "output", "more"),
    [
        ("crism:ganmap", "OUTPUT", {}),
        ("crism:continuumremoval", "OUTPUT", {}),
        ("crism:importproduct", "OUTPUT", {}),
        ("crism:batchmap", "MAPS", {}),
    ],
)
def test_the_crs_that_is_set_on_a_layer_counts(provider, scene, tmp_path, algorithm, output, more):
    layer = layer_with_crs(scene, "IAU_2015:49920")
    batch = algorithm == "crism:batchmap"
    target = {"OUTPUT_FOLDER": str(tmp_path / "maps")} if batch else {"OUTPUT": str(tmp_path / "x.tif")}
    results = run(algorithm, {"INPUT": [layer] if batch else layer, **target, **more})
    name, transform = georeference_of(results[output][0] if batch else results[output])
    assert "Sinusoidal" in name and transform == georeference_of(str(scene))[1]
    if batch:  # the map of the file's own CRS is another one
        again = run(algorithm, {"INPUT": [layer], **target})
        other = run(algorithm, {"INPUT": [str(scene)], **target})
        assert (results["SKIPPED"], again["SKIPPED"], other["SKIPPED"]) == (0, 1, 0)


def test_a_layers_crs_that_leads_elsewhere_is_refused(provider, scene, tmp_path):
    from qgis.core import QgsProcessingException

    for code, says in (("IAU_2015:49911", "counts longitudes to the west"), ("IAU_2015:49912", "planetocentric latitudes")):
        with pytest.raises(QgsProcessingException, match=says):
            run("crism:ganmap", {"INPUT": layer_with_crs(scene, code), "OUTPUT": str(tmp_path / "x.tif")})


def test_a_layer_in_a_zip_and_one_of_several_in_a_file(provider, scene, tmp_path):
    import zipfile

    from qgis.core import QgsRasterLayer

    plain = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": str(tmp_path / "plain.tif")})
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(scene, "in/scene.tif")
    for number, name in enumerate(
        [f"/vsizip/{tmp_path}/x.zip/in/scene.tif", f"GTIFF_DIR:1:{scene}", f"{scene}|option:NUM_THREADS=1"]
    ):
        layer = QgsRasterLayer(name, "layer")
        assert layer.isValid()
        for given in (layer, name):
            if given == name and "|" in name:
                continue
            output = str(tmp_path / f"{number}.tif")
            results = run("crism:ganmap", {"INPUT": given, "OUTPUT": output})
            np.testing.assert_array_equal(read_codes(Path(results["OUTPUT"])), read_codes(Path(plain["OUTPUT"])))


def test_temporary_output_works(provider, scene):
    from qgis.core import QgsProcessing

    results = run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})
    assert Path(results["OUTPUT"]).is_file()
    assert Path(results["OUTPUT"]).with_suffix(".qml").is_file()


def test_classes_limit_the_map_whatever_their_capitals(provider, scene, tmp_path):
    results = run("crism:ganmap", {"INPUT": str(scene), "CLASSES": "Kaolinite", "OUTPUT": str(tmp_path / "map.tif")})
    (kaolinite,) = class_codes(("kaolinite",))
    assert set(np.unique(read_codes(Path(results["OUTPUT"])))) <= {0, kaolinite, kaolinite + 100}


@pytest.mark.parametrize("value, count", [(None, 26), ("", 26), ("all", 32), ("jarosite, olivine/Mg-smectite mixture", 2)])
def test_the_words_of_the_list_of_minerals_mean_its_classes(provider, scene, tmp_path, value, count):
    given = {} if value is None else {"CLASSES": value}
    results = run("crism:ganmap", {"INPUT": str(scene), **given, "SCALES": ["1"], "OUTPUT": str(tmp_path / "map.tif")})
    record = json.loads(Path(results["PROVENANCE"]).read_text())
    assert len(record["exemplars"]["classes"]) == count


def test_class_thresholds_turn_an_identification_into_a_guess(provider, scene, tmp_path):
    (kaolinite,) = class_codes(("kaolinite",))
    parameters = {"INPUT": str(scene), "CLASSES": "kaolinite", "SCALES": ["1"]}
    plain = run("crism:ganmap", {**parameters, "OUTPUT": str(tmp_path / "plain.tif")})
    strict = run("crism:ganmap", {**parameters, "CLASS_THRESHOLDS": "kaolinite=0.71,1", "OUTPUT": str(tmp_path / "strict.tif")})
    assert kaolinite in read_codes(Path(plain["OUTPUT"]))
    found = read_codes(Path(strict["OUTPUT"]))
    assert kaolinite not in found
    assert kaolinite + 100 in found


def test_scales_decide_the_windows(provider, scene, tmp_path):
    results = run("crism:ganmap", {"INPUT": str(scene), "SCALES": ["3"], "OUTPUT": str(tmp_path / "map.tif")})
    windows = read_cube(Path(results["EVIDENCE"]))[4]
    assert set(np.unique(windows[np.isfinite(windows)])) == {3.0}


def test_without_evidence_none_is_written(provider, scene, tmp_path):
    results = run("crism:ganmap", {"INPUT": str(scene), "EVIDENCE": False, "OUTPUT": str(tmp_path / "map.tif")})
    assert "EVIDENCE" not in results
    assert not (tmp_path / "map_evidence.tif").exists()


def test_engines_agree(provider, scene, tmp_path):
    pytest.importorskip("torch")
    maps = []
    for engine in ("numpy", "torch"):
        results = run("crism:ganmap", {"INPUT": str(scene), "ENGINE": engine, "OUTPUT": str(tmp_path / f"{engine}.tif")})
        maps.append(read_codes(Path(results["OUTPUT"])))
    assert np.mean(maps[0] == maps[1]) > 0.99


def test_continuum_and_ratio_give_back_the_image(provider, scene, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    results = run(
        "crism:continuumremoval",
        {"INPUT": str(scene), "OUTPUT": str(tmp_path / "ratio.tif"), "CONTINUUM": str(tmp_path / "elsewhere" / "hull.tif")},
    )
    ratio, hull, image = (read_cube(Path(path)) for path in (results["OUTPUT"], results["CONTINUUM"], scene))
    wavelengths = band_wavelengths(scene)
    kept = [wavelengths.index(wavelength) for wavelength in band_wavelengths(Path(results["OUTPUT"]))]
    assert len(wavelengths) - len(kept) <= 4  # the filter boundary is left out
    assert ratio.max() <= 1 + 1e-6
    np.testing.assert_allclose(ratio * hull, image[kept], rtol=1e-5)


def test_continuum_keeps_to_its_range(provider, scene, tmp_path):
    results = run("crism:continuumremoval", {"INPUT": str(scene), "RANGE": [2000.0, 2500.0], "OUTPUT": str(tmp_path / "ratio.tif")})
    wavelengths = band_wavelengths(Path(results["OUTPUT"]))
    assert 2000 <= wavelengths[0] < 2010
    assert 2490 < wavelengths[-1] <= 2500


def test_check_installation_reports_every_part(provider):
    results = run("crism:checkinstallation", {})
    assert results["MISSING"] == 0
    for part in ("QGIS", "NumPy", "GDAL", "Exemplar library", "Weights discriminator.npz: sha256"):
        assert part in results["REPORT"]


def test_loaded_map_is_named_and_styled_whatever_the_default_style(provider, scene, tmp_path):
    from qgis.core import (
        QgsPalettedRasterRenderer,
        QgsProcessingContext,
        QgsProcessingFeedback,
        QgsProject,
        QgsRasterLayer,
        QgsSingleBandGrayRenderer,
    )

    context = QgsProcessingContext()
    path = str(tmp_path / "map.tif")
    details = QgsProcessingContext.LayerDetails("Mineral map", QgsProject.instance(), "OUTPUT")
    context.addLayerToLoadOnCompletion(path, details)
    run("crism:ganmap", {"INPUT": str(scene), "OUTPUT": path}, context=context)
    details = context.layerToLoadOnCompletionDetails(path)
    assert details.name == "simulated minerals"
    layer = QgsRasterLayer(path, "map")
    layer.setRenderer(QgsSingleBandGrayRenderer(layer.dataProvider(), 1))  # a style that is not ours
    details.postProcessor().postProcessLayer(layer, context, QgsProcessingFeedback())
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert layer.name() == "simulated minerals"


BAD = {
    "class name": ({"CLASSES": "kaolinit"}, "kaolinit"),
    "thresholds out of order": ({"GUESS": 0.97}, "GUESS (0.97)"),
    "class thresholds": ({"CLASS_THRESHOLDS": "kaolinite=high"}, "kaolinite=high"),
    "class thresholds out of order": ({"CLASS_THRESHOLDS": "kaolinite=0.9,0.8"}, "kaolinite"),
    "no scale": ({"SCALES": []}, "SCALES"),
    "output type": ({"OUTPUT": "map.png"}, "map.png"),
    "no input": ({"INPUT": "/nowhere/image.img"}, "/nowhere/image.img"),
    "library": ({"EXEMPLARS": __file__}, "test_algorithms.py"),
    "weights": ({"WEIGHTS": __file__}, "test_algorithms.py"),
    "wavelengths": ({"WAVELENGTHS": __file__}, "test_algorithms.py"),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_told_in_one_line_and_leaves_nothing(provider, scene, tmp_path, fault):
    from qgis.core import QgsProcessingException

    changes, words = BAD[fault]
    parameters = {"INPUT": str(scene), "OUTPUT": "map.tif", **changes}
    parameters["OUTPUT"] = str(tmp_path / parameters["OUTPUT"])
    with pytest.raises(QgsProcessingException) as raised:
        run("crism:ganmap", parameters)
    assert words in only_line(raised.value)
    assert not list(tmp_path.iterdir())


def only_line(error: Exception) -> str:
    """The one line of an error, without QGIS's own, which stand above a parameter check's message."""
    (line,) = (line for line in str(error).splitlines() if not line.startswith(("Unable to execute algorithm", "---")))
    return line


LISTS = {
    "crism:traingan": ("INPUT", "OUTPUT", {}),
    "crism:compositemosaic": ("INPUT", "OUTPUT", {}),
    "crism:marsbasemap": ("LAYERS", "LOCAL", {"BASEMAP": "none"}),
}


@pytest.mark.parametrize("algorithm", LISTS)
@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("alone", [True, False])
def test_a_bad_file_in_a_list_is_named_with_its_fault(provider, tmp_path, algorithm, missing, alone):
    """Not "Incorrect parameter value for INPUT", which says neither which of the files nor why."""
    from qgis.core import QgsProcessingException

    name, output, more = LISTS[algorithm]
    bad = tmp_path / "bad.tif"
    if not missing:
        bad.write_text("no raster")
    with pytest.raises(QgsProcessingException) as raised:
        run(algorithm, {name: str(bad) if alone else [str(bad)], output: str(tmp_path / "out" / "made.tif"), **more})
    line = only_line(raised.value)
    assert str(bad) in line
    assert ("nor a file" in line or "no such file" in line) if missing else ("raster" in line)
    assert list(tmp_path.rglob("*.*")) == ([] if missing else [bad])


def test_batch_of_a_folder_that_is_none_says_so_and_leaves_nothing(provider, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as raised:
        run("crism:batchmap", {"FOLDER": str(tmp_path / "nowhere"), "OUTPUT_FOLDER": str(tmp_path / "maps")})
    assert only_line(raised.value) == f"FOLDER: {tmp_path / 'nowhere'} is not a folder; choose the one that the images lie in"
    assert not list(tmp_path.iterdir())


def test_visible_image_is_refused_with_the_missing_range(provider, tmp_path):
    from osgeo import gdal
    from qgis.core import QgsProcessingException

    visible = write_scene(tmp_path / "visible.tif", SCENE_CLASSES[:1])
    dataset = gdal.Open(str(visible), gdal.GA_Update)
    for band in range(1, dataset.RasterCount + 1):
        dataset.GetRasterBand(band).SetMetadataItem("wavelength", f"{400 + 2.5 * band:.1f}")
    dataset = None
    with pytest.raises(QgsProcessingException, match="1050"):
        run("crism:ganmap", {"INPUT": str(visible), "OUTPUT": str(tmp_path / "out" / "map.tif")})
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("algorithm", ["crism:ganmap", "crism:continuumremoval"])
def test_cancelling_leaves_nothing_behind(provider, scene, tmp_path, algorithm):
    from qgis.core import QgsProcessingException, QgsProcessingFeedback

    class CancelledAfterTheStart(QgsProcessingFeedback):
        def isCanceled(self):
            return True

    with pytest.raises(QgsProcessingException, match="cancelled"):
        run(algorithm, {"INPUT": str(scene), "OUTPUT": str(tmp_path / "out" / "map.tif")}, CancelledAfterTheStart())
    assert not list(tmp_path.iterdir())


def test_progress_and_warnings_reach_the_feedback(provider, tmp_path):
    from qgis.core import QgsProcessingFeedback

    class Listener(QgsProcessingFeedback):
        def __init__(self):
            super().__init__()
            self.warnings = []

        def pushWarning(self, text):
            self.warnings.append(text)

    listener = Listener()
    unplaced = write_scene(tmp_path / "unplaced.tif", SCENE_CLASSES[:1], wkt="")
    run("crism:ganmap", {"INPUT": str(unplaced), "OUTPUT": str(tmp_path / "map.tif")}, listener)
    assert any("projection" in warning for warning in listener.warnings)
    assert listener.progress() > 90

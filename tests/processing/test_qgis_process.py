"""The real ``qgis_process`` on the staged plugin, as a person or a script calls it; and what it wrote, opened in QGIS again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.qgis_support import class_codes, read_codes, write_scene


@pytest.fixture(scope="session")
def mapped(qgis_process, scene, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("mapped")
    return qgis_process.run_json("crism:ganmap", INPUT=scene, OUTPUT=folder / "jezero.tif")


def test_list_and_help_name_the_algorithms(qgis_process):
    listed = qgis_process("list").stdout
    for title in ("CRISM GAN Map", "CRISM Continuum Removal", "CRISM Check Installation"):
        assert title in listed
    shown = qgis_process("help", "crism:ganmap").stdout
    for parameter in ("INPUT", "WAVELENGTHS", "CLASS_THRESHOLDS", "SCALES", "EVIDENCE", "OUTPUT"):
        assert f"\n{parameter}: " in shown


def test_all_results_are_written_and_named(mapped):
    assert {name: Path(path).name for name, path in mapped.items()} == {
        "OUTPUT": "jezero.tif",
        "EVIDENCE": "jezero_evidence.tif",
        "STYLE": "jezero.qml",
        "PROVENANCE": "jezero_provenance.json",
    }
    assert all(Path(path).stat().st_size > 0 for path in mapped.values())


def test_map_finds_the_classes_of_the_scene(mapped):
    assert set(class_codes()) <= set(np.unique(read_codes(Path(mapped["OUTPUT"])) % 100))


def test_reopened_map_has_its_legend(qgis, mapped):
    """A layer that knows nothing of the run: exactly what someone sees who opens the file a year later."""
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer

    layer = QgsRasterLayer(mapped["OUTPUT"], "again")
    assert layer.isValid()
    assert layer.crs().isValid() and "Mars" in layer.crs().description()
    renderer = layer.renderer()
    assert isinstance(renderer, QgsPalettedRasterRenderer)
    entries = {entry.value: entry for entry in renderer.classes()}
    names = dict(zip(class_codes(), ("kaolinite", "Mg-carbonate", "gypsum")))
    shown = [int(code) for code in np.unique(read_codes(Path(mapped["OUTPUT"]))) if code not in (0, 255)]
    assert set(shown) <= {int(value) for value in entries}
    for code in shown:
        if code % 100 in names:
            assert names[code % 100] in entries[code].label
    colours = [entries[code].color.name() for code in shown]
    assert len(set(colours)) == len(colours)


def test_enumerations_are_named_not_numbered(qgis_process, scene, tmp_path):
    done = qgis_process.run("crism:ganmap", INPUT=scene, ENGINE="numpy", SCALES="1,3", OUTPUT=tmp_path / "map.tif")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "map.tif").is_file()


def test_continuum_removal_and_check_installation_run(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:continuumremoval", INPUT=scene, OUTPUT=tmp_path / "ratio.tif")
    assert Path(results["OUTPUT"]).is_file()
    assert not qgis_process.run_json("crism:checkinstallation")["MISSING"]


@pytest.mark.parametrize("algorithm", ["crism:ganmap", "crism:continuumremoval"])
@pytest.mark.parametrize("fault", ["missing", "not a raster", "no wavelengths"])
def test_bad_input_gives_a_failure_one_clear_line_and_no_file(qgis_process, tmp_path, algorithm, fault):
    image = tmp_path / "image.tif"
    if fault == "not a raster":
        image.write_text("not a raster")
    elif fault == "no wavelengths":
        write_scene(image, with_wavelengths=False)
    done = qgis_process.run(algorithm, INPUT=image, OUTPUT=tmp_path / "out" / "map.tif")
    assert done.returncode != 0
    told = {line.replace("ERROR:", "").strip() for line in (done.stdout + done.stderr).splitlines() if str(image) in line}
    told = {line for line in told if not line.startswith("INPUT:\t")}  # QGIS repeats the parameters
    assert len(told) == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"image.tif", "image.tif.aux.xml"}  # QGIS keeps statistics there


def copied(folder: Path, pattern: str, target: Path) -> Path:
    """The real data stay as they are: QGIS writes statistics beside what it opens."""
    for file in folder.glob(pattern):
        shutil.copy(file, target)
    return target


def test_real_label_is_mapped_with_both_warnings(qgis_process, shared_data, tmp_path):
    label = copied(shared_data / "crism" / "trdr", "frt0001458f_01_if156l_trr3.*", tmp_path) / "frt0001458f_01_if156l_trr3.lbl"
    table = shared_data / "crism" / "cdr" / "CDR450924300802_WA0300000L_3.IMG"
    done = qgis_process.run("crism:ganmap", INPUT=label, WAVELENGTHS=table, OUTPUT=tmp_path / "map.tif")
    assert done.returncode == 0, done.stderr
    said = (done.stdout + done.stderr).lower()
    assert "projection" in said
    assert "atmosphere" in said
    assert read_codes(tmp_path / "map.tif").shape == (15, 64)


def test_real_map_projected_cube_keeps_its_own_crs(qgis_process, shared_data, tmp_path):
    from osgeo import gdal, osr

    folder = copied(shared_data / "crism" / "mtrdr", "*", tmp_path)
    image = folder / "frt0000932c_07_if164j_mtr3_subsampled.tif"
    results = qgis_process.run_json("crism:ganmap", INPUT=image, WAVELENGTHS=folder / "mtrdr_axis.tab", OUTPUT=tmp_path / "map.tif")
    before, after = gdal.Open(str(image)), gdal.Open(results["OUTPUT"])
    assert after.GetGeoTransform() == before.GetGeoTransform()
    assert osr.SpatialReference(after.GetProjection()).IsSame(osr.SpatialReference(before.GetProjection()))


def test_basemap_without_a_network_writes_the_local_layers_and_a_project(qgis, qgis_process, mapped, tmp_path):
    """Port 9 of this machine has no server: as good as no network."""
    from qgis.core import QgsProject

    done = qgis_process.run(
        "crism:marsbasemap",
        URL="http://127.0.0.1:9/{z}/{x}/{y}.png",
        LAYERS=mapped["OUTPUT"],
        LOCAL=tmp_path / "local.gpkg",
        PROJECT=tmp_path / "mars.qgz",
    )
    assert done.returncode == 0, done.stderr
    (line,) = {line for line in (done.stdout + done.stderr).splitlines() if "did not answer" in line}
    assert "127.0.0.1:9" in line
    project = QgsProject()
    assert project.read(str(tmp_path / "mars.qgz"))
    layers = project.layerTreeRoot().layerOrder()
    assert [layer.name() for layer in layers] == ["Landing sites", "Graticule (degrees)", "jezero"]
    assert all(layer.isValid() and "Mars" in layer.crs().description() for layer in layers)
    assert project.crs().authid() == "IAU_2015:49910"
    view = project.viewSettings().defaultViewExtent()
    assert view.contains(layers[-1].extent()) and view.width() < 2 * layers[-1].extent().width()
    project.clear()


def test_basemap_without_a_project_says_so_and_keeps_its_layers_in_the_profile(qgis_process):
    done = qgis_process.run("crism:marsbasemap", BASEMAP="none")
    assert done.returncode == 0, done.stderr
    assert "PROJECT=" in done.stdout + done.stderr
    assert list(qgis_process.home.rglob("crism_gan/mars.gpkg"))


def test_batch_of_a_folder_with_a_broken_image(qgis_process, scene, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    shutil.copy(scene, images / "good.tif")
    (images / "broken.tif").write_bytes(scene.read_bytes()[:3000])
    results = qgis_process.run_json("crism:batchmap", FOLDER=images, OUTPUT_FOLDER=tmp_path / "out")
    assert (results["MAPPED"], results["SKIPPED"], results["FAILED"]) == (1, 0, 1)
    assert "broken.tif" in (tmp_path / "out" / "failed.csv").read_text()
    assert set(class_codes()) <= set(np.unique(read_codes(Path(results["COMPOSITE"])) % 100))
    again = qgis_process.run("crism:batchmap", INPUT=images / "good.tif", OUTPUT_FOLDER=tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert "is finished; it is not mapped again" in again.stdout + again.stderr
    assert not (tmp_path / "out" / "failed.csv").exists()

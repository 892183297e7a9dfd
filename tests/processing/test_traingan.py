"""CRISM Train GAN: in a QGIS of this process, and through the real ``qgis_process``. Needs PyTorch."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import WAVELENGTHS_NM, load_exemplars
from tests.qgis_support import read_codes

pytest.importorskip("torch")

RESULTS = {
    "WEIGHTS": "discriminator.npz",
    "CARD": "discriminator.json",
    "LOSS_TABLE": "discriminator_losses.csv",
    "LOSS_CURVES": "discriminator_losses.png",
    "SPECTRA": "discriminator_spectra.png",
}


def run(parameters: dict, feedback=None):
    import processing

    return processing.run("crism:traingan", parameters, feedback=feedback)


@pytest.fixture(scope="session")
def model_cubes(tmp_path_factory) -> list[Path]:
    """Two noise-free cubes of 60 × 100 pixels, one mineral each."""
    library = load_exemplars()
    rng = np.random.default_rng(0)
    paths = []
    for name in ("gypsum (numerator)", "kaolinite (ratio)"):
        depth = rng.uniform(0.7, 1.3, (60, 100, 1))
        cube = 0.2 * library.spectra[library.names.index(name)] ** depth
        path = tmp_path_factory.mktemp("models") / "model.tif"
        dataset = gdal.GetDriverByName("GTiff").Create(str(path), 100, 60, cube.shape[2], gdal.GDT_Float32)
        for band, wavelength in enumerate(WAVELENGTHS_NM, 1):
            dataset.GetRasterBand(band).WriteArray(cube[:, :, band - 1].astype(np.float32))
            dataset.GetRasterBand(band).SetMetadata({"wavelength": f"{wavelength:.2f}", "wavelength_units": "Nanometers"})
        dataset = None  # closes the file
        paths.append(path)
    return paths


def test_qgis_process_trains_and_the_map_takes_the_weights(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:traingan", STEPS=3, SEED=3, OUTPUT=tmp_path / "trained")
    assert {name: Path(results[name]).name for name in RESULTS} == RESULTS
    assert {path.name for path in (tmp_path / "trained").iterdir()} == set(RESULTS.values())
    card = json.loads(Path(results["CARD"]).read_text())
    assert (card["training"]["steps"], card["training"]["seed"]) == (3, 3)
    mapped = qgis_process.run_json("crism:ganmap", INPUT=scene, WEIGHTS=results["WEIGHTS"], OUTPUT=tmp_path / "map.tif")
    assert read_codes(Path(mapped["OUTPUT"])).any()
    record = json.loads(Path(mapped["PROVENANCE"]).read_text())
    assert record["network"]["path"] == results["WEIGHTS"]


def test_images_are_layers_or_paths(provider, model_cubes, tmp_path):
    from qgis.core import QgsRasterLayer

    inputs = [str(model_cubes[0]), QgsRasterLayer(str(model_cubes[1]), "a layer")]
    results = run({"INPUT": inputs, "WITH_EXEMPLARS": False, "LOSSES": "contrastive", "STEPS": 1, "OUTPUT": str(tmp_path / "out")})
    assert "SPECTRA" not in results
    card = json.loads(Path(results["CARD"]).read_text())
    assert card["libraries"] == ["model.tif", "model.tif"]
    assert card["training"]["spectra_in_library"] == 12_000


def test_losses_are_shown_live_and_cancelling_keeps_the_checkpoint(provider, tmp_path):
    from qgis.core import QgsProcessingException, QgsProcessingFeedback

    class Listener(QgsProcessingFeedback):
        def __init__(self, last):
            super().__init__()
            self.last, self.shown, self.notes = last, [], []

        def setProgressText(self, text):
            self.shown.append(text)

        def pushInfo(self, text):
            self.notes.append(text)

        def isCanceled(self):
            return len(self.shown) >= self.last

    parameters = {"STEPS": 5, "OUTPUT": str(tmp_path / "out")}
    with pytest.raises(QgsProcessingException, match=r"cancelled at step 2; the checkpoint .* is kept"):
        run(parameters, Listener(2))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"discriminator.checkpoint"}
    listener = Listener(100)
    run(parameters, listener)
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(RESULTS.values())
    assert listener.shown[0].startswith("step 3 of 5: contrastive ")
    assert any("resumed at step 2" in note for note in listener.notes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"WITH_EXEMPLARS": False}, "nothing to learn from"),
        ({"LIBRARY": [__file__]}, "test_traingan.py"),
        ({"STEPS": 0}, "STEPS"),
        ({"INPUT": ["{cube}"]}, "10,000"),
    ],
)
def test_bad_input_is_told_in_one_line_and_leaves_nothing(provider, model_cubes, tmp_path, changes, words):
    from qgis.core import QgsProcessingException

    parameters = {"STEPS": 1, **changes, "OUTPUT": str(tmp_path / "out")}
    if "INPUT" in parameters:
        parameters["INPUT"] = [str(model_cubes[0])]
    with pytest.raises(QgsProcessingException) as raised:
        run(parameters)
    headings = ("Unable to execute algorithm", "---")
    lines = [line for line in str(raised.value).splitlines() if not line.startswith(headings)]
    assert len(lines) == 1
    assert words in lines[0]
    assert not any(tmp_path.rglob("*.*"))


def test_without_torch_one_line_says_so(provider, tmp_path, monkeypatch):
    from qgis.core import QgsProcessingException

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(QgsProcessingException, match="training needs PyTorch, which cannot be imported"):
        run({"OUTPUT": str(tmp_path / "out")})

"""A run from files to files: whole or not at all but for its checkpoint, and every mistake is one line. Needs PyTorch."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from crism_gan_plugin.core import load_discriminator, load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.errors import Cancelled, InputError, MissingDependencyError, OutputError, ParameterError
from crism_gan_plugin.core.network.weights import load_weights
from crism_gan_plugin.core.training import image_spectra, pipeline, schedule
from crism_gan_plugin.core.training.pipeline import train_to_files
from crism_gan_plugin.core.training.plan import TrainingPlan

ROOT = Path(__file__).resolve().parents[3]
TINY = TrainingPlan(minerals=4, copies=2, batch=4, filters=(2, 4, 4, 6))


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "TrainingPlan", lambda **given: replace(TINY, **given))
    monkeypatch.setattr(schedule, "SAMPLE", 64)
    monkeypatch.setattr(image_spectra, "LEAST", 1000)


@pytest.fixture
def model(tmp_path: Path, make_envi: Callable, pixel_of: Callable) -> Path:
    rng = np.random.default_rng(0)
    names = ("gypsum", "kaolinite", "high-Ca pyroxene")
    cube = np.concatenate([pixel_of(name) ** rng.uniform(0.8, 1.2, (20, 30, 1)) for name in names], 1)
    (tmp_path / "images").mkdir()
    return make_envi(tmp_path / "images" / "model.img", cube.astype(np.float32))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_all_results_are_written(tmp_path: Path, recorder: Callable) -> None:
    progress = recorder()
    files = train_to_files(tmp_path / "new" / "w.npz", steps=3, seed=1, progress=progress)
    assert names(tmp_path / "new") == {"w.npz", "w.json", "w_losses.csv", "w_losses.png", "w_spectra.png"}
    assert files.weights.name == "w.npz"
    assert all(path.is_file() for path in (files.card, files.losses, files.curves, files.spectra))
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == 1
    card = load_weights(files.weights).card
    assert (card["training"]["steps"], card["training"]["seed"]) == (3, 1)
    assert card["libraries"] == ["the plugin's exemplars"]
    assert [entry["step"] for entry in card["log"]] == [0, 3]
    assert card["made"]["torch"]
    with files.losses.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    for name in ("contrastive", "discriminator", "generator"):
        assert np.mean([float(row[name]) for row in rows]) == pytest.approx(card["log"][-1][f"{name}_loss"], rel=1e-4)
    assert load_discriminator(files.weights, "numpy").features(load_exemplars().spectra).shape == (67, card["features"])


@pytest.mark.parametrize(("losses", "drawn"), [("adversarial", True), ("contrastive", False)])
def test_each_game_alone(tmp_path: Path, losses: str, drawn: bool) -> None:
    (tmp_path / "w_spectra.png").write_text("of an earlier run")
    files = train_to_files(tmp_path / "w.npz", steps=2, losses=losses)
    plan = load_weights(files.weights).card["training"]
    assert (plan["adversarial"] > 0, plan["contrastive"] > 0) == (losses == "adversarial", losses == "contrastive")
    assert (files.spectra is not None) == (tmp_path / "w_spectra.png").is_file() == drawn


def test_images_are_learnt_from(tmp_path: Path, model: Path, recorder: Callable) -> None:
    progress = recorder()
    files = train_to_files(tmp_path / "w.npz", images=[model], exemplars=False, steps=2, progress=progress)
    card = load_weights(files.weights).card
    assert card["libraries"] == ["model.img"]
    assert card["training"]["spectra_in_library"] == 20 * 90
    assert progress.fractions == sorted(progress.fractions)
    both = train_to_files(tmp_path / "w.npz", images=[model], steps=2)
    assert load_weights(both.weights).card["training"]["spectra_in_library"] > 20 * 90


def test_ground_of_images_is_learnt(tmp_path: Path, make_tif: Callable, recorder: Callable) -> None:
    """It is told in the card, and changes the weights."""
    cells = load_background().plain.draw(40 * 40, np.random.default_rng(0)).reshape(40, 40, 240)
    image = make_tif(tmp_path / "ground.tif", (0.2 * cells.repeat(5, 0).repeat(5, 1)).astype(np.float32))
    progress = recorder()
    files = train_to_files(tmp_path / "w.npz", ground=[image], steps=2, progress=progress)
    assert load_weights(files.weights).card["background"]["measured_on"] == ["ground.tif"]
    assert progress.fractions == sorted(progress.fractions)
    usual = train_to_files(tmp_path / "usual.npz", steps=2)
    assert not np.array_equal(load_weights(usual.weights).whitening, load_weights(files.weights).whitening)


def test_cancelled_keeps_the_checkpoint_and_the_same_again_goes_on(tmp_path: Path, recorder: Callable) -> None:
    whole = train_to_files(tmp_path / "whole" / "w.npz", steps=6)
    with pytest.raises(Cancelled, match=r"at step 4; the checkpoint .* is kept"):
        train_to_files(tmp_path / "out" / "w.npz", steps=6, progress=recorder(4))
    assert names(tmp_path / "out") == {"w.checkpoint"}
    with pytest.raises(InputError, match="another plan; delete it, or give the same"):
        train_to_files(tmp_path / "out" / "w.npz", steps=7)
    with pytest.raises(InputError, match="another set of spectra"):
        train_to_files(tmp_path / "out" / "w.npz", steps=6, library=[_library(tmp_path)])
    assert names(tmp_path / "out") == {"w.checkpoint"}
    progress = recorder()
    resumed = train_to_files(tmp_path / "out" / "w.npz", steps=6, progress=progress)
    assert "resumed at step 4" in progress.notes[0]
    assert resumed.weights.read_bytes() == whole.weights.read_bytes()
    assert resumed.losses.read_bytes() == whole.losses.read_bytes()
    assert names(tmp_path / "out") == names(tmp_path / "whole")


def _library(folder: Path) -> Path:
    """An ENVI spectral library of two specimens of two minerals."""
    wavelengths = np.linspace(1000, 2700, 200)
    spectra = [1 - 0.2 * np.exp(-0.5 * ((wavelengths - centre) / 40) ** 2) for centre in (1400, 1405, 2200, 2210)]
    np.array(spectra, "<f4").tofile(folder / "own.sli")
    (folder / "own.hdr").write_text(
        f"ENVI\nwavelength = {{{', '.join(map(str, wavelengths))}}}\nspectra names = {{one a, one b, two a, two b}}\n"
    )
    return folder / "own.sli"


def test_a_checkpoint_of_one_s_own_stays(tmp_path: Path) -> None:
    train_to_files(tmp_path / "w.npz", steps=2, checkpoint=tmp_path / "mine.pt")
    assert (tmp_path / "mine.pt").is_file()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"out": "w.pt"}, ParameterError, "w.pt"),
        ({"losses": "wasserstein"}, ParameterError, "'wasserstein'.*both, adversarial, contrastive"),
        ({"steps": 0}, ParameterError, "steps"),
        ({"patience": -1}, ParameterError, "patience"),
        ({"exemplars": False}, ParameterError, "nothing to learn from"),
        ({"library": ["absent.sli"]}, InputError, "absent.sli"),
        ({"images": ["absent.img"]}, InputError, "absent.img"),
        ({"out": "file/w.npz"}, OutputError, "file"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(tmp_path: Path, given: dict, error: type, said: str) -> None:
    (tmp_path / "file").write_text("no folder")
    given = {**given, "out": tmp_path / given.get("out", "new/w.npz")}
    with pytest.raises(error, match=said) as caught:
        train_to_files(given.pop("out"), **{"steps": 2, **given})
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == {"file"}


def test_without_disk_space_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**12, 10**12 - 20_000_000, 20_000_000))
    with pytest.raises(OutputError, match="only 20 MB of free disk space"):
        train_to_files(tmp_path / "new" / "w.npz", steps=2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("limit", [2_000, 100_000])
def test_a_disk_that_fills_up_is_one_line(tmp_path: Path, limit: int) -> None:
    code = (
        "import resource, sys; from crism_gan_plugin.core.cli import main; import torch; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "
        f"sys.exit(main(['train', '--out', r'{tmp_path / 'out' / 'w.npz'}', '--steps', '1', '--quiet']))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ") and str(tmp_path / "out") in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_torch_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match="training needs PyTorch, which cannot be imported"):
        train_to_files(tmp_path / "w.npz", steps=1)
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_there_are_no_figures_but_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorder: Callable
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    progress = recorder()
    files = train_to_files(tmp_path / "w.npz", steps=2, progress=progress)
    assert files.curves is files.spectra is None
    assert names(tmp_path) == {"w.npz", "w.json", "w_losses.csv"}
    assert any("Matplotlib" in warning for warning in progress.warnings)


@pytest.mark.parametrize("name", ["model.img", "model.hdr"])
def test_a_checkpoint_replaces_nothing_that_is_learnt_from(tmp_path: Path, model: Path, name: str) -> None:
    before = {path.name: path.read_bytes() for path in model.parent.iterdir()}
    with pytest.raises(ParameterError, match=rf"{name}: (is|belongs to) the input"):
        train_to_files(tmp_path / "new" / "w.npz", images=[model], checkpoint=model.parent / name, steps=1)
    assert {path.name: path.read_bytes() for path in model.parent.iterdir()} == before
    assert not (tmp_path / "new").exists()


def test_a_checkpoint_has_a_name_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"w\.json: is the name of a result too"):
        train_to_files(tmp_path / "w.npz", checkpoint=tmp_path / "w.json", steps=1)
    assert not list(tmp_path.iterdir())

"""Whole runs on workers of this machine: what is made, what is left alone, what is set aside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crism_gan_plugin import paths
from crism_gan_plugin.core import map_batch
from crism_gan_plugin.core.errors import ClusterError, MissingDependencyError, OutputError, ParameterError
from crism_gan_plugin.core.files.locks import FileLock
from crism_gan_plugin.core.files.reading import sha256
from tests.core.atmosphere.conftest import record as record
from tests.core.denoise.images import make_image

ROOT = Path(__file__).resolve().parents[3]


def lines(out: Path) -> dict[str, dict[str, Any]]:
    """The ledger, by scene."""
    found = [json.loads(line) for line in (out / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({line["scene"] for line in found}) == len(found)
    return {line["scene"]: line for line in found}


def map_of(out: Path, scene: str) -> Path:
    return out / "scenes" / scene / f"{scene}_minerals.tif"


def one_is_done(out: Path) -> bool:
    """Whether the ledger has a scene: a scene whose map is there already can still be interrupted."""
    ledger = out / "ledger.jsonl"
    return ledger.exists() and '"done"' in ledger.read_text(encoding="utf-8")


def times(out: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in sorted(out.glob("scenes/*/*_minerals.tif"))}


def test_a_run_maps_as_a_batch_does_and_goes_on_where_it_was(
    archive: Callable, make_images: Callable, tmp_path: Path, recorder: Callable
) -> None:
    images, out = make_images(tmp_path / "images", 4), tmp_path / "out"
    broken = tmp_path / "images" / "scene999.tif"
    broken.write_bytes(b"II*\0 no image")
    heard = recorder()
    made = archive(tmp_path / "images", out, tries=2, progress=heard)
    assert (made.scenes, made.mapped, made.finished, len(made.set_aside)) == (5, 4, 0, 1)
    assert [text for text in heard.notes if text.startswith("scene999 is tried again: ") and "scene999.tif" in text]
    (aside,) = made.set_aside
    assert (aside.scene, aside.attempt) == ("scene999", 2) and "scene999.tif" in aside.error and "\n" not in aside.error

    weights = Path(json.loads((out / "scenes/scene000/scene000_minerals_provenance.json").read_text())["network"]["path"])
    batch = map_batch(images, tmp_path / "batch", weights=weights, engine="numpy", composite=None)
    ledger = lines(out)
    for image, outputs in zip(images, batch.maps):
        line = ledger[image.stem]
        assert line["checksum"] == sha256(map_of(out, image.stem)) == sha256(outputs.classes)
        assert (line["state"], line["attempt"], line["version"]) == ("done", 1, paths.version())
        assert line["seconds"] > 0 and all((out / name).stat().st_size == size for name, size in line["files"].items())

    # all is settled: no cluster is started, and nothing is touched
    before, progress = times(out), recorder()
    again = archive(tmp_path / "images", out, tries=2, scheduler="tcp://127.0.0.1:1", progress=progress)
    assert (again.mapped, again.finished, len(again.set_aside)) == (0, 4, 1)
    assert times(out) == before and any("--again" in text for text in progress.warnings)

    # without the ledger, the results tell that they are finished; one that lost a byte, and an image that changed, are mapped again
    (out / "ledger.jsonl").unlink()
    with map_of(out, "scene001").open("ab") as file:
        file.write(b"x")
    broken.unlink()
    make_images(tmp_path / "other", 1)[0].rename(images[2])
    partly = archive(tmp_path / "images", out)
    assert (partly.mapped, partly.finished) == (2, 2)
    changed = {name for name, when in times(out).items() if when != before[name]}
    assert changed == {"scene001_minerals.tif", "scene002_minerals.tif"}


def test_what_is_asked_for_otherwise_is_made_anew(archive: Callable, make_images: Callable, tmp_path: Path) -> None:
    make_images(tmp_path / "images", 2)
    out = tmp_path / "out"
    archive(tmp_path / "images", out, workers=1)
    assert archive(tmp_path / "images", out, workers=1, scales=(1,)).mapped == 2


def test_scenes_are_denoised_first_where_that_is_asked_for(
    archive: Callable, make_images: Callable, tmp_path: Path, trr3_product: Callable, record: Callable, random_weights: Path
) -> None:
    (tmp_path / "raw").mkdir()
    raw = make_image(tmp_path / "raw", trr3_product, record).label
    images, out = [raw, *make_images(tmp_path / "images", 1)], tmp_path / "out"
    made = archive(images, out, denoise="quick")
    assert (made.mapped, made.set_aside) == (2, ())
    cubes = [file.name for file in out.glob("scenes/*/*_denoised.tif")]
    assert cubes == [f"{raw.stem}_minerals_denoised.tif"]  # the other one has no atmosphere in it
    alone = map_batch(images, tmp_path / "batch", weights=random_weights, engine="numpy", denoise="quick", composite=None)
    assert lines(out)[raw.stem]["checksum"] == sha256(alone.maps[0].classes)
    assert archive(images, out, denoise="quick").finished == 2


def test_a_scene_that_was_set_aside_is_tried_again_if_that_is_asked_for(
    archive: Callable, make_images: Callable, tmp_path: Path
) -> None:
    make_images(tmp_path / "images", 1)
    (tmp_path / "images" / "wrong.tif").write_bytes(b"no image at all")
    out = tmp_path / "out"
    archive(tmp_path / "images", out, tries=1)
    assert lines(out)["wrong"]["state"] == "set aside"
    made = archive(tmp_path / "images", out, tries=2, again=True)
    assert (made.finished, made.set_aside[0].attempt) == (1, 2)


def test_two_runs_in_one_folder_are_refused(archive: Callable, make_images: Callable, tmp_path: Path) -> None:
    make_images(tmp_path / "images", 1)
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".crism-archive.lock", "held"), pytest.raises(OutputError, match="another run is working"):
        archive(tmp_path / "images", tmp_path / "out")


def test_a_scheduler_that_is_not_there_is_told_in_one_line(archive: Callable, make_images: Callable, tmp_path: Path) -> None:
    make_images(tmp_path / "images", 1)
    with pytest.raises(ClusterError, match=r"scheduler tcp://127\.0\.0\.1:1: does not answer"):
        archive(tmp_path / "images", tmp_path / "out", scheduler="tcp://127.0.0.1:1")


def test_an_address_that_is_none_makes_no_client(
    archive: Callable, make_images: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dask: Any
) -> None:
    """It could not be closed again, and would end in a traceback."""
    make_images(tmp_path / "images", 1)
    monkeypatch.setattr(dask, "Client", pytest.fail)
    with pytest.raises(ClusterError, match=r"scheduler nonsense: does not answer \(missing port number in address 'nonsense'\)"):
        archive(tmp_path / "images", tmp_path / "out", scheduler="nonsense")


def test_a_run_without_maps_says_nothing_of_the_catalogue(archive: Callable, tmp_path: Path, recorder: Callable) -> None:
    image = tmp_path / "image.txt.img"
    image.write_text("no image")
    progress = recorder()
    made = archive([image], tmp_path / "out", tries=1, progress=progress)
    assert (made.mapped, len(made.set_aside), made.catalogue) == (0, 1, None)
    assert not any("catalogue" in said for said in progress.warnings)


def test_a_wrong_parameter_is_refused_before_anything_is_written(archive: Callable, make_images: Callable, tmp_path: Path) -> None:
    make_images(tmp_path / "images", 1)
    with pytest.raises(ParameterError):
        archive(tmp_path / "images", tmp_path / "out", classes=["kaolinit"])
    assert not (tmp_path / "out").exists()


def test_without_dask_the_message_says_what_to_install(
    make_images: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crism_gan_plugin.core import map_archive

    make_images(tmp_path / "images", 1)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependencyError, match=r"core archive needs Dask distributed.*core batch"):
        map_archive([tmp_path / "images"], tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
def test_ctrl_c_ends_a_run_cleanly_and_the_next_goes_on(
    archive: Callable, make_images: Callable, random_weights: Path, tmp_path: Path
) -> None:
    make_images(tmp_path / "images", 60)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "crism_gan_plugin.core", "archive", str(tmp_path / "images"), "--out-dir", str(out)]
    command += ["--workers", "2", "--weights", str(random_weights), "--engine", "numpy"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests may run where it is ignored, as behind an & of a shell
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=heard, **pipes)
    until = time.monotonic() + 120
    while not one_is_done(out) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all processes of the command get it
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, ""), said
    assert "scenes are finished, and their maps whole" in said and "Traceback" not in said, said
    done = [scene for scene, line in lines(out).items() if line["state"] == "done"]
    assert 0 < len(done) < 60
    before = times(out)
    made = archive(tmp_path / "images", out)
    assert (made.mapped + made.finished, made.set_aside) == (60, ())
    assert all(times(out)[name] == before[name] for name in before if name.removesuffix("_minerals.tif") in done)

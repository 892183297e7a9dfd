"""Detection limits as the last step of a map, of a batch, and in the report."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import map_batch, map_scene
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.detection_limit import of_map
from crism_gan_plugin.core.detection_limit.of_map import files_of, named_by_map
from crism_gan_plugin.core.errors import Cancelled, OutputError, ParameterError
from crism_gan_plugin.core.reports import make_report
from tests.core.detection_limit.conftest import CLASSES

NAMES = ["_detection.tif", "_detection.qml", "_detection_limits.csv", "_detection_curves.csv", "_detection_provenance.json"]


@pytest.fixture
def options(random_weights: Path) -> dict[str, object]:
    return {"classes": CLASSES, "weights": random_weights, "engine": "numpy"}


@pytest.fixture
def scene(make_tif: Callable[..., Path], bland: np.ndarray, tmp_path: Path) -> Path:
    return make_tif(tmp_path / "scene.tif", bland)


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_the_map_is_the_one_without_limits(scene: Path, options: dict, tmp_path: Path, recorder: Callable) -> None:
    progress = recorder()
    without = map_scene(scene, tmp_path / "a", **options)
    made = map_scene(scene, tmp_path / "b", limits=True, progress=progress, **options)
    for one, other in ((without.classes, made.classes), (without.evidence, made.evidence), (without.style, made.style)):
        assert one.read_bytes() == other.read_bytes()
    assert {f"scene_minerals{ending}" for ending in NAMES} <= files(tmp_path / "b") - files(tmp_path / "a")
    assert set(files_of(made.classes)) == {tmp_path / "b" / name for name in files(tmp_path / "b") - files(tmp_path / "a")}
    assert files_of(without.classes) == []
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] == pytest.approx(1, abs=0.01)
    record = json.loads(named_by_map(made.classes).provenance.read_text(encoding="utf-8"))
    assert record["map"]["path"] == str(made.classes)
    assert set(record["statements"]) <= set(progress.notes)
    assert list(record["classes"]) == CLASSES
    with named_by_map(made.classes).table.open(encoding="utf-8", newline="") as file:
        assert {row["class"] for row in csv.DictReader(file)} == set(CLASSES)


def test_the_report_says_it_in_words(scene: Path, options: dict, tmp_path: Path) -> None:
    made = map_scene(scene, tmp_path / "maps", limits=True, report=tmp_path / "r.html", **options)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "What the map would have shown" in text
    assert re.search(r"<li>no kaolinite above \d+ % in 100 % of this image", text)
    made.classes.with_name("other.txt").write_text("")
    named_by_map(made.classes).limits.unlink()  # limits that were made alone, under any name, count as well
    make_report(made.classes, tmp_path / "again.html")
    assert "no kaolinite above" in (tmp_path / "again.html").read_text(encoding="utf-8")
    other = map_scene(scene, tmp_path / "maps", **{**options, "classes": ["talc"]})
    make_report(other.classes, tmp_path / "other.html")
    assert "would have shown" not in (tmp_path / "other.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"max_false_share": 0.05}, r"limits: the map is to show only what has a q-value up to 0\.05"),
        ({"evidence": False}, "limits: need the map's evidence"),
    ],
)
def test_what_no_limits_can_be_told_of_is_refused_first(
    scene: Path, options: dict, tmp_path: Path, more: dict, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        map_scene(scene, tmp_path / "maps", limits=True, **options, **more)
    assert not (tmp_path / "maps").exists()


def test_limits_replace_no_input(bland: np.ndarray, make_tif: Callable[..., Path], options: dict, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    image = make_tif(tmp_path / "maps" / "x_detection.tif", bland)
    before = image.read_bytes()
    with pytest.raises(ParameterError, match=r"x_detection\.tif"):
        map_scene(image, tmp_path / "maps", name="x.tif", limits=True, **options)
    assert image.read_bytes() == before
    assert files(tmp_path / "maps") == {"x_detection.tif"}


def test_too_little_bland_ground_costs_no_map(
    bland: np.ndarray, scene: Path, make_tif: Callable[..., Path], options: dict, tmp_path: Path, recorder: Callable
) -> None:
    map_scene(scene, tmp_path / "maps", limits=True, **options)
    bland[:, 12:] = bland[6:] = 65535
    poor, progress = make_tif(scene, bland), recorder()
    made = map_scene(poor, tmp_path / "maps", limits=True, report=tmp_path / "r.html", progress=progress, **options)
    (warning,) = [line for line in progress.warnings if line.startswith("no detection limits: ")]
    assert "has too little bland ground" in warning or "no such patch" in warning
    assert made.classes.is_file()
    assert files_of(made.classes) == []  # those of the earlier map are gone
    assert "would have shown" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_ends_the_limits_leaves_the_map(scene: Path, options: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for fault in (Cancelled("cancelled"), OutputError("the disk is full")):

        def fail(*_: object, fault: Exception = fault, **__: object) -> None:
            raise fault

        monkeypatch.setattr(of_map, "find_detection_limits", fail)
        with pytest.raises(type(fault), match=r"no detection limits were written.*map is finished: .*scene_minerals\.tif"):
            map_scene(scene, tmp_path / "maps", limits=True, **options)
        assert "scene_minerals.tif" in files(tmp_path / "maps")


def test_a_batch_tells_the_limits_of_each_map_once(scene: Path, options: dict, tmp_path: Path, recorder: Callable) -> None:
    arguments = {"composite": None, **options}
    map_batch([scene], tmp_path / "maps", **arguments)
    assert not files_of(tmp_path / "maps" / "scene_minerals.tif")
    made = map_batch([scene], tmp_path / "maps", limits=True, reports=tmp_path / "pages", **arguments)
    assert made.skipped == 1
    limits = named_by_map(made.maps[0].classes)
    before = limits.provenance.read_bytes()
    assert "no kaolinite above" in made.reports[0].read_text(encoding="utf-8")
    progress = recorder()
    map_batch([scene], tmp_path / "maps", limits=True, progress=progress, **arguments)
    assert any("detection limits are there already" in note for note in progress.notes)
    assert limits.provenance.read_bytes() == before
    limits.table.unlink()
    map_batch([scene], tmp_path / "maps", limits=True, **arguments)
    assert limits.table.is_file()


def test_the_command_line_prints_the_files(
    scene: Path, random_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["map", str(scene), "--out-dir", str(tmp_path / "maps"), "--classes", *CLASSES, "--weights", str(random_weights)]
    assert main([*words, "--engine", "numpy", "--limits"]) == 0
    shown = capsys.readouterr()
    assert {f"scene_minerals{ending}" for ending in NAMES} <= {Path(line).name for line in shown.out.splitlines()}
    assert "no gypsum above" in shown.err

"""A report as the last step of a map, and of a batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import map_batch, map_scene
from crism_gan_plugin.core.catalogue import mapped as module
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.rasters.class_table import read_class_table
from tests.core.reports.conftest import CLASSES
from tests.core.reports.conftest import cube as cube
from tests.core.reports.conftest import page as page


@pytest.fixture
def options(random_weights: Path) -> dict[str, object]:
    return {"scales": [1], "method": "paper", "classes": CLASSES, "weights": random_weights, "engine": "numpy"}


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_map_with_a_report_is_the_map_without_one(
    make_tif: Callable, cube: np.ndarray, options: dict, page: Callable, tmp_path: Path
) -> None:
    scene = make_tif(tmp_path / "scene.tif", cube)
    without = map_scene(scene, tmp_path / "a", **options)
    made = map_scene(scene, tmp_path / "b", report=tmp_path / "pages" / "r.html", **options)
    assert names(tmp_path / "a") == names(tmp_path / "b")
    for one, other in ((without.classes, made.classes), (without.evidence, made.evidence), (without.style, made.style)):
        assert one.read_bytes() == other.read_bytes()
    rows = page(tmp_path / "pages" / "r.html").rows("classes")
    assert [int(row["pixels"]) for row in rows[:-1]] == [row.pixels for row in read_class_table(made.classes)]


@pytest.mark.parametrize("report", ["r.pdf", ".html"])
def test_a_report_of_another_name_is_refused_before_the_map(
    make_tif: Callable, cube: np.ndarray, options: dict, tmp_path: Path, report: str
) -> None:
    scene = make_tif(tmp_path / "scene.tif", cube)
    with pytest.raises(ParameterError, match="report"):
        map_scene(scene, tmp_path / "maps", report=tmp_path / report, **options)
    assert names(tmp_path) == ["scene.tif"]


def test_a_report_that_fails_costs_no_map(
    make_tif: Callable, cube: np.ndarray, options: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_tif(tmp_path / "scene.tif", cube)
    for fault, raised in ((InputError("the disk is full"), InputError), (Cancelled("cancelled"), Cancelled)):

        def fail(*_: object, fault: Exception = fault, **__: object) -> None:
            raise fault

        monkeypatch.setattr(module, "make_report", fail)
        with pytest.raises(raised, match=r"no report was written.*the map is finished: .*scene_minerals\.tif"):
            map_scene(scene, tmp_path / "maps", report=tmp_path / "r.html", **options)
        assert "scene_minerals.tif" in names(tmp_path / "maps")


def test_a_batch_reports_every_map_and_the_composite(
    make_tif: Callable, cube: np.ndarray, options: dict, page: Callable, tmp_path: Path, recorder: Callable
) -> None:
    pytest.importorskip("rasterio")
    images = [make_tif(tmp_path / f"{name}.tif", cube) for name in ("one", "two")]
    made = map_batch(images, tmp_path / "maps", reports=tmp_path / "pages", **options)
    assert [path.name for path in made.reports] == ["one_minerals.html", "two_minerals.html", "composite.html"]
    assert names(tmp_path / "pages") == sorted(path.name for path in made.reports)
    for path, raster in zip(made.reports, [*(each.classes for each in made.maps), made.composite.composite]):
        pixels = [int(row["pixels"]) for row in page(path).rows("classes")[:-1]]
        assert pixels == [row.pixels for row in read_class_table(raster)]
    images[0].unlink()
    (tmp_path / "pages" / "two_minerals.html").unlink()
    (tmp_path / "pages" / "two_minerals.html").mkdir()
    progress = recorder()
    again = map_batch(images[1:], tmp_path / "maps", reports=tmp_path / "pages", composite=None, progress=progress, **options)
    assert (again.reports, again.skipped) == ((), 1)
    assert any("no report of two_minerals.tif" in warning for warning in progress.warnings)


def test_without_being_asked_a_batch_makes_no_reports(make_tif: Callable, cube: np.ndarray, options: dict, tmp_path: Path) -> None:
    made = map_batch([make_tif(tmp_path / "one.tif", cube)], tmp_path / "maps", composite=None, **options)
    assert made.reports == ()
    assert not list(tmp_path.rglob("*.html"))


def test_the_command_line_prints_the_path_of_the_report(
    make_tif: Callable, cube: np.ndarray, random_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene, maps = make_tif(tmp_path / "scene.tif", cube), tmp_path / "maps"
    more = ["--classes", *CLASSES, "--weights", str(random_weights), "--engine", "numpy", "--scales", "1", "--method", "paper"]
    assert main(["map", str(scene), "--out-dir", str(maps), "--report", str(tmp_path / "r.html"), *more]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "r.html")
    assert main(["report", str(maps / "scene_minerals.tif"), "--out", str(tmp_path / "s.html")]) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "s.html")]
    assert main(["report", str(scene), "--out", str(tmp_path / "t.html")]) == 2
    assert "is not a mineral map" in capsys.readouterr().err

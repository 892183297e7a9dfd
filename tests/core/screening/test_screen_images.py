"""Many images and a library, from files to the table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core import screen_images
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars, save_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary, MineralClass
from crism_gan_plugin.core.screening import windows_best

LINES, SAMPLES = 40, 36

#: A patch: lines and samples.
PATCH = slice(20, 30), slice(8, 14)


@pytest.fixture
def image(make_tif: Callable[..., Path], pixel_of: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """Write an image of bland ground with a patch of a mineral."""

    def write(path: Path, mineral: str = "bland", seed: int = 0, **given: Any) -> Path:
        rng = np.random.default_rng(seed)
        cube = np.tile(pixel_of("bland"), (LINES, SAMPLES, 1))
        cube[PATCH] = pixel_of(mineral)
        cube *= 1 + 0.15 * rng.uniform(-1, 1, (LINES, SAMPLES, 1))
        cube *= 1 + 0.003 * rng.standard_normal(cube.shape)
        cube[0, :5] = np.nan
        return make_tif(path, cube.astype(np.float32), **given)

    return write


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_planted_mineral_is_likely_and_its_window_told(image: Callable[..., Path], tmp_path: Path, recorder: Any) -> None:
    seen = recorder()
    made = screen_images([image(tmp_path / "x.tif", "kaolinite")], tmp_path / "out" / "t.csv", progress=seen)
    rows = table(made.table)
    assert len(rows) == 26
    first = rows[0]
    assert (first["mineral"], first["verdict"], first["code"]) == ("kaolinite", "likely", "15")
    assert float(first["explained_share"]) > 0.9
    assert 19 <= int(first["line"]) < 31 and 7 <= int(first["sample"]) < 15
    assert [row["mineral"] for row in rows if row["verdict"] == "likely"] == ["kaolinite"]
    assert float(first["lon"]) == pytest.approx(80.03, abs=0.01) and float(first["lat"]) == pytest.approx(18.39, abs=0.01)
    assert first["misfit_passes"] == "yes" and first["rival"] != "kaolinite"
    assert any("likely: kaolinite (" in note for note in seen.notes)
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    assert record["classes"][0] == "Mg-olivine" and record["failed"] == []


def test_bland_ground_shows_nothing(image: Callable[..., Path], tmp_path: Path) -> None:
    made = screen_images([image(tmp_path / "x.tif")], tmp_path / "t.csv")
    assert {row.verdict for row in made.rows} == {"no sign"}
    assert max(row.explained_share for row in made.rows) < 0.5


def test_a_faulty_image_has_its_line_and_the_rest_goes_on(image: Callable[..., Path], tmp_path: Path, recorder: Any) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    image(folder / "a.tif", "gypsum")
    image(folder / "b.tif", "alunite", wavelengths=np.linspace(400, 900, 240))
    image(folder / "c.tif", "alunite")
    seen = recorder()
    made = screen_images([folder], tmp_path / "t.csv", progress=seen)
    rows = table(made.table)
    assert [row["scene"] for row in rows if row["verdict"] == "likely" and row["mineral"] in ("gypsum", "alunite")] == ["a", "c"]
    (failed,) = [row for row in rows if row["verdict"] == "failed"]
    assert failed["scene"] == "b" and "b.tif" in failed["note"] and "ends at 900 nm" in failed["note"]
    assert [row.scene for row in made.failures] == ["b"]
    assert any("FAILED" in warning and "2 of 3" in warning for warning in seen.warnings)


def test_the_command_line_says_that_some_failed(
    image: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = image(tmp_path / "good.tif", "gypsum"), image(tmp_path / "bad.tif", wavelengths=None)
    words = ["screen", str(good), str(bad), "--classes", "gypsum", "--out", str(tmp_path / "t.csv"), "--quiet"]
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(tmp_path / "t.csv"), str(tmp_path / "t_provenance.json")]
    assert "1 of the images could not be screened" in said.err
    assert main([*words[:2], *words[3:]]) == 0


def test_one_class_alone_has_no_rival(image: Callable[..., Path], tmp_path: Path) -> None:
    made = screen_images([image(tmp_path / "x.tif", "gypsum")], tmp_path / "t.csv", classes=["gypsum"])
    assert [(row.verdict, row.rival, row.rival_share) for row in made.rows] == [("likely", "", None)]


def test_nothing_is_written_when_nothing_could_be_screened(image: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x.tif: .*no wavelengths"):
        screen_images([image(tmp_path / "x.tif", wavelengths=None)], tmp_path / "t.csv")
    empty = image(tmp_path / "y.tif")
    from osgeo import gdal

    dataset = gdal.Open(str(empty), gdal.GA_Update)
    for number in range(dataset.RasterCount):
        dataset.GetRasterBand(number + 1).Fill(65535)
    dataset.FlushCache()
    del dataset
    with pytest.raises(InputError, match=r"y.tif: 0 of the pixels.*too few"):
        screen_images([empty], tmp_path / "t.csv")
    with pytest.raises(ParameterError, match=r"end in .csv"):
        screen_images([empty], tmp_path / "t.txt")
    own = tmp_path / "nm.csv"
    own.write_text("1000\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"nm.csv: is the input itself"):
        screen_images([empty], own, wavelengths=own)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nm.csv", "x.tif", "y.tif"]


def test_it_can_be_cancelled(image: Callable[..., Path], tmp_path: Path, recorder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_best, "_ROWS", 1)
    source = image(tmp_path / "x.tif")
    with pytest.raises(Cancelled):
        screen_images([source], tmp_path / "t.csv", progress=recorder(stop_after=12))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.tif"]


def test_strips_change_nothing(image: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = image(tmp_path / "x.tif", "prehnite")
    whole = screen_images([source], tmp_path / "a.csv").rows
    monkeypatch.setattr(windows_best, "_ROWS", 2)
    assert screen_images([source], tmp_path / "b.csv").rows == whole


def test_a_mineral_in_more_than_half_of_every_column_vanishes(
    make_tif: Callable[..., Path], pixel_of: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    """The limit of every column ratio: what is everywhere counts as ground."""
    rng = np.random.default_rng(1)
    cube = np.tile(pixel_of("gypsum"), (LINES, SAMPLES, 1)) * (1 + 0.003 * rng.standard_normal((LINES, SAMPLES, 240)))
    source = make_tif(tmp_path / "x.tif", cube.astype(np.float32), proj=None)
    made = screen_images([source], tmp_path / "t.csv", classes=["gypsum", "kaolinite"])
    assert {row.verdict for row in made.rows} == {"no sign"}


#: Minerals of a patch, and what has the same share of the absorptions of both.
PRESENT, ABSENT = ("alunite", "prehnite"), "has some of both"


@pytest.fixture
def with_mixture(tmp_path: Path) -> Path:
    """A library of the three."""
    few = load_exemplars().select(PRESENT)
    rows = [few.names.index(f"{name} (numerator)") for name in PRESENT]
    absorptions = 1 - few.spectra[rows]
    mixture = 1 - 0.03 * (absorptions / absorptions.std(1, keepdims=True)).mean(0)
    made = ExemplarLibrary(
        [*PRESENT, ABSENT],
        np.vstack([few.spectra[rows], np.clip(mixture, 0, 1)]),
        [*(few.classes[few.class_index[row]] for row in rows), MineralClass(99, ABSENT, (1, 2, 3))],
        np.arange(3),
    )
    return save_exemplars(made, tmp_path / "library.json")


def test_a_mineral_that_is_not_there_passes_where_others_have_its_absorptions(
    make_tif: Callable[..., Path], pixel_of: Callable[..., np.ndarray], with_mixture: Path, tmp_path: Path
) -> None:
    """The limit of factor analysis that its authors name. Where one of the two is not there, it passes no more."""
    rng = np.random.default_rng(0)
    cube = np.tile(pixel_of("bland"), (LINES, SAMPLES, 1))
    cube[20:30, 8:11], cube[20:30, 11:14] = (pixel_of(name) for name in PRESENT)
    alone = cube.copy()
    alone[20:30, 8:11] = pixel_of("bland")
    noise = 1 + 0.003 * rng.standard_normal(cube.shape)
    images = [
        make_tif(tmp_path / f"{name}.tif", (made * noise).astype(np.float32)) for name, made in (("both", cube), ("one", alone))
    ]
    made = screen_images(images, tmp_path / "t.csv", exemplars=with_mixture)
    found = {(row.scene, row.mineral): row for row in made.rows}
    assert min(found["both", name].explained_share for name in (*PRESENT, ABSENT)) > 0.95
    assert found["both", ABSENT].verdict != "no sign" and found["both", ABSENT].misfit_passes
    assert found["one", PRESENT[1]].verdict == "likely"
    assert found["one", ABSENT].explained_share < 0.8

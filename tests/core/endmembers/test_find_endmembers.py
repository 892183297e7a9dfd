"""Endmembers of small images, file to file: a planted mineral that the library lacks, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import find_endmembers, load_exemplars, map_scene, save_exemplars
from crism_gan_plugin.core.endmembers.lookalikes import FLAT, KNOWN, LACKING
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.georeferencing import choose_grid, make_lookup, place_nearest, read_geometry
from crism_gan_plugin.core.options.endmembers import METHODS
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry
from tests.vector_support import features

LINES, SAMPLES = 44, 50

#: Where the minerals are: one that the library has, one that it lacks, and a patch too small for a segment.
TALC, PREHNITE, SMALL = np.s_[4:14, 5:15], np.s_[22:34, 26:40], np.s_[36:38, 6:9]


@pytest.fixture(scope="session")
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    rng = np.random.default_rng(5)
    made = pixel_of("bland") * rng.uniform(0.85, 1.15, (LINES, SAMPLES, 1))
    made[TALC], made[PREHNITE], made[SMALL] = pixel_of("talc"), pixel_of("prehnite"), pixel_of("gypsum")
    made *= 1 + 0.002 * rng.standard_normal(made.shape)
    made[0, 0] = 0
    return made.astype(np.float32)


@pytest.fixture
def scene(tmp_path: Path, make_tif: Callable[..., Path], cube: np.ndarray) -> Path:
    return make_tif(tmp_path / "scene.tif", cube)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with talc, and without prehnite."""
    return save_exemplars(load_exemplars().select(["talc", "gypsum", "Mg-olivine"]), tmp_path / "mine.json")


@pytest.fixture
def find(scene: Path, library: Path, tmp_path: Path) -> Callable[..., Any]:
    def run(source: Path = scene, name: str = "x.tif", **options: Any) -> Any:
        return find_endmembers(source, tmp_path / "out" / name, **{"exemplars": library, "engine": "numpy", **options})

    return run


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def rows_of(made: Any) -> list[dict[str, str]]:
    with made.table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def within(row: dict[str, str], place: tuple[slice, slice]) -> bool:
    return all(each.start <= int(row[name]) < each.stop for name, each in zip(("line", "sample"), place))


@pytest.mark.parametrize("ratio", ["off", "column"])
@pytest.mark.parametrize("method", METHODS)
def test_a_mineral_that_the_library_lacks_becomes_an_exemplar_that_maps_find(
    find: Callable, scene: Path, tmp_path: Path, method: str, ratio: str
) -> None:
    made = find(method=method, ratio=ratio, count=6)
    rows = rows_of(made)
    new, *parts = [row for row in rows if row["verdict"] == LACKING]
    assert all(within(row, PREHNITE) and row["code"] == new["code"] for row in (new, *parts))
    old = [row for row in rows if row["verdict"] == KNOWN]
    assert {row["lookalike"] for row in old} == {"talc"} and all(within(row, TALC) for row in old)
    exemplars = load_exemplars(made.exemplars)
    assert exemplars.class_names == [new["class"]] == [f"endmember {new['endmember']}"]
    assert exemplars.origins[0].count == int(new["pixels"]) >= 20
    shipped = load_exemplars()
    planted = 1 - shipped.spectra[shipped.names.index("prehnite (numerator)")]
    own = 1 - exemplars.spectra[0]
    assert own @ planted / np.linalg.norm(own) / np.linalg.norm(planted) > 0.97
    outputs = map_scene(scene, tmp_path / "maps", exemplars=made.exemplars, ratio=ratio, engine="numpy")
    codes, patch = read(outputs.classes), np.zeros((LINES, SAMPLES), bool)
    patch[PREHNITE] = True
    named = (codes % 100 == int(new["code"])) & (codes != 255)
    assert named[patch].mean() > 0.95 and not named[~patch].any()


def test_the_raster_shows_segments_and_the_endmember_that_each_resembles(find: Callable) -> None:
    made = find(count=6)
    nearest, segments = read(made.segments)
    rows = rows_of(made)
    assert nearest[0, 0] == segments[0, 0] == 0 and (segments == 0).sum() == 1
    for row in rows:
        own = segments == int(row["segment"])
        assert own.sum() == int(row["pixels"]) and own[int(row["line"]), int(row["sample"])]
        assert (nearest[own] == int(row["endmember"])).all()
        assert (nearest == int(row["endmember"])).sum() == int(row["pixels_like"])
    assert set(np.unique(nearest)) == {0, *(int(row["endmember"]) for row in rows)}
    text = made.style.read_text()
    assert text.count("<paletteEntry") == len(rows) and "lacking, like" in text


def test_patches_below_the_smallest_segment_are_lost(find: Callable) -> None:
    segments = read(find().segments)[1]
    small = np.unique(segments[SMALL])
    assert all((segments == number).sum() >= 20 for number in np.unique(segments[segments > 0]))
    assert not any(set(np.argwhere(segments == number)[:, 0]) <= {36, 37} for number in small)
    again = find(name="y.tif", min_pixels=6)
    assert [row for row in rows_of(again) if row["lookalike"] == "gypsum" and within(row, SMALL)]


def test_endmembers_are_points_with_their_spectra(find: Callable) -> None:
    made = find(count=4)
    rows, points = rows_of(made), sorted(features(made.points), key=lambda row: row["endmember"])
    assert [int(row["endmember"]) for row in rows] == [point["endmember"] for point in points] == [1, 2, 3, 4]
    for row, point in zip(rows, points):
        assert point["verdict"] == row["verdict"] and point["lon"] == pytest.approx(float(row["lon"]))
        x, y = 4.58e6 + (int(row["sample"]) + 0.5) * 18, 1.09e6 - (int(row["line"]) + 0.5) * 18
        assert (point["geometry"].GetX(), point["geometry"].GetY()) == (x, y)
        spectrum = json.loads(point["spectrum"])
        assert len(spectrum["grid_nm"]) == len(spectrum["ratio"]) == len(spectrum["lookalike"]) == 240
    picture = made.spectra.read_text()
    assert picture.count("wavelength [µm]") == 4 and "lacking; " in picture


def test_all_endmembers_with_an_absorption_become_exemplars_if_asked(find: Callable) -> None:
    made = find(count=6, export="all")
    exported = [row for row in rows_of(made) if row["code"]]
    assert len(load_exemplars(made.exemplars).names) == len(exported) > 1
    assert {row["verdict"] for row in exported} == {KNOWN, LACKING}
    first = {row["lookalike"]: row["class"] for row in reversed(exported)}
    assert all(row["class"] == first[row["lookalike"]] for row in exported), "what cannot be told apart shares a class"


def test_nothing_new_makes_no_library_and_removes_that_of_an_earlier_run(find: Callable, tmp_path: Path) -> None:
    assert find().exemplars.is_file()
    made = find(exemplars=None)
    assert made.exemplars is None
    names = [f"x{end}" for end in (".qml", ".tif", "_points.gpkg", "_provenance.json", "_spectra.svg", "_table.csv")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


@pytest.mark.parametrize("method", METHODS)
def test_small_blocks_make_the_same(find: Callable, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """On bland ground noise alone decides, and with it the last digit of a number, which changes with the size of products."""
    from crism_gan_plugin.core.rasters import blocks

    whole = find(method=method)
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 4 * SAMPLES * 240 * 3)
    pieces = find(name="y.tif", method=method)
    assert (read(pieces.segments)[1] == read(whole.segments)[1])[PREHNITE].mean() > 0.95
    found = [[(row["verdict"], row["lookalike"], row["line"]) for row in rows_of(made)[:2]] for made in (whole, pieces)]
    assert found[0] == found[1]


def test_an_image_with_a_geometry_is_placed_on_the_map(
    find: Callable, make_envi: Callable[..., Path], cube: np.ndarray, tmp_path: Path
) -> None:
    folder = tmp_path / "sensor"
    folder.mkdir()
    wide = np.full((LINES, 64, cube.shape[2]), 65535, np.float32)
    wide[:, 5 : 5 + SAMPLES] = np.where(cube > 0, cube, 65535)
    image = make_envi(folder / "frt0000c003_07_if166j_ter3.img", wide, data_ignore_value=65535)
    plain = find(source=image, name="plain.tif", count=4)
    name = geometry_name(image.stem)
    line, sample = np.mgrid[:LINES, :64]
    label = folder / f"{name}.lbl".lower()
    write_geometry(label, name, *Track(18.44, 77.35, unevenness=0.0).places(line, sample, LINES, 64))
    made = find(source=image, count=4)
    geolocation = read_geometry(label, LINES, 64)
    lookup = make_lookup(geolocation, choose_grid(geolocation))
    np.testing.assert_array_equal(read(made.segments), place_nearest(read(plain.segments), lookup, 0))
    for row in rows_of(made):
        assert float(row["lat"]) == pytest.approx(geolocation.latitude[int(row["line"]), int(row["sample"])], abs=1e-6)
    assert {row["lat"] for row in rows_of(plain)} == {""}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_cancelled_run_leaves_nothing(find: Callable, recorder: Callable, tmp_path: Path, method: str, after: int) -> None:
    with pytest.raises(Cancelled):
        find(method=method, progress=recorder(stop_after=after))
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_progress_only_grows_and_the_record_tells_what_was_found(find: Callable, recorder: Callable) -> None:
    told = recorder()
    made = find(progress=told, ratio="column")
    assert told.fractions == sorted(told.fractions) and told.fractions[-1] == 1
    assert any("the library lacks" in note for note in told.notes)
    record = json.loads(made.provenance.read_text())
    assert [row["endmember"] for row in record["endmembers"]] == [int(row["endmember"]) for row in rows_of(made)]
    assert record["ratio"]["mode"] == "column" and record["segments"] == read(made.segments)[1].max()


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        (0.0, {}, "no pixel has valid data; check the file"),
        (0.0, {"ratio": "column"}, "no pixel has valid data and neutral ground to be divided by; check the file"),
        (0.2, {"method": "demud"}, "do not differ"),
    ],
)
def test_an_image_without_data_or_without_differences_is_refused(
    find: Callable, make_tif: Callable, tmp_path: Path, value: float, options: dict, said: str
) -> None:
    image = make_tif(tmp_path / "same.tif", np.full((12, 9, 240), value, np.float32))
    with pytest.raises(InputError, match=said) as caught:
        find(source=image, **options)
    assert "same.tif" in str(caught.value)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_ground_without_absorptions_makes_no_exemplar(find: Callable, make_tif: Callable, tmp_path: Path) -> None:
    noise = 1 + 0.002 * np.random.default_rng(0).standard_normal((30, 30, 240))
    made = find(source=make_tif(tmp_path / "bare.tif", (0.2 * noise).astype(np.float32)), export="all")
    assert {row["verdict"] for row in rows_of(made)} == {FLAT} and made.exemplars is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"count": 0}, "count: must be from 1 to 64"),
        ({"method": "nfindr"}, "must be one of smacc, demud"),
        ({"min_pixels": 0}, "min_pixels: must be 1 or more"),
        ({"name": "x.png"}, "x.png"),
    ],
)
def test_what_makes_no_sense_is_refused(find: Callable, options: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        find(**options)


def test_more_endmembers_than_segments_are_not_made_up(find: Callable) -> None:
    made = find(count=64)
    assert len(rows_of(made)) <= read(made.segments)[1].max()
    assert FLAT in {row["verdict"] for row in rows_of(made)}

"""Methods compared from file to file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import compare_methods, make_composite, make_deposits, map_scene
from crism_gan_plugin.core.errors import Cancelled, InputError, MissingDependencyError, ParameterError
from crism_gan_plugin.core.methods import table
from crism_gan_plugin.core.methods.pipeline import MethodOutputs
from crism_gan_plugin.core.rasters.class_table import read_class_table
from tests.core.methods.conftest import CLASSES

METHODS = ("network", "angle", "derivative")


@pytest.fixture
def compare(source: Path, tmp_path: Path) -> Callable[..., MethodOutputs]:
    def run(**options: Any) -> MethodOutputs:
        chosen = {"methods": METHODS, "classes": CLASSES, "engine": "numpy", **options}
        return compare_methods(source, tmp_path / "out" / "x.tif", **chosen)

    return run


@pytest.fixture
def truth_file(truth: np.ndarray, tmp_path: Path) -> Path:
    lines, samples = truth.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "truth.tif"), samples, lines, 1, gdal.GDT_Byte)
    dataset.GetRasterBand(1).WriteArray(truth)
    dataset.FlushCache()
    return tmp_path / "truth.tif"


def rows_of(made: MethodOutputs) -> list[dict[str, str]]:
    with made.table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def test_each_method_has_a_map_in_the_same_codes_and_legend(compare: Callable, source: Path, tmp_path: Path) -> None:
    made = compare()
    assert [path.name for path in made.maps] == [f"x_{key}.tif" for key in METHODS]
    own = map_scene(source, tmp_path / "map", classes=CLASSES, engine="numpy")
    np.testing.assert_array_equal(read(made.maps[0]), read(own.classes))
    assert made.maps[0].with_suffix(".qml").read_text() == own.style.read_text()
    for path in made.maps:
        codes, counts = np.unique(read(path), return_counts=True)
        listed = {row.value: row.pixels for row in read_class_table(path)}
        assert listed == {code: count for code, count in zip(codes.tolist(), counts.tolist()) if 0 < code < 255}
        assert path.with_suffix(".qml").is_file()


def test_the_raster_of_agreement_counts_methods(compare: Callable) -> None:
    made = compare()
    named = [np.where(read(path) == 255, 0, read(path) % 100) for path in made.maps]
    most, code, any_mineral = read(made.agreement)
    assert most[28, 3] == 255
    known = most != 255
    np.testing.assert_array_equal(any_mineral[known], sum(each > 0 for each in named)[known])
    np.testing.assert_array_equal(most[known], sum((each == code) & (each > 0) for each in named)[known])
    assert most[3:6, 3:6].min() == 3


def test_the_table_says_what_is_found_and_what_it_costs(compare: Callable) -> None:
    made = compare()
    rows = rows_of(made)
    assert {row["setting"] for row in rows} <= {"default", "identifications"}
    for key, path in zip(METHODS, made.maps):
        found = {row["code"]: row for row in rows if row["method"] == key and row["setting"] == "default"}
        named = np.where(read(path) == 255, 0, read(path) % 100)
        assert int(found[""]["pixels"]) == np.count_nonzero(named)
        assert float(found[""]["seconds"]) > 0
        assert found[""]["precision"] == found[""]["recall_width_1"] == ""
        for code in np.unique(named[named > 0]):
            pixels = int((named == code).sum())
            assert int(found[str(code)]["pixels"]) == pixels
            assert float(found[str(code)]["km2"]) == pytest.approx(pixels * 18**2 / 1e6, rel=0.02)


def test_with_a_truth_the_table_says_how_right_each_is(compare: Callable, truth_file: Path, truth: np.ndarray) -> None:
    made = compare(truth=truth_file, precision=0.9, ratio="column")
    rows = rows_of(made)
    for key in METHODS:
        whole = {row["setting"]: row for row in rows if row["method"] == key and row["class"] == "all"}
        named = np.where(read(made.maps[METHODS.index(key)]) == 255, 0, read(made.maps[METHODS.index(key)]) % 100)
        right = (named == truth) & (truth > 0)
        assert float(whole["default"]["recall"]) == pytest.approx(right.sum() / (truth > 0).sum(), rel=1e-4)
        at = whole["precision 0.9"]
        assert float(at["precision"]) >= 0.9
        assert float(at["recall"]) >= 0.5
    of_network = [row for row in rows if row["method"] == "network" and row["setting"] == "default"]
    assert {row["class"] for row in of_network} >= {"all", "kaolinite", "gypsum"}


def test_the_record_has_the_published_parameters(compare: Callable, truth_file: Path) -> None:
    record = json.loads(compare(truth=truth_file, scales=(1, 3)).provenance.read_text(encoding="utf-8"))
    assert list(record["methods"]) == list(METHODS)
    assert record["methods"]["angle"]["parameters"] == {"largest_rad": 0.1}
    assert record["scales"] == [1, 3]
    assert record["truth"]["file"] == "truth.tif"
    assert record["exemplars"]["classes"] == ["Mg-olivine", "gypsum", "kaolinite"]


def test_the_maps_serve_deposits_and_composites(compare: Callable, tmp_path: Path) -> None:
    made = compare(methods=("derivative",))
    assert make_deposits(made.maps[0], tmp_path / "d.gpkg").deposits.is_file()
    assert make_composite([made.maps[0]], tmp_path / "c.tif", strategy="first").composite.is_file()


@pytest.mark.parametrize("stop_after", [0, 2, 5])
def test_after_cancelling_nothing_is_there(source: Path, tmp_path: Path, recorder: Callable, stop_after: int) -> None:
    with pytest.raises(Cancelled):
        compare_methods(source, tmp_path / "out" / "x.tif", classes=CLASSES, progress=recorder(stop_after=stop_after))
    assert not (tmp_path / "out").exists()


def test_no_method_is_none(compare: Callable) -> None:
    with pytest.raises(ParameterError, match=r"methods: none is chosen; choose some of network, "):
        compare(methods=())


def test_a_missing_package_is_said_before_anything_is_done(compare: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    needy = table.Method("angle", table.METHODS["angle"].home, ("no_such_package",))
    monkeypatch.setitem(table.METHODS, "angle", needy)
    monkeypatch.setitem(table.load.__globals__["_PACKAGES"], "no_such_package", {"apt": "x", "conda": "x"})
    with pytest.raises(MissingDependencyError, match=r"the method angle needs no_such_package, .*or leave this method out"):
        compare()


def test_a_truth_of_another_image_is_refused(compare: Callable, source: Path, tmp_path: Path, make_tif: Callable) -> None:
    other = make_tif(tmp_path / "other.tif", np.ones((5, 24, 1), np.float32), None)
    with pytest.raises(InputError, match=r"other.tif: has 5 lines × 24 samples, the image 30 × 24"):
        compare(truth=other)
    assert not (tmp_path / "out").exists()


def test_an_image_without_data_is_refused(tmp_path: Path, make_tif: Callable, cube: np.ndarray) -> None:
    image = make_tif(tmp_path / "empty.tif", np.full_like(cube, 65535))
    with pytest.raises(InputError, match=r"empty.tif: no pixel has valid data"):
        compare_methods(image, tmp_path / "out" / "x.tif", methods=METHODS, engine="numpy")

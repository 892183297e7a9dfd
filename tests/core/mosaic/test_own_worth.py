"""Reliability and completeness of the maps of a composite, from the files beside them, and what the composite makes of them."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import find_detection_limits, make_composite, map_scene
from crism_gan_plugin.core.detection_limit.curves import SHARES
from crism_gan_plugin.core.mosaic.classes import merge_legends
from crism_gan_plugin.core.mosaic.composite import CompositeOutputs
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.mosaic.own_worth import OwnWorth, own_worth, worth_of
from crism_gan_plugin.core.mosaic.second_looks import Looks
from crism_gan_plugin.core.rasters.class_table import ClassRow, write_class_table

SIDE, KAOLINITE, TALC = 448, 15, 21
FALSE = (0.1, 0.05, 0.2)
RED = (200, 0, 0)

Make = Callable[..., Path]


def two_looks(seed: int, complete: float = 0.7) -> list[np.ndarray]:
    """Codes of two maps: kaolinite in discs, of which each pixel is found by chance, and a tenth of the detections is false."""
    rng = np.random.default_rng(seed)
    there, (line, sample) = np.zeros((SIDE, SIDE), bool), np.ogrid[:SIDE, :SIDE]
    for y, x in rng.integers(SIDE, size=(60, 2)):
        there |= (line - y) ** 2 + (sample - x) ** 2 <= 25
    rate = complete * there.mean() / 9 / (1 - there.mean())
    return [
        np.where(np.where(there, rng.random(there.shape) < complete, rng.random(there.shape) < rate), KAOLINITE, 0)
        for _ in range(2)
    ]


def give_shares(path: Path, codes: np.ndarray, share: Optional[tuple[float, float, float]] = FALSE) -> None:
    rows = [(KAOLINITE, "identification"), (KAOLINITE + 100, "guess")]
    counted = [(value, level, int((codes == value).sum())) for value, level in rows]
    write_class_table(path, [ClassRow(value, "kaolinite", level, RED, n, None, None, share) for value, level, n in counted if n])


def give_record(path: Path, names: list[str]) -> None:
    record = {"exemplars": {"classes": [{"name": name} for name in names]}}
    path.with_name(f"{path.stem}_provenance.json").write_text(json.dumps(record), encoding="utf-8")


def give_limits(path: Path, name: str, found: tuple[float, float, float], checksum: str = "") -> None:
    """Detection limits as `find_detection_limits` writes them, as far as they are read."""
    lines = ["class,code,patch,region,share,found,other"]
    for patch, bonus in ((1, -0.05), (3, 0.0), (5, 0.05)):
        lines += [
            f"kaolinite,15,{patch},{region},{s},{f + bonus},0" for region in ("all", "1") for s, f in zip((1, 10, 100), found)
        ]
    path.with_name(f"{name}_curves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sha = checksum or hashlib.sha256(path.read_bytes()).hexdigest()
    record = {"map": {"file": path.name, "sha256": sha}}
    path.with_name(f"{name}_provenance.json").write_text(json.dumps(record), encoding="utf-8")


def row_of(outputs: CompositeOutputs, name: str = "kaolinite") -> dict[str, str]:
    return {row["pairs of maps"]: row for row in csv.DictReader(outputs.agreement.open(encoding="utf-8"))}[name]


def said_of(outputs: CompositeOutputs) -> list[str]:
    return [str(line) for line in json.loads(outputs.provenance.read_text(encoding="utf-8"))["agreement"]]


def make_two(folder: Path, make_map: Make, codes: list[np.ndarray]) -> list[Path]:
    return [make_map(folder / f"{name}.tif", each) for name, each in zip("ab", codes)]


def test_a_composite_says_whether_two_looks_confirm_a_class(tmp_path: Path, make_map: Make) -> None:
    codes = two_looks(0)
    maps = make_two(tmp_path, make_map, codes)
    plain = make_composite(maps, tmp_path / "plain.tif", strategy="finest")
    row = row_of(plain)
    both, seen = ((codes[0] > 0) & (codes[1] > 0)).sum(), sum((each > 0).sum() for each in codes)
    assert float(row["seen_again"]) == pytest.approx(2 * both / seen, abs=1e-4)
    assert row["expected"] == row["completeness"] == row["share_of_ground"] == ""
    assert any("is not known without the maps' share of false detections" in line for line in said_of(plain))
    for path, each in zip(maps, codes):
        give_shares(path, each)
        give_limits(path, f"limits_{path.stem}", (0.7, 0.7, 0.7))
    told = make_composite(maps, tmp_path / "told.tif", strategy="finest")
    row = row_of(told)
    assert float(row["expected"]) == pytest.approx(0.9 * 0.7, abs=0.02)
    assert float(row["ratio_low"]) < 1 < float(row["ratio_high"])
    assert float(row["completeness_low"]) < 0.7 < float(row["completeness_high"])
    assert any("two looks confirm these" in line for line in said_of(told))
    for ending in (".tif", "_source.tif", "_count.tif"):  # numbers beside the maps change none of the rasters
        one, other = (gdal.Open(str(tmp_path / f"{stem}{ending}")).ReadAsArray() for stem in ("plain", "told"))
        np.testing.assert_array_equal(one, other)


def test_maps_that_promise_too_much_are_told(tmp_path: Path, make_map: Make) -> None:
    codes = two_looks(1, 0.3)
    maps = make_two(tmp_path, make_map, codes)
    for path, each in zip(maps, codes):
        give_shares(path, each)
        give_limits(path, path.stem + "_x", (0.9, 0.9, 0.9))
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="finest")
    assert float(row_of(outputs)["ratio_high"]) < 1
    assert any("trust it less than these say" in line for line in said_of(outputs))


def test_chance_is_told(tmp_path: Path, make_map: Make) -> None:
    rng = np.random.default_rng(0)
    maps = make_two(tmp_path, make_map, [np.where(rng.random((SIDE, SIDE)) < 0.05, KAOLINITE, 0) for _ in range(2)])
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="finest")
    assert any("that may be chance" in line for line in said_of(outputs))


def test_a_map_that_does_not_look_for_a_class_says_nothing_of_it(tmp_path: Path, make_map: Make) -> None:
    codes = two_looks(2)
    maps = make_two(tmp_path, make_map, codes)
    give_record(maps[0], ["kaolinite", "talc"])
    give_record(maps[1], ["Talc"])
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="finest")
    assert row_of(outputs)["seen_again"] == ""
    give_record(maps[1], ["Kaolinite", "talc"])
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="finest")
    assert float(row_of(outputs)["seen_again"]) > 0.5


def test_maps_of_one_image_are_no_two_looks(tmp_path: Path, make_map: Make) -> None:
    codes = two_looks(3)
    names = ["FRT0000A5AA_07_IF165L_TRR3", "FRT0000A5AA_07_IF165J_MTR3"]
    maps = [make_map(tmp_path / f"{name}.tif", each) for name, each in zip(names, codes)]
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="finest")
    assert row_of(outputs)["kappa"] == ""
    assert row_of(outputs)["agreement"] != ""  # what the two maps show is counted as ever


def worth_beside(path: Path) -> OwnWorth:
    opened = open_map(path)
    return own_worth(opened, merge_legends([opened]), hashlib.sha256(path.read_bytes()).hexdigest())


def test_both_levels_make_the_reliability(tmp_path: Path, make_map: Make) -> None:
    codes = np.array([[KAOLINITE] * 3 + [KAOLINITE + 100] * 7])
    path = make_map(tmp_path / "a.tif", codes)
    assert worth_beside(path).reliability.get(KAOLINITE) is None  # not estimated
    assert worth_beside(path).reliability[TALC] == (1, 1, 1)  # nothing shown, nothing false
    rows = [
        ClassRow(KAOLINITE, "kaolinite", "identification", RED, 3, None, None, (0.0, 0.0, 0.1)),
        ClassRow(KAOLINITE + 100, "kaolinite", "guess", RED, 7, None, None, (0.2, 0.1, 0.5)),
    ]
    write_class_table(path, rows)
    assert worth_beside(path).reliability[KAOLINITE] == pytest.approx((1 - 0.14, 1 - 0.38, 1 - 0.07))
    write_class_table(path, [rows[0], ClassRow(KAOLINITE + 100, "kaolinite", "guess", RED, 7, None)])
    assert worth_beside(path).reliability.get(KAOLINITE) is None  # told of one level alone


def test_limits_of_another_map_and_damaged_ones_are_not_taken(tmp_path: Path, make_map: Make) -> None:
    path = make_map(tmp_path / "a.tif", np.array([[KAOLINITE, 0]]))
    give_limits(path, "of_another", (0.1, 0.2, 0.3), checksum="0" * 64)
    assert worth_beside(path).curves == {}
    give_limits(path, "limits", (0.1, 0.5, 0.9))
    np.testing.assert_allclose(worth_beside(path).curves[KAOLINITE], [[1, 10, 100], [0.1, 0.5, 0.9]])
    for damage in (
        "",
        "class,patch,share\n",
        "class,patch,region,share,found\nkaolinite,3,all,1,nan\nkaolinite,3,all,-5,.5\n",
        "\x00",
    ):
        (tmp_path / "limits_curves.csv").write_text(damage, encoding="utf-8")
        assert worth_beside(path).curves == {}
    (tmp_path / "limits_curves.csv").write_bytes(b"\xff\xfe\xff")
    assert worth_beside(path).curves == {}
    (tmp_path / "limits_provenance.json").write_text("[", encoding="utf-8")
    assert worth_beside(path).curves == {}


def test_what_is_found_once_is_found_again_more_often_than_what_is_there() -> None:
    curve = np.array([[1.0, 10.0, 100.0], [0.0, 0.5, 1.0]])
    worths: list[Any] = [OwnWorth(None, {KAOLINITE: (0.9, 0.8, 1.0)}, {KAOLINITE: curve}) for _ in range(2)]
    none = np.zeros((1, 2, 20), np.int64)
    looks = Looks(((0, 1),), none[:, 0], none, none[:, 0], 0)
    found = worth_of(looks, KAOLINITE, worths)
    np.testing.assert_allclose(found.found_again, (0.25 + 1) / (0.5 + 1))  # each share as often, none of the least found
    np.testing.assert_allclose(found.reliability[:, 0, 0], (0.9, 0.8, 1.0))
    assert np.isnan(worth_of(looks, TALC, worths).found_again).all()


def test_a_composite_finds_what_detection_limits_write(
    tmp_path: Path, make_tif: Make, pixel_of: Callable[..., np.ndarray], random_weights: Path
) -> None:
    rng, maps, curves = np.random.default_rng(5), [], []
    clean = np.tile(pixel_of("bland"), (32, 36, 1))
    clean[4:12, 4:30] = pixel_of("kaolinite")
    for name in "ab":
        image = make_tif(tmp_path / f"{name}.tif", (clean * (1 + 0.004 * rng.standard_normal(clean.shape))).astype(np.float32))
        made = map_scene(image, tmp_path, classes=["kaolinite", "talc"], weights=random_weights, engine="numpy").classes
        give_shares(made, gdal.Open(str(made)).ReadAsArray())
        limits = find_detection_limits(made, tmp_path / f"of_{name}.tif", classes=["kaolinite"], patches=[1, 3, 5], implants=10)
        with limits.curves.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if (row["region"], row["patch"]) == ("all", "3")]
        found = worth_beside(made).curves
        assert list(found) == [KAOLINITE]
        np.testing.assert_allclose(found[KAOLINITE][0], 100 * np.array(SHARES))
        assert found[KAOLINITE][1].tolist() == [float(row["found"]) for row in rows]
        assert found[KAOLINITE][1, 0] < 0.5 < found[KAOLINITE][1, -1]
        maps.append(made)
        curves.append(found[KAOLINITE][1])
    row = row_of(make_composite(maps, tmp_path / "y.tif", strategy="finest"))
    steps = np.gradient(np.log(SHARES))
    both, one, other = (float((steps * each).sum()) for each in (curves[0] * curves[1], *curves))
    assert float(row["expected"]) == pytest.approx(0.9 * (both / one + both / other) / 2, abs=0.02)
    assert float(row["ratio"]) == pytest.approx(float(row["seen_again"]) / float(row["expected"]), abs=1e-3)

"""What maps show that is no mineral, in composites: nothing, unless it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.deposits.pipeline import make_deposits
from crism_gan_plugin.core.inspection.map_pixels import open_map_pixels
from crism_gan_plugin.core.mapping.legend import BESIDES
from crism_gan_plugin.core.mosaic.classes import merge_legends
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.rasters.class_table import NOT_MINERAL, ClassRow, read_class_table, write_class_table

#: Two maps of the same ground. Codes by column: what one shows, what the other shows, and what a composite of both is to show.
ONE = [0, 98, 98, 98, 97, 98, 255, 98, 15, 0]
OTHER = [98, 0, 115, 15, 98, 98, 98, 255, 97, 97]
BOTH = [98, 98, 115, 15, 98, 98, 98, 98, 15, 97]

KAOLINITE = {15: "kaolinite"}


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def line_of(path: Path) -> list[int]:
    """The first line of a composite as far as its maps reach."""
    return read(path)[0, : len(BOTH)].tolist()


@pytest.fixture
def show(tmp_path: Path, make_map: Callable[..., Path]) -> Callable[..., Path]:
    """A function that writes a map of these codes in its lines, in each of which similarities rise from map to map."""

    def write(name: str, codes: list[int], similarity: float, names: dict[int, str] = KAOLINITE) -> Path:
        found = np.tile(np.array(codes, np.uint8), (6, 1))
        path = make_map(tmp_path / f"{name}.tif", found, np.full(found.shape, similarity, np.float32), names=names)
        rows = [
            ClassRow(entry.value, entry.mineral, entry.level, entry.rgb, int((found == entry.value).sum()), None)
            for entry in BESIDES
            if entry.value not in names
        ]
        write_class_table(path, [*read_class_table(path), *(row for row in rows if row.pixels)])
        return path

    return write


@pytest.fixture
def maps(show: Callable[..., Path]) -> list[Path]:
    return [show("one", ONE, 0.6), show("other", OTHER, 0.7)]


def record_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_they_show_where_no_map_has_a_mineral(tmp_path: Path, maps: list[Path]) -> None:
    made = make_composite(maps, tmp_path / "out" / "y.tif", besides=True)
    assert line_of(made.composite) == BOTH
    table = {row.value: row for row in read_class_table(made.composite)}
    assert sorted(table) == [15, 97, 98, 115]
    for entry in BESIDES:
        row = table[entry.value]
        assert (row.name, row.level, row.rgb) == (entry.mineral, NOT_MINERAL, entry.rgb)
        assert row.pixels == 6 * BOTH.count(entry.value)
        assert row.area_km2 == pytest.approx(row.pixels * table[15].area_km2 / table[15].pixels, rel=1e-3)
        assert f'value="{entry.value}"' in made.style.read_text(encoding="utf-8")
    assert record_of(made.provenance)["besides"] == [97, 98]


def test_otherwise_they_are_nothing(tmp_path: Path, maps: list[Path]) -> None:
    made = make_composite(maps, tmp_path / "out" / "y.tif")
    assert line_of(made.composite) == [0 if code in (97, 98) else code for code in BOTH]
    assert sorted(row.value for row in read_class_table(made.composite)) == [15, 115]
    assert "besides" not in record_of(made.provenance)
    assert 'value="98"' not in made.style.read_text(encoding="utf-8")


@pytest.mark.parametrize("strategy", ["first", "best evidence", "most detections"])
def test_agreement_is_that_of_minerals_alone(tmp_path: Path, maps: list[Path], strategy: str) -> None:
    shown, hidden = (make_composite(maps, tmp_path / f"{n}" / "y.tif", strategy=strategy, besides=n) for n in (True, False))
    assert shown.agreement.read_text(encoding="utf-8") == hidden.agreement.read_text(encoding="utf-8")
    assert record_of(shown.provenance)["agreement"] == record_of(hidden.provenance)["agreement"]
    np.testing.assert_array_equal(read(shown.count), read(hidden.count))


def test_a_composite_of_composites_has_them_too_if_it_is_asked(tmp_path: Path, maps: list[Path]) -> None:
    first = make_composite(maps, tmp_path / "out" / "y.tif", besides=True).composite
    assert 98 in open_map(first).besides
    again, without = (make_composite([first], tmp_path / f"{n}" / "z.tif", besides=n) for n in (True, False))
    np.testing.assert_array_equal(read(again.composite), read(first))
    assert not np.isin(read(without.composite), (97, 98)).any()
    pixels = open_map_pixels(first, None)
    pixels.close()
    assert pixels.besides == (97, 98)


def test_a_class_with_such_a_code_gets_another_one(tmp_path: Path, show: Callable[..., Path]) -> None:
    maps = [show("one", ONE, 0.6), show("other", [0, 15, 98, 198, 0, 0, 0, 0, 0, 0], 0.7, {**KAOLINITE, 98: "my clay"})]
    made = make_composite(maps, tmp_path / "out" / "y.tif", besides=True)
    assert line_of(made.composite) == [0, 15, 33, 133, 97, 98, 0, 98, 15, 0]
    assert {row.value: row.name for row in read_class_table(made.composite)}[98] == "unlisted absorption"
    assert record_of(made.provenance)["legend"] == [
        "my clay: code 98 is also that of what is no mineral; it is 33 in the composite"
    ]
    assert merge_legends([open_map(path) for path in maps]).code_of("my clay") == 98


def test_a_class_never_gets_their_codes_while_others_are_free(show: Callable[..., Path]) -> None:
    names = {code: f"mine {code}" for code in range(33, 97)}
    maps = [open_map(show("one", list(names), 0.5, names)), open_map(show("other", [40, 41], 0.5, {40: "a", 41: "b"}))]
    assert sorted({mineral.code for mineral in merge_legends(maps).classes} - set(names)) == [1, 99]


def test_deposits_have_them_if_they_are_asked_for(tmp_path: Path, maps: list[Path]) -> None:
    composite = make_composite(maps, tmp_path / "out" / "y.tif", besides=True).composite
    shown, hidden = (make_deposits(composite, tmp_path / f"{n}.gpkg", besides=n, min_pixels=1) for n in (True, False))
    found = {row["code"]: row for row in record_of(shown.provenance)["found"]}
    table = {row.value: row for row in read_class_table(composite)}
    for code in (15, 97, 98):
        assert found[code]["pixels"] == table[code].pixels
        assert found[code]["km2"] == pytest.approx(table[code].area_km2, rel=1e-3)
        assert found[code]["level"] == table[code].level
    assert [row["code"] for row in record_of(hidden.provenance)["found"]] == [15]
    assert "unlisted absorption" in shown.style.read_text(encoding="utf-8")
    assert "unlisted absorption" not in hidden.style.read_text(encoding="utf-8")


def test_the_commands_have_the_switch(tmp_path: Path, maps: list[Path]) -> None:
    out = tmp_path / "out" / "y.tif"
    assert main(["mosaic", *map(str, maps), "--out", str(out), "--besides"]) == 0
    assert line_of(out) == BOTH
    assert main(["deposits", str(out), "--out", str(tmp_path / "d.gpkg"), "--besides"]) == 0
    assert 98 in {row["code"] for row in record_of(tmp_path / "d_provenance.json")["found"]}

"""Libraries as files: round trips, and every way in which a file can be wrong."""

from __future__ import annotations

import copy
import csv
import io
import json
from pathlib import Path
from typing import Any, Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError, OutputError
from crism_gan_plugin.core.libraries import load_exemplars, save_exemplars
from crism_gan_plugin.core.mapping.legend import legend_entries, style_qml
from crism_gan_plugin.core.rasters.class_table import ClassRow, read_class_table, write_class_table
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.spectra.continuum import remove_continuum
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

AXIS = np.arange(1000.0, 2650.0, 5.0)
RATIO = 0.9 + 1e-4 * (AXIS - 1800) - 0.1 * np.exp(-0.5 * ((AXIS - 2200) / 30) ** 2)

GOOD: dict[str, Any] = {
    "format": "crism-gan-exemplars",
    "version": 1,
    "classes": [
        {"code": 15, "name": "kaolinite", "rgb": [139, 69, 19], "default_on": True, "low_confidence": False},
        {"code": 40, "name": "mine", "rgb": [0, 0, 1], "default_on": False, "low_confidence": True},
    ],
    "spectra": [
        {"name": "from bands", "class": "kaolinite", "source": "s", "bands": [[2200, 20, 0.1, 0.1], [1400, 15, 0, 0.05]]},
        {"name": "measured", "class": "mine", "source": "t", "wavelengths_nm": AXIS.tolist(), "reflectance_ratio": RATIO.tolist()},
    ],
}


def write(folder: Path, data: Any) -> Path:
    path = folder / "library.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_both_kinds_of_spectra_arrive_on_the_grid_without_continuum(tmp_path: Path) -> None:
    library = load_exemplars(write(tmp_path, GOOD))
    assert library.names == ["from bands", "measured"]
    assert library.class_index.tolist() == [0, 1]
    assert library.classes[1].code == 40 and library.classes[1].low_confidence and not library.classes[1].default_on
    assert library.spectra.shape == (2, 240) and library.spectra.dtype == np.float64
    assert library.spectra.max() == 1
    assert WAVELENGTHS_NM[library.spectra.argmin(1)] == pytest.approx([2198.77, 2198.77])
    # Interpolation over 5 nm steps and a hull on the grid: equal to the same done directly, within the curvature of the data.
    direct = remove_continuum(np.interp(WAVELENGTHS_NM, AXIS, RATIO)[np.newaxis], WAVELENGTHS_NM)[0]
    np.testing.assert_allclose(library.spectra[1], direct, atol=1e-6)
    assert library.bands[1] is None and len(library.bands[0]) == 2
    assert not library.on_ground.any()


def test_saving_and_loading_gives_the_same_library(tmp_path: Path) -> None:
    data = copy.deepcopy(GOOD)
    data["spectra"][1]["on_ground"] = True
    first = load_exemplars(write(tmp_path, data))
    assert first.on_ground.tolist() == [False, True]
    second = load_exemplars(save_exemplars(first, tmp_path / "again.json"))
    assert (second.names, second.classes, second.sources, second.bands) == (first.names, first.classes, first.sources, first.bands)
    np.testing.assert_array_equal(second.spectra[0], first.spectra[0])
    np.testing.assert_allclose(second.spectra[1], first.spectra[1], atol=2e-6)
    np.testing.assert_array_equal(second.on_ground, first.on_ground)


def change(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(data: dict[str, Any]) -> None:
        for key in path[:-1]:
            data = data[key]
        if value is KeyError:
            del data[path[-1]]
        else:
            data[path[-1]] = value

    return apply


BAND = ["spectra", 0, "bands"]
MISTAKES = {
    "no format": (["format"], KeyError, "is no exemplar library"),
    "another format": (["format"], "json", "is no exemplar library"),
    "a later version": (["version"], 2, "version 2"),
    "no classes": (["classes"], [], '"classes" must be a list with at least one entry'),
    "no spectra": (["spectra"], {}, '"spectra" must be a list with at least one entry'),
    "a class that is no object": (["classes", 1], 7, "class 2: must be a JSON object"),
    "code 0": (["classes", 1, "code"], 0, "class 2: code 0 is not within 1…99"),
    "code 100": (["classes", 1, "code"], 100, "class 2: code 100"),
    "code as text": (["classes", 1, "code"], "7", 'class 2: "code" must be a whole number'),
    "code true": (["classes", 1, "code"], True, 'class 2: "code" must be a whole number'),
    "code with fraction": (["classes", 1, "code"], 1.5, 'class 2: "code" must be a whole number'),
    "the same code twice": (["classes", 1, "code"], 15, "class code 15 occurs twice"),
    "the same class twice": (["classes", 1, "name"], "Kaolinite", "class name 'kaolinite' occurs twice"),
    "an empty class name": (["classes", 1, "name"], " ", "class 2: the name is empty"),
    "a colour of 256": (["classes", 0, "rgb"], [0, 0, 256], "class 1: rgb .* 0…255"),
    "a colour of two numbers": (["classes", 0, "rgb"], [0, 0], "class 1: rgb"),
    "a colour with fraction": (["classes", 0, "rgb"], [0, 0.5, 0], "class 1: rgb"),
    "a flag that is no flag": (["classes", 0, "default_on"], "yes", 'class 1: "default_on" must be true or false'),
    "a spectrum without name": (["spectra", 0, "name"], KeyError, 'spectrum 1: "name" must be text'),
    "the same name twice": (["spectra", 0, "name"], "measured", "spectrum name 'measured' occurs twice"),
    "an unknown class": (["spectra", 0, "class"], "clay", r"spectrum 1 \(from bands\): class 'clay' is not among the classes"),
    "no source": (["spectra", 0, "source"], KeyError, '"source" must be text'),
    "no bands": (BAND, [], "has no band"),
    "bands as a number": (BAND, 3, '"bands" must be a list'),
    "a band of three numbers": ([*BAND, 1], [1400, 15, 0], "band 2 must be four numbers"),
    "a band with text": ([*BAND, 1], [1400, 15, "0", 0.1], "band 2 must be four numbers"),
    "a band of no width": ([*BAND, 1], [1400, 0, 0, 0.1], "band 2: .*above 0"),
    "a band with NaN": ([*BAND, 1], [1400, float("nan"), 0, 0.1], "band 2: .*finite"),
    "a band too large to be a number": ([*BAND, 1], [10**400, 15, 0, 0.1], "band 2"),
    "a band too asymmetric": ([*BAND, 1], [1400, 15, 0.95, 0.1], "band 2: .*asymmetry"),
    "bands and a ratio": (["spectra", 0, "reflectance_ratio"], [1], "both bands and a measured ratio"),
    "unequal lengths": (["spectra", 1, "reflectance_ratio"], RATIO[:-1].tolist(), "330 wavelengths but 329 ratios"),
    "descending wavelengths": (["spectra", 1, "wavelengths_nm"], AXIS[::-1].tolist(), "must ascend"),
    "micrometres": (["spectra", 1, "wavelengths_nm"], (AXIS / 1000).tolist(), "must cover 1050-2600 nm"),
    "a ratio of 0": (["spectra", 1, "reflectance_ratio"], [0.0] * AXIS.size, "above 0"),
    "an infinite ratio": (["spectra", 1, "reflectance_ratio"], [float("inf")] * AXIS.size, "finite"),
    "a ratio of text": (["spectra", 1, "reflectance_ratio"], ["1"] * AXIS.size, "numbers only"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_names_file_and_entry(tmp_path: Path, mistake: str) -> None:
    path, value, message = MISTAKES[mistake]
    data = copy.deepcopy(GOOD)
    change(path, value)(data)
    file = write(tmp_path, data)
    with pytest.raises(InputError, match=message) as caught:
        load_exemplars(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\x00\x01", "[" * 100_000], ids=["empty", "cut", "list", "binary", "deep"])
def test_what_is_no_library_is_refused(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(InputError, match=r"is not JSON|is no exemplar library|is empty") as caught:
        load_exemplars(file)
    assert "\n" not in str(caught.value)


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "library.json"
    file.write_bytes(json.dumps(GOOD).encode("utf-16"))
    with pytest.raises(InputError, match="is not JSON"):
        load_exemplars(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.json: no such file"):
        load_exemplars(tmp_path / "nothing.json")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"x\.json: cannot be written"):
        save_exemplars(load_exemplars(), tmp_path / "no folder" / "x.json")


BAD_NAMES = [
    "a\nb",
    "a\tb",
    "a\0",
    "\x1b[1m",
    " a",
    "a ",
    "a\u00a0",
    "\ud800",
    "a\u202eb",
    "\ufeffa",
    "\ufffe",
    "x" * 101,
    "  ",
    "",
]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("kind", ["classes", "spectra"])
def test_names_that_no_legend_can_hold_are_refused(tmp_path: Path, kind: str, name: str) -> None:
    data = copy.deepcopy(GOOD)
    data[kind][0]["name"] = name
    if kind == "classes":
        data["spectra"][0]["class"] = name
    with pytest.raises(
        InputError, match=rf"library\.json: {'class' if kind == 'classes' else 'spectrum'} 1.*: the name .*correct this entry"
    ):
        load_exemplars(write(tmp_path, data))


@pytest.mark.parametrize(
    "name",
    [
        "<&>\"'",
        "=1+1",
        "a, b; c",
        "Al-OH (2,2 µm)",
        "каолинит",
        "高岭石",
        "كاولينيت",
        "🪨",
        "a=b",
        "x" * 100,
        "é",
        "a  b",
        "]]>",
        "&amp;",
    ],
)
def test_names_of_any_language_come_out_whole(tmp_path: Path, name: str) -> None:
    data = copy.deepcopy(GOOD)
    data["classes"][0]["name"] = data["spectra"][0]["class"] = data["spectra"][0]["name"] = name
    library = load_exemplars(save_exemplars(load_exemplars(write(tmp_path, data)), tmp_path / "again.json"))
    assert library.class_names[0] == library.names[0] == name
    style = ElementTree.fromstring(style_qml(legend_entries(library)).encode())
    assert next(style.iter("paletteEntry")).get("label") == name
    with create_raster(tmp_path / "x.tif", 1, 1, 1, np.uint8, nodata=255) as writer:
        writer.write(np.full((1, 1, 1), 15, np.uint8), 0)
    write_class_table(tmp_path / "x.tif", [ClassRow(15, name, "identification", (1, 2, 3), 1, None)])
    assert [row.name for row in read_class_table(tmp_path / "x.tif")] == [name]
    table = io.StringIO(newline="")
    csv.writer(table).writerow([name])
    assert next(csv.reader(io.StringIO(table.getvalue(), newline=""))) == [name]


@pytest.mark.parametrize("other", ["KAOLINITE", "Kaolinite", "ｋaolinite"])
def test_names_that_look_the_same_are_refused(tmp_path: Path, other: str) -> None:
    data = copy.deepcopy(GOOD)
    data["classes"][1]["name"] = data["spectra"][1]["class"] = other
    with pytest.raises(InputError, match="class name 'kaolinite' occurs twice"):
        load_exemplars(write(tmp_path, data))
    data["classes"][0]["name"] = data["spectra"][0]["class"] = "Fe  smectite"
    data["classes"][1]["name"] = data["spectra"][1]["class"] = "fe Smectite"
    with pytest.raises(InputError, match="class name 'fe smectite' occurs twice"):
        load_exemplars(write(tmp_path, data))


@pytest.mark.parametrize(
    "bands",
    [[[500, 20, 0, 0.1]], [[2200, 1e-320, 0, 0.1]], [[2200, 20, 0, 1e-9]], [[2200, 1e300, 0, 1e308], [2200, 1e300, 0, 1e308]]],
)
def test_bands_that_give_no_absorption_are_refused(tmp_path: Path, bands: list[list[float]]) -> None:
    data = copy.deepcopy(GOOD)
    data["spectra"][0]["bands"] = bands
    with pytest.raises(InputError, match="spectrum 'from bands' has no absorption at 1028-2602 nm"):
        load_exemplars(write(tmp_path, data))


def test_ratios_too_large_to_be_numbers_are_refused(tmp_path: Path) -> None:
    data = copy.deepcopy(GOOD)
    data["spectra"][1]["reflectance_ratio"][3] = 10**400
    with pytest.raises(InputError, match='"reflectance_ratio" must hold finite numbers only'):
        load_exemplars(write(tmp_path, data))


def test_deep_values_are_one_line(tmp_path: Path) -> None:
    for where in (["version"], ["classes", 0, "rgb"], ["classes", 0, "code"], ["spectra", 0, "bands"], ["spectra", 0, "bands", 0]):
        data = copy.deepcopy(GOOD)
        change(where, "HERE")(data)
        text = json.dumps(data).replace('"HERE"', "[" * 900 + "]" * 900)
        with pytest.raises(InputError, match=r"library\.json"):
            load_exemplars(write(tmp_path, text))

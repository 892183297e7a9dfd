"""Parameters of the methods as a user chooses them."""

from __future__ import annotations

import csv
import json
from dataclasses import fields
from pathlib import Path

import pytest

from crism_gan_plugin.core import compare_methods
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.methods.settings import MethodParameter, chosen_parameters, settings
from crism_gan_plugin.core.methods.table import METHODS
from tests.core.methods.conftest import CLASSES

EVERY = list(METHODS.values())


def test_nothing_chosen_is_what_was_published() -> None:
    assert chosen_parameters([], EVERY) == {key: method.defaults() for key, method in METHODS.items()}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("smacc.endmembers=30", 30),
        (" smacc . endmembers = 5 ", 5),
        ("smacc.range_nm=1100,2500", (1100.0, 2500.0)),
        ("angle.largest_rad=0.05", 0.05),
        ("dafatt.apertures=7x7,5x10", ((7, 7), (5, 10))),
        ("network.support=paper", "paper"),
    ],
)
def test_each_kind_of_value_is_read(text: str, value: object) -> None:
    key, name = (part.strip() for part in text.split("=")[0].split("."))
    found = chosen_parameters([text], EVERY)
    assert getattr(found[key], name) == value
    others = {each: parameters for each, parameters in found.items() if each != key}
    assert others == {each: METHODS[each].defaults() for each in others}
    names = [each.name for each in fields(found[key]) if each.name != name]
    assert all(getattr(found[key], each) == getattr(METHODS[key].defaults(), each) for each in names)


@pytest.mark.parametrize("each", settings(), ids=lambda each: f"{each.method}.{each.name}")
def test_every_default_can_be_written_and_is_explained(each: MethodParameter) -> None:
    found = chosen_parameters([f"{each.method}.{each.name}={each.default}"], EVERY)
    read, wanted = (getattr(parameters, each.name) for parameters in (found[each.method], METHODS[each.method].defaults()))
    assert read == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
    assert len(each.said) > 10


def test_every_parameter_is_listed() -> None:
    assert [(each.method, each.name) for each in settings()] == [
        (key, each.name) for key, method in METHODS.items() for each in fields(method.defaults())
    ]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["smacc"], "method_parameters 'smacc': must be METHOD.NAME=VALUE, such as smacc.endmembers=30"),
        (["smacc=3"], "method_parameters 'smacc=3': must be METHOD.NAME=VALUE, such as smacc.endmembers=30"),
        (["sam.largest_rad=1"], "method_parameters 'sam.largest_rad=1': there is no method sam; there are network, whitened,"),
        (["dcgan.guess=1"], "method_parameters 'dcgan.guess=1': the method dcgan is not among those that are run"),
        (["angle.radians=1"], "method_parameters 'angle.radians=1': angle has no parameter radians; it has largest_rad"),
        (["angle.largest_rad=wide"], "method_parameters 'angle.largest_rad=wide': angle.largest_rad must be a number"),
        (["angle.largest_rad="], "method_parameters 'angle.largest_rad=': angle.largest_rad must be a number"),
        (["angle.largest_rad=nan"], "method_parameters 'angle.largest_rad=nan': angle.largest_rad must be from 0 to 1.5708"),
        (["gaussians.depth=inf"], "method_parameters 'gaussians.depth=inf': gaussians.depth must be 0 or more"),
        (["smacc.endmembers=2.5"], "method_parameters 'smacc.endmembers=2.5': smacc.endmembers must be a whole number"),
        (["smacc.endmembers=0"], "method_parameters 'smacc.endmembers=0': smacc.endmembers must be from 1 to 30"),
        (["smacc.range_nm=1100"], "method_parameters 'smacc.range_nm=1100': smacc.range_nm must be two numbers, such as 1067,2600"),
        (["smacc.range_nm=2000,1900"], "smacc.range_nm must be two numbers, the second more than 100 above the first"),
        (["dafatt.apertures=7"], "method_parameters 'dafatt.apertures=7': dafatt.apertures must be sizes, such as 6x8,8x6"),
        (["dafatt.apertures=7x1"], "method_parameters 'dafatt.apertures=7x1': dafatt.apertures must be from 2 to 32"),
        (["network.support=both"], "method_parameters 'network.support=both': network.support must be one of pixel, paper"),
        (["angle.largest_rad=1", "angle.largest_rad=2"], "angle.largest_rad is given twice"),
    ],
)
def test_what_makes_no_sense_is_one_line(texts: list[str], said: str) -> None:
    with pytest.raises(ParameterError) as raised:
        chosen_parameters(texts, [method for method in EVERY if method.key != "dcgan"])
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_chosen_changes_the_map_and_is_recorded(source: Path, tmp_path: Path) -> None:
    def compare(name: str, *chosen: str) -> tuple[int, dict]:
        given = {"methods": ["angle", "derivative"], "classes": CLASSES, "engine": "numpy", "ratio": "column"}
        made = compare_methods(source, tmp_path / name, **given, method_parameters=chosen)
        with made.table.open(encoding="utf-8", newline="") as text:
            rows = [row for row in csv.DictReader(text) if row["method"] == "angle" and row["class"] == "all"]
        record = json.loads(made.provenance.read_text(encoding="utf-8"))
        return int(rows[0]["pixels"]), {key: each["parameters"] for key, each in record["methods"].items()}

    usual, published = compare("usual.tif")
    strict, recorded = compare("strict.tif", "angle.largest_rad=0.001")
    assert strict < usual
    assert published["angle"] == {"largest_rad": 0.1}
    assert recorded == {"angle": {"largest_rad": 0.001}, "derivative": published["derivative"]}


def test_a_wrong_parameter_ends_the_run_before_anything_is_written(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="endmembers must be a whole number"):
        compare_methods(source, tmp_path / "x.tif", methods=["smacc"], method_parameters=["smacc.endmembers=many"])
    assert [path.name for path in tmp_path.iterdir()] == [source.name]

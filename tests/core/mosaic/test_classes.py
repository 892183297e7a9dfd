"""Legends merged by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.mosaic.classes import merge_legends
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.rasters.class_table import read_class_table


@pytest.fixture
def tiny(tmp_path: Path, make_map: Callable[..., Path]) -> Callable[..., Path]:
    """A map of a few pixels that has every class in ``names`` as identification and guess, unless ``only`` one of them."""

    def write(name: str, names: dict[int, str], only: str = "both", left: float = 4.58e6, **options: object) -> Path:
        codes = [code + add for code in names for add, level in ((0, "identification"), (100, "guess")) if only in ("both", level)]
        values = np.array([codes], np.uint8)
        return make_map(tmp_path / f"{name}.tif", values, np.full(values.shape, 0.9), names=names, left=left, **options)

    return write


def test_two_classes_on_one_code_are_told_apart(tmp_path: Path, tiny: Callable[..., Path], recorder: Callable) -> None:
    one = tiny("a", {15: "kaolinite", 40: "my clay"})
    other = tiny("b", {40: "my carbonate", 15: "kaolinite"}, left=4.58e6 + 1800)
    progress = recorder()
    outputs = make_composite([one, other], tmp_path / "y.tif", progress=progress)
    table = {row.value: row.name for row in read_class_table(outputs.composite)}
    # the first by alphabet keeps the code, the other one gets the first free one for users
    assert table == {
        **{15: "kaolinite", 115: "kaolinite", 40: "my carbonate", 140: "my carbonate"},
        **{33: "my clay", 133: "my clay"},
    }
    codes = gdal.Open(str(outputs.composite)).ReadAsArray()
    assert codes[0, :4].tolist() == [15, 115, 33, 133]
    assert codes[0, 100:104].tolist() == [40, 140, 15, 115]
    assert any("my clay" in note and "40" in note and "33" in note for note in progress.notes)


def test_the_shipped_class_keeps_its_code(tiny: Callable[..., Path]) -> None:
    maps = [open_map(tiny("a", {15: "a local clay"})), open_map(tiny("b", {15: "kaolinite"}))]
    for order in itertools.permutations(maps):
        assert {mineral.code: mineral.name for mineral in merge_legends(order).classes} == {15: "kaolinite", 33: "a local clay"}


def test_one_name_with_two_codes_is_an_error(tmp_path: Path, tiny: Callable[..., Path]) -> None:
    one, other = tiny("a", {15: "kaolinite"}), tiny("b", {40: "Kaolinite"})
    with pytest.raises(InputError) as caught:
        make_composite([one, other], tmp_path / "out" / "y.tif")
    message = str(caught.value)
    assert "Kaolinite" in message and "40" in message and "15" in message and str(one) in message and str(other) in message
    assert not (tmp_path / "out").exists()


def test_more_than_99_classes_are_an_error(tiny: Callable[..., Path]) -> None:
    maps = [open_map(tiny(name, {code: f"{name} {code}" for code in range(1, 50)})) for name in "ab"]
    assert len(merge_legends(maps).classes) == 98
    more = open_map(tiny("c", {1: "one more", 2: "and another"}))
    with pytest.raises(InputError, match="100 different classes"):
        merge_legends([*maps, more])


def test_capitals_and_spaces_do_not_make_another_class(tiny: Callable[..., Path]) -> None:
    legend = merge_legends([open_map(tiny("a", {15: "Kaolinite"})), open_map(tiny("b", {15: "kaolinite"}))])
    assert [mineral.name for mineral in legend.classes] == ["Kaolinite"]


def test_the_colour_is_that_of_an_identification(tiny: Callable[..., Path]) -> None:
    """A map that has guesses only knows the pale tint."""
    strong = (139, 69, 19)
    guesses = open_map(tiny("a", {15: "kaolinite"}, only="guess", colours={15: strong}))
    (alone,) = merge_legends([guesses]).classes
    np.testing.assert_allclose(alone.rgb, strong, atol=1)
    identified = open_map(tiny("b", {15: "kaolinite"}, colours={15: (1, 2, 3)}))
    (both,) = merge_legends([guesses, identified]).classes
    assert both.rgb == (1, 2, 3)

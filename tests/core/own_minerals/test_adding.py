"""One spectrum more in a library file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core import WAVELENGTHS_NM, add_to_library, load_exemplars, save_exemplars
from crism_gan_plugin.core.errors import CrismError, InputError, OutputError, ParameterError
from crism_gan_plugin.core.libraries.exemplars import PixelOrigin

AXIS = np.arange(1000.0, 2700.0, 5.0)
SHIPPED = load_exemplars()


def odd(centre: float = 1750.0) -> np.ndarray:
    """An absorption where no mineral of the plugin's has one."""
    return 0.5 - 0.2 * np.exp(-0.5 * ((AXIS - centre) / 25) ** 2)


def add(path: Path, class_name: str = "mine", name: str = "spectrum", values: Any = None, **more: Any) -> Any:
    return add_to_library(path, class_name, name, AXIS, odd() if values is None else values, **more)


def test_a_file_is_made_with_the_plugins_minerals_and_then_grows(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    first, second = add(file, source="a pixel"), add(file, "Mine")
    assert (first.code, first.is_new_class, second.code, second.is_new_class) == (33, True, 33, False)
    assert (first.name, second.name) == ("spectrum", "spectrum (2)")
    library = load_exemplars(file)
    assert library.names == [*SHIPPED.names, "spectrum", "spectrum (2)"]
    assert library.class_names == [*SHIPPED.class_names, "mine"]
    assert library.sources[len(SHIPPED.names)] == "a pixel"
    np.testing.assert_array_equal(library.spectra[-1], second.library.spectra[-1])
    assert "mine (code 33): a guess above 0.85, an identification above 0.95" in first.said[0]


def test_it_may_begin_with_nothing(tmp_path: Path) -> None:
    added = add(tmp_path / "x.json", begin_with="nothing")
    assert load_exemplars(added.path).class_names == ["mine"] and not added.taken_for


def test_a_class_that_cannot_be_told_from_another_is_said_and_needs_more(tmp_path: Path) -> None:
    talc = SHIPPED.spectra[SHIPPED.names.index("talc (ratio)")]
    added = add_to_library(tmp_path / "x.json", "soapstone", "s", WAVELENGTHS_NM, talc, continuum_removed=True)
    assert added.taken_for[0].other == "talc" and added.taken_for[0].is_identified and added.taken_for[0].score > 0.99
    assert "soapstone cannot be told from talc" in added.said[1]
    assert "an identification above 0.975, for it is easily mistaken" in added.said[0]
    made = load_exemplars(added.path).classes
    assert made[-1].low_confidence and made[:-1] == SHIPPED.classes


def test_a_variant_does_not_change_its_class(tmp_path: Path) -> None:
    added = add(tmp_path / "x.json", "kaolinite")
    assert (added.code, added.is_new_class) == (15, False)
    assert load_exemplars(added.path).classes == SHIPPED.classes


def test_pixels_and_ground_are_kept(tmp_path: Path) -> None:
    origin = PixelOrigin("FRT00001234_07_IF166J_MTR3", 5, ((3, 7, 9), (4, 7, 8)))
    add(tmp_path / "x.json", origin=origin, on_ground=True)
    library = load_exemplars(tmp_path / "x.json")
    assert library.origins[-1] == origin and library.on_ground[-1]
    assert load_exemplars(save_exemplars(library, tmp_path / "y.json")).origins[-1] == origin


WRONG: dict[str, tuple[dict[str, Any], type[CrismError], str]] = {
    "no name": ({"class_name": " "}, ParameterError, "need names"),
    "missing channels": (
        {"values": np.where((AXIS > 2000) & (AXIS < 2100), -1.23e34, odd())},
        InputError,
        "2000-2100 nm is missing",
    ),
    "flat": ({"values": np.ones(AXIS.size)}, InputError, "has no absorption"),
    "another length": ({"values": odd()[1:]}, ParameterError, "give as many"),
    "not on the grid": ({"continuum_removed": True}, ParameterError, "240 channels"),
    "another word": ({"begin_with": "all"}, ParameterError, "must be one of plugin, nothing"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_added_leaves_the_file_as_it_is(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "x.json"
    add(file)
    before = file.read_bytes()
    options, error, says = WRONG[kind]
    with pytest.raises(error, match=says):
        add(file, **options)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_other_files_are_not_written_to(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"let it end in \.json"):
        add(tmp_path / "x.csv")
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match="is no exemplar library"):
        add(tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text() == '{"a": 1}'
    with pytest.raises(OutputError, match="cannot be written"):
        add(tmp_path / "none" / "x.json")

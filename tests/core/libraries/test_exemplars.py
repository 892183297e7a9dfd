"""Choosing classes from a library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary, MineralClass


@pytest.fixture
def library() -> ExemplarLibrary:
    classes = [
        MineralClass(3, "Mg-carbonate", (0, 255, 0)),
        MineralClass(1, "kaolinite", (1, 2, 3), default_on=False),
        MineralClass(7, "jarosite", (255, 0, 255), low_confidence=True),
    ]
    spectra = np.linspace(0.5, 1, 5 * 240).reshape(5, 240)
    return ExemplarLibrary(["a", "b", "c", "d", "e"], spectra, classes, np.array([2, 0, 1, 0, 2]))


@pytest.mark.parametrize("word", ["all", " All "])
def test_all_selects_every_class(library: ExemplarLibrary, word: str) -> None:
    assert library.select([word]).class_names == library.class_names


def test_all_among_other_names_is_a_name(library: ExemplarLibrary) -> None:
    with pytest.raises(ParameterError, match="'all'"):
        library.select(["all", "jarosite"])


def test_selecting_keeps_the_librarys_order_and_each_spectrums_class(library: ExemplarLibrary) -> None:
    part = library.select(["jarosite", "MG-Carbonate "])
    assert part.class_names == ["Mg-carbonate", "jarosite"]
    assert part.names == ["a", "b", "d", "e"]
    assert [part.classes[index].code for index in part.class_index] == [7, 3, 3, 7]
    np.testing.assert_array_equal(part.spectra, library.spectra[[0, 1, 3, 4]])


def test_positions_stay_those_of_the_whole_library(library: ExemplarLibrary) -> None:
    part = library.select(["Mg-carbonate", "kaolinite"]).select(["kaolinite"])
    assert part.names == ["c"]
    assert part.positions.tolist() == [2]


def test_defaults_leave_out_what_is_off(library: ExemplarLibrary) -> None:
    assert library.defaults().class_names == ["Mg-carbonate", "jarosite"]


def test_a_misspelt_class_is_named_with_what_it_may_mean(library: ExemplarLibrary) -> None:
    with pytest.raises(ParameterError, match="'kaolinit' is not in the library; did you mean 'kaolinite'"):
        library.select(["jarosite", "kaolinit"])
    with pytest.raises(ParameterError, match="'xyz' is not in the library, which has: Mg-carbonate, kaolinite, jarosite"):
        library.select(["xyz"])


def test_no_class_at_all_is_refused(library: ExemplarLibrary) -> None:
    with pytest.raises(ParameterError, match="none is chosen"):
        library.select([])


def test_selecting_keeps_what_shows_ground(library: ExemplarLibrary) -> None:
    on_ground = np.array([True, False, False, True, False])
    chosen = replace(library, on_ground=on_ground).select(["kaolinite", "jarosite"])
    assert dict(zip(chosen.names, chosen.on_ground)) == {"a": True, "c": False, "e": False}

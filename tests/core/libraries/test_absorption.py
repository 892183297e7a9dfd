"""Absorption libraries: their minerals, and the exemplars as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary, at_share, from_exemplars, own_absorption, own_row


def test_groups_count_minerals_in_order() -> None:
    library = AbsorptionLibrary(np.zeros((5, 240)), ("b", "a", "b", "c", "a"))
    assert library.groups.tolist() == [0, 1, 0, 2, 1]
    assert [places.tolist() for places in library.members] == [[0, 2], [1, 4], [3]]
    assert library.only(np.array([False, True, False, True, True])).minerals == ("a", "c", "a")
    both = library + library
    assert both.absorption.shape == (10, 240)
    assert both.groups.tolist() == [0, 1, 0, 2, 1] * 2


def test_exemplars_as_minerals() -> None:
    exemplars = load_exemplars()
    library = from_exemplars(exemplars)
    np.testing.assert_allclose(np.exp(-library.absorption), np.clip(exemplars.spectra, 1e-3, 1), atol=1e-9)
    assert library.minerals[exemplars.names.index("talc (ratio)")] == "talc"


def test_a_class_shows_itself_by_its_ratio() -> None:
    library = load_exemplars()
    names = {mineral.name: library.names[own_row(library, place)] for place, mineral in enumerate(library.classes)}
    assert names["kaolinite"] == "kaolinite (ratio)"
    assert names["Mg-carbonate"] == "Mg-carbonate (ratio)"


def test_without_a_ratio_it_is_the_first_that_shows_no_ground() -> None:
    library = load_exemplars().select(["Mg-carbonate"])
    renamed = replace(library, names=["on its ground", "elsewhere", "in the laboratory"])
    assert renamed.names[own_row(renamed, 0)] == "elsewhere"
    on_ground = replace(renamed, on_ground=np.ones(3, bool))
    assert on_ground.names[own_row(on_ground, 0)] == "on its ground"


def test_a_share_is_of_the_librarys_absorption() -> None:
    library = load_exemplars().select(["kaolinite"])
    absorption = own_absorption(library, 0)
    ratio = library.spectra[library.names.index("kaolinite (ratio)")]
    ground = np.full((2, 240), 0.2, np.float32)
    np.testing.assert_allclose(at_share(ground, absorption, 1), ground * ratio, rtol=1e-5)
    np.testing.assert_allclose(at_share(ground, absorption, 0.5), ground * np.sqrt(ratio), rtol=1e-5)
    assert at_share(ground, absorption, 0).tobytes() == ground.tobytes()

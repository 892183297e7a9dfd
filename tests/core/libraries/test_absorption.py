"""Absorption libraries: their minerals, and the exemplars as one."""

from __future__ import annotations

import numpy as np

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary, from_exemplars


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

"""The benchmark that chooses classes and variants judges a specimen by what it has no part in, and counts what is lost."""

from __future__ import annotations

import numpy as np
import pytest
from exemplar_choice import CANDIDATES, Specimens, best_class, is_variant, lost_of, with_one_more, without_specimen
from fit_exemplars import OFF, VARIANTS

from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary

LIBRARY = load_exemplars()


def nearest(spectra: np.ndarray, library: ExemplarLibrary) -> np.ndarray:
    return -np.abs(spectra[:, np.newaxis] - library.spectra).sum(-1)


def test_variants_are_those_that_the_tool_makes() -> None:
    names = [name for name, variant in zip(LIBRARY.names, is_variant(LIBRARY)) if variant]
    assert names == [f"{mineral} ({label})" for mineral, label, _ in VARIANTS]
    assert {one.name for one in LIBRARY.classes if not one.default_on} == OFF < set(CANDIDATES)


def test_a_specimen_is_judged_by_a_variant_of_the_others() -> None:
    mineral, label, sources = VARIANTS[2]
    specimens = Specimens(np.array(sources), np.array([mineral] * 3), np.array([LIBRARY.spectra[k] for k in (0, 4, 8)]))
    row = LIBRARY.names.index(f"{mineral} ({label})")
    fair = without_specimen(LIBRARY, specimens, sources[1])
    np.testing.assert_allclose(fair.spectra[row], (LIBRARY.spectra[0] + LIBRARY.spectra[8]) / 2)
    others = np.arange(len(LIBRARY.names)) != row
    np.testing.assert_array_equal(fair.spectra[others], LIBRARY.spectra[others])
    np.testing.assert_array_equal(without_specimen(LIBRARY, specimens, "Quartz").spectra, LIBRARY.spectra)


def test_what_another_class_takes_is_lost() -> None:
    before, after = (with_one_more(LIBRARY, name) for name in ("no mineral", "bassanite"))
    assert set(after.class_names) - set(before.class_names) == {"bassanite"}
    names = np.array(["gypsum", "analcime", "analcime"])
    spectra = [LIBRARY.spectra[LIBRARY.names.index(f"{name} (ratio)")] for name in ("gypsum", "bassanite", "analcime")]
    known = Specimens(names, names, np.array(spectra))
    assert best_class(nearest, known.ratio, after)[0].tolist() == ["gypsum", "bassanite", "analcime"]
    taken = best_class(nearest, known.ratio, before)[0][1] == "analcime"
    assert lost_of(known, nearest, before, after) == int(taken)
    assert lost_of(known, nearest, after, after) == 0
    assert taken, "choose another pair for this test"


@pytest.mark.parametrize("name", CANDIDATES)
def test_one_class_is_added_at_a_time(name: str) -> None:
    assert set(with_one_more(LIBRARY, name).class_names) & set(CANDIDATES) == {name}

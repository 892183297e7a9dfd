"""Decoys: as mineral-like as the library, and no mineral of it."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.reliability import make_decoys


def none_match(spectra: np.ndarray) -> np.ndarray:
    return np.zeros(len(spectra), bool)


def test_decoys_score_below_a_guess_with_all_classes_of_the_library():
    """Also with those that the map does not look for."""
    mapper = mapper_for(MapOptions(reliability=True, engine="numpy", classes=["kaolinite", "gypsum"]))
    whole = mapper_for(MapOptions(engine="numpy", classes=["all"]))
    scores = whole.matcher(mapper.decoys.spectra)
    assert len(scores) >= len(mapper.decoys.starts) == 240
    assert (scores <= whole.thresholds.guess[whole.matcher.library.class_index]).all()


def test_decoys_are_continuum_removed_and_as_deep_as_minerals():
    library = load_exemplars()
    decoys = make_decoys(library, none_match)
    assert decoys.spectra.shape[1] == 240
    assert decoys.spectra.max() <= 1 and decoys.spectra.min() >= library.spectra.min() - 1e-6
    depth, usual = 1 - decoys.spectra.min(1), 1 - library.spectra.min(1)
    assert np.median(depth) == pytest.approx(np.median(usual), rel=0.5)


def test_the_same_seed_gives_the_same_decoys_and_another_one_others():
    library = load_exemplars()
    first, same, other = (make_decoys(library, none_match, 20, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.spectra, same.spectra)
    assert first.spectra.shape != other.spectra.shape or (first.spectra != other.spectra).any()


def test_a_decoy_has_as_many_spectra_as_a_class():
    library = load_exemplars().select(["kaolinite", "Mg-carbonate"])
    sizes = set(np.bincount(library.class_index))
    decoys = make_decoys(library, none_match, 30)
    assert set(np.diff([*decoys.starts, len(decoys.spectra)])) == sizes


def test_best_of_a_decoys_spectra_counts():
    decoys = make_decoys(load_exemplars().select(["kaolinite"]), none_match, 2)
    np.testing.assert_array_equal(decoys.best(np.array([[1.0, 4.0, 3.0, 2.0]])), [[4.0, 3.0]])


def test_one_class_has_decoys_too():
    assert len(make_decoys(load_exemplars().select(["talc"]), none_match, 40).starts) == 40


def test_decoys_that_cannot_be_made_are_said_in_words():
    with pytest.raises(
        ParameterError, match=r"only 0 of 100 decoys .* and 5 are needed; raise the guess threshold, or map without"
    ):
        make_decoys(load_exemplars(), lambda spectra: np.ones(len(spectra), bool), 5)

"""Retrieval of other specimens, against plain counting."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import ground_metric
from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary
from crism_gan_plugin.core.training.validation import area_under_curve, found_on_ground, retrieve, split_minerals


class Correlator:
    """Stands where the network stands: the spectra themselves are the features."""

    def features(self, ratio: np.ndarray) -> np.ndarray:
        return 1 - np.asarray(ratio)

    def cosines(self, ratio: np.ndarray, features: np.ndarray) -> np.ndarray:
        own = self.features(ratio)
        return own @ features.T / np.linalg.norm(own, axis=1)[:, None] / np.linalg.norm(features, axis=1)


def library() -> AbsorptionLibrary:
    x = np.arange(240)
    rows = [0.3 * np.exp(-0.5 * ((x - 20 - 30 * m - 2 * s) / 8) ** 2) for m in range(7) for s in range(3)]
    return AbsorptionLibrary(np.array(rows), tuple(f"m{m}" for m in range(7) for _ in range(3)))


def test_area_under_curve_equals_counting_pairs() -> None:
    rng = np.random.default_rng(0)
    matches, others = rng.integers(0, 8, 40) / 4, rng.integers(0, 6, 60) / 4  # many ties
    wins = [1.0 if m > o else 0.5 if m == o else 0.0 for m in matches for o in others]
    assert area_under_curve(matches, others) == pytest.approx(np.mean(wins))
    assert area_under_curve(np.array([2.0]), np.array([1.0])) == 1
    assert area_under_curve(np.array([1.0]), np.array([1.0])) == 0.5


def test_specimens_that_look_alike_are_found() -> None:
    found = retrieve(Correlator(), library(), noise=0.0)
    assert (found.top1, found.auc) == (1.0, 1.0)


def test_a_network_that_sees_nothing_is_at_chance() -> None:
    rng = np.random.default_rng(1)
    blind = SimpleNamespace(features=lambda ratio: ratio, cosines=lambda ratio, _: rng.random((len(ratio), len(ratio))))
    found = retrieve(blind, library(), noise=0.0)
    assert 0.3 < found.auc < 0.7
    assert found.top1 < 0.5


def test_noise_makes_it_harder() -> None:
    aucs = [retrieve(Correlator(), library(), noise=noise).auc for noise in (0.0, 0.4, 1.5)]
    assert aucs[0] > aucs[1] > aucs[2] > 0.45


def test_training_and_validation_share_no_mineral() -> None:
    single, crowd = AbsorptionLibrary(np.ones((1, 240)), ("alone",)), AbsorptionLibrary(np.ones((11, 240)), ("crowd",) * 11)
    whole = library() + single + crowd
    training, held_out = split_minerals(whole, 1 / 3, seed=0)
    assert not set(training.minerals) & set(held_out.minerals)
    assert sorted(training.minerals + held_out.minerals) == sorted(whole.minerals)
    assert {"alone", "crowd"} <= set(training.minerals)
    assert len(set(held_out.minerals)) == 2
    assert split_minerals(whole, 1 / 3, seed=0)[1].minerals == held_out.minerals


def test_minerals_of_the_map_are_all_trained_with() -> None:
    training, held_out = split_minerals(library(), 1 / 3, 0, always=("m0", "m1", "m2", "m3"))
    assert {"m0", "m1", "m2", "m3"} <= set(training.minerals)
    assert len(set(held_out.minerals)) == 2
    training, held_out = split_minerals(library(), 1 / 3, 0, always=[f"m{m}" for m in range(7)])
    assert held_out.minerals == ()
    assert training.minerals == library().minerals


def test_faint_minerals_are_found_on_ground_by_who_knows_both() -> None:
    """Knowing ground: nearly all; knowing nothing: none; and taking everything for one class: a class's own share at most."""
    exemplars, ground = load_exemplars().select(["kaolinite", "gypsum", "talc"]), load_background()
    metric = ground_metric(ground)

    def knowing(spectra: np.ndarray, noise: float) -> np.ndarray:
        length, cosines = metric.compare(1 - spectra, 1 - exemplars.spectra, noise)
        return cosines * length[:, None]

    def blind(spectra: np.ndarray, noise: float) -> np.ndarray:
        return np.tile([[1.0, *[0.0] * (len(exemplars.names) - 1)]], (len(spectra), 1))

    found = found_on_ground(knowing, exemplars, ground)
    assert set(found) == {"plain", "ratioed"}
    assert min(found.values()) > 0.8
    assert found_on_ground(blind, exemplars, ground) == {"plain": 0.0, "ratioed": 0.0}
    assert min(found_on_ground(knowing, exemplars, ground, noise=0.03).values()) < min(found.values()) - 0.1

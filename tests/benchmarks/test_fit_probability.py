"""How probabilities are fitted and judged. Needs SciPy."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import fit_probability
from judged_detections import FITTED, JUDGED, KnownDetections, belongs
from probability import calibration_error, probabilities

from crism_gan_plugin.core.reliability.probability import SIGNS


def test_neighbours_that_fall_are_pooled() -> None:
    values, step = fit_probability.isotonic(np.array([1.0, 3.0, 2.0, 2.0, 5.0]), np.array([1.0, 1.0, 3.0, 1.0, 2.0]))
    np.testing.assert_allclose(values, [1, 11 / 5, 5])
    np.testing.assert_array_equal(step, [0, 1, 1, 1, 2])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 5)), min_size=1, max_size=12))
def test_the_fit_rises_keeps_the_mean_and_is_the_best(pairs: list[tuple[float, float]]) -> None:
    """Of all rising sequences: min over ends of max over beginnings of the mean between (Barlow et al. 1972)."""
    given_values, weights = np.array(pairs).T
    steps, step = fit_probability.isotonic(given_values, weights)
    fitted, size = steps[step], len(pairs)
    assert (np.diff(fitted) >= 0).all()

    def mean(first: int, last: int) -> float:
        return np.average(given_values[first : last + 1], weights=weights[first : last + 1])

    best = [min(max(mean(first, last) for first in range(k + 1)) for last in range(k, size)) for k in range(size)]
    np.testing.assert_allclose(fitted, best, atol=1e-9)


def test_the_calibration_error_is_the_mean_distance_of_bins() -> None:
    told, right = np.array([0.25, 0.25, 0.75, 0.75]), np.array([0, 1, 1, 1])
    assert calibration_error(told, right, np.ones(4)) == pytest.approx(0.25)
    assert calibration_error(told, right, np.array([1, 3, 0, 0])) == pytest.approx(0.5)


def test_nothing_judges_that_was_fitted() -> None:
    for first in (1, 2):
        parts = [{number for number in range(31) if belongs(number, part, first)} for part in (FITTED, JUDGED)]
        assert not parts[0] & parts[1] and len(parts[0] | parts[1]) == 31


def simulated(seed: int, count: int = 20000) -> tuple[KnownDetections, np.ndarray]:
    """Detections that are right with a probability which rises with score and lead, and falls where noise does."""
    rng = np.random.default_rng(seed)
    score, lead, noise = rng.uniform(0.85, 0.999, count), rng.uniform(0, 0.3, count), rng.uniform(0.002, 0.05, count)
    kind = rng.integers(0, 3, count)
    true = 1 / (1 + np.exp(-(-np.log(1 - score) - 4 + 5 * lead + 0.3 * np.log(noise) + (kind == 2))))
    scene = np.array(["scene", "tile T1"])[rng.integers(0, 2, count)]
    mineral, size, right = rng.integers(0, 20, count), rng.choice([1, 3, 5], count), rng.random(count) < true
    return KnownDetections(scene, mineral, score, lead, noise, size, kind, right, np.ones(count)), true


def test_probabilities_that_are_known_are_found_and_no_sign_counts_against_a_detection() -> None:
    known, _ = simulated(1)
    model, (other, true) = fit_probability.fitted(known), simulated(2)
    told = probabilities(model, other)
    assert (model.weights >= 0).all()
    assert model.weights[SIGNS.index("noise")] == 0
    assert np.abs(told - true).mean() < 0.05
    assert calibration_error(told, other.right, np.ones(len(told))) < 0.03

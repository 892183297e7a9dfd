"""Curves and limits: known answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from crism_gan_plugin.core.detection_limit.curves import LEAST, NEVER, SHARES, curves_of, isotonic, smallest_share, wilson
from crism_gan_plugin.core.detection_limit.implants import GUESSED, IDENTIFIED, MISSED, OTHER
from crism_gan_plugin.core.detection_limit.regions import REGIONS

WEIGHTS = np.full(REGIONS, 1 / REGIONS)


def test_what_rises_is_left_and_what_falls_becomes_its_mean():
    assert_allclose(isotonic(np.array([[0.0, 0.2, 0.9]])), [[0.0, 0.2, 0.9]])
    assert_allclose(isotonic(np.array([[0.0, 0.6, 0.4, 1.0], [1.0, 0.5, 0.0, 0.0]])), [[0, 0.5, 0.5, 1], [0.375] * 4])


def test_isotonic_is_the_nearest_rising_curve():
    rng = np.random.default_rng(0)
    given = rng.random((20, 5))
    made = isotonic(given)
    assert (np.diff(made, axis=1) >= -1e-12).all()
    other = np.sort(given + rng.normal(0, 0.2, given.shape), 1)
    assert (((made - given) ** 2).sum(1) <= ((other - given) ** 2).sum(1) + 1e-12).all()


def test_a_limit_lies_between_the_shares_around_it():
    rates = np.zeros((1, len(SHARES)))
    rates[0, SHARES.index(0.2)], rates[0, SHARES.index(0.3) :] = 0.8, 1.0
    assert smallest_share(rates, 0.9)[0] == pytest.approx(np.sqrt(0.2 * 0.3))
    assert smallest_share(rates, 0.8)[0] == pytest.approx(0.2)


def test_limits_beyond_what_was_tried_are_not_invented():
    assert smallest_share(np.full((1, len(SHARES)), 0.89), 0.9)[0] == NEVER
    assert smallest_share(np.ones((1, len(SHARES))), 0.9)[0] == pytest.approx(SHARES[0])


def test_intervals_of_a_share():
    low, high = wilson(np.array([0.0, 0.5, 1.0]), 100)
    assert_allclose(low, [0, 0.4038, 0.9630], atol=1e-4)
    assert_allclose(high, [0.0370, 0.5962, 1], atol=1e-4)


def outcomes(*first_found: float) -> np.ndarray:
    """Implants that are guessed from one share on, and identified from the next."""
    shares = np.array(SHARES)
    made = np.where(shares >= np.array(first_found)[:, None], GUESSED, MISSED)
    return np.where(shares >= 1.4 * np.array(first_found)[:, None], IDENTIFIED, made)


def test_a_class_that_is_always_found_at_its_share():
    whole, *regions = curves_of(outcomes(*[0.3] * LEAST), np.zeros(LEAST, int), WEIGHTS, 0)
    assert whole.implants == regions[0].implants == LEAST
    assert_array_equal(whole.found, np.array(SHARES) >= 0.3)
    assert 0.2 < whole.found_90 <= 0.3 < whole.identified_90 <= 0.5
    assert whole.interval == (whole.found_90, whole.found_90)


def test_too_few_implants_tell_nothing_of_a_region():
    regions = np.repeat([0, 1], [LEAST, LEAST - 1])
    whole, *each = curves_of(outcomes(*[0.3] * LEAST, *[0.05] * (LEAST - 1)), regions, WEIGHTS, 0)
    assert each[1].implants == 0
    assert np.isnan(each[1].found_90)
    assert whole.found_90 == each[0].found_90


def test_the_whole_image_counts_regions_by_their_size():
    weights = np.zeros(REGIONS)
    weights[:2] = 0.75, 0.25
    rows = outcomes(*[0.1] * 10, *[0.5] * 30)
    whole = curves_of(rows, np.repeat([0, 1], [10, 30]), weights, 0)[0]
    assert whole.found[SHARES.index(0.2)] == pytest.approx(0.75)


def test_what_is_taken_for_another_class_is_not_found():
    rows = np.full((LEAST, len(SHARES)), OTHER)
    whole = curves_of(rows, np.zeros(LEAST, int), WEIGHTS, 0)[0]
    assert whole.found_50 == NEVER
    assert_array_equal(whole.other, 1)

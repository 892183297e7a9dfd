"""Shares of false detections, their intervals, and q-values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.reliability.false_share import false_share, poisson_interval, q_values


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0, 3.689), (1, 0.025, 5.572), (5, 1.623, 11.668), (20, 12.217, 30.888), (300, 267.009, 335.941)]
)
def test_interval_of_a_count_is_garwoods(count, low, high):
    assert poisson_interval(count) == pytest.approx((low, high), rel=0.01, abs=0.03)


def test_share_is_the_mean_hit_over_the_detections():
    found = false_share(np.array([10, 20, 30]), 200)
    assert found.share == pytest.approx(0.1)
    assert found.low == pytest.approx(4.8 / 200, rel=0.02) and found.high == pytest.approx(42.8 / 200, rel=0.02)


def test_no_share_is_above_1():
    found = false_share(np.array([400, 500]), 50)
    assert (found.share, found.low, found.high) == (1, 1, 1)


def test_the_interval_holds_one_more_of_the_same_kind_in_95_of_100_cases():
    """A class that is nowhere is one more decoy: its hits are drawn as theirs, however unequal decoys are."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(2000):
        hits = rng.poisson(rng.lognormal(2, 1.5, 40))
        found = false_share(hits[1:], 10**9)
        inside += found.low <= hits[0] / 10**9 <= found.high
    assert inside / 2000 >= 0.94


@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_q_values_never_rise_with_the_score(seed, most):
    rng = np.random.default_rng(seed)
    q = q_values(rng.integers(0, most, 30), rng.integers(0, most, (5, 30)))
    assert (np.diff(q) <= 0).all()
    assert (q > 0).all() and (q <= 1).all()


def test_q_value_is_the_smallest_false_share_at_which_a_detection_is_shown():
    detections, hits = np.array([0, 10, 10, 20]), np.array([[0, 6, 1, 1], [0, 6, 0, 0]])
    at = [(1 + 14 + 0) / 2 / 40, (1 + 14) / 2 / 40, (1 + 2) / 2 / 30, (1 + 1) / 2 / 20]
    np.testing.assert_allclose(q_values(detections, hits), np.minimum.accumulate(at))


def test_without_detections_the_q_value_is_1():
    np.testing.assert_array_equal(q_values(np.zeros(4, int), np.zeros((2, 4), int)), 1)

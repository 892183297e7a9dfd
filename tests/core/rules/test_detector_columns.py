"""Departures from a detector column's median, in units of its noise."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.rules.columns import FEWEST, DetectorColumns, shared_by_most


@pytest.fixture
def random():
    return np.random.default_rng(1)


def test_noise_has_median_0_and_deviation_1_in_every_column(random):
    columns = np.broadcast_to(np.arange(6), (2000, 6))
    level, noise = np.arange(6) * 10.0, 1 + np.arange(6)
    plane = (level + noise * random.normal(size=(2000, 6))).astype(np.float32)
    found = DetectorColumns(columns)
    spread = found.spread(plane)
    np.testing.assert_allclose(spread.median, level, atol=0.3)
    np.testing.assert_allclose(spread.deviation, noise, rtol=0.06)
    departure = found.departure(plane, spread)
    np.testing.assert_allclose(departure, (plane - spread.median) / spread.deviation, rtol=1e-4, atol=1e-4)


def test_median_and_deviation_are_those_of_numpy_without_missing_pixels(random):
    columns = random.integers(-1, 9, (40, 30))
    plane = random.normal(size=(40, 30)).astype(np.float32)
    plane[random.random(plane.shape) < 0.3] = np.nan
    found = DetectorColumns(columns)
    spread = found.spread(plane)
    for column in range(9):
        own = plane[(columns == column) & np.isfinite(plane)]
        assert spread.median[column] == pytest.approx(np.median(own))
        assert spread.deviation[column] == pytest.approx(1.4826 * np.median(np.abs(own - np.median(own))))
    departure = found.departure(plane, spread)
    assert (np.isnan(departure) == (np.isnan(plane) | (columns < 0))).all()


def test_a_column_with_few_pixels_or_without_noise_tells_nothing():
    columns = np.broadcast_to(np.arange(3), (FEWEST, 3))
    plane = np.random.default_rng(2).normal(size=columns.shape).astype(np.float32)
    plane[0, 1] = np.nan
    plane[:, 2] = 4
    found = DetectorColumns(columns)
    departure = found.departure(plane, found.spread(plane))
    assert np.isfinite(departure).all(0).tolist() == [True, False, False]


def test_an_image_without_known_columns_tells_nothing():
    found = DetectorColumns(np.full((20, 4), -1))
    plane = np.ones((20, 4), np.float32)
    assert np.isnan(found.departure(plane, found.spread(plane))).all()


def test_what_most_of_a_column_has_is_told_by_its_median():
    columns = np.broadcast_to(np.arange(4), (100, 4))
    plane = np.random.default_rng(3).normal(0, 0.002, (100, 4))
    plane[:60, :3] += 0.05
    spread = DetectorColumns(columns).spread(plane)
    assert shared_by_most(spread, 0.02) == 0.75
    assert shared_by_most(spread, 0.06) == 0

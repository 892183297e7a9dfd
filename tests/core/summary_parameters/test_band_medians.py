"""Medians by networks of comparisons, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.summary_parameters.medians import median, median_network


@pytest.mark.parametrize("size", range(1, 18))
def test_the_same_as_numpys(size: int) -> None:
    planes = np.random.default_rng(size).random((size, 500), np.float32)
    np.testing.assert_array_equal(median(planes), np.median(planes, axis=0))


@pytest.mark.parametrize("size", [3, 5, 10, 15])
def test_missing_numbers_do_not_count(size: int) -> None:
    rng = np.random.default_rng(size)
    planes = rng.random((size, 500), np.float32)
    planes[rng.random(planes.shape) < 0.4] = np.nan
    planes[:, 7] = np.nan
    found = median(planes)
    assert np.isnan(found[7])
    there = np.isfinite(planes).any(0)
    np.testing.assert_array_equal(found[there], np.nanmedian(planes[:, there], axis=0))


def test_any_zeros_and_ones_which_proves_it_for_all_numbers() -> None:
    """The zero-one principle: a network that is right for all sequences of 0 and 1 is right for all numbers."""
    for size in (3, 5, 7, 9, 10, 11, 15):
        planes = (np.arange(1 << size)[None] >> np.arange(size)[:, None] & 1).astype(np.float32)
        np.testing.assert_array_equal(median(planes), np.median(planes, axis=0))


def test_input_is_not_changed_and_few_comparisons_are_made() -> None:
    planes = np.random.default_rng(0).random((5, 9), np.float32)
    before = planes.copy()
    median(planes)
    np.testing.assert_array_equal(planes, before)
    assert len(median_network(5)) <= 9

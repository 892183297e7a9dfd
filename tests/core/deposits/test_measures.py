"""Counts and means of deposits, in blocks and at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crism_gan_plugin.core.deposits.measures import Measures, ValueCounts
from crism_gan_plugin.core.deposits.spectra import MeanSpectra


def test_values_are_counted_by_deposit_over_blocks() -> None:
    counts = ValueCounts()
    counts.add(np.array([0, 0, 2, 2, 2]), np.array([5.0, 5.0, 7.0, np.nan, 3.0]))
    counts.add(np.array([2, 0]), np.array([7.0, 1.0]))
    assert counts.most(4).tolist() == [5, -1, 7, -1]
    assert counts.distinct(4).tolist() == [2, 0, 2, 0]
    assert counts.of(2) == [3, 7]
    counts.add(np.array([0, 0]), np.array([1.0, 9.0]))
    assert counts.most(3)[0] == 1  # as often as 5, and smaller
    assert counts.distinct(3).tolist() == [3, 0, 2]


def test_scores_leave_no_data_out() -> None:
    measures = Measures(3)
    patch = np.array([0, 0, 1, 1])
    measures.add_scores(patch, np.array([0.9, 0.8, np.nan, 0.7]), np.array([0.5, np.nan, 0.1, 0.6]))
    assert measures.scored.tolist() == [2, 1, 0]
    np.testing.assert_allclose(measures.score, [1.7, 0.7, 0])
    np.testing.assert_allclose(measures.best[:2], [0.9, 0.7])
    np.testing.assert_allclose(measures.lead, [0.4, 0.1, 0])
    assert measures.led.tolist() == [1, 1, 0]


def test_mean_spectra_are_those_of_numpy(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    spectra, patch = rng.uniform(0.1, 0.4, (50, 6)).astype(np.float32), rng.integers(0, 4, 50)
    spectra[rng.random(spectra.shape) < 0.1] = np.nan
    spectra[patch == 3] = np.nan
    found = MeanSpectra(5, np.linspace(1000, 1005, 6), tmp_path)
    found.add(patch[:20], spectra[:20])
    found.add(patch[20:], spectra[20:])
    for number in range(3):
        told, own = found.describe(number), spectra[patch == number].astype(float)
        assert told is not None
        np.testing.assert_allclose(told["mean"], np.nanmean(own, 0), rtol=1e-5)
        np.testing.assert_allclose(told["std"], np.nanstd(own, 0), rtol=1e-4)
        assert told["pixels"] == len(own)
    assert found.describe(3) is None
    assert found.describe(4) is None

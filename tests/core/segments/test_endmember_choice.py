"""SMACC and DEMUD choose what they must."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.segments.demud import demud
from crism_gan_plugin.core.segments.means import SegmentMeans
from crism_gan_plugin.core.segments.smacc import smacc


def mixtures(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """9 spectra of 30 channels, and 400 mixtures of them."""
    rng = np.random.default_rng(seed)
    pure = rng.random((9, 30)) + 3 * np.repeat(np.eye(9), 4, 1)[:, :30]
    return pure, rng.dirichlet(np.full(9, 0.5), 400) @ pure


def test_smacc_returns_each_class_once() -> None:
    pure, _ = mixtures()
    again = np.repeat(pure, 5, 0)
    cone = smacc(again, 9)
    assert sorted(cone.chosen // 5) == list(range(9))
    assert np.abs(cone.rest).max() < 1e-10
    assert len(smacc(again, 40).chosen) == 9, "nothing is left to choose"


@pytest.mark.parametrize("count", [1, 4, 9, 25])
def test_smacc_explains_with_shares_that_are_not_negative(count: int) -> None:
    pure, mixed = mixtures(1)
    spectra = np.concatenate([mixed, pure + np.random.default_rng(2).normal(0, 0.05, pure.shape)])
    cone = smacc(spectra, count)
    assert cone.chosen.size == np.unique(cone.chosen).size == count
    assert cone.shares.min() >= 0
    assert np.abs(spectra - cone.shares @ spectra[cone.chosen] - cone.rest).max() < 1e-10
    assert np.abs(cone.rest[cone.chosen]).max() == 0


def test_smacc_finds_the_pure_spectra_among_mixtures() -> None:
    pure, mixed = mixtures(3)
    assert sorted(smacc(np.concatenate([mixed, pure]), 9).chosen) == list(range(400, 409))


def test_demud_finds_outliers_and_one_of_each_cluster() -> None:
    rng = np.random.default_rng(0)
    centres, outliers = np.zeros((3, 12)), np.zeros((3, 12))
    centres[[0, 1, 2], [0, 1, 2]] = 10
    outliers[[0, 1, 2], [5, 7, 9]] = 30
    items = np.concatenate([np.repeat(centres, 100, 0) + rng.normal(0, 0.1, (300, 12)), outliers])
    chosen, surprise = demud(items, 20)
    first = chosen[:6]
    assert set(first) >= {300, 301, 302}
    assert {row // 100 for row in first} == {0, 1, 2, 3}
    assert chosen.size == np.unique(chosen).size == 20
    assert (surprise > 0).all()


def test_what_demud_has_chosen_surprises_no_more() -> None:
    items = np.random.default_rng(4).normal(size=(6, 9))
    chosen, _ = demud(items, 20)
    assert sorted(chosen) == list(range(6))
    twice = np.concatenate([items, items])
    assert len(set(demud(twice, 12)[0] % 6)) == len(demud(twice, 12)[0]) == 6


def test_nothing_is_chosen_of_what_is_all_the_same() -> None:
    assert demud(np.ones((5, 3)), 4)[0].size == 0
    assert smacc(np.zeros((5, 3)), 4).chosen.size == 0


@pytest.mark.parametrize("choose", [demud, smacc])
def test_a_choice_can_be_stopped_before_each(choose: Callable) -> None:
    """Segments may be as many as pixels, so that each choice takes its time."""
    asked: list[int] = []

    def check() -> None:
        asked.append(len(asked))
        if len(asked) == 4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        choose(np.random.default_rng(0).random((12, 8)), 6, check=check)
    assert len(asked) == 4


def test_means_of_segments_are_those_of_all_blocks_together() -> None:
    rng = np.random.default_rng(0)
    segments, spectra = rng.integers(-1, 6, (20, 11)), rng.random((20, 11, 4)).astype(np.float32)
    spectra[3, 3, 1] = np.nan
    sums = SegmentMeans(7, 4)
    for block in (slice(0, 1), slice(1, 9), slice(9, 20)):
        sums.add(segments[block], spectra[block])
    there = np.isfinite(spectra).all(-1)
    for segment in range(6):
        own = spectra[(segments == segment) & there]
        np.testing.assert_allclose(sums.means()[segment], own.mean(0), rtol=1e-6)
        assert sums.pixels[segment] == len(own)
    assert np.isnan(sums.means()[6]).all() and sums.pixels[6] == 0

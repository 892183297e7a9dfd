"""Scores of each class, counted by blocks, against the arrays as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.reports.class_scores import EDGES, ClassScores


@pytest.fixture
def pixels() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    codes = rng.choice([0, 15, 115, 21, 255], (30, 20)).astype(np.uint8)
    score = np.where(codes == 255, np.nan, rng.uniform(-0.2, 1, codes.shape))
    exemplar = np.where(rng.random(codes.shape) < 0.2, np.nan, rng.integers(0, 3, codes.shape)).astype(float)
    return codes, score, exemplar


def test_blocks_count_like_the_whole(pixels: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    codes, score, exemplar = pixels
    counted = ClassScores(np.array([15, 21, 15]))
    for first in range(0, 30, 7):
        counted.add(*(plane[first : first + 7] for plane in pixels))
    for code in (0, 15, 115, 21, 255):
        own = codes == code
        assert counted.pixels[code] == own.sum()
        if code != 255:
            assert counted.mean()[code] == pytest.approx(score[own].mean())
            assert counted.best[code] == score[own].max()
    known = np.isfinite(score)
    best = np.where(np.isin(exemplar, (0, 2)), 15, np.where(exemplar == 1, 21, codes % 100))[known]
    for code in (15, 21):
        assert counted.histograms[code].sum() == (best == code).sum()
        expected = np.histogram(np.clip(score[known][best == code], 0, 1), EDGES)[0]
        np.testing.assert_array_equal(counted.histograms[code], expected)


def test_without_a_library_the_map_itself_tells(pixels: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    codes, score, _ = pixels
    counted = ClassScores(None)
    counted.add(codes, score, None)
    assert not counted.by_best_match
    assert counted.histograms[15].sum() == np.isin(codes, (15, 115)).sum()
    without = ClassScores(None)
    without.add(codes, None, None)
    assert without.pixels[15] == (codes == 15).sum()
    assert np.isnan(without.mean()).all()


@pytest.mark.parametrize(("score", "below"), [(0.95, 0.95), (0.9500001, 0.955), (1.0, 1.0), (-0.3, 0.005)])
def test_a_score_at_a_threshold_is_below_it(score: float, below: float) -> None:
    """As a score at a threshold is no detection."""
    counted = ClassScores(None)
    counted.add(np.array([[15]], np.uint8), np.array([[score]]), None)
    (place,) = np.flatnonzero(counted.histograms[15])
    assert EDGES[place + 1] == pytest.approx(below)

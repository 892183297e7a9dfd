"""Whether an absorption stands out, and where its bands are."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import GroundMetric, ground_metric
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.unlisted import band_shapes, bands_of, centres_nm, least_strength, strengths_of
from crism_gan_plugin.core.unlisted.standing import without_single_channels


@pytest.fixture(scope="module")
def metric() -> GroundMetric:
    return ground_metric(load_background())


def band(centre: float, depth: float, width: float = 35) -> np.ndarray:
    return 1 - depth * np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2)


def noisy(ratio: np.ndarray, count: int, noise: float, seed: int = 0) -> np.ndarray:
    return (ratio + noise * np.random.default_rng(seed).normal(size=(count, 240))).astype(np.float32)


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.03])
@pytest.mark.parametrize("size", [1, 3])
def test_noise_alone_does_not_stand_out(metric: GroundMetric, noise: float, size: int) -> None:
    assert strengths_of(noisy(np.ones(240), 4000, noise), metric).most.max() < least_strength(size)


@pytest.mark.parametrize("centre", [1300, 1480, 2050, 2310])
def test_a_band_stands_out_and_is_the_strongest(metric: GroundMetric, centre: float) -> None:
    found = strengths_of(noisy(band(centre, 0.1), 200, 0.005), metric)
    assert (found.most > least_strength(1)).all()
    assert np.abs(centres_nm()[found.best] - centre).max() <= 45


def test_strength_is_counted_in_standard_deviations(metric: GroundMetric) -> None:
    """White noise of the size that a spectrum has gives each band of the bank a strength of at most one, on average."""
    strength = strengths_of(noisy(np.ones(240), 4000, 0.05), metric).strength
    assert 0.6 < np.median(strength.std(0)) < 1.1


def test_a_single_bad_channel_is_no_band(metric: GroundMetric) -> None:
    ratio = noisy(np.ones(240), 1, 0.005)
    ratio[0, 100] = 0.7
    assert strengths_of(ratio, metric).most[0] < least_strength(3)
    assert without_single_channels(ratio)[0, 100] > 0.98


def test_bands_of_a_spectrum_are_told_with_their_depths(metric: GroundMetric) -> None:
    found = bands_of(noisy(band(1300, 0.08) * band(2050, 0.05), 1, 0.001)[0], metric)
    assert len(found) >= 2
    first, second = sorted(found[:2], key=lambda each: each.centre_nm)
    assert first.centre_nm == pytest.approx(1300, abs=25)
    assert second.centre_nm == pytest.approx(2050, abs=25)
    assert first.depth == pytest.approx(0.08, rel=0.35)
    assert second.depth == pytest.approx(0.05, rel=0.35)


def test_the_bank_covers_the_grid() -> None:
    shapes = band_shapes()
    assert shapes.shape[1] == WAVELENGTHS_NM.size
    assert np.allclose(shapes.max(1), 1, atol=0.03)
    assert np.diff(np.unique(centres_nm())).max() < 27


def test_nothing_is_found_in_no_spectra(metric: GroundMetric) -> None:
    assert strengths_of(np.zeros((0, 240), np.float32), metric).strength.shape == (0, len(band_shapes()))

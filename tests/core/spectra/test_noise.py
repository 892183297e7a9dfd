"""Noise of spectra: known noise is found again, with bands in the spectra, and bands alone are none."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.spectra.noise import noise_of, noise_of_all, noise_of_channels

LIBRARY = load_exemplars()
KAOLINITE = LIBRARY.spectra[LIBRARY.names.index("kaolinite (ratio)")]


def noisy(sigma: object, count: int) -> np.ndarray:
    return KAOLINITE + sigma * np.random.default_rng(0).standard_normal((count, 240))


def test_of_each_spectrum() -> None:
    sigmas = np.repeat([0.01, 0.04], 200)
    found = noise_of(noisy(sigmas[:, np.newaxis], 400))
    assert found.shape == (400,)
    np.testing.assert_allclose([found[:200].mean(), found[200:].mean()], [0.01, 0.04], rtol=0.05)
    assert noise_of(KAOLINITE) < 0.002


def test_of_each_channel() -> None:
    sigma = np.where(np.arange(240) < 120, 0.01, 0.04)
    found = noise_of_channels(noisy(sigma, 2000))
    assert found.shape == (240,)
    np.testing.assert_allclose([found[:118].mean(), found[122:].mean()], [0.01, 0.04], rtol=0.05)
    assert noise_of_channels(np.tile(KAOLINITE, (50, 1))) == pytest.approx(0, abs=1e-12)


def test_of_a_whole_cube() -> None:
    assert noise_of_all(noisy(0.02, 200)) == pytest.approx(0.02, rel=0.05)
    assert np.isnan(noise_of_all(np.empty((0, 240))))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [3, 4, 9, 240])
def test_noise_is_the_median_of_what_bends(dtype: type, channels: int) -> None:
    spectra = noisy(0.01, 3)[:, :channels].astype(dtype)
    spectra[1, 1] = np.nan
    found = noise_of(spectra)
    expected = 1.4826 / np.sqrt(6) * np.median(np.abs(np.diff(spectra, 2, axis=1)), axis=1)
    assert np.isnan(found).tolist() == [False, True, False]
    np.testing.assert_array_equal(found[::2], expected[::2])
    np.testing.assert_array_equal(noise_of(spectra[None])[0], found)

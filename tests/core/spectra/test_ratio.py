"""From I/F to continuum-removed spectra on the grid, and the gate for flat ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_filter

from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.continuum import upper_hull
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import is_flat, remove_scene_continuum
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

#: The grid, with channels to spare at both ends.
AXIS = SpectralAxis(np.concatenate([[1014.4, 1021.0], WAVELENGTHS_NM, [2608.7, 2615.3]]))
RESAMPLE = resampler_to_grid(AXIS)


def spectra_of(lines: int = 3, samples: int = 4, noise: float = 0.01) -> np.ndarray:
    rng = np.random.default_rng(0)
    position = np.linspace(-1, 1, AXIS.bands)
    level = rng.uniform(0.1, 0.3, (lines, samples, 1))
    band = rng.uniform(0.02, 0.3, (lines, samples, 1)) * np.exp(-0.5 * ((AXIS.wavelengths_nm - 2300) / 30) ** 2)
    clean = level * (1 - 0.1 * position**2) * (1 - band)
    return (clean * (1 + noise * rng.standard_normal(clean.shape))).astype(np.float32)


def taken(spectra: np.ndarray) -> np.ndarray:
    return spectra[..., RESAMPLE.bands]


def test_without_a_model_the_hull_is_that_of_the_smoothed_spectrum() -> None:
    spectra = spectra_of()
    ratio = remove_scene_continuum(taken(spectra), RESAMPLE)
    on_grid = RESAMPLE(taken(spectra)).astype(float)
    smooth = savgol_filter(on_grid, 11, 2, axis=-1, mode="interp")
    hull = upper_hull(smooth.reshape(-1, 240), WAVELENGTHS_NM).reshape(on_grid.shape)
    assert ratio.model is None
    assert ratio.spectra.dtype == np.float32
    np.testing.assert_allclose(ratio.spectra, on_grid / hull, rtol=1e-5)
    assert ratio.spectra.max() > 1  # noise rides above the hull, which is not that of the noisy spectrum


def test_with_a_model_the_hull_is_the_models() -> None:
    spectra, model = spectra_of(noise=0.02), spectra_of(noise=0.0)
    ratio = remove_scene_continuum(taken(spectra), RESAMPLE, taken(model), RESAMPLE)
    hull = upper_hull(RESAMPLE(taken(model)).reshape(-1, 240), WAVELENGTHS_NM).reshape(3, 4, 240)
    np.testing.assert_allclose(ratio.spectra, RESAMPLE(taken(spectra)) / hull, rtol=1e-6)
    np.testing.assert_allclose(ratio.model, RESAMPLE(taken(model)) / hull, rtol=1e-6)
    assert ratio.model.max() <= 1 + 1e-6


def test_brightness_does_not_matter() -> None:
    spectra = spectra_of()
    one, other = (remove_scene_continuum(taken(s), RESAMPLE).spectra for s in (spectra, spectra * 1000))
    np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("which", ["spectra", "model"])
def test_a_pixel_without_data_is_without_a_ratio(which: str) -> None:
    given = {"spectra": spectra_of(), "model": spectra_of(noise=0.0)}
    given[which][1, 2] = np.nan
    given[which][0, 0, 100:140] = np.nan  # more than a tenth
    given[which][2, 3, 100:110] = np.nan  # fewer: filled
    ratio = remove_scene_continuum(taken(given["spectra"]), RESAMPLE, taken(given["model"]), RESAMPLE)
    for result in (ratio.spectra, ratio.model):
        lost = np.isnan(result)
        assert (lost.all(-1) == lost.any(-1)).all()
        assert np.argwhere(lost.any(-1)).tolist() == [[0, 0], [1, 2]]


def test_input_is_left_alone() -> None:
    spectra = taken(spectra_of())
    before = spectra.copy()
    remove_scene_continuum(spectra, RESAMPLE)
    np.testing.assert_array_equal(spectra, before)


@pytest.mark.parametrize(("depth", "flat"), [(0.0, True), (0.009, True), (0.011, False), (0.3, False)])
def test_less_than_one_per_cent_is_flat(depth: float, flat: bool) -> None:
    band = 1 - depth * np.exp(-0.5 * ((WAVELENGTHS_NM - 1900) / 150) ** 2)
    wide = band.astype(np.float32)[None]
    assert is_flat(wide, None).tolist() == [flat]
    assert is_flat(np.full_like(wide, 0.5), wide).tolist() == [flat]  # the model decides where there is one


def test_noise_alone_does_not_pass_the_gate() -> None:
    noisy = np.minimum(1 + 0.005 * np.random.default_rng(1).standard_normal((50, 240)), 1).astype(np.float32)
    assert (noisy.min(1) < 0.99).mean() > 0.9
    assert is_flat(noisy, None).mean() > 0.9


def test_one_dead_channel_does_not_pass_the_gate() -> None:
    spectrum = np.ones((1, 240), np.float32)
    spectrum[0, 120] = 0.96
    assert is_flat(spectrum, None).all()


def test_a_narrow_absorption_is_not_flat_wherever_it_lies() -> None:
    """Three channels of 5 % are 2.5 % deep after smoothing, at the least."""
    spectra = np.ones((236, 240), np.float32)
    for channel, spectrum in enumerate(spectra, 1):
        spectrum[channel : channel + 3] -= 0.05
    assert not is_flat(spectra, None).any()

"""Continuum removal against an independent hull, analytic cases and invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import ConvexHull

from crism_gan_plugin.core.spectra.continuum import remove_continuum, upper_hull
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM


def hull_by_scipy(spectrum: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    """The upper hull from Qhull: a full convex hull of the points and two far below them, seen from above."""
    far = np.array([[wavelengths[0], -10.0], [wavelengths[-1], -10.0]])
    points = np.vstack([np.column_stack([wavelengths, spectrum]), far])
    corners = np.array(sorted(i for i in ConvexHull(points).vertices if i < spectrum.size))
    return np.interp(wavelengths, wavelengths[corners], spectrum[corners])


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01, 0.1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_an_independent_hull(noise: float, dtype: type) -> None:
    rng = np.random.default_rng(1)
    smooth = 0.2 + 0.05 * np.sin(WAVELENGTHS_NM / 400) - 0.03 * np.exp(-0.5 * ((WAVELENGTHS_NM - 2200) / 20) ** 2)
    spectra = (smooth * (1 + rng.normal(0, noise, (50, 240)))).astype(dtype)
    expected = np.array([s / hull_by_scipy(s.astype(float), WAVELENGTHS_NM) for s in spectra])
    result = remove_continuum(spectra, WAVELENGTHS_NM)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_concave_spectrum_is_its_own_continuum() -> None:
    spectrum = (1 - ((WAVELENGTHS_NM - 1700) / 2000) ** 2)[None]
    np.testing.assert_allclose(remove_continuum(spectrum, WAVELENGTHS_NM), 1, atol=1e-12)


def test_triangle_has_the_depth_that_was_put_in() -> None:
    wavelengths = np.array([1000.0, 1500.0, 2500.0])
    np.testing.assert_allclose(remove_continuum(np.array([[0.2, 0.2, 0.4]]), wavelengths), [[1, 0.75, 1]])


def test_nan_channels_are_skipped_and_stay() -> None:
    rng = np.random.default_rng(2)
    spectra = 0.3 + rng.normal(0, 0.01, (20, 240))
    missing = rng.random((20, 240)) < 0.2
    spectra[missing] = np.nan
    result = remove_continuum(spectra, WAVELENGTHS_NM)
    for row, gone, ratio in zip(spectra, missing, result):
        alone = remove_continuum(row[~gone][None], WAVELENGTHS_NM[~gone])[0]
        np.testing.assert_allclose(ratio[~gone], alone, rtol=1e-12)
        assert np.isnan(ratio[gone]).all()


def test_fewer_than_three_channels_is_no_data() -> None:
    spectra = np.full((3, 240), np.nan)
    spectra[1, [10, 20]] = 0.3
    spectra[2, [10, 20, 30]] = 0.3
    result = remove_continuum(spectra, WAVELENGTHS_NM)
    assert np.isnan(result[:2]).all()
    assert np.isfinite(result[2]).sum() == 3


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 1100])
def test_result_does_not_depend_on_company(count: int) -> None:
    spectra = 0.3 + np.random.default_rng(3).normal(0, 0.01, (count, 240))
    together = remove_continuum(spectra, WAVELENGTHS_NM)
    assert together.shape == (count, 240)
    for i in {0, count // 2, count - 1} & set(range(count)):
        np.testing.assert_allclose(together[i], remove_continuum(spectra[i : i + 1], WAVELENGTHS_NM)[0], rtol=1e-10)


spectra_strategy = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.just(40)), elements=st.floats(0.01, 1.0))


@settings(max_examples=60, deadline=None)
@given(spectra_strategy)
def test_hull_is_above_touches_and_is_concave(spectra: np.ndarray) -> None:
    wavelengths = WAVELENGTHS_NM[::6]
    hull = upper_hull(spectra, wavelengths)
    assert (hull >= spectra * (1 - 1e-9)).all()
    slopes = np.diff(hull, axis=1) / np.diff(wavelengths)
    assert (np.diff(slopes, axis=1) <= 1e-9).all()
    np.testing.assert_allclose(hull[:, [0, -1]], spectra[:, [0, -1]])


@settings(max_examples=60, deadline=None)
@given(spectra_strategy, st.floats(0.1, 10))
def test_ratio_ignores_brightness_and_repeats(spectra: np.ndarray, gain: float) -> None:
    wavelengths = WAVELENGTHS_NM[::6]
    once = remove_continuum(spectra, wavelengths)
    np.testing.assert_allclose(remove_continuum(spectra * gain, wavelengths), once, rtol=1e-9)
    np.testing.assert_allclose(remove_continuum(once, wavelengths), once, rtol=1e-9)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one wavelength a band"):
        remove_continuum(np.ones((2, 239)), WAVELENGTHS_NM)
    with pytest.raises(ValueError, match="ascend"):
        remove_continuum(np.ones((2, 240)), WAVELENGTHS_NM[::-1])

"""Columns with wavelengths of their own, brought on to one axis."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.sweet_spot import resampler_to_sweet_spot

AXIS = np.arange(1500.0, 1800.0, 6.6)
SMILE = np.array([0.0, 3.1, 10.0, -4.0])
BY_COLUMN = AXIS + SMILE[:, None]
ALL = np.arange(AXIS.size)


def axis(good: np.ndarray | None = None) -> SpectralAxis:
    return SpectralAxis(AXIS, good=good, by_column_nm=BY_COLUMN)


def test_straight_lines_stay_and_ends_are_held() -> None:
    resample = resampler_to_sweet_spot(axis())
    spectra = np.stack([0.1 + 1e-4 * BY_COLUMN] * 2).astype(np.float32)
    found = resample(spectra[..., resample.needed(ALL)], ALL)
    first, last = BY_COLUMN[:, :1], BY_COLUMN[:, -1:]
    within = (first <= AXIS) & (last >= AXIS)
    np.testing.assert_allclose(found[:, within], np.broadcast_to((0.1 + 1e-4 * AXIS), (2, 4, AXIS.size))[:, within], rtol=1e-5)
    assert found[0, 2, 0] == spectra[0, 2, 0]
    assert found[0, 3, -1] == spectra[0, 3, -1]
    assert found.dtype == np.float32


def test_a_band_lies_at_one_place_in_all_columns() -> None:
    resample = resampler_to_sweet_spot(axis())
    spectra = 1 - 0.3 * np.exp(-0.5 * ((BY_COLUMN - 1725) / 20) ** 2)
    found = resample(spectra[None][..., resample.needed(ALL)], ALL)[0]
    truth = 1 - 0.3 * np.exp(-0.5 * ((AXIS - 1725) / 20) ** 2)
    assert np.abs(spectra[2] - truth).max() > 0.05
    away = AXIS > 1690  # from the filter boundary, which is bridged
    assert np.abs(found - truth)[:, away].max() < 0.005


def test_an_unusable_channel_does_not_spread() -> None:
    good = np.ones(AXIS.size, bool)
    good[10] = False
    spectra = np.full((1, 4, AXIS.size), 0.2)
    spectra[..., 10] = 9.0
    resample = resampler_to_sweet_spot(axis(good))
    found = resample(spectra[..., resample.needed(ALL)], ALL)
    usable = axis(good).usable
    np.testing.assert_allclose(found[..., usable], 0.2)
    assert (found[0, 0, 10] == 9.0).all()


def test_a_missing_value_stays_one_missing_value() -> None:
    spectra = np.full((1, 4, AXIS.size), 0.2)
    spectra[0, :, 20] = np.nan
    resample = resampler_to_sweet_spot(axis())
    found = resample(spectra[..., resample.needed(ALL)], ALL)
    np.testing.assert_array_equal(np.isnan(found).sum(-1), [[1, 1, 1, 1]])
    np.testing.assert_allclose(found[np.isfinite(found)], 0.2)


@pytest.mark.parametrize("size", [1, 7, 20])
def test_some_bands_at_a_time_are_the_same(size: int) -> None:
    spectra = np.random.default_rng(0).random((3, 4, AXIS.size))
    resample = resampler_to_sweet_spot(axis())
    whole = resample(spectra[..., resample.needed(ALL)], ALL)
    for first in range(0, AXIS.size, size):
        some = ALL[first : first + size]
        np.testing.assert_array_equal(resample(spectra[..., resample.needed(some)], some), whole[..., some])


def test_columns_without_wavelengths_are_let_through() -> None:
    by_column = BY_COLUMN.copy()
    by_column[1] = np.nan
    resample = resampler_to_sweet_spot(SpectralAxis(AXIS, by_column_nm=by_column))
    spectra = np.random.default_rng(0).random((1, 4, AXIS.size))
    np.testing.assert_allclose(resample(spectra[..., resample.needed(ALL)], ALL)[0, 1], spectra[0, 1])

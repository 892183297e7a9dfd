from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.smile import remove_smile
from crism_gan_plugin.core.spectral import SpectralAxis

NM = np.arange(1000.0, 1200.0, 6.6)
SHIFT = np.array([9.0, 0.0, -4.0, np.nan])
AXIS = SpectralAxis(NM, by_column_nm=NM + SHIFT[:, None])
BANDS = np.arange(NM.size)


def test_straight_lines_come_to_the_sweet_spot_exactly():
    spectra = np.tile(3 + 0.01 * np.nan_to_num(AXIS.by_column_nm), (2, 1, 1))
    found = remove_smile(AXIS, BANDS)(spectra)
    inside = slice(2, -2)
    assert found[:, :3, inside] == pytest.approx(np.broadcast_to(3 + 0.01 * NM, (2, 3, NM.size))[..., inside])


def test_what_a_column_does_not_reach_is_unknown():
    found = remove_smile(AXIS, BANDS)(np.ones((1, 4, NM.size)))
    assert np.isnan(found[0, 0, :2]).all() and np.isfinite(found[0, 0, 2:]).all()
    assert np.isnan(found[0, 2, -1]) and np.isfinite(found[0, 2, :-1]).all()
    assert (found[0, [1, 3]] == 1).all()  # the sweet spot itself, and a column without wavelengths


def test_missing_values_do_not_spread_where_nothing_is_interpolated():
    spectra = np.ones((1, 4, NM.size))
    spectra[0, :, 10] = np.nan
    found = remove_smile(AXIS, BANDS)(spectra)
    assert np.flatnonzero(np.isnan(found[0, 1])).tolist() == [10]
    assert np.flatnonzero(np.isnan(found[0, 0])).tolist() == [0, 1, 11, 12]


def test_a_block_of_columns_is_as_the_whole():
    spectra = np.random.default_rng(0).random((2, 4, NM.size))
    smile = remove_smile(AXIS, BANDS)
    np.testing.assert_array_equal(smile(spectra[:, 1:3], slice(1, 3)), smile(spectra)[:, 1:3])

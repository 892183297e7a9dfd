"""The spectral axis, the way to the network's grid, filling of gaps, and the smoothing matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.signal import savgol_filter

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.resampling import fill_missing, resampler_to_grid
from crism_gan_plugin.core.spectra.smoothing import savitzky_golay_matrix

BOUNDARY = (WAVELENGTHS_NM > 1650) & (WAVELENGTHS_NM < 1666)


def line(wavelengths: np.ndarray) -> np.ndarray:
    return 0.3 - 1e-4 * (wavelengths - 1800)


def to_grid(axis: SpectralAxis, spectra: np.ndarray) -> np.ndarray:
    resample = resampler_to_grid(axis)
    return resample(spectra[..., resample.bands])


def infrared(start: float, stop: float = 2660.0, step: float = 6.55) -> np.ndarray:
    return np.arange(start, stop, step)


def test_grid_has_the_published_range() -> None:
    assert WAVELENGTHS_NM.shape == (240,)
    assert (WAVELENGTHS_NM[0], WAVELENGTHS_NM[-1]) == (1027.55, 2602.12)
    steps = np.diff(WAVELENGTHS_NM)
    assert 6.5 < steps.min() < steps.max() < 6.7
    with pytest.raises(ValueError, match="read-only"):
        WAVELENGTHS_NM[0] = 1.0


def test_the_grid_itself_is_left_alone_but_for_the_filter_boundary() -> None:
    spectra = np.random.default_rng(0).random((3, 240)).astype(np.float32)
    result = to_grid(SpectralAxis(WAVELENGTHS_NM), spectra)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result[:, ~BOUNDARY], spectra[:, ~BOUNDARY], rtol=3e-7)  # the last channel: float32 rounding


def test_filter_boundary_is_bridged() -> None:
    assert BOUNDARY.sum() == 3
    clean = line(WAVELENGTHS_NM)[None]
    spoilt = np.where(BOUNDARY, 7.0, clean)
    np.testing.assert_allclose(to_grid(SpectralAxis(WAVELENGTHS_NM), spoilt), clean, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.floats(900, 1025), hnp.arrays(float, 1000, elements=st.floats(2, 14)), st.floats(-1e-4, 1e-4), st.floats(0.1, 0.5))
def test_linear_functions_stay_exact_on_any_axis(start: float, steps: np.ndarray, slope: float, level: float) -> None:
    wavelengths = start + np.cumsum(steps)
    wavelengths = wavelengths[: np.searchsorted(wavelengths, 2603) + 1]
    spectra = (level + slope * (wavelengths - 1800))[None]
    wanted = level + slope * (WAVELENGTHS_NM - 1800)
    inside = wavelengths[0] <= WAVELENGTHS_NM  # before the first channel its value is held
    np.testing.assert_allclose(to_grid(SpectralAxis(wavelengths), spectra)[0, inside], wanted[inside], atol=1e-12)


def test_no_spectrum_reads_more_bands_than_it_needs() -> None:
    axis = SpectralAxis(infrared(1001, 3940))
    bands = resampler_to_grid(axis).bands
    assert axis.wavelengths_nm[bands[0]] <= WAVELENGTHS_NM[0]
    assert axis.wavelengths_nm[bands[-1]] >= WAVELENGTHS_NM[-1]
    assert bands.size < 250


def test_spectral_smile_is_undone() -> None:
    axis = infrared(1001)
    smile = 10 * np.linspace(-1, 1, 7)[:, None] ** 2 * np.linspace(0.8, 1.2, axis.size)  # nm, grows with the wavelength
    by_column = axis + smile
    by_column[0] = np.nan  # a column that sees no scene
    columns = np.broadcast_to(line(by_column), (2, 7, axis.size))
    result = to_grid(SpectralAxis(axis, by_column_nm=by_column), columns)
    assert result.shape == (2, 7, 240)
    assert np.isnan(result[:, 0]).all()
    np.testing.assert_allclose(result[:, 1:], np.broadcast_to(line(WAVELENGTHS_NM), (2, 6, 240)), atol=1e-12)


def test_a_narrow_band_lies_at_one_place_in_all_columns() -> None:
    axis = infrared(1001)
    by_column = axis + np.array([0.0, 3.0, 10.0])[:, None]
    band = 1 - 0.2 * np.exp(-0.5 * ((by_column - 2310) / 25) ** 2)
    result = to_grid(SpectralAxis(axis, by_column_nm=by_column), band[None])[0]
    truth = 1 - 0.2 * np.exp(-0.5 * ((WAVELENGTHS_NM - 2310) / 25) ** 2)
    assert np.abs(result - truth).max() < 0.003
    assert np.abs(to_grid(SpectralAxis(axis), band[None])[0, 2] - truth).max() > 0.03  # what smile would have done


def test_the_join_of_the_detectors_is_bridged() -> None:
    joined = np.concatenate([np.arange(437.0, 1010.2, 6.55), [1010.18], infrared(1047.2)])
    result = to_grid(SpectralAxis(np.unique(joined)), line(np.unique(joined))[None])
    np.testing.assert_allclose(result[0], line(WAVELENGTHS_NM), rtol=1e-12)


@pytest.mark.parametrize("start", [1030.0, 1047.2, 1050.0])
def test_missing_first_channels_take_the_first_value(start: float) -> None:
    axis = infrared(start)
    result = to_grid(SpectralAxis(axis), line(axis)[None])[0]
    before = start > WAVELENGTHS_NM
    assert before.any()
    np.testing.assert_allclose(result[before], line(np.array(start)), rtol=1e-12)
    np.testing.assert_allclose(result[~before], line(WAVELENGTHS_NM[~before]), rtol=1e-12)


@pytest.mark.parametrize(
    ("wavelengths", "missing"),
    [
        (infrared(1051), "1050-1051 nm"),
        (infrared(1300), "1050-1300 nm"),
        (infrared(1001, 2400), r"239\d-2600 nm"),
        (infrared(1200, 2400), r"1050-1200 nm, 23\d\d-2600 nm"),
        (np.arange(364.6, 1056.1, 6.5), r"105\d-2600 nm"),  # a visible cube
        (np.arange(400.0, 900.0, 6.5), "all of the range"),
        (np.arange(2650.0, 3900.0, 6.5), "all of the range"),
        (np.concatenate([infrared(1001, 1500), infrared(1560)]), r"149\d-1560 nm"),
        (np.array([1000.0, 2650.0]), "all of the range"),
        (np.array([1040.0, 2620.0]), "1040-2620 nm"),
    ],
)
def test_an_axis_that_misses_part_of_the_range_is_named(wavelengths: np.ndarray, missing: str) -> None:
    with pytest.raises(InputError, match=missing) as caught:
        resampler_to_grid(SpectralAxis(wavelengths), "cube.img")
    assert str(caught.value).startswith("cube.img: ")
    assert "\n" not in str(caught.value)


def test_a_gap_of_bands_that_are_marked_bad_says_who_marked_them() -> None:
    nm = np.arange(1000.0, 2650.0, 10.0)
    good = (nm < 1900) | (nm > 2100)
    with pytest.raises(
        InputError, match=r"1890-2110 nm is missing; 21 bands there are marked bad by the list of bad bands \(bbl\) of x"
    ):
        resampler_to_grid(SpectralAxis(nm, good=good, marked_by="the list of bad bands (bbl) of x.hdr"))
    with pytest.raises(InputError, match="154 bands there are marked bad by"):
        resampler_to_grid(SpectralAxis(nm, good=np.zeros(nm.size, bool)), "x")
    with pytest.raises(InputError, match=r"^(?!.*marked bad).*1890-2110 nm is missing"):
        resampler_to_grid(SpectralAxis(nm[good], good=np.ones(good.sum(), bool)))


@pytest.mark.parametrize(
    ("wavelengths", "words", "never"),
    [
        (np.linspace(364, 1055, 107), r"of CRISM the L or joined J product.*this one ends at 1055 nm", "true wavelengths"),
        (np.linspace(400, 900, 4), "give the infrared image .* ends at 900 nm", "true wavelengths"),
        (np.linspace(8000, 12000, 10), "the image has 10 bands from 8000 to 12000 nm: if these are its true wavelengths", "CRISM"),
        (np.linspace(1000, 2500, 200), "the image has 200 bands from 1000 to 2500 nm", "CRISM"),
    ],
)
def test_what_to_do_depends_on_what_the_image_is(wavelengths: np.ndarray, words: str, never: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        resampler_to_grid(SpectralAxis(wavelengths), "x.img")
    assert never not in str(caught.value)


def test_bad_bands_count_as_missing() -> None:
    axis = infrared(1001)
    good = (axis < 1800) | (axis > 1900)
    with pytest.raises(InputError, match=r"1\d{3}-190\d nm"):
        resampler_to_grid(SpectralAxis(axis, good=good))
    with pytest.raises(InputError, match="no usable band"):
        resampler_to_grid(SpectralAxis(axis, good=np.zeros(axis.size, bool)))
    narrow = (axis < 1800) | (axis > 1830)
    spoilt = np.where(narrow, line(axis), -3.0)
    np.testing.assert_allclose(to_grid(SpectralAxis(axis, good=narrow), spoilt[None])[0], line(WAVELENGTHS_NM), rtol=1e-12)


@pytest.mark.parametrize("wavelengths", [[1.0, 3.0, 2.0], [1.0, 1.0], [[1.0, 2.0]]])
def test_an_axis_must_ascend(wavelengths: list) -> None:
    with pytest.raises(ValueError, match="ascending"):
        SpectralAxis(np.array(wavelengths))


@settings(max_examples=150, deadline=None)
@given(
    hnp.arrays(float, (5, 40), elements=st.floats(0.01, 1)),
    hnp.arrays(bool, (5, 40), elements=st.sampled_from([False] * 15 + [True])),
    hnp.arrays(float, 40, elements=st.floats(0.5, 60)),
)
def test_filling_is_interpolation_row_by_row(values: np.ndarray, missing: np.ndarray, steps: np.ndarray) -> None:
    wavelengths = 1000 + np.cumsum(steps)
    spectra = np.where(missing, np.nan, values)
    before = spectra.copy()
    filled = fill_missing(spectra, wavelengths)
    np.testing.assert_array_equal(spectra, before)
    for result, row, lost in zip(filled, spectra, missing):
        if lost.sum() >= 4:  # 10 % of 40
            assert np.isnan(result).all()
        else:
            np.testing.assert_allclose(result, np.interp(wavelengths, wavelengths[~lost], row[~lost]), rtol=1e-9)


def test_spectra_do_not_bleed_into_each_other() -> None:
    spectra = np.full((2, 3, 240), 0.2, np.float32)
    spectra[0, 0], spectra[0, 1], spectra[0, 2] = 5.0, 0.2, 9.0
    spectra[0, 1, [0, 1, 238, 239]] = np.nan
    filled = fill_missing(spectra, WAVELENGTHS_NM)
    np.testing.assert_array_equal(filled[0, 1], np.float32(0.2))


@pytest.mark.parametrize(("count", "kept"), [(23, True), (24, False), (240, False)])
def test_ten_per_cent_missing_is_too_much(count: int, kept: bool) -> None:
    spectra = np.ones((1, 240))
    spectra[0, np.random.default_rng(1).permutation(240)[:count]] = np.nan
    assert np.isfinite(fill_missing(spectra, WAVELENGTHS_NM)).all() == kept


@pytest.mark.parametrize("bands", range(10, 250, 10))
def test_ten_per_cent_is_ten_per_cent_whatever_the_band_count(bands: int) -> None:
    spectra = np.ones((2, bands))
    spectra[0, : bands // 10] = np.nan
    spectra[1, : bands // 10 - 1] = np.nan
    assert np.isfinite(fill_missing(spectra, np.arange(bands))).all(1).tolist() == [False, True]


@pytest.mark.parametrize(("channels", "window", "order"), [(240, 11, 2), (31, 7, 3), (11, 11, 2)])
def test_savitzky_golay_equals_scipys(channels: int, window: int, order: int) -> None:
    spectra = np.random.default_rng(2).random((4, channels))
    wanted = savgol_filter(spectra, window, order, axis=1, mode="interp")
    np.testing.assert_allclose(spectra @ savitzky_golay_matrix(channels, window, order), wanted, atol=1e-12)

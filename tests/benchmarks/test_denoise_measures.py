"""The figures of the denoiser's proof on known answers."""

from __future__ import annotations

import denoise_measures as measures
import numpy as np
import pytest

NM = np.arange(1030.0, 2600.0, 6.55)
NM_OF_COLUMNS = NM + np.array([[4.0], [2.0], [0.0], [2.0]])
PATCH = np.repeat(np.array([[0, 0, 1, 1]]), 6, 0)


def band(centre: float, depth: float, width: float = 20.0, nm: np.ndarray = NM_OF_COLUMNS) -> np.ndarray:
    return 1 - depth * np.exp(-0.5 * ((nm - centre) / width) ** 2)


def test_relative_rmse_and_what_is_missing() -> None:
    truth = np.full((2, 3, 4), 0.2)
    truth[1, 2] = np.nan
    found = truth * np.array([1.01, 0.99, 1.01, 0.99])
    assert measures.relative_rmse(found, truth) == pytest.approx(0.01)
    found[0, 0, 0] = np.nan
    assert measures.relative_rmse(found, truth) == pytest.approx(0.01)
    assert measures.missing_share(found, truth) == pytest.approx(1 / 20)


def test_systematic_error_forgets_noise_and_keeps_what_pixels_share() -> None:
    truth = np.full((6, 4, 50), 0.2)
    noise = np.where(np.arange(6) % 2, 0.05, -0.05)[:, np.newaxis, np.newaxis]
    offset = np.where(PATCH == 0, 0.004, -0.004)[..., np.newaxis]
    assert measures.systematic_error(truth * (1 + noise), truth, PATCH) == pytest.approx(0, abs=1e-12)
    assert measures.systematic_error(truth * (1 + noise + offset), truth, PATCH) == pytest.approx(0.004)
    outside = np.where(PATCH == 0, -1, 0)
    assert measures.systematic_error(truth * (1 + noise + offset), truth, outside) == pytest.approx(0.004)


def test_gas_residual_is_the_depth_of_what_is_left() -> None:
    left = np.array([0.0, 0.003, -0.01])
    gas = np.where((NM > 1990) & (NM < 2030), 1.0, 0.0)
    spectra = (0.3 + 1e-4 * (NM - 2000)) * (1 - left[:, np.newaxis] * gas)
    np.testing.assert_allclose(measures.gas_residual(spectra, NM), -left, atol=1e-12)


def test_stripes_are_the_columns_own() -> None:
    rng = np.random.default_rng(3)
    pattern = rng.normal(0, 0.003, (200, 60))
    smooth = 1 + 0.2 * np.linspace(0, 1, 200)[:, np.newaxis]
    ratio = np.repeat((smooth + pattern)[np.newaxis], 4, 0)
    ratio[:, :5] = np.nan
    assert measures.stripes(ratio) == pytest.approx(0.003, rel=0.15)
    assert measures.stripes(np.repeat(smooth[np.newaxis, :, :], 4, 0) * np.ones(60)) < 1e-12
    lines = 1 + rng.normal(0, 0.1, (100, 1, 1))
    assert measures.stripes(lines * np.ones((100, 30, 5))) == pytest.approx(0, abs=1e-12)


def test_second_differences_tell_the_noise_but_not_the_slope() -> None:
    rng = np.random.default_rng(4)
    level = 0.2 + 0.1 * (NM - 1000) / 1600
    noisy = level * (1 + rng.normal(0, 0.01, (200, 2, NM.size)))
    assert measures.second_difference_scatter(noisy) == pytest.approx(0.01, rel=0.03)
    assert measures.second_difference_scatter(np.tile(level, (2, 2, 1))) < 1e-12


def test_depth_errors_are_those_of_the_diagnostic_bands() -> None:
    nothing = np.ones((6, 4, NM.size))
    truth = nothing * np.where(
        PATCH[..., np.newaxis] == 0, band(1930, 0.10) * band(2300, 0.05), band(2205, 0.04) * band(2500, 0.01)
    )
    found = nothing * np.where(PATCH[..., np.newaxis] == 0, band(1930, 0.09) * band(2300, 0.06), band(2205, 0.04))
    errors = measures.depth_errors(found, truth, NM_OF_COLUMNS, PATCH)
    assert set(errors) == {(0, "1.9"), (0, "2.3"), (1, "2.2")}  # 1 % at 2.5 µm is too little to be judged
    assert errors[0, "1.9"] == pytest.approx(0.1, rel=1e-6)
    assert errors[0, "2.3"] == pytest.approx(0.2, rel=1e-6)
    assert errors[1, "2.2"] == pytest.approx(0, abs=1e-9)


def test_a_band_that_only_reaches_into_a_range_is_not_its_band() -> None:
    truth = np.ones((6, 4, NM.size)) * band(2265, 0.1, 60)
    assert measures.depth_errors(truth, truth, NM_OF_COLUMNS, PATCH) == {}


def test_invented_bands_are_those_that_the_truth_has_not() -> None:
    truth = np.ones((6, 4, NM.size)) * band(1930, 0.10)
    found = truth * band(2310, 0.03)
    found[1] = truth[1] * band(1935, 0.05)[np.newaxis]  # a wrong depth, no new band
    found[2] = np.nan
    depths = measures.invented_depths(found, truth)
    np.testing.assert_allclose(depths[[0, 3, 4, 5]], 0.03, rtol=0.03)
    assert (depths[1] < 0.006).all()
    assert np.isnan(depths[2]).all()


def test_over_hull_takes_each_column_on_its_own_wavelengths() -> None:
    nm = NM_OF_COLUMNS.copy()
    nm[3] = np.nan
    continuum = 0.2 + 1e-5 * (NM_OF_COLUMNS - 1000)
    spectra = np.tile(continuum * band(2000, 0.2), (2, 1, 1))
    ratio = measures.over_hull(spectra, nm)
    np.testing.assert_allclose(ratio[:, :3], np.tile(band(2000, 0.2)[:3], (2, 1, 1)), rtol=2e-4)
    assert np.isnan(ratio[:, 3]).all()


def test_shares_of_spikes() -> None:
    spikes, dead, bad = (np.zeros((1, 10, 10), bool) for _ in range(3))
    spikes[0, 0, :8] = True
    bad[0, 0, :6] = True
    dead[0, 1] = bad[0, 1] = True
    bad[0, 2, 0] = True
    assert measures.spikes_found(bad, spikes, dead) == (0.75, pytest.approx(1 / 82))


def test_the_doublet() -> None:
    two = band(2165.7, 0.04, 11, NM) * band(2205.4, 0.08, 11, NM)
    first, second, rise = measures.doublet(0.3 * two, NM)
    assert first == pytest.approx(0.04, abs=0.005)
    assert second == pytest.approx(0.08, abs=0.005)
    assert rise > 0.01
    assert measures.doublet(band(2190, 0.08, 30, NM), NM)[2] < 0
    assert measures.doublet(np.ones(NM.size), NM) == pytest.approx((0, 0, 0))


def test_recall_at_the_same_precision() -> None:
    score = np.array([0.99, 0.98, 0.97, 0.96, 0.95, 0.94])
    right = np.array([True, True, False, True, True, False])
    assert measures.recall_at_precision(score, right, 8, 1.0) == 2 / 8
    assert measures.recall_at_precision(score, right, 8, 0.8) == 4 / 8
    assert measures.recall_at_precision(score, ~right, 2, 0.9) == 0
    ties = np.full(6, 0.5)  # no threshold parts equal scores
    assert measures.recall_at_precision(ties, right, 8, 0.9) == 0
    assert measures.recall_at_precision(ties, right, 8, 0.6) == 4 / 8

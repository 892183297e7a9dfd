"""Absorptions inside a window: planted Gaussians come back, and noise shows none."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.band_positions.bands import BandFinder
from crism_gan_plugin.core.band_positions.gaussians import LINE, Limits, fit_gaussians
from crism_gan_plugin.core.errors import Cancelled

NM = np.arange(2120.0, 2401.0, 6.55)


@pytest.fixture(scope="module")
def finder() -> BandFinder:
    return BandFinder(NM)


def gaussian(centre: float, sigma: float, depth: float, nm: np.ndarray = NM) -> np.ndarray:
    return depth * np.exp(-0.5 * ((nm - centre) / sigma) ** 2)


def noisy(absorption: np.ndarray | float, noise: float = 0.003, count: int = 500) -> np.ndarray:
    """I/F of a brightness and slope with an absorption, and noise as a share."""
    line = 0.2 * (1 + 0.1 * (NM - NM[0]) / np.ptp(NM))
    random = np.random.default_rng(7)
    return (line * (1 - absorption) * (1 + noise * random.normal(size=(count, NM.size)))).astype(np.float32)


def test_a_straight_line_has_no_band(finder):
    lines = np.stack([np.full(NM.size, 0.2), np.linspace(0.1, 0.3, NM.size), np.linspace(0.3, 0.1, NM.size)])
    for spectra in (lines, lines.astype(np.float32)):
        for found in finder(spectra):
            assert np.isnan(found).all()


def test_noise_has_no_band_but_once_in_hundreds_of_spectra(finder):
    assert np.isfinite(finder(noisy(0.0, count=3000)).depth[:, 0]).mean() < 0.004


def test_two_overlapping_bands_come_back(finder):
    """Centres within 3 nm and depths within 10 %, at noise of .3 % (the known answer of issue and literature recipe)."""
    found = finder(noisy(gaussian(2170, 12, 0.06) + gaussian(2210, 18, 0.08)))
    both = np.isfinite(found.depth).all(1)
    assert both.mean() > 0.98
    order = np.argsort(found.centre_nm[both], axis=1)
    centre, depth, sigma = (np.take_along_axis(each[both], order, 1) for each in found)
    assert ((np.abs(centre - [2170, 2210]) < 3).all(1)).mean() > 0.98
    assert ((np.abs(depth / [0.06, 0.08] - 1) < 0.1).all(1)).mean() > 0.94
    np.testing.assert_allclose(np.median(sigma, axis=0), [12, 18], rtol=0.05)


@pytest.mark.parametrize(("centre", "sigma", "depth"), [(2205, 14, 0.05), (2205, 14, 0.2), (2260, 40, 0.05), (2310, 9, 0.1)])
def test_one_band_does_not_become_two_and_comes_back(finder, centre, sigma, depth):
    """Centre within .2 nm on average, with a spread that noise of .3 % and this depth allow; depth within 2 %, width within 3 %."""
    found = finder(noisy(gaussian(centre, sigma, depth)))
    assert np.isfinite(found.depth[:, 0]).all()
    assert np.isfinite(found.depth[:, 1]).mean() < 0.01
    alone = np.isnan(found.depth[:, 1])
    assert found.centre_nm[alone, 0].mean() == pytest.approx(centre, abs=0.2)
    allowed = 0.003 / depth * np.sqrt(2 * sigma * 6.55 / np.sqrt(np.pi))  # of a Gaussian alone in white noise
    assert found.centre_nm[alone, 0].std() < 1.5 * allowed
    assert found.depth[alone, 0].mean() == pytest.approx(depth, rel=0.02)
    assert found.sigma_nm[alone, 0].mean() == pytest.approx(sigma, rel=0.03)


def test_the_deepest_band_comes_first(finder):
    found = finder(noisy(gaussian(2200, 14, 0.05) + gaussian(2310, 18, 0.09), 0.002, 50))
    np.testing.assert_allclose(found.centre_nm, np.broadcast_to([2310, 2200], (50, 2)), atol=3)


def test_a_shoulder_of_a_band_outside_is_no_band(finder):
    assert np.isnan(finder(noisy(gaussian(2460, 40, 0.2), 0.001)).depth[:, 0]).mean() > 0.95


def test_missing_channels_are_left_out_and_spectra_with_many_have_no_band(finder):
    spectra = noisy(gaussian(2205, 14, 0.1), 0.001, 40)
    whole = finder(spectra)
    spectra[:20, 14] = np.nan  # beside the centre
    spectra[20:, ::4] = np.nan
    found = finder(spectra)
    np.testing.assert_allclose(found.centre_nm[:20, 0], whole.centre_nm[:20, 0], atol=0.5)
    assert np.isnan(found.centre_nm[20:]).all()
    assert np.isnan(finder(np.full((3, NM.size), np.nan)).depth).all()


def test_each_spectrum_may_have_wavelengths_of_its_own(finder):
    """As detector columns do: the same numbers a shift of 5 nm further have their band 5 nm further."""
    spectra = noisy(gaussian(2205, 14, 0.1), 0.002, 30)
    own = np.broadcast_to(NM, spectra.shape) + 5.0
    np.testing.assert_allclose(finder(spectra, own).centre_nm[:, 0], finder(spectra).centre_nm[:, 0] + 5, atol=0.05)


def test_brightness_does_not_matter(finder):
    spectra = noisy(gaussian(2205, 14, 0.06), 0.003, 30)
    for one, other in zip(finder(spectra), finder(spectra * 3)):
        np.testing.assert_allclose(one, other, rtol=1e-3)


@pytest.mark.parametrize("bands", [[(0.1, 0.1, 0.05)], [(-0.2, 0.09, 0.06), (0.2, 0.13, 0.09)]])
def test_fits_are_those_of_scipy(bands):
    optimize = pytest.importorskip("scipy.optimize")
    places = np.linspace(-1, 1, 43)
    random = np.random.default_rng(3)
    truth = -sum(depth * np.exp(-0.5 * ((places - centre) / width) ** 2) for centre, width, depth in bands)
    spectra = truth + 0.003 * random.normal(size=(20, places.size))
    start = np.array([[0.0, 0.0, *(x for c, w, d in bands for x in (c + 0.04, np.log(1.3 * w), 0.8 * d))]])
    limits = Limits((-0.95, 0.95), (0.05, 0.7))
    all_places = np.broadcast_to(places, spectra.shape)
    found, cost = fit_gaussians(spectra, np.ones_like(spectra), all_places, np.repeat(start, 20, 0), limits)

    def rest(parameters: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
        line, own = parameters[:LINE], parameters[LINE:].reshape(-1, 3)
        model = line[0] + line[1] * places
        for centre, width, depth in own:
            model = model - depth * np.exp(-0.5 * ((places - centre) / np.exp(width)) ** 2)
        return np.concatenate([spectrum - model, 0.5 * line])

    for spectrum, ours, our_cost in zip(spectra, found, cost):
        theirs = optimize.least_squares(rest, start[0], args=(spectrum,), xtol=1e-12, ftol=1e-12)
        assert our_cost == pytest.approx(2 * theirs.cost, rel=1e-5)
        np.testing.assert_allclose(ours[LINE::3], theirs.x[LINE::3], atol=2e-3)  # centres; the window is 2 wide
        np.testing.assert_allclose(ours[LINE + 2 :: 3], theirs.x[LINE + 2 :: 3], rtol=0.01)


def test_parameters_stay_within_their_limits():
    places = np.broadcast_to(np.linspace(-1, 1, 30), (50, 30))
    spectra = np.random.default_rng(8).normal(size=(50, 30))
    limits = Limits((-0.5, 0.5), (0.1, 0.3))
    start = np.tile([0.0, 0.0, 0.0, np.log(0.2), 0.5], (50, 1))
    found, cost = fit_gaussians(spectra, np.ones_like(spectra), places, start, limits)
    assert (np.abs(found[:, 2]) <= 0.5).all()
    assert ((np.exp(found[:, 3]) >= 0.0999) & (np.exp(found[:, 3]) <= 0.3001)).all()
    assert (found[:, 4] >= 0).all()
    assert (cost <= (spectra**2).sum(1) + 1e-9).mean() > 0.9


@pytest.mark.parametrize("stop_after", [0, 3, 8])
def test_it_can_be_stopped_while_it_learns_what_noise_shows_and_between_bands(stop_after):
    """Questions come in the fits of noise, and then before each further band of the spectra."""
    asked = 0

    def check() -> None:
        nonlocal asked
        if asked == stop_after:
            raise Cancelled("stopped")
        asked += 1

    with pytest.raises(Cancelled):
        BandFinder(NM, check=check)(noisy(gaussian(2200, 15, 0.1), count=3))
    assert asked == stop_after

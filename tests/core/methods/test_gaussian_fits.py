"""Gaussian absorptions of pixels, matched with those of exemplars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.band_positions.bands import BandFinder, FoundBands
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.methods.gaussian_fits import GaussianParameters, by_gaussian_fits, distances
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

NONE = np.nan


def bands(*spectra: list[tuple[float, float, float]]) -> FoundBands:
    """Centre, depth and width of up to two bands of each spectrum."""
    full = np.array([[*own, *[(NONE, NONE, NONE)] * (2 - len(own))] for own in spectra])
    return FoundBands(*full.transpose(2, 0, 1))


def test_distance_is_that_of_the_recipe() -> None:
    parameters = GaussianParameters()
    exemplar = bands([(2200, 0.2, 20), (1900, 0.1, 30)])
    pixels = bands(
        [(2200, 0.1, 20), (1900, 0.05, 30)],  # half as deep
        [(2206, 0.1, 20), (1900, 0.05, 30)],  # 6 nm off in the deeper one
        [(2200, 0.1, 20)],  # one lacks
        [(2200, 0.1, 40), (1900, 0.05, 30)],  # twice as wide
        [],
    )
    far = distances(pixels, exemplar, parameters)[:, 0]
    np.testing.assert_allclose(far[:2], [0, 2 / 3 * 6 / 15], atol=1e-9)
    np.testing.assert_allclose(far[2], 3 / 3, atol=1e-9)
    np.testing.assert_allclose(far[3], 2 / 3 * 0.3 * np.log(2), atol=1e-9)
    assert far[4] == np.inf


def test_surplus_bands_count() -> None:
    found = distances(bands([(2200, 0.1, 20), (1900, 0.05, 30)]), bands([(2200, 0.1, 20)]), GaussianParameters())
    np.testing.assert_allclose(found, 0.15, atol=1e-9)


def test_an_exemplar_without_bands_is_nobodys_match() -> None:
    assert distances(bands([(2200, 0.1, 20)]), bands([]), GaussianParameters())[0, 0] == np.inf


def test_two_overlapping_bands_of_a_whole_spectrum_come_back() -> None:
    """The known answer of Parente's recipe, with the method's own settings: centres within 3 nm, depths within 10 %, no third."""
    chosen = GaussianParameters()
    planted = ((2170.0, 0.06, 12.0), (2210.0, 0.08, 18.0))
    ratio = 1 - sum(depth * np.exp(-0.5 * ((WAVELENGTHS_NM - nm) / sigma) ** 2) for nm, depth, sigma in planted)
    noise = np.random.default_rng(0).standard_normal((100, 240))
    found = BandFinder(WAVELENGTHS_NM, chosen.most, chosen.sigma_nm)((ratio * (1 + 0.003 * noise)).astype(np.float32))
    two = np.isfinite(found.depth).sum(1) == 2
    assert two.mean() > 0.95
    order = np.argsort(found.centre_nm[two, :2], axis=1)
    centre, depth = (np.take_along_axis(each[two, :2], order, 1) for each in found[:2])
    assert (np.abs(centre - [2170, 2210]) < 3).mean() > 0.95
    assert (np.abs(depth / [0.06, 0.08] - 1) < 0.1).mean() > 0.9


def test_a_patch_is_its_mineral(opened: Callable, truth: np.ndarray) -> None:
    found = by_gaussian_fits(opened(ratio="column"), GaussianParameters(), Progress())
    assert found.best is not None
    inside = np.s_[3:6, 3:6]
    assert (found.named[inside] == truth[inside]).mean() > 0.8
    assert (found.named[truth == 0] == 0).mean() > 0.7


@pytest.mark.parametrize(
    ("name", "centres"), [("gypsum (ratio)", [1430, 1961, 2188, 2461]), ("kaolinite (ratio)", [1405, 1930, 2187])]
)
def test_bands_of_exemplars_are_the_known_ones(name: str, centres: list[int]) -> None:
    """Kaolinite's doublet at 2165 and 2207 nm stays one band: it is not made of Gaussians at CRISM's resolution."""
    library = load_exemplars()
    spectra = library.spectra[[library.names.index(name)]]
    found = BandFinder(WAVELENGTHS_NM, 4, (8, 250))(spectra).centre_nm[0]
    assert all(np.nanmin(np.abs(found - centre)) < 12 for centre in centres)
    assert np.count_nonzero((found > 2150) & (found < 2230)) == 1

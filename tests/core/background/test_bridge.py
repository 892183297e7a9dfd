"""Ground with and without the filter boundary: maps bridge it, other spectra know it."""

from __future__ import annotations

import numpy as np

from crism_gan_plugin.core.background.bridge import bridged, with_bridged
from crism_gan_plugin.core.background.model import BackgroundModel, absorption_of_spectra
from crism_gan_plugin.core.spectra.axis import FILTER_BOUNDARY_NM, SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

INSIDE = (FILTER_BOUNDARY_NM[0] < WAVELENGTHS_NM) & (FILTER_BOUNDARY_NM[1] > WAVELENGTHS_NM)
SPECTRA = np.random.default_rng(0).uniform(0.2, 1, (7, WAVELENGTHS_NM.size))


def test_only_the_boundary_changes_and_there_it_is_a_line() -> None:
    found = bridged(SPECTRA)
    np.testing.assert_array_equal(found[:, ~INSIDE], SPECTRA[:, ~INSIDE])
    places = np.flatnonzero(INSIDE)
    ends = [places[0] - 1, places[-1] + 1]
    for before, after in zip(SPECTRA, found):
        line = np.interp(WAVELENGTHS_NM[INSIDE], WAVELENGTHS_NM[ends], before[ends])
        np.testing.assert_allclose(after[INSIDE], line, rtol=1e-9)
    np.testing.assert_array_equal(with_bridged(SPECTRA), np.concatenate([SPECTRA, found]))


def test_so_is_a_spectrum_that_was_read_from_an_image() -> None:
    resample = resampler_to_grid(SpectralAxis(WAVELENGTHS_NM), "image")
    np.testing.assert_allclose(resample(SPECTRA[:, resample.bands]), bridged(SPECTRA), rtol=1e-6)


def test_a_residual_of_the_boundary_is_ground_to_the_model() -> None:
    """Half of the ground has it, half does not: the model's directions hold the difference."""
    rng = np.random.default_rng(1)
    x = np.linspace(-1, 1, WAVELENGTHS_NM.size)
    ground = 1 + 0.1 * rng.normal(size=(300, 1)) * x - 0.05 * rng.uniform(0, 1, (300, 1)) * x**2
    dip = np.where(INSIDE, 0.97, 1.0)
    model = BackgroundModel.measured(ground * dip, ground[:200] * dip, ground[:50])
    difference = absorption_of_spectra(ground[:1] * dip) - absorption_of_spectra(bridged(ground[:1] * dip))
    directions = model.absorptions / np.maximum(np.linalg.norm(model.absorptions, axis=1, keepdims=True), 1e-9)
    known = difference @ directions.T @ directions
    np.testing.assert_allclose(known, difference, atol=0.15 * np.abs(difference).max())

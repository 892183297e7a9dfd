"""Spectra from bands: by the definition, number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.libraries.bands import AbsorptionBand, log_absorption, spectrum_from_bands

BANDS = st.builds(
    AbsorptionBand,
    centre_nm=st.floats(900, 2700),
    width_nm=st.floats(1, 500),
    asymmetry=st.floats(-0.94, 0.94),
    depth=st.floats(1e-5, 2),
)


def by_definition(bands: list[AbsorptionBand], wavelength: float) -> float:
    total = 0.0
    for band in bands:
        side = 1 - band.asymmetry if wavelength < band.centre_nm else 1 + band.asymmetry
        total += band.depth * math.exp(-0.5 * ((wavelength - band.centre_nm) / (band.width_nm * side)) ** 2)
    return math.exp(-total)


@given(st.lists(BANDS, max_size=5), st.lists(st.floats(400, 4000), min_size=1, max_size=6))
def test_follows_the_definition(bands: list[AbsorptionBand], wavelengths: list[float]) -> None:
    expected = [by_definition(bands, wavelength) for wavelength in wavelengths]
    np.testing.assert_allclose(spectrum_from_bands(bands, np.array(wavelengths)), expected, rtol=1e-12)


def test_a_band_is_as_deep_as_it_says_and_longer_on_its_long_side() -> None:
    band = AbsorptionBand(2200.0, 20.0, 0.5, 0.1)
    at_centre, left, right = spectrum_from_bands([band], np.array([2200.0, 2190.0, 2230.0]))
    assert at_centre == pytest.approx(math.exp(-0.1))
    assert left == pytest.approx(math.exp(-0.1 * math.exp(-0.5)))  # one standard deviation, 10 nm, to the left
    assert right == pytest.approx(left)  # one, 30 nm, to the right


@given(st.lists(BANDS, min_size=1, max_size=3), st.floats(0.1, 5))
def test_scaling_bands_scales_the_logarithm(bands: list[AbsorptionBand], factor: float) -> None:
    grid = np.linspace(1000, 2600, 50)
    scaled = [band.scaled(factor) for band in bands]
    np.testing.assert_allclose(log_absorption(scaled, grid), factor * log_absorption(bands, grid), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize(
    "numbers",
    [(0, 10, 0, 0.1), (2200, 0, 0, 0.1), (2200, -5, 0, 0.1), (2200, 10, 0.95, 0.1), (2200, 10, -1, 0.1), (2200, 10, 0, 0)]
    + [tuple(math.nan if k == bad else value for k, value in enumerate((2200, 10, 0, 0.1))) for bad in range(4)]
    + [(2200, math.inf, 0, 0.1)],
)
def test_impossible_bands_are_refused(numbers: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="band's"):
        AbsorptionBand(*numbers)

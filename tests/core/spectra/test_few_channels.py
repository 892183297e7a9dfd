"""Spectra as few channels show them."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.few_channels import FewChannels
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.noise import noise_of
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

FIRST, THIRD = MAPPING_FILTERS


def channels_of(number: int) -> FewChannels:
    found = resampler_to_grid(SpectralAxis(MAPPING_FILTERS[number].wavelengths_nm), mapping_data=True).channels
    assert found is not None
    return found


def band(centre: float, width: float, depth: float = 0.2) -> np.ndarray:
    return 1 - depth * np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2)


@pytest.mark.parametrize("number, count", [(0, 42), (1, 53)])
def test_channels_are_those_within_the_grid(number: int, count: int) -> None:
    channels = channels_of(number)
    assert channels.mapping_filter is MAPPING_FILTERS[number]
    assert channels.wavelengths_nm.size == count
    assert channels.widest_gap_nm == pytest.approx(72.7, abs=0.1)
    assert not ((channels.wavelengths_nm > 1650) & (channels.wavelengths_nm < 1666)).any()


@pytest.mark.parametrize("number", [0, 1])
def test_what_a_cube_shows_is_what_exemplars_become(number: int) -> None:
    """A spectrum at the channels, brought to the grid as a cube's is, is the spectrum of the grid seen through the channels."""
    spectrum = band(1900, 60) * band(2300, 25)
    axis = SpectralAxis(MAPPING_FILTERS[number].wavelengths_nm)
    resample = resampler_to_grid(axis, mapping_data=True)
    cube = np.interp(resample.wavelengths_nm, WAVELENGTHS_NM, spectrum)
    np.testing.assert_allclose(resample(cube[np.newaxis]), resample.channels.seen(spectrum[np.newaxis]), atol=2e-4)


def test_straight_lines_stay_as_they_are_and_narrow_bands_are_lost() -> None:
    channels = channels_of(0)
    straight = (1 + 1e-4 * (WAVELENGTHS_NM - 1800))[np.newaxis]
    np.testing.assert_allclose(channels.seen(straight), straight, atol=1e-6)
    between = (2456.79 + 2529.51) / 2
    assert channels.seen(band(between, 8)[np.newaxis]).min() > 0.99
    once = channels.seen(band(1900, 60)[np.newaxis])
    np.testing.assert_allclose(channels.seen(once), once, atol=1e-3)


def test_a_ratio_has_its_continuum_at_one_again() -> None:
    ratio = np.minimum(band(1150, 10, 0.4), 1)[np.newaxis]
    seen = channels_of(0).ratio_seen(ratio)
    assert seen.max() == 1
    assert seen[0, 0] == seen[0, -1] == 1
    assert seen.min() < 0.9


@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_noise_is_told_by_the_channels(noise: float) -> None:
    """Second differences on the grid see hardly any of it."""
    channels, rng = channels_of(0), np.random.default_rng(0)
    values = channels.at(band(1900, 100, 0.1)[np.newaxis]) + noise * rng.normal(size=(500, channels.wavelengths_nm.size))
    spectra = channels.between(values)
    assert np.median(noise_of(spectra)) < 0.1 * noise
    assert np.median(channels.noise_of(spectra)) == pytest.approx(noise, rel=0.15)
    assert channels.noise_of(spectra.reshape(20, 25, 240)).shape == (20, 25)


def test_projections_are_noisier_than_of_white_noise() -> None:
    channels, rng = channels_of(0), np.random.default_rng(0)
    template = band(2200, 100) - 1
    template = (template / np.linalg.norm(template))[:, np.newaxis]
    spectra = channels.between(rng.normal(size=(4000, channels.wavelengths_nm.size)))
    (spread,) = channels.spread(template)
    assert (spectra @ template).std() == pytest.approx(spread, rel=0.05)
    assert spread > 1.5


@pytest.mark.parametrize("number", [0, 1])
def test_mapping_data_are_for_those_who_know_of_it(number: int) -> None:
    one = MAPPING_FILTERS[number]
    words = rf"x\.img: is mapping data, with \d+ channels of CRISM's wavelength filter {one.number} .* CRISM GAN Map takes"
    with pytest.raises(InputError, match=words):
        resampler_to_grid(SpectralAxis(one.wavelengths_nm), "x.img")


def test_a_channel_that_is_missing_leaves_a_gap() -> None:
    """Gaps are bridged where the filter has them, not where a channel is bad."""
    nm = FIRST.wavelengths_nm
    good = np.abs(nm - 2066.64) > 1
    with pytest.raises(InputError, match=r"but 2007-2119 nm is missing; 1 bands there are marked bad by the list"):
        resampler_to_grid(SpectralAxis(nm, good=good, marked_by="the list", sensor="CRISM"), mapping_data=True)


@pytest.mark.parametrize(
    "sensor, words",
    [
        (
            "CRISM, wavelength filter 2",
            r"CRISM, wavelength filter 2 is none of the filters of mapping data that are known, 1 \(54 infr",
        ),
        (
            "AVIRIS",
            r"AVIRIS has \d+ bands from 400 to 2700 nm: if these are its true wavelengths, AVIRIS cannot be mapped, but Remove Co",
        ),
        (
            "",
            r"the image has \d+ bands from 400 to 2700 nm: if these are its true wavelengths, the image cannot be mapped, but",
        ),
    ],
)
def test_whose_gaps_they_are_is_said(sensor: str, words: str) -> None:
    nm = np.arange(400.0, 2701, 10)
    nm = nm[(nm < 1350) | (nm > 1450)]
    for mapping_data in (False, True):
        with pytest.raises(InputError, match=r"x: its wavelengths must cover 1050-2600 nm, but 1340-1460 nm is missing; " + words):
            resampler_to_grid(SpectralAxis(nm, sensor=sensor), "x", mapping_data=mapping_data)


def test_bands_that_another_spectrometer_marks_bad_may_well_be() -> None:
    nm = np.arange(400.0, 2701, 10)
    good = (nm < 1350) | (nm > 1450)
    axis = SpectralAxis(nm, good=good, marked_by="its list", sensor="AVIRIS")
    words = "bands there are marked bad by its list: if they show no ground, AVIRIS cannot be mapped, but .* if they do, correct"
    with pytest.raises(InputError, match=words):
        resampler_to_grid(axis, "x")

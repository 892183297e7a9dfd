"""The plain volcano-scan correction on known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.atmosphere.artifact import artifact_multiples, remove_artifact
from crism_gan_plugin.core.atmosphere.correction import PAIRS, air_path, volcano_scan_correction
from crism_gan_plugin.core.atmosphere.records import Transmission, read_volcano_scan, transmission_for
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

COLUMNS, BANDS = 3, WAVELENGTHS_NM.size


def band(centre: float, width: float, nm: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * ((nm - centre) / width) ** 2)


def made_up_transmission(artifact: float = 0.0) -> Transmission:
    """Three columns with a smile of 5 nm, CO2 at 2 µm, and an artifact that has structure finer than three channels."""
    nm = WAVELENGTHS_NM + np.array([[5.0], [0.0], [5.0]])
    gas = 0.6 * band(2009, 9, nm) + 0.15 * band(1961, 9, nm) + 0.3 * band(2060, 9, nm) + 0.04 * band(1605, 8, nm)
    shape = artifact * (band(2000, 60, nm) + 0.5 * band(2009, 5, nm) - 0.4 * band(2040, 4, nm))
    shape[np.abs(nm - 2000) > 210] = 0
    return Transmission("made up", nm, np.exp(-gas), {"mcguire": shape, "pelkey": 0.5 * shape})


def surface(nm: np.ndarray, slope: float = 0.0) -> np.ndarray:
    """(columns, bands): bright, a slope in ln I/F, flat where the pair of McGuire is."""
    return 0.2 * np.exp(slope * (nm - 1500) / 1000)


AIR = made_up_transmission()


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_air_that_was_put_in_is_taken_out(pair: str, dtype: type) -> None:
    path = np.random.default_rng(2).uniform(0.0, 2.5, (4, COLUMNS))
    spectra = (0.2 * AIR.by_column ** path[..., np.newaxis]).astype(dtype)
    np.testing.assert_allclose(air_path(spectra, AIR, pair), path, atol=2e-6 if dtype is np.float32 else 1e-12)
    corrected = volcano_scan_correction(spectra, AIR, pair)
    assert corrected.dtype == dtype
    np.testing.assert_allclose(corrected, 0.2, rtol=1e-5)


def test_pelkeys_pair_knows_the_slope_of_the_continuum() -> None:
    spectra = (surface(AIR.wavelengths_nm, 0.2) * AIR.by_column**1.3)[np.newaxis]
    np.testing.assert_allclose(air_path(spectra, AIR, "pelkey"), 1.3, atol=1e-9)
    away = air_path(spectra, AIR, "mcguire") - 1.3  # ln(R2007 / R1980) holds 27 nm of the slope too
    np.testing.assert_allclose(away, -0.2 * 0.0264 / 0.557, rtol=0.15)


def test_each_column_has_its_own_transmission() -> None:
    spectra = np.ones((1, COLUMNS, BANDS)) * AIR.by_column[[1, 1, 1]]
    corrected = volcano_scan_correction(spectra, AIR)[0]
    np.testing.assert_allclose(corrected[1], 1, rtol=1e-9)
    assert np.ptp(corrected[0]) > 0.05


@pytest.mark.parametrize("value", [0.0, -0.01, np.nan, np.inf, -np.inf])
def test_what_is_no_reflectance_is_masked_and_nothing_else(value: float) -> None:
    spectra = 0.2 * np.tile(AIR.by_column, (2, 1, 1))
    channels = [int(np.abs(AIR.wavelengths_nm[1] - nm).argmin()) for nm in (1200, 2007, 1980)]
    spectra[0, 1, channels] = value
    with np.errstate(all="raise"):
        corrected = volcano_scan_correction(spectra, AIR)
    missing = np.isnan(corrected)
    assert missing.sum() == 3
    assert missing[0, 1, channels].all()
    np.testing.assert_allclose(corrected[~missing], 0.2, rtol=1e-9)


def test_a_spectrum_whose_path_cannot_be_told_is_masked() -> None:
    spectra = 0.2 * np.tile(AIR.by_column, (2, 1, 1))
    spectra[1, 2, (AIR.wavelengths_nm[2] > 1990) & (AIR.wavelengths_nm[2] < 2030)] = np.nan
    corrected = volcano_scan_correction(spectra, AIR)
    assert np.isnan(corrected[1, 2]).all()
    assert np.isfinite(corrected[0]).all()
    assert np.isfinite(corrected[1, :2]).all()
    assert np.isnan(air_path(np.full((2, 3, BANDS), np.nan), AIR)).all()
    short = AIR.of_bands(np.flatnonzero(WAVELENGTHS_NM < 1500))
    assert np.isnan(volcano_scan_correction(spectra[..., WAVELENGTHS_NM < 1500], short)).all()


def test_channels_without_transmission_are_masked() -> None:
    by_column = AIR.by_column.copy()
    by_column[0] = np.nan
    by_column[:, 7] = np.nan
    air = Transmission("holes", AIR.wavelengths_nm, by_column, AIR.artifacts)
    corrected = volcano_scan_correction(0.2 * np.tile(AIR.by_column, (2, 1, 1)), air)
    assert np.isnan(corrected[:, 0]).all()
    assert np.flatnonzero(np.isnan(corrected[0, 1])).tolist() == [7]


@given(st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_brightness_does_not_matter(factor: float, seed: int) -> None:
    spectra = np.random.default_rng(seed).uniform(0.1, 0.4, (2, COLUMNS, BANDS)) * AIR.by_column
    corrected = volcano_scan_correction(spectra, AIR)
    np.testing.assert_allclose(volcano_scan_correction(factor * spectra, AIR), factor * corrected, rtol=1e-6)
    assert (air_path(spectra, AIR) >= 0).all()
    assert (air_path(spectra, AIR) <= 5).all()


def test_more_air_than_mars_has_is_not_believed() -> None:
    spectra = np.full((1, COLUMNS, BANDS), 0.2)
    spectra[..., np.abs(WAVELENGTHS_NM - 2007) < 10] = 1e-30
    assert (air_path(spectra, AIR) == 5).all()
    assert np.isfinite(volcano_scan_correction(spectra.astype(np.float32), AIR)).all()


def without_artifact(spectra: np.ndarray, air: Transmission, pair: str) -> np.ndarray:
    return remove_artifact(spectra, air, pair, artifact_multiples(spectra, air, pair))


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("amount", [-0.5, 0.3, 1.0])
def test_the_artifact_is_found_and_taken_away(pair: str, amount: float) -> None:
    air = made_up_transmission(0.04)
    brightness = np.array([0.1, 0.2, 0.3])[:, np.newaxis, np.newaxis]
    mineral = brightness * (1 - 0.1 * band(1930, 60, air.wavelengths_nm))  # broad beside three channels
    spoilt = mineral - brightness * amount * air.artifacts[pair]
    before, after = (np.abs(spectra / mineral - 1).max() for spectra in (spoilt, without_artifact(spoilt, air, pair)))
    assert after < 0.1 * before
    np.testing.assert_array_equal(without_artifact(mineral, made_up_transmission(0.0), pair), mineral)


def test_each_column_has_its_own_amount_of_the_artifact() -> None:
    air = made_up_transmission(0.04)
    amounts = np.array([[0.2], [1.0], [-0.4]])
    spectra = np.tile(0.2 - 0.2 * amounts * air.artifacts["mcguire"], (4, 1, 1))
    np.testing.assert_allclose(artifact_multiples(spectra, air, "mcguire"), amounts[:, 0], rtol=0.05)
    np.testing.assert_allclose(without_artifact(spectra, air, "mcguire"), 0.2, rtol=2e-3)


def test_noise_and_spikes_of_one_spectrum_do_not_put_an_artifact_in() -> None:
    rng = np.random.default_rng(5)
    air = made_up_transmission(0.04)
    spectra = 0.2 * (1 + rng.normal(0, 0.01, (200, COLUMNS, BANDS)))
    hit = rng.random(spectra.shape) < 0.005
    spectra[hit] *= 1.4
    added = without_artifact(spectra, air, "mcguire") / spectra - 1
    assert np.abs(added).max() < 0.012  # a spectrum on its own: 0.1


def test_the_artifact_keeps_gaps_to_themselves() -> None:
    air = made_up_transmission(0.04)
    spectra = np.tile(0.2 - 0.2 * air.artifacts["mcguire"], (3, 1, 1)).astype(np.float32)
    spectra[0, 1, np.abs(air.wavelengths_nm[1] - 2010) < 10] = np.nan
    spectra[1, 0] = np.nan
    spectra[:, 2] = np.nan
    out = without_artifact(spectra, air, "mcguire")
    np.testing.assert_array_equal(np.isnan(out), np.isnan(spectra))
    np.testing.assert_allclose(out[np.isfinite(spectra)], 0.2, rtol=2e-3)


def test_blocks_of_lines_with_the_same_multiples_are_one_image() -> None:
    air = made_up_transmission(0.04)
    rng = np.random.default_rng(6)
    spectra = 0.2 * AIR.by_column * (1 + rng.normal(0, 0.01, (40, COLUMNS, BANDS)))
    multiples = artifact_multiples(volcano_scan_correction(spectra, air, patch=False), air, "mcguire")
    blocks = [volcano_scan_correction(spectra[line : line + 8], air, multiples=multiples) for line in range(0, 40, 8)]
    np.testing.assert_array_equal(np.concatenate(blocks), volcano_scan_correction(spectra, air))


def test_an_unknown_pair_is_refused() -> None:
    with pytest.raises(ParameterError, match="'mcgyver' is unknown; use one of mcguire, pelkey"):
        volcano_scan_correction(np.ones((1, COLUMNS, BANDS)), AIR, "mcgyver")


@pytest.mark.parametrize(("pair", "limit", "limit_unpatched"), [("mcguire", 0.010, 0.024), ("pelkey", 0.009, 0.018)])
def test_a_real_image_loses_its_carbon_dioxide(shared_data: Path, pair: str, limit: float, limit_unpatched: float) -> None:
    crism = shared_data / "crism"
    scene = open_scene(crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", wavelengths=crism / "cdr")
    scan = read_volcano_scan(crism / "adr" / "ADR10000000000_103D6_VS00L_8.IMG")
    transmission = transmission_for(scan, scene.axis, scene.samples)
    spectra = scene.read(0, scene.lines)

    def residual(cube: np.ndarray) -> float:
        """RMS departure of the image's median spectrum from a line across 1.9-2.12 µm, as a share of the level."""
        wanted = np.flatnonzero(np.abs(scene.axis.wavelengths_nm - 2000) < 250)
        nm = scene.axis.wavelengths_nm[wanted]
        typical = np.nanmedian(cube[:, 3:63, wanted].reshape(-1, nm.size), 0)
        beside = ((nm > 1850) & (nm < 1900)) | ((nm > 2120) & (nm < 2200))
        line = np.polyval(np.polyfit(nm[beside], typical[beside], 1), nm)
        inside = (nm > 1900) & (nm < 2120)
        return float(np.sqrt(np.mean((typical / line - 1)[inside] ** 2)))

    assert residual(spectra) > 0.15
    assert residual(volcano_scan_correction(spectra, transmission, pair, patch=False)) < limit_unpatched
    assert residual(volcano_scan_correction(spectra, transmission, pair)) < limit
    assert 0.8 < np.nanmedian(air_path(spectra, transmission, pair)) < 1.1

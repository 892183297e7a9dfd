from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.denoise import rounds
from crism_gan_plugin.core.denoise.local_line import local_line
from crism_gan_plugin.core.denoise.rounds import Settings, is_spike, run_rounds, shares_of_scans, smooth_path, weighted_median
from crism_gan_plugin.core.denoise.surface import surface_library
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM


@given(st.integers(1, 30), st.integers(0, 10**6))
def test_weighted_median_leaves_the_least_absolute_deviation(lines: int, seed: int):
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(size=(1, lines, 2)), rng.uniform(0.1, 2, (1, lines, 2))
    found = weighted_median(torch.tensor(values), torch.tensor(weights)).numpy()

    def deviation(t: np.ndarray) -> np.ndarray:
        return (weights * np.abs(values - t)).sum(1)

    least = np.min([deviation(values[:, line]) for line in range(lines)], 0)  # it is always reached at one of the values
    assert deviation(found[:, None]) == pytest.approx(least, rel=1e-9)


def test_weighted_median_of_nothing_is_nothing():
    assert weighted_median(torch.ones(1, 4, 3), torch.zeros(1, 4, 3)).tolist() == [[0.0, 0.0, 0.0]]


def test_straight_lines_pass_smoothing_unchanged_at_the_ends_too():
    line = torch.tensor(2.0 - 0.3 * np.arange(40))[None]
    weights = torch.ones_like(line)
    weights[0, 5:9] = 0
    assert local_line(line, weights, 3.0).numpy() == pytest.approx(line.numpy(), abs=1e-9)


def test_smoothing_follows_the_known_values_and_keeps_lonely_ones():
    values = torch.zeros(1, 60)
    values[0, 30] = 100.0
    weights = torch.ones_like(values)
    weights[0, 30] = 0
    assert local_line(values, weights, 3.0).abs().max() < 1e-9
    assert local_line(values, torch.zeros_like(values), 3.0)[0, 30] == 100.0


def test_shares_of_scans_that_are_much_alike_are_found_under_broad_rock():
    rng, nm = np.random.default_rng(2), WAVELENGTHS_NM
    gas = [-np.exp(-0.5 * ((nm - centre) / width) ** 2) for centre, width in ((2010, 14), (2012, 15), (1450, 20))]
    scans = np.stack([gas[0] + 0.3 * gas[2], gas[1] + 0.32 * gas[2]], -1)
    assert np.corrcoef(scans.T)[0, 1] > 0.98
    rock = -0.3 * np.exp(-0.5 * ((nm - 1900) / 200) ** 2)
    rest = scans @ [0.7, 0.2] + rock + rng.normal(0, 0.01, (8, 100, nm.size))
    usable = rng.random(rest.shape) > 0.02
    usable[:, :, 50] = False
    rest[~usable] = 9.0
    given = torch.tensor(np.tile(scans, (8, 1, 1)))
    found = shares_of_scans(given, torch.tensor(rest, dtype=torch.float32), torch.tensor(usable))
    assert found[:, 0].numpy() == pytest.approx([0.7, 0.2], abs=0.03)
    dark = torch.tensor(usable)
    dark[:, 30:] = False  # most lines of the image are
    found = shares_of_scans(given, torch.tensor(rest, dtype=torch.float32), dark)
    assert found[:, 0].numpy() == pytest.approx([0.7, 0.2], abs=0.06)
    twice = shares_of_scans(torch.cat([given, given[..., :1]], -1), torch.tensor(rest, dtype=torch.float32), torch.tensor(usable))
    assert twice[0] + twice[2] == pytest.approx(0.7, abs=0.03)  # one scan given twice


def test_paths_keep_each_columns_mean_and_the_relief_that_columns_share():
    rng = np.random.default_rng(3)
    relief, mean = 1 + 0.1 * np.linspace(-1, 1, 60), rng.uniform(0.7, 1.3, (20, 1))
    weights = torch.ones(20, 60)
    assert smooth_path(torch.tensor(mean * relief), weights).numpy() == pytest.approx(mean * relief, rel=1e-6)
    noise = rng.normal(0, 0.05, (20, 60))
    found = smooth_path(torch.tensor(mean * (relief + noise)), weights).numpy() / mean
    assert (found - relief).std() < 0.2 * noise.std()
    weights[:, 10] = 0
    hole = torch.tensor(mean * relief)
    hole[:, 10] = 5.0
    assert smooth_path(hole, weights).numpy() == pytest.approx(mean * relief, rel=1e-6)


def test_spikes_are_told_from_noise_channel_by_channel():
    rng = np.random.default_rng(0)
    residual = torch.tensor(np.stack([rng.normal(0, 0.002, 400), rng.normal(0, 0.03, 400)], -1)[None])
    residual[0, 7, 0], residual[0, 8, 1] = 0.05, 0.3
    found = is_spike(residual, torch.ones(1, 400, 2, dtype=torch.bool), 0.015, 4.0)
    assert found[0, 7, 0] and found[0, 8, 1]
    assert found.float().mean() < 0.005


@pytest.mark.parametrize(("significant", "invented"), [(0.0, (0.05, 1.0)), (Settings().significant, (0.0, 0.02))])
def test_spectra_of_noise_alone_have_no_absorption_unless_asked_for(significant: float, invented: tuple[float, float]):
    rng = np.random.default_rng(1)
    lines, atoms = 120, surface_library().on(WAVELENGTHS_NM)
    place = (WAVELENGTHS_NM - 1800) / 800
    spectra = np.tile(-1.6 + 0.05 * place - 0.03 * place**2, (1, lines, 1)) + rng.normal(0, 0.01, (1, lines, WAVELENGTHS_NM.size))
    kaolinite = surface_library().names.index("kaolinite (numerator)")
    spectra[:, :20] += 0.7 * atoms[:, kaolinite]
    solution = run_rounds(
        torch.tensor(spectra, dtype=torch.float32),
        torch.ones(spectra.shape, dtype=torch.bool),
        torch.tensor(atoms[None]),
        torch.zeros((1, WAVELENGTHS_NM.size, 0), dtype=torch.float64),
        WAVELENGTHS_NM[None],
        Settings(rounds=1, common=False, significant=significant),
    )
    deepest = -solution.absorption[0].numpy().min(-1)
    assert invented[0] <= (deepest[20:] > 0.005).mean() <= invented[1]
    assert np.median(deepest[:20]) == pytest.approx(-0.7 * atoms[:, kaolinite].min(), rel=0.2)


# λ keeps absorptions small: what the last two fits are for. One absorption of known depth, so that the answers are known.


def absorption_and_gas() -> tuple[np.ndarray, np.ndarray]:
    """ln of a band at 1.96 µm, and of a transmission whose band lies on its flank."""
    band, gas = (np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2) for centre, width in ((1960, 40), (2010, 14)))
    return -band, -0.3 * gas


def found_in(spectra: np.ndarray, transmissions: np.ndarray, settings: Settings) -> tuple[float, float]:
    """Medians of the absorption's amount and of the path; ``spectra`` (c, l, n) ln I/F, ``transmissions`` (n, k) ln."""
    band, _ = absorption_and_gas()
    count = len(spectra)
    solution = run_rounds(
        torch.tensor(spectra, dtype=torch.float32),
        torch.ones(spectra.shape, dtype=torch.bool),
        torch.tensor(np.tile(band[:, None], (count, 1, 1))),
        torch.tensor(np.tile(transmissions, (count, 1, 1))),
        np.tile(WAVELENGTHS_NM, (count, 1)),
        settings,
    )
    amounts = solution.absorption.numpy() @ band / (band @ band)
    return float(np.median(amounts)), float(np.median(solution.path.numpy()))


def noisy_ground(amount: float, path: float) -> np.ndarray:
    """(2, 80, n) ln I/F, noise 1 %."""
    band, gas = absorption_and_gas()
    place = (WAVELENGTHS_NM - 1800) / 800
    clean = -1.6 + 0.05 * place - 0.03 * place**2 + amount * band + path * gas
    return clean + np.random.default_rng(0).normal(0, 0.01, (2, 80, WAVELENGTHS_NM.size))


def test_absorptions_that_were_found_are_fitted_again_almost_without_lambda():
    """With λ = 4, where they would keep little more than half of their depth (0.056)."""
    settings = Settings(common=False, corrected=True, sparsity=4.0)
    amount, _ = found_in(noisy_ground(0.1, 0.0), np.zeros((WAVELENGTHS_NM.size, 0)), settings)
    assert amount == pytest.approx(0.1, rel=0.03)


def test_the_air_is_fitted_once_more_without_lambda():
    """What λ takes from the band, the gas on its flank fills: it would have a path of 1.04."""
    _, gas = absorption_and_gas()
    amount, path = found_in(noisy_ground(0.1, 1.0), gas[:, None], Settings(common=False, sparsity=3.0))
    assert path == pytest.approx(1.0, abs=0.012)
    assert amount == pytest.approx(0.1, rel=0.03)


def test_the_transmission_is_learned_once_more_without_lambda():
    """What λ takes from the band, a column's common transmission would fill: 0.087 of 0.1 would be left."""
    _, gas = absorption_and_gas()
    amount, _ = found_in(noisy_ground(0.1, 1.0), gas[:, None], Settings(common=True, sparsity=3.0))
    assert 0.092 < amount < 0.103


@pytest.mark.parametrize(("count", "early"), [(1, 0), (3, 1)])
def test_only_the_first_of_several_fits_ends_early(monkeypatch: pytest.MonkeyPatch, count: int, early: int):
    """The next one goes on from it. So the answer is the same, for fewer iterations."""
    tolerances: list[float] = []

    def solve(*given, tolerance: float, **how):
        tolerances.append(tolerance)
        return admm_solve(*given, tolerance=tolerance, **how)

    admm_solve = rounds.solve
    monkeypatch.setattr(rounds, "solve", solve)
    _, gas = absorption_and_gas()
    settings = Settings(rounds=count)
    found = found_in(noisy_ground(0.1, 1.0), gas[:, None], settings)
    assert tolerances == [settings.first_tolerance] * early + [settings.tolerance] * (count + 2 - early)
    patient = found_in(noisy_ground(0.1, 1.0), gas[:, None], replace(settings, first_tolerance=settings.tolerance))
    assert found == pytest.approx(patient, abs=1e-3)

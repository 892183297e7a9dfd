"""Bland ground as statistics: what was measured comes back in what is drawn, and in the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.background import BackgroundModel, GroundStatistics, load_background, save_background
from crism_gan_plugin.core.background.model import COMPONENTS, absorption_of_spectra
from crism_gan_plugin.core.background.residuals import Residuals
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

X = np.linspace(-1, 1, 240)


def ground(count: int, seed: int = 0) -> np.ndarray:
    """Spectra of any brightness that vary by a slope, a bend and a band, around a curve."""
    rng = np.random.default_rng(seed)
    band = np.exp(-0.5 * ((X - 0.3) / 0.1) ** 2)
    shapes = np.array([0.2 * X, 0.05 * X**2, 0.02 * band])
    brightness = rng.uniform(-3, 0, (count, 1))
    return np.exp(brightness - 0.1 * X**2 + rng.normal(size=(count, 3)) @ shapes)


@pytest.fixture(scope="module")
def model() -> BackgroundModel:
    return BackgroundModel.measured(ground(500), ground(300, 1), ground(100, 2))


def log_about_mean(spectra: np.ndarray) -> np.ndarray:
    logarithm = np.log(spectra)
    return logarithm - logarithm.mean(1, keepdims=True)


def test_what_is_drawn_has_the_mean_and_covariance_of_what_was_measured() -> None:
    measured = log_about_mean(ground(3000))
    drawn = log_about_mean(GroundStatistics.measured(ground(3000)).draw(20_000, np.random.default_rng(3)))
    np.testing.assert_allclose(drawn.mean(0), measured.mean(0), atol=0.006)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(measured.T), atol=0.1 * np.cov(measured.T).max())
    heaviest = np.quantile(np.abs(drawn[:, 0] - drawn[:, 0].mean()) / drawn[:, 0].std(), 0.999)
    assert heaviest > 4.5  # a Gaussian's is 3.3


def test_components_are_orthogonal_and_descend() -> None:
    components = GroundStatistics.measured(ground(300)).components
    assert components.shape == (COMPONENTS, 240)
    products = components @ components.T
    lengths = np.sqrt(products.diagonal())
    assert (np.diff(lengths) <= 1e-12).all()
    np.testing.assert_allclose(products, np.diag(lengths**2), atol=1e-9)
    assert lengths[3] < 1e-6 * lengths[0] < lengths[2]  # it varies in three ways


def test_brightness_does_not_count() -> None:
    one, other = (GroundStatistics.measured(spectra) for spectra in (ground(200), 7 * ground(200)))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-12)
    np.testing.assert_allclose(np.abs(one.components[:3]), np.abs(other.components[:3]), atol=1e-9)


def test_the_rest_is_what_ground_elsewhere_has_besides(model: BackgroundModel) -> None:
    assert model.rest < 0.002
    rng = np.random.default_rng(4)
    noisy = ground(100, 2) * (1 + 0.01 * rng.normal(size=(100, 240)))
    rest = BackgroundModel.measured(ground(500), ground(300, 1), noisy).rest
    known = 1 - COMPONENTS / 240
    beyond = absorption_of_spectra(noisy).std(0).mean()  # clipping at the continuum takes a part of the noise
    assert rest == pytest.approx(np.sqrt(known) * beyond, rel=0.25)


def test_draws_are_seeded_and_take_noise(model: BackgroundModel) -> None:
    one, again, other, noisy = (model.draw(50, **how) for how in ({}, {}, {"seed": 1}, {"noise": 0.01}))
    assert one.shape == (100, 240)
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, other)
    assert (noisy / one - 1).std() == pytest.approx(0.01, rel=0.02)


def test_absorption_is_what_a_map_sees() -> None:
    band = 1 - 0.2 * np.exp(-0.5 * (X / 0.05) ** 2)
    found = absorption_of_spectra(np.array([0.3 * band, np.full(240, 0.1)]))
    assert found[0].max() == pytest.approx(0.2, abs=1e-3)
    assert (found >= 0).all()
    np.testing.assert_allclose(found[1], 0, atol=1e-9)


def test_a_file_gives_back_what_was_saved(model: BackgroundModel, tmp_path: Path) -> None:
    path = tmp_path / "ground.npz"
    residuals = Residuals(np.eye(2, 240, dtype=np.float32), np.linspace(1, 2, 240, dtype=np.float32))
    save_background(replace(model, card={"measured_on": "a test"}, residuals=residuals), path)
    read = load_background(path)
    np.testing.assert_array_equal(read.residuals.air, residuals.air)
    np.testing.assert_array_equal(read.residuals.noise, residuals.noise)
    assert read.card["measured_on"] == "a test"
    assert read.rest == pytest.approx(model.rest)
    for kind in ("plain", "ratioed"):
        for part in ("mean", "components"):
            np.testing.assert_allclose(getattr(getattr(read, kind), part), getattr(getattr(model, kind), part), atol=1e-6)
    np.testing.assert_allclose(read.absorptions, model.absorptions, atol=1e-6)


def test_the_plugin_comes_with_one() -> None:
    shipped = load_background()
    assert 0.002 < shipped.rest < 0.005
    depth = absorption_of_spectra(shipped.draw(500)).max(1)
    assert 0.02 < np.median(depth) < 0.1  # bland ground is not flat
    assert shipped.absorptions.shape == (COMPONENTS, WAVELENGTHS_NM.size)


def test_the_plugins_residuals_lie_where_air_absorbs() -> None:
    residuals = load_background().residuals
    deviation = np.sqrt((residuals.air**2).sum(0))
    co2 = (WAVELENGTHS_NM > 1990) & (WAVELENGTHS_NM < 2030)
    clear = (WAVELENGTHS_NM > 2380) & (WAVELENGTHS_NM < 2460)
    assert deviation[co2].mean() > 4 * deviation[clear].mean()
    assert np.median(residuals.noise) == pytest.approx(1, abs=0.01)
    assert residuals.noise[WAVELENGTHS_NM > 2550].mean() > 1.3  # the detector is weaker there


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"card": np.array("{}")}, "no background model"),
        ({"card": np.array("[")}, "no background model"),
        ({"card": np.array({"format": "x"}, object)}, "no background model"),
        ({"plain_mean": None}, "no background model"),
        ({"rest": np.float32(np.nan)}, "'rest'"),
        ({"rest": np.float32(0)}, "'rest'"),
        ({"rest": np.zeros(3, np.float32)}, "no background model"),
        ({"plain_mean": np.zeros(239, np.float32)}, "'plain_mean'"),
        ({"ratioed_components": np.zeros((0, 240), np.float32)}, "'ratioed_components'"),
        ({"ratioed_components": np.zeros((2, 240), np.float64)}, "'ratioed_components'"),
        ({"absorptions": np.full((2, 240), np.inf, np.float32)}, "'absorptions'"),
        ({"absorptions": np.zeros(240, np.float32)}, "'absorptions'"),
        ({"residual_air": np.zeros((1, 239), np.float32)}, "'residual_air'"),
        ({"residual_noise": np.full(240, np.nan, np.float32)}, "'residual_noise'"),
        ({"residual_noise": None}, "no background model"),
    ],
)
def test_files_that_are_no_models_are_refused(
    model: BackgroundModel, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "ground.npz"
    save_background(model, path)
    with np.load(path) as arrays:
        changed = {**arrays, **change}
    np.savez(path, **{name: array for name, array in changed.items() if array is not None})
    with pytest.raises(InputError, match=rf"ground\.npz: .*{message}"):
        load_background(path)


def test_missing_and_damaged_files_are_named(model: BackgroundModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.npz: the file does not exist"):
        load_background(tmp_path / "absent.npz")
    path = tmp_path / "ground.npz"
    save_background(model, path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="damaged"):
        load_background(path)

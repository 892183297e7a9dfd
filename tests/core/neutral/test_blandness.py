"""How bland a spectrum is, by the background model."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.model import absorption_of_spectra
from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.neutral import Blandness
from crism_gan_plugin.core.spectra.noise import noise_of

BACKGROUND = load_background()
BLANDNESS = Blandness(BACKGROUND)
LIBRARY = load_exemplars().defaults()


def score(absorptions: np.ndarray) -> np.ndarray:
    ratio = (1 - absorptions).astype(np.float32)
    return BLANDNESS(ratio, noise_of(ratio))


@pytest.mark.parametrize(("noise", "least", "usual"), [(0.0, 0.9, 0.98), (0.004, 0.8, 0.97), (0.01, 0.6, 0.9)])
def test_ground_with_a_mineral_is_less_bland_than_ground(noise: float, least: float, usual: float) -> None:
    """At half of the mineral's strength, on the same ground; of each mineral most pixels, of all nearly all."""
    rng = np.random.default_rng(0)
    ground = absorption_of_spectra(BACKGROUND.draw(100, seed=3))
    grainy = ground + noise * rng.standard_normal(ground.shape)
    more = {}
    for name, spectrum in zip(LIBRARY.names, LIBRARY.spectra):
        if "pyroxene" not in name and "olivine" not in name:  # what ground is made of
            mixed = ground + (1 - spectrum) / 2 + noise * rng.standard_normal(ground.shape)
            more[name] = (score(mixed) > score(grainy)).mean()
    assert min(more.values()) > least
    assert np.mean(list(more.values())) > usual


def test_noise_alone_is_bland_whatever_its_strength() -> None:
    rng = np.random.default_rng(0)
    for noise in (0.002, 0.01, 0.05):
        assert score(noise * rng.standard_normal((50, 240))).mean() < 1.25


def test_no_data_is_never_chosen() -> None:
    ratio = np.ones((2, 3, 240), np.float32)
    ratio[1, 2] = np.nan
    found = BLANDNESS(ratio, noise_of(ratio))
    assert np.isinf(found[1, 2])
    assert np.isfinite(np.delete(found.ravel(), 5)).all()

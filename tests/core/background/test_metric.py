"""Cosines where ground is white, against textbook formulas."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import GroundMetric, ground_metric
from crism_gan_plugin.core.background.model import absorption_of_spectra


def some(count: int, size: int = 6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)) @ rng.normal(size=(size, size))


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("noise", [0.0, 0.6])
def test_ground_is_white_in_it(noise: float) -> None:
    rng = np.random.default_rng(1)
    ground = some(200_000)
    metric = GroundMetric.of(ground.T @ ground / len(ground), 0)
    white = (ground + noise * rng.normal(size=ground.shape)) @ metric.whitening(noise)
    np.testing.assert_allclose(white.T @ white / len(ground), np.eye(6), atol=0.02)


@pytest.mark.parametrize("noise", [0.0, 0.7, np.array([0.0, 0.5, 3.0])])
def test_lengths_and_cosines_are_those_of_the_inverse_moment(noise: object) -> None:
    moment = some(50).T @ some(50) / 50
    vectors, exemplars = some(3, seed=1), some(2, seed=2)
    length, cosines = GroundMetric.of(moment, 0.1).compare(vectors, exemplars, noise)
    for i, own in enumerate(np.broadcast_to(noise, 3)):
        inverse = np.linalg.inv(moment + (0.1 + own**2) * np.eye(6))
        a = vectors[i]
        assert length[i] == pytest.approx(np.sqrt(a @ inverse @ a), rel=1e-4)
        for k, b in enumerate(exemplars):
            assert cosines[i, k] == pytest.approx(a @ inverse @ b / np.sqrt((a @ inverse @ a) * (b @ inverse @ b)), abs=1e-5)


def test_with_much_noise_it_is_the_plain_cosine() -> None:
    metric = GroundMetric.of(some(50).T @ some(50) / 50, 0.01)
    vectors, exemplars = some(4, seed=1), some(3, seed=2)
    np.testing.assert_allclose(metric.compare(vectors, exemplars, 1e4)[1], unit(vectors) @ unit(exemplars).T, atol=1e-5)


def test_nothing_resembles_nothing() -> None:
    length, cosines = GroundMetric.of(np.eye(6), 0).compare(np.zeros((2, 6)), some(3))
    assert cosines.dtype == length.dtype == np.float32
    assert not cosines.any()
    assert not length.any()


def test_a_faint_mineral_is_seen_on_ground_of_the_model() -> None:
    """Kaolinite's bands of 2 to 3 % on bland ground: plain cosines find other minerals."""
    library, background = load_exemplars().defaults(), load_background()
    kaolinite = library.names.index("kaolinite (ratio)")
    band = library.spectra[kaolinite] ** 0.25
    pixels = absorption_of_spectra(background.draw(200, seed=5) * band)
    names = np.array(library.class_names)[library.class_index]
    found = names[ground_metric(background).compare(pixels, 1 - library.spectra)[1].argmax(1)]
    plain = names[(unit(pixels) @ unit(1 - library.spectra).T).argmax(1)]
    assert (found == "kaolinite").mean() > 0.9
    assert (plain == "kaolinite").mean() < 0.5

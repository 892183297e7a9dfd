"""Cosines where ground is white, against textbook formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_discriminator, load_exemplars, similarity
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import GroundMetric, feature_metric, spectral_metric, unit
from crism_gan_plugin.core.background.model import absorption
from crism_gan_plugin.core.mapping.similarity import calibrate


def some(count: int, size: int = 6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)) @ rng.normal(size=(size, size))


def mahalanobis_cosine(a: np.ndarray, b: np.ndarray, moment: np.ndarray) -> float:
    inverse = np.linalg.inv(moment)
    return float(a @ inverse @ b / np.sqrt((a @ inverse @ a) * (b @ inverse @ b)))


def test_ground_is_white_in_it() -> None:
    ground = some(500)
    white = ground @ GroundMetric.of(ground.T @ ground / 500, 0).whitening
    np.testing.assert_allclose(white.T @ white / 500, np.eye(6), atol=1e-8)


@pytest.mark.parametrize("noise", [0.0, 0.7, np.array([0.0, 0.5, 3.0])])
def test_cosines_are_those_of_the_inverse_moment(noise: object) -> None:
    moment = some(50).T @ some(50) / 50
    vectors, exemplars = some(3, seed=1), some(2, seed=2)
    found = GroundMetric.of(moment, 0.1).cosines(vectors, exemplars, noise)
    for i, own in enumerate(np.broadcast_to(noise, 3)):
        for k in range(2):
            expected = mahalanobis_cosine(vectors[i], exemplars[k], moment + (0.1 + own**2) * np.eye(6))
            assert found[i, k] == pytest.approx(expected, abs=1e-6)


def test_with_much_noise_it_is_the_plain_cosine() -> None:
    metric = GroundMetric.of(some(50).T @ some(50) / 50, 0.01)
    vectors, exemplars = some(4, seed=1), some(3, seed=2)
    np.testing.assert_allclose(metric.cosines(vectors, exemplars, 1e4), unit(vectors) @ unit(exemplars).T, atol=1e-5)


def test_nothing_resembles_nothing() -> None:
    metric = GroundMetric.of(np.eye(6), 0)
    found = metric.cosines(np.zeros((2, 6)), some(3))
    assert found.dtype == np.float32
    assert not found.any()


def test_a_faint_mineral_is_seen_on_ground_of_the_model() -> None:
    """Kaolinite's bands of 2 to 3 % on bland ground: plain cosines find other minerals."""
    library, background = load_exemplars().defaults(), load_background()
    kaolinite = library.names.index("kaolinite (ratio)")
    band = library.spectra[kaolinite] ** 0.25
    pixels = absorption(background.draw(200, seed=5) * band)
    names = np.array(library.class_names)[library.class_index]
    found = names[spectral_metric(background).cosines(pixels, 1 - library.spectra).argmax(1)]
    plain = names[(unit(pixels) @ unit(1 - library.spectra).T).argmax(1)]
    assert (found == "kaolinite").mean() > 0.9
    assert (plain == "kaolinite").mean() < 0.5


def test_similarity_with_a_background_is_the_cosine_of_white_features(random_weights: Path) -> None:
    discriminator, library, background = load_discriminator(random_weights, "numpy"), load_exemplars(), load_background()
    spectra = np.minimum(library.spectra[::9] + 0.01, 1)
    scores = similarity(discriminator, spectra, library, background=background, noise=0.01)
    assert scores.shape == (len(spectra), len(library.names))
    features, exemplars = (unit(discriminator.features(s)) for s in (spectra, library.spectra))
    whitening = feature_metric(discriminator, background, 0.01).whitening
    cosines = unit(features @ whitening) @ unit(exemplars @ whitening).T
    np.testing.assert_allclose(scores, calibrate(cosines, discriminator.card["calibration"]), atol=1e-4)
    assert not np.allclose(scores, similarity(discriminator, spectra, library), atol=0.05)
    assert not np.allclose(scores, similarity(discriminator, spectra, library, background=background), atol=1e-3)


def test_without_a_background_noise_changes_nothing(random_weights: Path) -> None:
    """Without one the score keeps its meaning, whatever the noise."""
    discriminator, library = load_discriminator(random_weights, "numpy"), load_exemplars()
    np.testing.assert_array_equal(
        similarity(discriminator, library.spectra, library, noise=0.02), similarity(discriminator, library.spectra, library)
    )

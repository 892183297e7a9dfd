"""The score of the public interface."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_discriminator, load_exemplars, similarity
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.network.cosine import GroundCosine
from crism_gan_plugin.core.network.similarity import Matcher, calibrate, calibrate_at

CURVE = {"cosine": [-1.0, 0.0, 0.5, 0.9, 1.0], "score": [-1.0, 0.0, 0.707, 0.95, 1.0]}


def test_calibration_is_monotone_and_keeps_the_knots() -> None:
    cosines = np.linspace(-1, 1, 401, dtype=np.float32)
    scores = calibrate(cosines, CURVE)
    assert scores.dtype == np.float32
    assert (np.diff(scores) > 0).all()
    np.testing.assert_allclose(calibrate(np.array(CURVE["cosine"]), CURVE), CURVE["score"], rtol=1e-6)
    np.testing.assert_allclose(calibrate(np.array([0.7]), CURVE), 0.707 + 0.5 * (0.95 - 0.707), rtol=1e-6)


def test_similarity_is_the_calibrated_cosine_of_features(random_weights: Path) -> None:
    discriminator, library = load_discriminator(random_weights, "numpy"), load_exemplars()
    discriminator.card["calibration"] = CURVE
    spectra = np.clip(library.spectra[::7] + 0.02 * np.random.default_rng(0).standard_normal((len(library.names[::7]), 240)), 0, 1)
    scores = similarity(discriminator, spectra, library)
    assert scores.shape == (len(spectra), len(library.names))
    assert scores.dtype == np.float32
    features, others = (discriminator.features(s).astype(float) for s in (spectra, library.spectra))
    cosines = features @ others.T / np.linalg.norm(features, axis=1)[:, None] / np.linalg.norm(others, axis=1)
    np.testing.assert_allclose(scores, np.interp(cosines, CURVE["cosine"], CURVE["score"]), atol=5e-6)


def test_every_exemplar_is_its_own_best_match(random_weights: Path) -> None:
    discriminator, library = load_discriminator(random_weights, "numpy"), load_exemplars()
    scores = similarity(discriminator, library.spectra, library)
    np.testing.assert_allclose(scores.diagonal(), 1, atol=1e-6)
    assert (scores.argmax(1) == np.arange(len(library.names))).all()


def test_a_flat_spectrum_resembles_nothing(random_weights: Path) -> None:
    scores = similarity(load_discriminator(random_weights, "numpy"), np.ones((2, 240)), load_exemplars())
    assert not scores.any()


def test_a_part_of_the_library_gives_a_part_of_the_scores(random_weights: Path) -> None:
    discriminator, library = load_discriminator(random_weights, "numpy"), load_exemplars()
    part = library.select(["talc", "kaolinite"])
    whole = Matcher(discriminator, library)(library.spectra)
    np.testing.assert_allclose(Matcher(discriminator, part)(library.spectra), whole[:, part.positions], rtol=0, atol=2e-6)


CURVES = {"noise": [0.0, 0.01], "cosine": [[-1.0, 0.4, 1.0], [-1.0, 0.2, 1.0]], "score": [-1.0, 0.85, 1.0]}


def test_between_two_noise_levels_both_curves_count() -> None:
    cosines = np.linspace(-1, 1, 41)[:, None] * [1, 0.5]
    low, high = (np.interp(cosines, curve, CURVES["score"]) for curve in CURVES["cosine"])
    for noise, share in ((0.0, 0), (0.0025, 0.25), (0.01, 1), (0.5, 1)):
        np.testing.assert_allclose(calibrate_at(cosines, noise, CURVES), (1 - share) * low + share * high, atol=1e-6)
    mixed = np.where(np.arange(41) % 2, 0.01, 0.0)
    np.testing.assert_allclose(calibrate_at(cosines, mixed, CURVES), np.where(mixed[:, None] > 0, high, low), atol=1e-6)


def test_similarity_with_a_background_is_the_calibrated_cosine_that_knows_ground(random_weights: Path) -> None:
    discriminator, library, background = load_discriminator(random_weights, "numpy"), load_exemplars(), load_background()
    discriminator.card["ground_calibration"] = CURVES
    spectra, noise = library.spectra[::9] ** 0.3, np.linspace(0, 0.02, len(library.names[::9]))
    scores = similarity(discriminator, spectra, library, background=background, noise=noise)
    cosines = GroundCosine(discriminator, background, library.spectra)(spectra, noise)
    np.testing.assert_allclose(scores, calibrate_at(cosines, noise, CURVES), atol=1e-6)
    assert not np.allclose(scores, similarity(discriminator, spectra, library, background=background), atol=1e-3)


def test_without_a_background_noise_changes_nothing(random_weights: Path) -> None:
    """Then the score is the paper's, whatever the noise."""
    discriminator, library = load_discriminator(random_weights, "numpy"), load_exemplars()
    np.testing.assert_array_equal(
        similarity(discriminator, library.spectra, library, noise=0.02), similarity(discriminator, library.spectra, library)
    )


def test_weights_that_know_no_ground_are_named(random_weights: Path) -> None:
    discriminator = load_discriminator(random_weights, "numpy")
    del discriminator.card["ground_calibration"]
    with pytest.raises(InputError, match="--method paper"):
        similarity(discriminator, np.ones((2, 240)), load_exemplars(), background=load_background())

"""The cosine that knows bland ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_discriminator, load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import absorption_of_ratio, ground_metric, metric_share
from crism_gan_plugin.core.network.cosine import GroundCosine

LIBRARY = load_exemplars()


@pytest.fixture(scope="module")
def cosine(random_weights: Path) -> GroundCosine:
    return GroundCosine(load_discriminator(random_weights, "numpy"), load_background(), LIBRARY.spectra)


def test_what_ground_could_be_is_compared_by_half() -> None:
    np.testing.assert_allclose(metric_share(np.array([0.0, 10.0, 20.0, 1e6])), [0.5, 0.25, 0.5 / 17, 0], atol=1e-6)


@pytest.mark.parametrize("noise", [0.0, np.array([0.0, 0.004, 0.02])])
def test_it_is_made_of_features_and_of_absorptions_where_ground_is_white(cosine: GroundCosine, noise: object) -> None:
    rows = [3, 20, 41]
    faint = LIBRARY.spectra[rows] ** 0.05
    features = cosine.discriminator.cosines(faint, cosine.discriminator.features(LIBRARY.spectra))
    length, white = ground_metric(load_background()).compare(1 - faint, 1 - LIBRARY.spectra, noise)
    share = 0.5 / (1 + (length[:, None] / 10) ** 4)
    assert (share > 0.2).any()
    np.testing.assert_allclose(cosine(faint, noise), (1 - share) * features + share * white, atol=1e-5)


def test_deep_absorptions_are_compared_by_their_features_alone(cosine: GroundCosine) -> None:
    kaolinite = LIBRARY.spectra[[LIBRARY.names.index("kaolinite (numerator)")]] ** 8
    features = cosine.discriminator.cosines(kaolinite, cosine.discriminator.features(LIBRARY.spectra))
    np.testing.assert_allclose(cosine(kaolinite), features, atol=0.01)


def test_an_exemplar_is_its_own_best_match(cosine: GroundCosine) -> None:
    found = cosine(LIBRARY.spectra)
    np.testing.assert_allclose(found.diagonal(), 1, atol=1e-5)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1 + 1e-6


def test_flat_spectra_and_those_with_gaps_resemble_nothing(cosine: GroundCosine) -> None:
    flat = np.ones((3, 240))
    flat[1] = 1.1
    flat[2, 5] = np.nan
    assert not cosine(flat, 0.01).any()
    assert not absorption_of_ratio(flat[2:]).any()

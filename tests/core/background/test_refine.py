"""An image's own ground: what is foreign to the model is learnt, minerals are not."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import ground_metric
from crism_gan_plugin.core.background.model import BackgroundModel, absorption_of_spectra
from crism_gan_plugin.core.background.refine import LEAST_PIXELS, refined
from crism_gan_plugin.core.spectra.noise import noise_of

LIBRARY, BACKGROUND = load_exemplars(), load_background()
NOISE = 0.003


def exemplar(name: str) -> np.ndarray:
    return LIBRARY.spectra[LIBRARY.names.index(name)]


def pixels(band: np.ndarray, share: float, count: int = 2000) -> np.ndarray:
    """(count, 240) continuum-removed: noisy ground of the model, a share of it with the band."""
    rng = np.random.default_rng(3)
    spectra = BACKGROUND.plain.draw(count, rng) * (1 + NOISE * rng.normal(size=(count, 240)))
    spectra[: round(share * count)] *= band
    return 1 - absorption_of_spectra(spectra)


def refined_on(ratio: np.ndarray) -> BackgroundModel:
    return refined(BACKGROUND, ratio, noise_of(ratio))


def length(model: BackgroundModel, band: np.ndarray) -> float:
    return float(ground_metric(model).compare(1 - band[np.newaxis], 1 - band[np.newaxis], NOISE)[0][0])


def test_ground_like_the_models_leaves_it_as_it_is() -> None:
    model = refined_on(pixels(np.ones(240), 0))
    np.testing.assert_array_equal(model.absorptions, BACKGROUND.absorptions)


@pytest.mark.parametrize("name", ["kaolinite (ratio)", "low-Ca pyroxene (ratio)", "serpentine (ratio)", "Mg-carbonate (ratio)"])
@pytest.mark.parametrize("share", [0.1, 1 / 3])
def test_a_mineral_on_a_third_of_the_image_is_not_whitened_away(name: str, share: float) -> None:
    band = exemplar(name)
    assert length(refined_on(pixels(band, share)), band) > 0.9 * length(BACKGROUND, band)


@pytest.mark.parametrize("name", ["epidote (numerator)", "gypsum (ratio)"])
def test_what_all_ground_of_an_image_shows_counts_little_there(name: str) -> None:
    """As the residuals of a detector do, that look like epidote."""
    band = exemplar(name) ** 0.4
    model = refined_on(pixels(band, 1.0))
    assert length(model, band) < 0.35 * length(BACKGROUND, band)
    other = exemplar("kaolinite (ratio)")
    assert length(model, other) > 0.8 * length(BACKGROUND, other)


def test_too_few_pixels_tell_nothing() -> None:
    ratio = pixels(exemplar("epidote (numerator)"), 1.0, LEAST_PIXELS - 1)
    assert refined(BACKGROUND, ratio, noise_of(ratio)) is BACKGROUND

"""A pixel may contradict what the mean over its neighbours looks like."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_discriminator, load_exemplars
from crism_gan_plugin.core.mapping.levels import codes, make_thresholds
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.mapping.support import absorption_templates, contradicts, strengths
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.spectra.noise import noise_of
from crism_gan_plugin.core.spectra.ratio import Ratio

LIBRARY = load_exemplars().defaults()
KAOLINITE = LIBRARY.spectra[LIBRARY.names.index("kaolinite (numerator)")]
TEMPLATES = absorption_templates(KAOLINITE[None])


def scene_of_squares(width: int, noise: float = 0.0, share: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(lines, samples, 240) kaolinite in ground without absorptions, and where it is."""
    inside = np.zeros((width + 12, width + 12), bool)
    inside[6 : 6 + width, 6 : 6 + width] = True
    image = 1 - share * inside[..., None] * (1 - KAOLINITE)
    image = image * (1 + noise * np.random.default_rng(width).standard_normal(image.shape))
    return image.astype(np.float32), inside


def identified(image: np.ndarray, support: str) -> np.ndarray:
    """(lines, samples) bool: identified as kaolinite by the shipped network."""
    mapper = ScaleMapper(Matcher(load_discriminator(engine="numpy"), LIBRARY), make_thresholds(LIBRARY), (1, 3, 5), support)
    found = mapper(Ratio(image, None), slice(0, len(image)))
    return (codes(found, LIBRARY) == 15).reshape(image.shape[:2])


def window(around: np.ndarray, middle: float) -> np.ndarray:
    """(5, 5, 240) pixels with such shares of kaolinite's absorption; the one in the middle has its own."""
    shares = np.array(around, float)
    shares[2, 2] = middle
    return (1 - shares[..., None] * (1 - KAOLINITE)).astype(np.float32)


def says_no(image: np.ndarray) -> bool:
    """Whether the middle pixel of a window contradicts the mean over it."""
    return bool(contradicts(strengths(image, TEMPLATES), 5, noise_of(image))[2, 2, 0])


@pytest.mark.parametrize(("share", "answer"), [(0.0, True), (0.15, True), (0.25, False), (1.0, False), (2.0, False)])
def test_less_than_half_way_from_the_barest_pixel_to_the_mean_contradicts(share: float, answer: bool) -> None:
    """Two of five columns are kaolinite: the mean has 0.4 of it."""
    around = np.zeros((5, 5))
    around[:, 3:] = 1
    assert says_no(window(around, share)) == answer


def test_ground_that_resembles_the_mineral_does_not_matter() -> None:
    """All pixels have half of the absorption besides: what counts is what the mean has more than the barest."""
    around = np.full((5, 5), 0.5)
    around[:, 3:] = 1.5
    assert says_no(window(around, 0.5))
    assert not says_no(window(around, 0.8))


def test_broad_shapes_of_the_ground_do_not_count() -> None:
    """A cubic under a pixel changes nothing."""
    x = np.linspace(-1, 1, 240)
    around = np.zeros((5, 5))
    around[:, 3:] = 1
    for share in (0.1, 0.3):
        bare = window(around, share)
        over_ground = bare.copy()
        over_ground[2, 2] -= 0.05 * (x**3 - 2 * x**2 + x).astype(np.float32)
        assert says_no(over_ground) == says_no(bare)


def test_a_noisy_pixel_contradicts_nothing() -> None:
    rng = np.random.default_rng(0)
    depth = np.linalg.norm(1 - KAOLINITE)
    around = np.zeros((5, 5))
    around[:, 3:] = 1
    answers = {}
    for sigma in (0.02, 1.0):
        images = [window(around, 0.0) + sigma * depth * rng.standard_normal((5, 5, 240)).astype(np.float32) for _ in range(200)]
        answers[sigma] = np.mean([says_no(image) for image in images])
    assert answers[0.02] > 0.9
    assert answers[1.0] < 0.1


def test_no_data_in_the_window_is_left_out() -> None:
    around = np.zeros((5, 5))
    around[:, 3:] = 1
    image = window(around, 0.0)
    image[0], image[4] = np.nan, np.nan
    assert says_no(image)
    image[2, 2] = np.nan
    assert not says_no(image)


@pytest.mark.parametrize("width", [3, 5, 10, 20])
def test_squares_do_not_grow(width: int) -> None:
    image, inside = scene_of_squares(width)
    pixel, paper = identified(image, "pixel"), identified(image, "paper")
    assert pixel[inside].all()
    assert (pixel & ~inside).sum() <= 0.1 * inside.sum()
    assert (paper & ~inside).sum() > (pixel & ~inside).sum()  # the paper's rule does grow them


@pytest.mark.parametrize("width", [3, 10])
def test_noisy_squares_are_found_as_before(width: int) -> None:
    image, inside = scene_of_squares(width, noise=0.02, share=0.5)
    pixel, paper = identified(image, "pixel"), identified(image, "paper")
    assert paper[inside].mean() > 0.5
    assert pixel[inside].mean() > 0.95 * paper[inside].mean()


def test_the_papers_rule_is_untouched_where_no_pixel_contradicts() -> None:
    image = np.tile(KAOLINITE, (9, 9, 1)).astype(np.float32)
    np.testing.assert_array_equal(identified(image, "pixel"), identified(image, "paper"))


def test_some_lines_contradict_as_they_do_among_all() -> None:
    image = scene_of_squares(6, noise=0.01, share=0.5)[0]
    strength, noise = strengths(image, TEMPLATES), noise_of(image)
    whole = contradicts(strength, 5, noise)
    assert whole.any()
    np.testing.assert_array_equal(contradicts(strength, 5, noise[4:9], slice(4, 9)), whole[4:9])

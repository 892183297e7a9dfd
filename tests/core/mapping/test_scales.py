"""The three scales of a block, and their merge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_discriminator, load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.refine import LEAST_PIXELS
from crism_gan_plugin.core.mapping.levels import NO_DATA, codes, make_thresholds
from crism_gan_plugin.core.mapping.merge import merge_scales
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.spectra.ratio import Ratio

LIBRARY = load_exemplars().select(["talc", "kaolinite", "alunite"])
ALL = slice(0, 9)


def mapper_of(weights: Path, sizes: tuple[int, ...] = (1, 3, 5)) -> ScaleMapper:
    return ScaleMapper(Matcher(load_discriminator(weights, "numpy"), LIBRARY), make_thresholds(LIBRARY), sizes)


def field(name: str, lines: int = 9, samples: int = 9) -> np.ndarray:
    spectrum = LIBRARY.spectra[LIBRARY.names.index(f"{name} (numerator)")]
    return np.tile(spectrum, (lines, samples, 1)).astype(np.float32)


@pytest.mark.parametrize(("sizes", "halo"), [((1,), 0), ((1, 3), 1), ((1, 3, 5), 2), ((15,), 7)])
def test_halo_is_half_the_widest_box(random_weights: Path, sizes: tuple[int, ...], halo: int) -> None:
    assert mapper_of(random_weights, sizes).halo == halo


def test_a_uniform_field_is_the_same_at_all_scales(random_weights: Path) -> None:
    mapper = mapper_of(random_weights)
    found = mapper(Ratio(field("talc"), None), ALL)
    assert set(codes(found, LIBRARY)) == {21}
    assert found.score.min() > 0.9999


def test_a_single_pixel_is_kept_by_the_sharpest_scale(random_weights: Path) -> None:
    image = field("talc")
    image[4, 4] = field("kaolinite", 1, 1)
    found = codes(mapper_of(random_weights)(Ratio(image, None), ALL), LIBRARY).reshape(9, 9)
    assert found[4, 4] == 15
    found[4, 4] = 21
    assert (found == 21).all()


def test_no_data_is_no_data_and_does_not_spread(random_weights: Path) -> None:
    image = field("talc")
    image[2:5, 3] = np.nan
    found = codes(mapper_of(random_weights)(Ratio(image, None), ALL), LIBRARY).reshape(9, 9)
    assert (found == NO_DATA).sum() == 3
    assert (found[2:5, 3] == NO_DATA).all()


def test_smoothing_finds_what_noise_hides(random_weights: Path) -> None:
    noise = 0.05 * np.random.default_rng(0).standard_normal((9, 9, 240))
    image = (1 - 0.3 * (1 - field("talc")) + noise).astype(np.float32)
    middle = slice(2, 7)
    sharp, smooth = (mapper_of(random_weights, (size,))(Ratio(image, None), middle) for size in (1, 5))
    assert smooth.score.mean() > sharp.score.mean() + 0.05
    assert (smooth.size == 5).all()


@pytest.mark.parametrize("with_model", [False, True])
def test_all_scales_together_are_each_scale_merged(random_weights: Path, with_model: bool) -> None:
    rng = np.random.default_rng(5)
    image = np.concatenate([field("talc", 9, 5), field("kaolinite", 9, 4)], 1) + 0.02 * rng.standard_normal((9, 9, 240))
    image[2:4, 6], image[7, 1] = np.nan, 1.0
    model = np.concatenate([field("talc", 9, 5), np.ones((9, 4, 240))], 1) if with_model else None
    ratio = Ratio(image.astype(np.float32), None if model is None else model.astype(np.float32))
    mapper, inner = mapper_of(random_weights), slice(1, 8)
    together = mapper(ratio, inner)
    apart = merge_scales([mapper.at(ratio, size, inner) for size in mapper.sizes])
    for name in ("exemplar", "mineral", "score", "other_mineral", "other_score", "level", "size"):
        np.testing.assert_array_equal(getattr(together, name), getattr(apart, name), err_msg=name)
    assert len(set(codes(together, LIBRARY))) > 2


def test_flat_pixels_score_zero(random_weights: Path) -> None:
    image = field("talc")
    image[3, 3] = 1.0
    sharp = mapper_of(random_weights, (1,))(Ratio(image, None), ALL)
    assert sharp.score.reshape(9, 9)[3, 3] == 0
    assert sharp.exemplar.reshape(9, 9)[3, 3] == -1
    # a model that sees a band opens the gate for its own pixel only
    model = np.ones_like(image)
    model[5, 5] = 0.9
    found = mapper_of(random_weights, (1,))(Ratio(image, model), ALL)
    assert np.flatnonzero(found.score).tolist() == [5 * 9 + 5]


def test_lines_of_the_halo_are_seen_but_not_mapped(random_weights: Path) -> None:
    rng = np.random.default_rng(1)
    image = np.where(rng.random((12, 9, 1)) < 0.5, field("talc", 12), field("alunite", 12)).astype(np.float32)
    image[rng.random((12, 9)) < 0.1] = np.nan
    mapper = mapper_of(random_weights)
    whole = mapper(Ratio(image, None), slice(0, 12))
    part = mapper(Ratio(image[3:10], None), slice(2, 5))  # lines 5, 6, 7
    np.testing.assert_array_equal(codes(part, LIBRARY), codes(whole, LIBRARY).reshape(12, 9)[5:8].ravel())
    np.testing.assert_allclose(part.score, whole.score.reshape(12, 9)[5:8].ravel(), atol=1e-6)


def test_spikes_above_the_continuum_do_not_fill_an_absorption(random_weights: Path) -> None:
    """Values above 1 are noise: they are clipped before the gate smooths over them."""
    absorption = 1 - field("talc")
    image = 1 - 0.08 * absorption / absorption.max()
    image[..., 1::4] = 1.4
    found = mapper_of(random_weights, (1,))(Ratio(image, None), ALL)
    assert (found.score > 0).all()


@pytest.mark.parametrize("is_large", [True, False])
def test_matches_on_ground_are_confirmed_where_an_image_does_not_show_its_own(random_weights: Path, is_large: bool) -> None:
    matcher = Matcher(load_discriminator(random_weights, "numpy"), LIBRARY, load_background())
    spectra = np.ones((LEAST_PIXELS - (not is_large), 240)) + 1e-3 * np.random.default_rng(0).normal(size=(1, 240))
    usual = ScaleMapper(matcher, make_thresholds(LIBRARY), (1,))
    assert usual.for_image(spectra).confirms is not is_large
    assert not usual.confirms

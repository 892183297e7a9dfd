"""Simulated spectra: within their bounds, balanced, seeded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from crism_gan_plugin.core import load_exemplars  # noqa: E402
from crism_gan_plugin.core.background import load_background  # noqa: E402
from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary, from_exemplars  # noqa: E402
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM  # noqa: E402
from crism_gan_plugin.core.training import synthetic  # noqa: E402
from crism_gan_plugin.core.training.ground import DeviceGround  # noqa: E402
from crism_gan_plugin.core.training.random_numbers import RandomNumbers  # noqa: E402
from crism_gan_plugin.core.training.synthetic import CLEAN, DeviceLibrary, Nuisance  # noqa: E402

STILL = Nuisance(strength=0, power=0, admixture=0, ends=0, gas=0, noise=0, shift=0)


@pytest.fixture(scope="module")
def library() -> AbsorptionLibrary:
    return from_exemplars(load_exemplars())


def tensor(spectra: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(spectra, np.float32))


def draw(
    library: AbsorptionLibrary, minerals: int, copies: int, random: RandomNumbers, always: tuple[str, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    absorption, mineral = synthetic.draw(DeviceLibrary.of(library, "cpu", always), minerals, copies, random)
    return absorption.numpy(), mineral.numpy()


def views(absorption: np.ndarray, others: np.ndarray, nuisance: Nuisance, random: RandomNumbers) -> np.ndarray:
    return synthetic.views(tensor(absorption), tensor(others), nuisance, random).numpy()


def displaced(absorption: np.ndarray, random: RandomNumbers) -> np.ndarray:
    return synthetic.displaced(tensor(absorption), random).numpy()


def joined(absorption: np.ndarray, others: np.ndarray, random: RandomNumbers) -> np.ndarray:
    return synthetic.joined(tensor(absorption), tensor(others), random).numpy()


def bland(count: int, random: RandomNumbers) -> np.ndarray:
    return synthetic.bland(count, random).numpy()


def place_of(row: np.ndarray, library: AbsorptionLibrary) -> int:
    return int(np.flatnonzero((library.absorption.astype(np.float32) == row).all(1))[0])


def test_invented_minerals_are_normalised_and_differ() -> None:
    absorption = synthetic.random_minerals(300, RandomNumbers("cpu", 0)).numpy()
    assert absorption.shape == (300, 240)
    assert (absorption >= 0).all()
    assert absorption.max() == 1
    assert (absorption.max(1) == 1).mean() > 0.98  # the others' bands lie beyond the ends of the range
    deepest = WAVELENGTHS_NM[absorption.argmax(1)]
    assert np.histogram(deepest, 6, (1027, 2603))[0].min() > 20  # anywhere in the range
    likeness = np.corrcoef(absorption)[np.triu_indices(300, 1)]
    assert np.median(likeness) < 0.5


@pytest.mark.parametrize("nuisance", [Nuisance(), CLEAN, STILL])
def test_views_show_shares_of_one_to_a_hundred_per_cent(library: AbsorptionLibrary, nuisance: Nuisance) -> None:
    random = RandomNumbers("cpu", 1)
    absorption, _ = draw(library, 200, 3, random)
    seen = views(absorption, absorption[::-1], nuisance, random)
    assert seen.shape == (600, 240)
    assert seen.dtype == np.float32
    assert np.isfinite(seen).all()
    quiet = views(absorption, absorption[::-1], replace(nuisance, noise=0.0), RandomNumbers("cpu", 1))
    assert quiet.max() <= 1 + 1e-6
    depth = 1 - quiet.min(1)
    assert depth.max() < 0.45
    assert 0.03 < (depth < 0.015).mean() < 0.12  # few are fainter than a pixel's usual ground
    assert np.quantile(depth, 0.02) > 0.002  # hardly any is flat
    assert np.quantile(depth, 0.9) > 0.15


def test_clean_views_have_no_noise(library: AbsorptionLibrary) -> None:
    random = RandomNumbers("cpu", 2)
    absorption, _ = draw(library, 100, 2, random)
    clean, noisy = (views(absorption, absorption, n, RandomNumbers("cpu", 3)) for n in (CLEAN, replace(CLEAN, noise=0.3)))

    def roughness(ratio: np.ndarray) -> np.ndarray:
        return np.abs(np.diff(ratio, 3)).mean(1) / (1 - ratio.min(1))

    assert np.median(roughness(clean)) < 0.01 < np.median(roughness(noisy))
    assert clean.max() <= 1 + 1e-6
    assert noisy.max() > 1


def test_without_nuisance_a_view_is_the_mineral(library: AbsorptionLibrary) -> None:
    talc = library.absorption[library.minerals.index("talc")]

    def likeness(count: int, seed: int) -> list[float]:
        clear = replace(STILL, depths=(0.015, 0.35))
        seen = views(np.tile(talc, (count, 1)), np.zeros((count, 240)), clear, RandomNumbers("cpu", seed))
        return [np.corrcoef(-np.log(ratio), talc)[0, 1] for ratio in seen]

    few, many = likeness(20, 7), likeness(200, 4)
    assert np.median(few) > 0.98
    assert min(few) > 0.85  # a concave background bends the continuum of the shallowest
    assert np.quantile(many, 0.05) > 0.85


def test_input_is_left_alone_and_numbers_are_seeded(library: AbsorptionLibrary) -> None:
    absorption, _ = draw(library, 20, 2, RandomNumbers("cpu", 5))
    before = absorption.copy()
    one, other = (views(absorption, absorption, Nuisance(), RandomNumbers("cpu", 6)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(absorption, before)


def test_a_batch_is_balanced(library: AbsorptionLibrary) -> None:
    random = RandomNumbers("cpu", 7)
    # a mineral of a hundred specimens counts no more than one of two
    crowded = library + AbsorptionLibrary(np.tile(library.absorption[:1], (100, 1)), (library.minerals[0],) * 100)
    counts: dict[str, int] = {}
    for _ in range(200):
        absorption, mineral = draw(crowded, 16, 3, random)
        assert absorption.shape == (48, 240)
        assert np.bincount(mineral).tolist() == [3] * 16
        for row in absorption[:24:3]:  # 8 of 16 from the library
            place = place_of(row, crowded)
            counts[crowded.minerals[place]] = counts.get(crowded.minerals[place], 0) + 1
    share = np.array(list(counts.values())) / sum(counts.values())
    assert len(counts) == len(set(library.minerals))
    assert share.max() < 2.2 / len(counts)


def test_the_minerals_of_the_map_are_in_every_batch(library: AbsorptionLibrary) -> None:
    always = ("talc", "jarosite", "epidote", "absent")
    for seed in range(5):
        absorption, mineral = draw(library, 10, 2, RandomNumbers("cpu", seed), always)
        first = absorption[mineral < 3]
        places = [place_of(row, library) for row in first]
        assert {library.minerals[place] for place in places} == {"talc", "jarosite", "epidote"}
    everything = tuple(dict.fromkeys(library.minerals))
    assert draw(library, 10, 2, RandomNumbers("cpu", 0), everything)[0].shape == (20, 240)  # as many as fit


def test_look_alikes_have_the_same_bands_elsewhere() -> None:
    channel = np.arange(240)
    band = np.exp(-0.5 * ((channel - np.array([60, 120, 180])[:, None]) / 4) ** 2)
    moved = displaced(np.tile(band.sum(0), (200, 1)), RandomNumbers("cpu", 0))
    assert moved.shape == (200, 240)
    np.testing.assert_allclose(moved.max(1), 1, atol=0.05)
    steps = []
    for centre in (60, 120, 180):
        steps.append(moved[:, centre - 12 : centre + 13].argmax(1) - 12)
    furthest = np.abs(steps).max(0)
    assert furthest.max() <= 8
    assert (furthest >= 2).mean() > 0.6
    np.testing.assert_array_equal(displaced(np.zeros((0, 240)), RandomNumbers("cpu", 0)), np.zeros((0, 240)))


def test_joined_minerals_have_the_bands_of_both() -> None:
    channel = np.arange(240)
    one, other = (np.tile(np.exp(-0.5 * ((channel - centre) / 4) ** 2), (200, 1)) for centre in (70, 170))
    both = joined(5 * one, other, RandomNumbers("cpu", 0))
    weak, strong = both[:, 120:].max(1), both[:, :120].max(1)
    np.testing.assert_allclose(strong, 1, atol=0.05)
    assert 0.28 < weak.min() < 0.4
    assert 0.9 < weak.max() < 1.05
    assert both[:, 110:130].max() < 1e-3
    assert joined(one[:0], other[:0], RandomNumbers("cpu", 0)).shape == (0, 240)


def test_bland_ground_is_noise_and_nothing_else() -> None:
    ratio = bland(400, RandomNumbers("cpu", 0))
    assert (ratio.shape, ratio.dtype) == ((400, 240), np.float32)
    assert ratio.max() <= 1
    assert 0.97 < ratio.min() < 0.99  # of 0.5 % noise
    depth = 1 - ratio.min(1)
    assert np.quantile(depth, 0.1) < 0.6 * np.quantile(depth, 0.9)  # means of pixels are quieter
    assert np.ptp(ratio[:, 20:-20].mean(0)) < 0.003  # no channel is deeper than others
    assert bland(1, RandomNumbers("cpu", 0)).shape == (1, 240)


@pytest.fixture(scope="module")
def ground() -> DeviceGround:
    return DeviceGround.of(load_background(), "cpu")


def test_ground_is_that_of_the_background_model(ground: DeviceGround) -> None:
    """Half of it plain, half ratioed: the moments are the means of the kinds'."""
    drawn = ground.draw(20_000, RandomNumbers("cpu", 0)).numpy().astype(float)
    kinds = (load_background().plain, load_background().ratioed)
    np.testing.assert_allclose(drawn.mean(0), np.mean([kind.mean for kind in kinds], 0), atol=0.002)
    moment = np.mean([np.outer(kind.mean, kind.mean) + kind.components.T @ kind.components for kind in kinds], 0)
    np.testing.assert_allclose(drawn.T @ drawn / len(drawn), moment, atol=0.1 * moment.max())


def test_air_and_noise_are_as_measured(ground: DeviceGround) -> None:
    """Air from none to that of any scan: a third of its variance."""
    residuals = load_background().residuals
    air = ground.draw_air(40_000, RandomNumbers("cpu", 0)).numpy().astype(float)
    np.testing.assert_allclose(air.std(0), np.sqrt((residuals.air**2).sum(0) / 3), rtol=0.05, atol=1e-5)
    noise = synthetic._white(20_000, RandomNumbers("cpu", 1), ground).numpy()
    np.testing.assert_allclose(noise.std(0), residuals.noise, rtol=0.03)
    assert synthetic._white(20_000, RandomNumbers("cpu", 1), None).numpy().std(0) == pytest.approx(1, rel=0.03)


def test_a_third_of_bland_pixels_is_noise_and_the_others_are_ground(ground: DeviceGround) -> None:
    ratio = synthetic.bland(300, RandomNumbers("cpu", 0), ground).numpy()
    assert ratio.shape == (300, 240)
    assert ratio.max() <= 1
    depth = 1 - ratio.min(1)
    assert depth[:100].max() < 0.03
    assert np.median(depth[100:]) > 0.03
    broad = np.abs(np.diff(ratio, axis=1)).mean(1) / depth
    assert np.median(broad[100:]) < 0.3 * np.median(broad[:100])


def test_most_minerals_lie_on_real_ground(ground: DeviceGround) -> None:
    def is_concave(real: object) -> np.ndarray:
        return np.diff(synthetic._background(2000, 0.0, RandomNumbers("cpu", 0), real).numpy(), 2, axis=1).max(1) < 1e-5

    assert is_concave(None).all()
    assert is_concave(ground).mean() == pytest.approx(0.3, abs=0.04)


def test_copies_of_one_mineral_are_its_specimens(library: AbsorptionLibrary) -> None:
    absorption, mineral = draw(library, 40, 4, RandomNumbers("cpu", 8))
    for number in range(20):
        rows = absorption[mineral == number]
        names = {library.minerals[place_of(row, library)] for row in rows}
        assert len(names) == 1


def test_a_small_library_is_filled_up_with_inventions() -> None:
    tiny = AbsorptionLibrary(np.eye(2, 240), ("a", "b"))
    absorption, mineral = draw(tiny, 10, 2, RandomNumbers("cpu", 9))
    assert absorption.shape == (20, 240)
    assert np.unique(mineral).size == 10

"""Two images of the same ground, simulated: the truth comes back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core.mosaic.repeatability import Estimate, Repeatability, Worth, repeatability
from crism_gan_plugin.core.mosaic.second_looks import BlockLooks, Looks, SecondLooks

SIDE, SEEDS = 512, 40


def truth(rng: np.random.Generator, patches: int = 60, widest: int = 7) -> np.ndarray:
    """Ground with discs of the mineral."""
    found, (line, sample) = np.zeros((SIDE, SIDE), bool), np.ogrid[:SIDE, :SIDE]
    for _ in range(patches):
        y, x = rng.integers(SIDE, size=2)
        found |= (line - y) ** 2 + (sample - x) ** 2 <= rng.integers(1, widest) ** 2
    return found


def looks_of(*maps: np.ndarray) -> Looks:
    looks = SecondLooks([frozenset(range(len(maps))) - {k} for k in range(len(maps))])
    block = BlockLooks(looks)
    for number, each in enumerate(maps):
        sample: Any = SimpleNamespace(
            window=SimpleNamespace(row_off=0, col_off=0, height=SIDE, width=SIDE), codes=(15 * each).astype(np.uint8)
        )
        block.add(sample, number)
    return looks.looks(15)


def worth_of_pair(reliability: list[float], found_again: list[float], spread: float = 0.0) -> Worth:
    share = np.array([reliability])
    return Worth(np.stack([share, share - spread, share + spread]), np.array([found_again]))


UNKNOWN = worth_of_pair([np.nan, np.nan], [np.nan, np.nan])


def two_images(seed: int, complete: tuple[float, float], false: tuple[float, float]) -> tuple[float, Worth, Repeatability]:
    """The true share of the ground, the true worth, and what is told."""
    rng = np.random.default_rng(seed)
    there = truth(rng)
    maps = [np.where(there, rng.random(there.shape) < c, rng.random(there.shape) < f) for c, f in zip(complete, false)]
    worth = worth_of_pair([float(each[there].sum() / each.sum()) for each in maps], [complete[1], complete[0]])
    return float(there.mean()), worth, repeatability(looks_of(*maps), worth)


def holds(found: Estimate, value: float) -> bool:
    return found.low <= value <= found.high


@pytest.mark.parametrize(
    ("complete", "false"),
    [((0.7, 0.5), (0.004, 0.01)), ((0.3, 0.2), (0.002, 0.002)), ((0.95, 0.9), (0.0, 0.0)), ((0.6, 0.6), (0.03, 0.03))],
)
def test_the_truth_lies_in_the_intervals(complete: tuple[float, float], false: tuple[float, float]) -> None:
    told = []
    for seed in range(SEEDS):
        share, worth, found = two_images(seed, complete, false)
        floor = found.kappa.value <= max(*worth.reliability[0, 0]) + 0.02 and found.kappa.value <= max(complete) + 0.02
        told.append([holds(found.share, share), holds(found.ratio, 1), holds(found.completeness, float(np.mean(complete))), floor])
    assert (np.mean(told, axis=0) >= 0.95).all()


def test_numbers_that_promise_too_much_are_not_confirmed() -> None:
    found = repeatability(looks_of(*_noisy(0)), worth_of_pair([1.0, 1.0], [1.0, 1.0]))
    assert found.expected == 1
    assert found.ratio.high < 0.5


def _noisy(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    there = truth(rng)
    return [np.where(there, rng.random(there.shape) < 0.3, rng.random(there.shape) < 0.01) for _ in range(2)]


def test_identical_images_agree_wholly() -> None:
    there = truth(np.random.default_rng(1))
    found = repeatability(looks_of(there, there), worth_of_pair([1.0, 1.0], [1.0, 1.0]))
    assert found.again.value == found.kappa.value == found.ratio.value == found.completeness.value == 1
    assert 0.8 < found.kappa.low < found.again.low < 1  # so many places only
    assert found.again.high == found.kappa.high == 1
    assert found.share.value == pytest.approx(there.mean())
    assert found.expected == 1


@pytest.mark.parametrize("rates", [(0.01, 0.01), (0.05, 0.01), (0.3, 0.3)])
def test_noise_has_no_kappa(rates: tuple[float, float]) -> None:
    told = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        maps = [rng.random((SIDE, SIDE)) < rate for rate in rates]
        found = repeatability(looks_of(*maps), UNKNOWN)
        told.append([holds(found.kappa, 0), holds(found.again, found.by_chance)])
        assert abs(found.kappa.value) < 0.02
    assert (np.mean(told, axis=0) >= 0.95).all()


def test_pairs_of_unlike_prevalence_have_no_kappa_either() -> None:
    """Two noisy maps here and two quiet ones there: taken together as one pair they would seem to agree."""
    rng = np.random.default_rng(3)
    noisy, quiet = ([rng.random((SIDE, SIDE)) < rate for _ in range(2)] for rate in (0.3, 0.01))
    parts = [looks_of(*noisy), looks_of(*quiet)]
    both = Looks(
        ((0, 1), (2, 3)),
        np.concatenate([each.ground for each in parts]),
        np.concatenate([each.seen for each in parts]),
        np.concatenate([each.both for each in parts]),
        64,
    )
    unknown = Worth(np.full((3, 2, 2), np.nan), np.full((2, 2), np.nan))
    assert holds(repeatability(both, unknown).kappa, 0)
    summed = Looks(((0, 1),), both.ground.sum(0)[None], both.seen.sum(0)[None], both.both.sum(0)[None], 64)
    assert repeatability(summed, UNKNOWN).kappa.low > 0.1


def test_what_is_not_known_is_not_told() -> None:
    maps = _noisy(5)
    found = repeatability(looks_of(*maps), UNKNOWN)
    assert np.isfinite(found.kappa.low)
    for each in (found.expected, found.ratio.value, found.completeness.value, found.share.value):
        assert np.isnan(each)
    found = repeatability(looks_of(*maps), worth_of_pair([0.4, 0.4], [np.nan, np.nan]))
    assert np.isfinite(found.completeness.value + found.share.low)
    assert np.isnan(found.expected)


def test_few_places_tell_no_interval() -> None:
    there = np.zeros((SIDE, SIDE), bool)
    there[10:20, 10:20] = there[200:205, 300:310] = True
    found = repeatability(looks_of(there, there), worth_of_pair([1.0, 1.0], [1.0, 1.0]))
    assert found.again.value == 1
    assert found.places == 2
    assert np.isnan([found.again.low, found.kappa.low, found.share.low, found.ratio.high]).all()


def test_uncertain_reliability_makes_intervals_wider() -> None:
    looks = looks_of(*_noisy(6))
    sure, unsure = (repeatability(looks, worth_of_pair([0.5, 0.5], [0.3, 0.3], spread)) for spread in (0.0, 0.2))
    assert sure.share.value == unsure.share.value
    assert unsure.share.high > 1.1 * sure.share.high
    assert unsure.ratio.low < sure.ratio.low


def test_the_same_false_detections_twice_are_not_noticed() -> None:
    """A limit of every second look: errors in common look like the mineral."""
    same = np.random.default_rng(7).random((SIDE, SIDE)) < 0.01
    assert repeatability(looks_of(same, same), UNKNOWN).kappa.value == 1


@pytest.mark.filterwarnings("error")
def test_where_nothing_is_to_be_seen_again_no_ratio_is_told() -> None:
    """Two images that share nothing, with a map that would not find any of it again: 0 of 0, without a word of NumPy's."""
    one, other = np.zeros((2, SIDE, SIDE), bool)
    one[10:200:40, 10:200:40] = other[300:500:40, 300:500:40] = True
    found = repeatability(looks_of(one, other), worth_of_pair([1.0, 1.0], [0.0, 0.0]))
    assert found.expected == 0
    assert np.isnan(found.ratio.value)
    assert found.again.value == 0

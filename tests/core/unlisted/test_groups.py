"""Which spectra show the same absorption."""

from __future__ import annotations

import numpy as np

from crism_gan_plugin.core.unlisted import groups_of


def kinds(sizes: list[int], noise: float = 0.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(n, 30) strengths of spectra of several kinds, shuffled, and the kind of each."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centre = 3 + 6 * kind
    shapes = 8 * np.exp(-0.5 * ((np.arange(30) - centre[:, np.newaxis]) / 1.5) ** 2)
    return shapes + noise * rng.normal(size=shapes.shape), kind


def test_each_kind_is_a_group_and_the_largest_is_first() -> None:
    strength, kind = kinds([20, 60, 40])
    found = groups_of(strength, most=10, least=5)
    assert [group.members.size for group in found] == [60, 40, 20]
    assert all(np.unique(kind[group.members]).size == 1 for group in found)


def test_strong_and_faint_spectra_of_a_kind_are_one_group() -> None:
    strength, _ = kinds([50], noise=0.1)
    strength[::2] *= 5
    assert [group.members.size for group in groups_of(strength, 10, 5)] == [50]


def test_few_spectra_are_no_group_and_no_more_groups_are_made_than_are_wanted() -> None:
    strength, _ = kinds([30, 3, 20, 10])
    assert [group.members.size for group in groups_of(strength, 10, 5)] == [30, 20, 10]
    assert len(groups_of(strength, 2, 1)) == 2


def test_no_spectra_are_no_groups() -> None:
    assert groups_of(np.zeros((0, 30)), 5, 1) == []

"""Colour arithmetic against published values, and the legend's entries against each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.libraries.colours import LEAST_DIFFERENCE, delta_e76, deuteranopia, guess_tint, lab


@pytest.mark.parametrize(
    "rgb, expected",
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
    ],
)
def test_lab_of_known_colours(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(lab(np.array(rgb)), expected, atol=0.02)


def test_difference_is_the_distance_in_lab() -> None:
    assert delta_e76(np.array([255, 255, 255]), np.array([0, 0, 0])) == pytest.approx(100, abs=0.01)


def test_without_green_cones_greys_stay_and_red_and_green_come_together() -> None:
    greys = np.repeat(np.arange(0, 256, 15)[:, np.newaxis], 3, 1)
    np.testing.assert_allclose(deuteranopia(greys), greys, atol=0.01)
    leaf, brick = np.array([110, 140, 30]), np.array([185, 100, 30])
    assert delta_e76(leaf, brick) > 50
    assert delta_e76(deuteranopia(leaf), deuteranopia(brick)) < 12


def test_a_tint_is_paler_and_of_the_same_hue() -> None:
    for mineral in load_exemplars().classes:
        bold, tint = np.array(mineral.rgb), np.array(guess_tint(mineral.rgb))
        assert lab(tint)[0] > lab(bold)[0]
        assert np.ptp(tint) < np.ptp(bold)
        np.testing.assert_array_equal(np.argsort(tint, kind="stable"), np.argsort(bold, kind="stable"))


@pytest.mark.parametrize("sight", [lambda rgb: rgb, deuteranopia], ids=["normal sight", "deuteranopia"])
def test_all_entries_of_the_legend_can_be_told_apart(sight: object) -> None:
    entries = {}
    for mineral in load_exemplars().classes:
        entries[mineral.name] = mineral.rgb
        entries[f"{mineral.name}, guess"] = guess_tint(mineral.rgb)
    assert len(entries) == 64
    alike = [
        (one, other)
        for one, other in itertools.combinations(entries, 2)
        if delta_e76(sight(np.array(entries[one])), sight(np.array(entries[other]))) < LEAST_DIFFERENCE
    ]
    assert not alike

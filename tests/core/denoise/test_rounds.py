from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.denoise.local_line import local_line
from crism_gan_plugin.core.denoise.rounds import is_spike, weighted_median


@given(st.integers(1, 30), st.integers(0, 10**6))
def test_weighted_median_leaves_the_least_absolute_deviation(lines: int, seed: int):
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(size=(1, lines, 2)), rng.uniform(0.1, 2, (1, lines, 2))
    found = weighted_median(torch.tensor(values), torch.tensor(weights)).numpy()

    def deviation(t: np.ndarray) -> np.ndarray:
        return (weights * np.abs(values - t)).sum(1)

    least = np.min([deviation(values[:, line]) for line in range(lines)], 0)  # it is always reached at one of the values
    assert deviation(found[:, None]) == pytest.approx(least, rel=1e-9)


def test_weighted_median_of_nothing_is_nothing():
    assert weighted_median(torch.ones(1, 4, 3), torch.zeros(1, 4, 3)).tolist() == [[0.0, 0.0, 0.0]]


def test_straight_lines_pass_smoothing_unchanged_at_the_ends_too():
    line = torch.tensor(2.0 - 0.3 * np.arange(40))[None]
    weights = torch.ones_like(line)
    weights[0, 5:9] = 0
    assert local_line(line, weights, 3.0).numpy() == pytest.approx(line.numpy(), abs=1e-9)


def test_smoothing_follows_the_known_values_and_keeps_lonely_ones():
    values = torch.zeros(1, 60)
    values[0, 30] = 100.0
    weights = torch.ones_like(values)
    weights[0, 30] = 0
    assert local_line(values, weights, 3.0).abs().max() < 1e-9
    assert local_line(values, torch.zeros_like(values), 3.0)[0, 30] == 100.0


def test_spikes_are_told_from_noise_channel_by_channel():
    rng = np.random.default_rng(0)
    residual = torch.tensor(np.stack([rng.normal(0, 0.002, 400), rng.normal(0, 0.03, 400)], -1)[None])
    residual[0, 7, 0], residual[0, 8, 1] = 0.05, 0.3
    found = is_spike(residual, torch.ones(1, 400, 2, dtype=torch.bool), 0.015, 4.0)
    assert found[0, 7, 0] and found[0, 8, 1]
    assert found.float().mean() < 0.005

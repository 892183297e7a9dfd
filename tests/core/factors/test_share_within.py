"""The share of targets within vectors that hold the ground, too."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.factors import CHANNELS, Targets, beyond_parabola, explained_share, share_within
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

NM = WAVELENGTHS_NM[CHANNELS]


def band(centre: float, depth: float) -> np.ndarray:
    return 1 - depth * np.exp(-((NM - centre) ** 2) / (2 * 25**2))


def test_brightness_among_the_vectors_changes_nothing() -> None:
    asked = Targets.of(np.stack([band(2207, 0.1), band(2320, 0.1)]), np.arange(2))
    line, mineral = np.ones(NM.size), band(2207, 0.2)
    vectors = np.linalg.qr(np.stack([line, mineral, NM - NM.mean()], 1))[0]
    with_ground = share_within(vectors[None], asked)[0]
    rest = beyond_parabola(mineral)
    alone = explained_share((rest / np.linalg.norm(rest))[None, :, None], asked)[0]
    np.testing.assert_allclose(with_ground, alone, atol=1e-5)
    assert with_ground[0] == pytest.approx(1)


def test_a_parabola_explains_nothing_beyond_itself() -> None:
    asked = Targets.of(band(2207, 0.1)[None], np.zeros(1, int))
    curve = 1 + 0.1 * ((NM - 2150) / 450) ** 2 + 1e-4 * np.random.default_rng(0).standard_normal(NM.size)
    assert share_within((curve / np.linalg.norm(curve))[None, :, None], asked)[0, 0] == 0

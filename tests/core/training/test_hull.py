"""The hull by chords, which graphics cards compute, is the hull. Needs PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from crism_gan_plugin.core.spectra import continuum  # noqa: E402
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM  # noqa: E402
from crism_gan_plugin.core.training.hull import hull_of_chords, upper_hull  # noqa: E402

CHANNELS = WAVELENGTHS_NM.size


def spectra(kind: str) -> np.ndarray:
    rng, position = np.random.default_rng(0), np.linspace(-1, 1, CHANNELS)
    made = {
        "noise": rng.random((40, CHANNELS)),
        "concave": 1 - rng.uniform(0, 0.5, (40, 1)) * position**2,
        "convex": 1 + rng.uniform(0, 0.5, (40, 1)) * position**2,
        "flat": np.full((3, CHANNELS), 0.7),
        "bands": 1 - 0.3 * np.exp(-0.5 * ((position - rng.uniform(-1, 1, (40, 1))) / 0.05) ** 2),
    }
    return made[kind].astype(np.float32)


@pytest.mark.parametrize("kind", ["noise", "concave", "convex", "flat", "bands"])
def test_chords_give_the_exact_hull(kind: str) -> None:
    given = spectra(kind)
    expected = continuum.upper_hull(given.astype(np.float64), WAVELENGTHS_NM)
    np.testing.assert_allclose(hull_of_chords(torch.from_numpy(given)).numpy(), expected, rtol=1e-5, atol=3e-6)
    np.testing.assert_allclose(upper_hull(torch.from_numpy(given)).numpy(), expected, rtol=1e-6, atol=1e-6)


def test_the_hull_lies_on_or_above_the_spectrum_and_touches_its_ends() -> None:
    given = torch.from_numpy(spectra("noise"))
    hull = hull_of_chords(given)
    assert (hull >= given - 3e-6).all()
    for end in (0, -1):
        torch.testing.assert_close(hull[:, end], given[:, end])
    slopes = hull.diff(dim=1) / torch.from_numpy(np.diff(WAVELENGTHS_NM / 1000).astype(np.float32))
    assert (slopes.diff(dim=1) < 0.01).all()  # concave; slopes are up to 150

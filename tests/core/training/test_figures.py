"""Figures of a run: what they show is chosen well; that they are drawn at all."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.errors import MissingDependencyError
from crism_gan_plugin.core.training.figures import draw_curves, draw_generated, mean_losses, similar_pairs

PNG = b"\x89PNG"


@pytest.mark.parametrize("steps", [1, 999, 1000, 1001, 5300])
def test_mean_losses_are_means_of_all_steps(steps: int) -> None:
    losses = np.random.default_rng(0).random((steps, 3))
    ends, means = mean_losses(losses)
    assert ends[-1] == steps
    assert len(ends) == len(means) <= 2000
    lengths = np.diff(ends, prepend=0)
    np.testing.assert_allclose((means * lengths[:, None]).sum(0), losses.sum(0))
    np.testing.assert_allclose(means[0], losses[: ends[0]].mean(0))


def test_pairs_are_alike_and_differ_from_each_other() -> None:
    rng = np.random.default_rng(1)
    absorption = 1 - load_exemplars().spectra
    real = (1 - 0.1 * absorption / absorption.max(1, keepdims=True)).repeat(20, 0)
    generated = (real + rng.normal(0, 0.002, real.shape))[rng.permutation(len(real))]
    pairs = similar_pairs(real, generated, 5)
    assert len(pairs) == 5
    for one, other, likeness in pairs:
        assert likeness == pytest.approx(np.corrcoef(real[one], generated[other])[0, 1], abs=1e-6)
        assert likeness > 0.9
    shown = np.corrcoef([real[one] for one, _, _ in pairs])
    assert shown[np.triu_indices(5, 1)].max() < 0.9
    deepest = [int(real[one].argmin()) for one, _, _ in pairs]
    assert deepest == sorted(deepest)


def test_figures_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(2)
    losses = rng.random((50, 3)) * [1, 0, 1]
    draw_curves(losses, {"step": [0, 50], "AUC": [0.8, 0.9], "AUC with noise": [0.7, 0.8]}, tmp_path / "losses.png")
    draw_generated(load_exemplars().spectra, load_exemplars().spectra[::-1], tmp_path / "spectra.png")
    for name in ("losses.png", "spectra.png"):
        drawn = (tmp_path / name).read_bytes()
        assert drawn.startswith(PNG)
        assert len(drawn) > 10_000


def test_without_matplotlib_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match="Matplotlib"):
        draw_generated(load_exemplars().spectra, load_exemplars().spectra, tmp_path / "s.png")
    assert not list(tmp_path.iterdir())

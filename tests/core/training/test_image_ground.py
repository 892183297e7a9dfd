"""Ground out of images: that of the image, without its noise and its minerals."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.training.image_ground import ground_of_images

LINES, SAMPLES = 120, 100


def ground(seed: int = 0) -> np.ndarray:
    """(lines, samples, 240): every 5 × 5 cell is another draw of the model's plain ground, each pixel with noise of 1 %."""
    rng = np.random.default_rng(seed)
    cells = load_background().plain.draw(LINES // 5 * (SAMPLES // 5), rng).reshape(LINES // 5, SAMPLES // 5, 240)
    return 0.2 * cells.repeat(5, 0).repeat(5, 1) * (1 + 0.01 * rng.normal(size=(LINES, SAMPLES, 240)))


def test_its_statistics_are_those_of_the_ground(tmp_path: Path, make_tif: Callable) -> None:
    files = [make_tif(tmp_path / f"{seed}.tif", ground(seed).astype(np.float32)) for seed in range(4)]
    model = ground_of_images(files)
    usual = load_background().plain
    np.testing.assert_allclose(model.plain.mean, usual.mean, atol=0.03)
    assert np.abs(model.ratioed.mean).max() < 0.02
    ours, known = (np.sqrt((part.components**2).sum(0)) for part in (model.plain, usual))
    assert np.median(ours / known) == pytest.approx(0.75, abs=0.2)  # the blander half
    assert 0 < np.linalg.norm(model.ratioed.components[0]) < np.linalg.norm(usual.components[0])
    assert model.rest == load_background().rest
    assert model.card["measured_on"] == ["0.tif", "1.tif", "2.tif", "3.tif"]


def test_minerals_are_no_ground(tmp_path: Path, make_tif: Callable) -> None:
    """Kaolinite on a third of the image leaves ground's mean as it is."""
    library = load_exemplars()
    band = library.spectra[library.names.index("kaolinite (ratio)")]
    where = int(band.argmin())
    cube = np.concatenate([ground(seed) for seed in range(3)])
    bare = ground_of_images([make_tif(tmp_path / "bare.tif", cube.astype(np.float32))])
    cube[:LINES] *= band
    planted = ground_of_images([make_tif(tmp_path / "planted.tif", cube.astype(np.float32))])
    assert abs(planted.plain.mean[where] - bare.plain.mean[where]) < 0.1 * abs(np.log(band[where]))


def test_too_little_ground_is_said(tmp_path: Path, make_tif: Callable) -> None:
    cube = ground()[:20, :40].astype(np.float32)
    with pytest.raises(InputError, match=r"small\.tif: .* cells of 5 × 5 pixels .* 500 are needed"):
        ground_of_images([make_tif(tmp_path / "small.tif", cube)])
    with pytest.raises(InputError, match="0 cells"):
        ground_of_images([make_tif(tmp_path / "empty.tif", np.full_like(cube, np.nan))])

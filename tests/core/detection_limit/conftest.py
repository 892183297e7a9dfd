"""Bland images, their maps, and the limits of these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core import LimitOutputs, MapOutputs, find_detection_limits, map_scene

CLASSES = ["gypsum", "kaolinite", "talc"]
LINES, SAMPLES = 40, 36


@pytest.fixture
def bland(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """Bland ground of different brightness, its right half with more noise; a pixel without data."""
    rng = np.random.default_rng(3)
    made = pixel_of("bland") * rng.uniform(0.8, 1.2, (LINES, SAMPLES, 1))
    noise = np.where(np.arange(SAMPLES) < SAMPLES // 2, 0.002, 0.006)[:, None]
    made *= 1 + noise * rng.standard_normal(made.shape)
    made[5, 5] = 65535
    return made.astype(np.float32)


@pytest.fixture
def run_map(random_weights: Path, tmp_path: Path) -> Callable[..., MapOutputs]:
    def run(source: Path, **options: Any) -> MapOutputs:
        return map_scene(source, tmp_path / "map", **{"classes": CLASSES, "weights": random_weights, "engine": "numpy", **options})

    return run


@pytest.fixture
def mineral_map(make_tif: Callable[..., Path], run_map: Callable[..., MapOutputs], bland: np.ndarray, tmp_path: Path) -> Path:
    return run_map(make_tif(tmp_path / "scene.tif", bland)).classes


@pytest.fixture
def limits(tmp_path: Path) -> Callable[..., LimitOutputs]:
    def run(source: Path, name: str = "x.tif", **options: Any) -> LimitOutputs:
        options = {"classes": ["kaolinite"], "patches": [3], "implants": 10, **options}
        return find_detection_limits(source, tmp_path / "limits" / name, **options)

    return run

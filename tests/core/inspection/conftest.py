"""Small images, their maps, and what asks them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.mapping.pipeline import MapOutputs

CLASSES = ["talc", "kaolinite", "alunite", "low-Ca pyroxene"]
LINES, SAMPLES = 14, 11


@pytest.fixture
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """Patches of three minerals on bland ground, noisy, each pixel with a brightness and slope of its own; a hole."""
    rng = np.random.default_rng(5)
    names = np.full((LINES, SAMPLES), "bland", object)
    names[1:7, 0:5], names[1:7, 6:11], names[8:13, 2:8] = "talc", "kaolinite", "low-Ca pyroxene"
    made = np.array([[pixel_of(name, rng.uniform(0.1, 0.4), rng.normal(0, 0.1)) for name in row] for row in names])
    made *= 1 + 0.01 * rng.standard_normal(made.shape)
    made[3, 2] = 65535
    return made.astype(np.float32)


@pytest.fixture
def run(random_weights: Path, tmp_path: Path) -> Callable[..., MapOutputs]:
    def run(source: Path, **options: Any) -> MapOutputs:
        options = {"classes": CLASSES, "weights": random_weights, "engine": "numpy", **options}
        return map_scene(source, options.pop("out_dir", tmp_path / "out"), **options)

    return run

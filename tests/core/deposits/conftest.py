"""Maps of a small image with three patches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.mapping.pipeline import MapOutputs

CLASSES = ["talc", "kaolinite"]


@pytest.fixture(scope="session")
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """A block of talc with a bland hole, a block and a streak of kaolinite one column wide, on bland ground; some no data."""
    rng = np.random.default_rng(3)
    made = pixel_of("bland") * np.ones((24, 30, 1))
    made[3:9, 4:12] = pixel_of("talc")
    made[5:7, 7:9] = pixel_of("bland")
    made[12:20, 15:24] = pixel_of("kaolinite", 0.3)
    made[2:20, 27] = pixel_of("kaolinite")
    made[0, :5] = 0
    return (made * rng.uniform(0.9, 1.1, (24, 30, 1))).astype(np.float32)


@pytest.fixture
def mapped(make_tif: Callable[..., Path], random_weights: Path, cube: np.ndarray, tmp_path: Path) -> Callable[..., MapOutputs]:
    """A function that maps the image, with options of `make_tif` for where it lies."""

    def run(name: str = "scene", options: Any = None, **place: Any) -> MapOutputs:
        scene = make_tif(tmp_path / f"{name}.tif", cube, **place)
        more = {"scales": [1], "method": "paper", "catalogue": False, **(options or {})}
        return map_scene(scene, tmp_path / "maps", classes=CLASSES, weights=random_weights, engine="numpy", **more)

    return run

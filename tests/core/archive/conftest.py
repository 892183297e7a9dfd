"""Tiny images, and runs that map them on workers of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LINES, SAMPLES = 8, 6


@pytest.fixture
def dask() -> Any:
    """Dask distributed, or a reason to skip the test."""
    return pytest.importorskip("distributed", reason="Dask distributed is not installed (python3-distributed)")


@pytest.fixture
def make_images(make_tif: Callable, pixel_of: Callable) -> Callable[..., list[Path]]:
    """A function that writes so many tiny images into a folder, each over half of the one before."""

    def make(folder: Path, count: int) -> list[Path]:
        folder.mkdir(exist_ok=True)
        rng, made = np.random.default_rng(0), []
        for place in range(count):
            cube = np.tile(pixel_of(("talc", "kaolinite", "gypsum")[place % 3]), (LINES, SAMPLES, 1))
            cube = cube * (1 + 0.002 * rng.standard_normal(cube.shape))
            cube[:, :3] = pixel_of("bland")
            transform = (4.58e6 + 9.0 * SAMPLES * place, 18.0, 0.0, 1.09e6, 0.0, -18.0)
            made.append(make_tif(folder / f"scene{place:03d}.tif", cube.astype(np.float32), transform=transform))
        return made

    return make


@pytest.fixture
def archive(dask: Any, random_weights: Path) -> Callable[..., Any]:
    """A function that runs `map_archive` on two workers, or as its keywords say."""
    from crism_gan_plugin.core import map_archive

    def run(inputs: Any, out: Path, **options: Any) -> Any:
        options = {"weights": random_weights, "engine": "numpy", "workers": 2, **options}
        return map_archive(inputs if isinstance(inputs, list) else [inputs], out, **options)

    return run

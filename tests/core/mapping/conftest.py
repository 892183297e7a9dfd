"""Maps of small images with a random network and the classes that a module names in CLASSES."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.mapping.pipeline import MapOutputs


@pytest.fixture
def run(request: pytest.FixtureRequest, random_weights: Path, tmp_path: Path) -> Callable[..., MapOutputs]:
    def run(source: Path, **options: Any) -> MapOutputs:
        options = {"classes": request.module.CLASSES, "weights": random_weights, "engine": "numpy", "catalogue": False, **options}
        return map_scene(source, options.pop("out_dir", tmp_path / "out"), **options)

    return run

"""Geometry as real and simulated images have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.georeferencing import Geolocation, read_geometry
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry

#: Of the real DDR.
REAL_LINES, REAL_SAMPLES = 15, 64


@pytest.fixture
def ddr(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the DDR of an image that sees a track, and gives its label's path."""

    def write(track: Track, lines: int = 40, samples: int = 64, image: str = "frt0000c003_07_if166l_trr3") -> Path:
        line, sample = np.mgrid[:lines, :samples]
        name = geometry_name(image)
        label = tmp_path / f"{name}.lbl".lower()
        write_geometry(label, name, *track.places(line, sample, lines, samples))
        return label

    return write


@pytest.fixture
def simulated(ddr: Callable[..., Path]) -> Callable[..., Geolocation]:
    """The same as read back."""

    def make(track: Track, lines: int = 40, samples: int = 64) -> Geolocation:
        return read_geometry(ddr(track, lines, samples), lines, samples)

    return make


@pytest.fixture
def real_ddr(shared_data: Path) -> Path:
    return shared_data / "crism" / "ddr" / "frt00003e25_01_de156l_ddr1.lbl"

"""A small image with patches of two minerals, as methods see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.mapping.cube import MapCube
from crism_gan_plugin.core.methods.image import ComparedImage, open_image
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

CLASSES = ("kaolinite", "gypsum", "Mg-olivine")

#: What lies where: first line, first sample, width; the class's name.
PATCHES = ((2, 2, 5, "kaolinite"), (2, 14, 4, "gypsum"), (20, 8, 1, "kaolinite"))


@pytest.fixture(scope="session")
def truth() -> np.ndarray:
    """(30, 24) codes of what lies in the image."""
    codes = {mineral.name: mineral.code for mineral in load_exemplars().classes}
    found = np.zeros((30, 24), np.uint8)
    for line, sample, width, name in PATCHES:
        found[line : line + width, sample : sample + width] = codes[name]
    return found


@pytest.fixture(scope="session")
def cube(truth: np.ndarray) -> np.ndarray:
    """(30, 24, 240) float32 I/F of the patches, with albedo, slope and noise; one pixel without data."""
    library = load_exemplars()
    rng = np.random.default_rng(3)
    over_continuum = np.ones((*truth.shape, WAVELENGTHS_NM.size))
    for _, _, _, name in PATCHES:
        code = library.classes[library.class_names.index(name)].code
        over_continuum[truth == code] = library.spectra[library.names.index(f"{name} (ratio)")]
    albedo = rng.uniform(0.15, 0.25, (*truth.shape, 1))
    made = albedo * np.linspace(1, 1.1, WAVELENGTHS_NM.size) * over_continuum
    made *= 1 + 0.002 * rng.standard_normal(made.shape)
    made[28, 3] = 65535
    return made.astype(np.float32)


@pytest.fixture
def source(tmp_path: Path, cube: np.ndarray, make_tif: Callable[..., Path]) -> Path:
    """The image's file."""
    return make_tif(tmp_path / "scene.tif", cube)


@pytest.fixture
def opened(source: Path, tmp_path: Path) -> Iterator[Callable[..., ComparedImage]]:
    """A function that opens the image with these options."""
    with ExitStack() as stack:

        def open_it(**options: Any) -> ComparedImage:
            chosen = MapOptions(**{"classes": CLASSES, "engine": "numpy", **options})
            folder = tmp_path / f"scratch {len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return stack.enter_context(open_image(MapCube.open(source, None, None), chosen, folder, Progress()))

        yield open_it

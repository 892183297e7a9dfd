"""rasterio where it is missing or has a GDAL of its own, and what it must leave as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.errors import MissingDependencyError
from tests.mosaic_support import random_map

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path: Path, make_map: Callable[..., Path]) -> Path:
    return make_map(tmp_path / "a.tif", *random_map(np.random.default_rng(0), 20, 20))


def test_without_rasterio_one_line_says_what_to_install(path: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingDependencyError, match=r"a composite needs rasterio, .*; maps do not need it") as caught:
        make_composite([path], tmp_path / "out" / "y.tif")
    assert "\n" not in str(caught.value)
    assert "rasterio" in str(caught.value).split(":")[-1]
    assert not (tmp_path / "out").exists()


def test_all_that_is_no_composite_is_imported_without_rasterio() -> None:
    """A batch too: it refuses only to make a composite."""
    program = (
        "import sys; sys.modules['rasterio'] = None\n"
        "import crism_gan_plugin.core.batch.run, crism_gan_plugin.core.mosaic.composite, crism_gan_plugin.core.mapping.pipeline\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_second_gdal_is_told(path: Path, tmp_path: Path, monkeypatch: Any, recorder: Callable) -> None:
    monkeypatch.setattr(rasterio, "__gdal_version__", "1.2.3")
    progress = recorder()
    make_composite([path], tmp_path / "y.tif", progress=progress)
    assert any("its own GDAL 1.2.3" in warning for warning in progress.warnings)


def test_environment_and_settings_stay_as_they_are(path: Path, tmp_path: Path) -> None:
    names = (
        "CHECK_WITH_INVERT_PROJ",
        "GDAL_CACHEMAX",
        "GDAL_DATA",
        "PROJ_LIB",
        "PROJ_DATA",
        "GTIFF_IMPLICIT_JPEG_OVR",
        "RASTERIO_ENV",
    )
    gdal.SetConfigOption("CHECK_WITH_INVERT_PROJ", "YES")
    try:
        before = dict(os.environ), [gdal.GetConfigOption(name) for name in names], gdal.GetCacheMax()
        make_composite([path], tmp_path / "y.tif", crs="IAU_2015:49930")
        assert (dict(os.environ), [gdal.GetConfigOption(name) for name in names], gdal.GetCacheMax()) == before
    finally:
        gdal.SetConfigOption("CHECK_WITH_INVERT_PROJ", None)

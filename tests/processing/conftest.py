"""Fixtures: QGIS in this process, and qgis_process on the staged plugin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.mosaic_support import random_map, write_map
from tests.qgis_support import QgisProcess, start_qgis, write_scene
from tests.qgis_support import provider as provider

pytest.importorskip("qgis.core")


@pytest.fixture(scope="session")
def qgis():
    application = start_qgis(gui=False)
    yield application
    application.exitQgis()


@pytest.fixture(scope="session")
def qgis_process(tmp_path_factory) -> QgisProcess:
    return QgisProcess.create(tmp_path_factory.mktemp("profile") / "home")


@pytest.fixture(scope="session")
def scene(tmp_path_factory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "simulated.tif")


@pytest.fixture(scope="session")
def mineral_map(tmp_path_factory) -> Path:
    """A map of random minerals, in which ten by ten pixels are kaolinite."""
    codes, similarity = random_map(np.random.default_rng(2), 30, 30)
    codes[5:15, 5:15] = 15
    return write_map(tmp_path_factory.mktemp("map") / "frt1.tif", codes, similarity, crs="IAU_2015:49910")

"""Fixtures: QGIS in this process, and qgis_process on the staged plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

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

"""Fixtures: a QGIS with widgets, offscreen."""

from __future__ import annotations

import pytest

from tests.qgis_support import provider as provider
from tests.qgis_support import start_qgis

pytest.importorskip("qgis.gui")


@pytest.fixture(scope="session")
def qgis():
    application = start_qgis(gui=True)
    yield application
    application.exitQgis()

"""Mineral maps as fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mosaic_support import write_map


@pytest.fixture(scope="session")
def make_map() -> Callable[..., Path]:
    """A function that writes a class raster with its table and evidence, and gives its path."""
    return write_map

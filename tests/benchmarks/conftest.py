"""The benchmarks' modules can be imported, and find the real data where the tests do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))


@pytest.fixture(scope="session")
def benchmark_data(shared_data: Path) -> Path:
    os.environ.setdefault("CRISM_TEST_DATA", str(shared_data))
    return shared_data

"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real data: ``CRISM_TEST_DATA``, else ``../shared/data`` beside the repository; skips where there is none."""
    folder = Path(os.environ.get("CRISM_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder} (set CRISM_TEST_DATA)")
    return folder

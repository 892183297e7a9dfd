"""Runs pytest with the arguments given, and ends the process as soon as it has reported.

What a failed algorithm leaves in QGIS's memory outlives QGIS, and Python crashes when it takes that apart at its own end, although
every test has passed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if __name__ == "__main__":  # processes that a test starts import this file, too
    sys.path[0] = str(Path.cwd())  # as python3 -m pytest has it
    code = pytest.main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code))

"""Freed memory is kept, in a process that was told to give it back too."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

#: Page faults of fifty arrays of 1 MB, 256 pages, one after the other. Larger ones may have pages of 2 MB.
_FAULTS = """
import resource
import numpy as np
from crism_gan_plugin.core.compute.memory import keep_freed_memory
{first}
np.ones(1 << 17)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    np.ones(1 << 17)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(first: str, **environment: str) -> int:
    command = [sys.executable, "-c", _FAULTS.format(first=first)]
    return int(subprocess.check_output(command, cwd=ROOT, env={**os.environ, **environment}, text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep freed memory anyway")
@pytest.mark.parametrize("environment", [{}, {"MALLOC_TRIM_THRESHOLD_": "65536"}], ids=["alone", "as Dask starts workers"])
def test_freed_memory_is_kept(environment: dict[str, str]) -> None:
    assert faults("keep_freed_memory()", **environment) < 1024  # those of a few arrays


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep freed memory anyway")
def test_it_would_not_be_kept() -> None:
    assert faults("", MALLOC_TRIM_THRESHOLD_="65536") > 50 * 200  # so that the test above can fail

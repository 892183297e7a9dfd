"""What the benchmarks share: honest timing, the machine's own limit, tables."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def seconds(function: Callable[[], object], runs: int = 5) -> float:
    """Median wall-clock seconds of ``runs`` calls, after one that does not count."""
    function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def matrix_product_rate(size: int = 2048) -> float:
    """The machine's single-precision matrix-product rate, GFLOP/s."""
    matrix = np.random.default_rng(0).random((size, size), np.float32)
    return 2 * size**3 / seconds(lambda: matrix @ matrix) / 1e9


def peak_memory_gb() -> float:
    """Peak resident memory of this process so far."""
    import resource  # not on Windows, where tests import this module too

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def machine() -> str:
    """One line about where the figures were taken."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores; Python {platform.python_version()}, NumPy {np.__version__}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)

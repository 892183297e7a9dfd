"""What a computation costs: seconds, and memory where the system tells it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Cost:
    """Seconds by the clock, seconds of the processor, and the peak of resident memory, MB; None where it is not known."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_mb: Optional[float] = None


@contextmanager
def measured() -> Iterator[Cost]:
    """While the ``with`` block runs, its cost is measured; known when it ends. Memory is that of the whole process."""
    cost = Cost()
    can_tell = _forget_peak()
    wall, processor = time.perf_counter(), time.process_time()
    try:
        yield cost
    finally:
        cost.seconds, cost.processor_seconds = time.perf_counter() - wall, time.process_time() - processor
        cost.peak_mb = _peak_mb() if can_tell else None


def _forget_peak() -> bool:
    """Let Linux count the peak anew; False where it does not."""
    try:
        _CLEAR.write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _peak_mb() -> Optional[float]:
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", _STATUS.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
    return None if found is None else int(found[1]) / 1024

"""What Dask loads into each worker that we start on this machine (a preload)."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Let Ctrl-C in a terminal, which all its processes get, end the run alone: the run then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

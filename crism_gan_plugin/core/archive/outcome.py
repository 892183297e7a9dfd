"""What a worker tells of a stage that has ended, well or not, and what that took: seconds, and the most memory."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ..errors import Cancelled, CrismError, OutputError, one_line

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


@dataclass(frozen=True)
class Outcome:
    """The end of a stage.

    Attributes
    ----------
    error
        Why it failed, in one line; empty if it did not.
    cannot_write
        Whether it failed because the worker could not write.
    stopped
        Whether it ended because the run was asked to stop.
    seconds, peak_mb
        Time that the stages of this job took so far, and the most memory that their process had; None where the system does not
        tell.
    worker
        The host and process that did it.
    computed
        Whether anything was computed: False if all was finished before.
    checksum
        SHA-256 of the main result; empty before there is one.
    inputs
        The files that were read: bytes, and seconds when they were last changed.
    files
        The results, relative to the folder of the run: bytes.
    more
        What else there is to tell, by the stage's own words.
    """

    error: str = ""
    cannot_write: bool = False
    stopped: bool = False
    seconds: float = 0.0
    peak_mb: Optional[float] = None
    worker: str = ""
    computed: bool = True
    checksum: str = ""
    inputs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return bool(self.error) or self.stopped


def measured(stage: Callable[[], Outcome], name: str, before: Optional[Outcome] = None) -> Outcome:
    """Do a stage, and tell what it took, together with the stage before it. Nothing is raised: a failure is an outcome, too.

    Parameters
    ----------
    stage
        Does it.
    name
        What the message of a fault of the program begins with.
    before
        The outcome of the stage before; if that failed, nothing is done.
    """
    before = before or Outcome()
    if before.failed:
        return before
    begun, has_peak = time.perf_counter(), _reset_peak()
    try:
        found = stage()
    except Cancelled:
        found = Outcome(stopped=True)
    except Exception as error:  # a fault of the program, too, must not cost the other scenes their maps
        reason = str(error) if isinstance(error, CrismError) else f"{name}: unexpected {type(error).__name__}: {error}"
        reason = one_line(" ".join(reason.split())) or f"{name}: {type(error).__name__}"
        found = Outcome(error=reason, cannot_write=isinstance(error, (OutputError, OSError)))
    peak = _peak_mb() if has_peak else None
    both = [each for each in (before.peak_mb, peak) if each is not None]
    return replace(
        found,
        seconds=before.seconds + time.perf_counter() - begun,
        peak_mb=max(both) if both else None,
        worker=process_name(),
    )


def process_name() -> str:
    """The host and number of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _reset_peak() -> bool:
    """Begin to measure the process's memory anew; whether that works (on Linux)."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def _peak_mb() -> Optional[float]:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((round(int(line.split()[1]) / 1024, 1) for line in lines if line.startswith("VmHWM:")), None)

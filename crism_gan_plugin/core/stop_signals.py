"""Signals that ask a program to stop: Ctrl-C, and what clusters and closing terminals send.

The program stops where its `Progress` next asks, between two pieces of work, and cleans up as after any cancel. So no signal
interrupts the moving of files into place, and a second signal changes nothing. Only a program of its own uses this: inside QGIS, or
in a library, the signals belong to the host.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Optional

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class StopSignals:
    """While its ``with`` block runs, such signals are remembered instead of ending the program at once.

    A signal that is ignored (as in background jobs of a shell) stays ignored.
    """

    def __init__(self) -> None:
        self.received: Optional[int] = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            before = signal.getsignal(number)
            if before in (signal.SIG_IGN, None):
                continue
            try:
                signal.signal(number, self._remember)
            except ValueError:  # not in the main thread
                break
            self._before[number] = before
        return self

    def keep(self) -> None:
        """Take the signals again, since libraries that were loaded meanwhile (torch's, on some systems) may have taken them."""
        if threading.current_thread() is threading.main_thread():
            for number in self._before:
                signal.signal(number, self._remember)

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @property
    def exit_code(self) -> int:
        """The exit code that shells expect: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + (self.received or signal.SIGINT)

    def _remember(self, number: int, frame: Optional[FrameType]) -> None:
        if self.received is None:
            self.received = number
            if os.isatty(2):
                os.write(2, b"\r\x1b[Kstopping ...\n")  # nothing buffered: the signal may have come in the middle of a print

"""How often and when a busy server is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from .transport import Stopped, TransportError

Result = TypeVar("Result")

#: What a server says when it is busy, or for a moment not itself. The archive also says 403 under load.
_FOR_A_MOMENT = (403, 408, 429, 500, 502, 503, 504)

#: Longest pause that a server may ask for, and how often one who waits looks whether to stop.
_LONGEST_PAUSE_S, _TICK_S = 120.0, 0.05


class TryAgain(Exception):  # noqa: N818 - not wrong yet
    """A server has to be asked again, after ``pause_s`` if it said so."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


@dataclass(frozen=True)
class Manners:
    """How patient we are.

    Attributes
    ----------
    pauses_s
        Seconds before each new try, which grow.
    """

    pauses_s: tuple[float, ...] = (1.0, 3.0, 9.0, 27.0)

    def ask(self, question: Callable[[], Result], stopped: Stopped, went_on: Callable[[], bool] = lambda: False) -> Result:
        """The answer to a question, which is asked again after `TryAgain` and `TransportError`.

        Parameters
        ----------
        question
            Asks once.
        stopped
            Whether the user wants no answer any more; the last error is raised then.
        went_on
            Whether something was received since it was last called: then patience begins anew.

        Raises
        ------
        TryAgain, TransportError
            If the last try failed, too.
        """
        left = list(self.pauses_s)
        while True:
            try:
                return question()
            except (TryAgain, TransportError) as error:
                if went_on():
                    left = list(self.pauses_s)
                if not left or stopped():
                    raise
                asked_s = error.pause_s if isinstance(error, TryAgain) else 0.0
                _wait(max(left.pop(0), asked_s), stopped)


def check_status(status: int, headers: Mapping[str, str]) -> None:
    """Raise `TryAgain` if a server says that it cannot answer for the moment, or breaks its own rules."""
    if status in _FOR_A_MOMENT:
        text = headers.get("retry-after", "")
        pause_s = float(text) if text.isascii() and text.isdigit() else 0.0
        raise TryAgain(f"the server answers {status}", min(pause_s, _LONGEST_PAUSE_S))


def _wait(seconds: float, stopped: Stopped) -> None:
    until = time.monotonic() + seconds
    while not stopped() and time.monotonic() < until:
        time.sleep(min(_TICK_S, seconds))

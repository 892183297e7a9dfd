"""How a long computation says how far it is and what it noticed, and learns that it should stop.

The core calls a `Progress`. The command line, the Processing bridge and the tests each give it one of their own.
"""

from __future__ import annotations

from typing import Optional

from .errors import Cancelled


class Progress:
    """A silent progress: the root of the others, and the one that is used when none is given.

    Subclasses override `_show`, `info`, `warn` and `is_cancelled`.

    Examples
    --------
    >>> class Printed(Progress):
    ...     def _show(self, fraction, text):
    ...         print(f"{fraction:.0%} {text}")
    >>> whole = Printed()
    >>> whole.report(0.25, "denoising")
    25% denoising
    >>> whole.part(0.5, 1.0).report(0.5, "mapping")  # half of the second half
    75% mapping
    """

    def report(self, fraction: float, text: Optional[str] = None) -> None:
        """Say that ``fraction`` (0 … 1) is done; raises `Cancelled` if the user asked to stop."""
        self._show(min(max(fraction, 0.0), 1.0), text)
        self.check()

    def check(self) -> None:
        """Raise `Cancelled` if the user asked to stop."""
        if self.is_cancelled():
            raise Cancelled("cancelled; nothing was written")

    def info(self, text: str) -> None:
        """Tell something worth knowing about this run."""

    def warn(self, text: str) -> None:
        """Tell something that the user must know before trusting the result."""

    def is_cancelled(self) -> bool:
        return False

    def _show(self, fraction: float, text: Optional[str]) -> None:
        """Show the progress; ``fraction`` is within 0 … 1."""

    def part(self, start: float, stop: float) -> Progress:
        """A progress whose 0 … 1 is ``start`` … ``stop`` of this one."""
        return _Part(self, start, stop)


class _Part(Progress):
    def __init__(self, whole: Progress, start: float, stop: float) -> None:
        self._whole, self._start, self._stop = whole, start, stop

    def _show(self, fraction: float, text: Optional[str]) -> None:
        self._whole._show(self._start + fraction * (self._stop - self._start), text)

    def info(self, text: str) -> None:
        self._whole.info(text)

    def warn(self, text: str) -> None:
        self._whole.warn(text)

    def is_cancelled(self) -> bool:
        return self._whole.is_cancelled()


class NamedProgress(Progress):
    """The progress of one of many, such as an image of a batch: every line begins with its name."""

    def __init__(self, share: Progress, name: str) -> None:
        self._share, self._name = share, name

    def info(self, text: str) -> None:
        self._share.info(f"{self._name}: {text}")

    def warn(self, text: str) -> None:
        self._share.warn(f"{self._name}: {text}")

    def is_cancelled(self) -> bool:
        return self._share.is_cancelled()

    def _show(self, fraction: float, text: Optional[str]) -> None:
        self._share._show(fraction, f"{self._name}: {text}" if text else self._name)

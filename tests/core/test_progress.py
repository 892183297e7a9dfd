"""What a computation reports, and how it learns that it should stop."""

from __future__ import annotations

from typing import Optional

import pytest

from crism_gan_plugin.core.errors import Cancelled, CrismError
from crism_gan_plugin.core.progress import Progress


class Recorder(Progress):
    def __init__(self, stop_after: int = 1000) -> None:
        self.shown: list[tuple[float, Optional[str]]] = []
        self.said: list[tuple[str, str]] = []
        self._stop_after = stop_after

    def _show(self, fraction: float, text: Optional[str]) -> None:
        self.shown.append((fraction, text))

    def info(self, text: str) -> None:
        self.said.append(("info", text))

    def warn(self, text: str) -> None:
        self.said.append(("warn", text))

    def is_cancelled(self) -> bool:
        return len(self.shown) >= self._stop_after


def test_fractions_stay_within_the_whole() -> None:
    recorder = Recorder()
    for fraction in (-0.5, 0.0, 0.25, 1.0, 1.5):
        recorder.report(fraction, "x")
    assert recorder.shown == [(0, "x"), (0, "x"), (0.25, "x"), (1, "x"), (1, "x")]


def test_parts_nest() -> None:
    recorder = Recorder()
    part = recorder.part(0.5, 1.0).part(0.0, 0.5)
    part.report(0.0)
    part.report(1.0, "half")
    part.warn("loud")
    part.info("quiet")
    assert recorder.shown == [(0.5, None), (0.75, "half")]
    assert recorder.said == [("warn", "loud"), ("info", "quiet")]


def test_a_report_raises_when_cancelled_also_through_a_part() -> None:
    recorder = Recorder(stop_after=2)
    part = recorder.part(0.0, 0.5)
    part.report(0.1)
    with pytest.raises(Cancelled):
        part.report(0.2)
    with pytest.raises(Cancelled):
        part.check()
    with pytest.raises(Cancelled):
        recorder.check()


def test_the_silent_progress_never_stops() -> None:
    progress = Progress()
    progress.report(0.5, "anything")
    progress.check()
    assert progress.info("x") is progress.warn("x") is None


def test_cancelling_is_no_error() -> None:
    assert not issubclass(Cancelled, CrismError)

"""What a worker tells of a stage."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from crism_gan_plugin.core.archive.outcome import Outcome, measured
from crism_gan_plugin.core.errors import Cancelled, InputError, OutputError


def failing(error: BaseException) -> Outcome:
    def stage() -> Outcome:
        raise error

    return measured(stage, "x.tif")


@pytest.mark.parametrize(
    "error, said, cannot_write",
    [
        (InputError("x.tif: is broken"), "x.tif: is broken", False),
        (OutputError("out: the disk is full"), "out: the disk is full", True),
        (OSError(28, "No space left on device"), "x.tif: unexpected OSError: [Errno 28] No space left on device", True),
        (ValueError("two\nlines"), "x.tif: unexpected ValueError: two lines", False),
        (MemoryError(), "x.tif: unexpected MemoryError:", False),
    ],
)
def test_a_failure_is_an_outcome_of_one_line(error: Exception, said: str, cannot_write: bool) -> None:
    found = failing(error)
    assert (found.error, found.cannot_write, found.stopped, found.failed) == (said, cannot_write, False, True)


def test_a_stage_that_is_asked_to_stop_is_no_failure_of_the_scene() -> None:
    found = failing(Cancelled("cancelled"))
    assert found.stopped and found.failed and not found.error


def test_nothing_is_done_after_a_stage_that_failed() -> None:
    before = failing(InputError("x.tif: is broken"))
    assert measured(lambda: pytest.fail("it was done"), "x.tif", before) is before


def test_seconds_add_up_over_the_stages() -> None:
    before = Outcome(seconds=100.0, peak_mb=1e6)
    found = measured(Outcome, "x.tif", before)
    assert 100.0 <= found.seconds < 200.0 and found.peak_mb in (1e6, None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory since a moment")
def test_the_most_memory_is_that_of_the_stage_alone() -> None:
    def stage(megabytes: int) -> Outcome:
        np.ones(megabytes << 17).sum()  # 8 bytes each
        return Outcome()

    large, small = measured(lambda: stage(400), "x"), measured(lambda: stage(1), "x")
    if large.peak_mb is None:
        pytest.skip("this system does not let a process begin to measure anew")
    assert large.peak_mb - small.peak_mb == pytest.approx(399, abs=60)

"""The window of jobs, on a cluster that does what a test says: tries, lost schedulers, and how many jobs are under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Optional

import pytest

from crism_gan_plugin.core.archive.cluster import SchedulerLostError
from crism_gan_plugin.core.archive.jobs import ChainStep, Job
from crism_gan_plugin.core.archive.outcome import Outcome
from crism_gan_plugin.core.archive.window import JobWindow
from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.progress import Progress


class KilledWorker(Exception):
    """Called like Dask's."""


class FakeFuture:
    """A future that has ended when it is made, in a way of its own."""

    def __init__(self, status: str, result: Any) -> None:
        self.status, self._result = status, result

    def add_done_callback(self, call: Callable[[Any], None]) -> None:
        call(self)

    def cancel(self) -> None:
        self.status = "cancelled"

    def result(self, timeout: float) -> Any:
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


class FakeCluster:
    """A cluster of some threads that answers each attempt of a job by what ``does`` gives for it."""

    def __init__(self, does: Callable[[str, int], Any], threads: int = 3) -> None:
        self.does, self.threads, self.reconnected = does, threads, 0
        self.submitted: list[tuple[str, str, str]] = []
        self.times: dict[str, int] = {}

    def look_after(self) -> bool:
        return False

    def assigned(self) -> set[str]:
        return set()

    def reconnect(self) -> None:
        self.reconnected += 1

    def address_of(self, name: str) -> str:
        return f"tcp://{name}" if name else ""

    def note(self, name: str, cannot_write: bool, error: str) -> None:
        pass

    def submit(self, step: ChainStep, subject: Any, before: Optional[FakeFuture], key: str, avoid: str) -> FakeFuture:
        self.submitted.append((step.name, subject, avoid))
        self.times[subject] = self.times.get(subject, 0) + 1
        answer = self.does(subject, self.times[subject])
        if answer is SchedulerLostError:
            raise SchedulerLostError
        if answer == "lost":
            return FakeFuture("cancelled", None)
        return FakeFuture("error" if isinstance(answer, Exception) else "finished", answer)


def jobs(count: int, steps: int = 1) -> Iterator[Job]:
    return (Job(f"j{k}", f"j{k}", tuple(ChainStep(f"s{n}", measured_nothing, 1.0) for n in range(steps))) for k in range(count))


def measured_nothing(subject: Any, before: Optional[Outcome]) -> Outcome:
    return Outcome()


def run(cluster: FakeCluster, count: int = 5, tries: int = 3, steps: int = 1) -> list[tuple[str, str, int, bool]]:
    ended: list[tuple[str, str, int, bool]] = []

    def on_end(job: Job, outcome: Outcome, attempt: int, last: bool) -> None:
        ended.append((job.name, outcome.error, attempt, last))

    JobWindow(cluster, tries, on_end, Progress()).run(jobs(count, steps))
    return ended


def test_each_job_ends_once_with_its_steps_in_order() -> None:
    cluster = FakeCluster(lambda name, time: Outcome())
    assert sorted(run(cluster, 5, steps=2)) == [(f"j{k}", "", 1, True) for k in range(5)]
    assert [step for step, name, _ in cluster.submitted if name == "j3"] == ["s0", "s1"]


def test_a_job_that_fails_is_tried_elsewhere_and_set_aside_in_the_end() -> None:
    cluster = FakeCluster(lambda name, time: Outcome(error=f"fault {time}", worker=f"w{time}") if name == "j1" else Outcome())
    ended = run(cluster)
    assert [each for each in ended if each[0] == "j1"] == [("j1", f"fault {k}", k, k == 3) for k in (1, 2, 3)]
    assert [avoid for _, name, avoid in cluster.submitted if name == "j1"] == ["", "tcp://w1", "tcp://w2"]
    assert len(ended) == 7


def test_a_job_that_fails_once_is_done_in_the_end() -> None:
    ended = run(FakeCluster(lambda name, time: Outcome(error="busy") if time == 1 else Outcome()))
    assert sorted(each for each in ended if each[3]) == [(f"j{k}", "", 2, True) for k in range(5)]


def test_workers_that_die_with_a_job_count_as_a_try_and_are_told_in_words() -> None:
    ended = run(FakeCluster(lambda name, time: KilledWorker("map-000001", "w", 3) if name == "j0" else Outcome()), tries=2)
    of_it = [each for each in ended if each[0] == "j0"]
    assert [(attempt, last) for _, _, attempt, last in of_it] == [(1, False), (2, True)]
    assert all("workers that tried it died" in error for _, error, _, _ in of_it)


@pytest.mark.parametrize("how", ["lost", SchedulerLostError])
def test_what_a_lost_scheduler_had_is_submitted_again_and_counts_as_no_try(how: Any) -> None:
    cluster = FakeCluster(lambda name, time: how if name == "j2" and time < 4 else Outcome())
    ended = run(cluster, tries=1)
    assert sorted(ended) == [(f"j{k}", "", 1, True) for k in range(5)]
    assert cluster.reconnected == 3


def test_no_more_jobs_are_taken_than_the_workers_need(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    cluster = FakeCluster(lambda name, time: Outcome(), threads=3)
    open_at_once: list[int] = []

    def counted() -> Iterator[Job]:
        for place, job in enumerate(jobs(1000)):
            taken.append(place)
            yield job

    def on_end(job: Job, outcome: Outcome, attempt: int, last: bool) -> None:
        open_at_once.append(len(taken) - len(open_at_once))

    JobWindow(cluster, 1, on_end, Progress()).run(counted())
    assert len(open_at_once) == 1000 and max(open_at_once) <= 6


def test_a_run_that_is_asked_to_stop_does(recorder: Callable) -> None:
    class Stopped(Progress):
        def is_cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        JobWindow(FakeCluster(lambda name, time: Outcome()), 1, lambda *_: None, Stopped()).run(jobs(5))

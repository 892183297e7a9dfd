"""Has the jobs of a run done, a few at a time. So neither we nor the scheduler remember more when there are more scenes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Optional

from ..errors import one_line
from ..progress import Progress
from .cluster import Cluster, SchedulerLostError
from .jobs import Job
from .outcome import Outcome

#: Jobs that are with the scheduler for each thread of its workers, so that none waits for us.
_PER_THREAD = 2

#: Seconds to wait for the end of a job before we look after the cluster, and for an outcome that a dying worker has.
_PAUSE, _FETCH = 0.2, 20.0

#: Seconds between two looks for jobs that no worker has.
_LOOK = 10.0


@dataclass
class _Open:
    """A job that is with the scheduler, or has to go there again."""

    job: Job
    attempt: int = 1
    number: int = 0
    avoid: str = ""
    futures: dict[str, Any] = field(default_factory=dict)
    unassigned: bool = False

    @property
    def last(self) -> Optional[Any]:
        """The future of the last step that was submitted."""
        return next(reversed(self.futures.values()), None)

    def given_up(self) -> _Open:
        """The same, to be submitted again."""
        for future in self.futures.values():
            with suppress(Exception):  # the scheduler may have gone
                future.cancel()
        return _Open(self.job, self.attempt, avoid=self.avoid)


#: Takes the end of an attempt: the job, its outcome, the number of the attempt, and whether it was the last.
OnEnd = Callable[[Job, Outcome, int, bool], None]


class JobWindow:
    """The jobs that are under way on a cluster; `run` has all of them done.

    Parameters
    ----------
    tries
        How often a job is tried before it is set aside.
    on_end
        Told of each attempt that has ended.
    """

    def __init__(self, cluster: Cluster, tries: int, on_end: OnEnd, progress: Progress) -> None:
        self._cluster, self._tries, self._on_end, self._progress = cluster, tries, on_end, progress
        self._open: dict[int, _Open] = {}
        self._again: list[_Open] = []
        self._ended: SimpleQueue[tuple[int, Any]] = SimpleQueue()
        self._numbers = 0
        self._looked = time.monotonic()

    def run(self, jobs: Iterator[Job]) -> None:
        """Have all jobs done.

        Raises
        ------
        ClusterError
            If the scheduler goes away and does not come back, or no worker is fit.
        Cancelled
            If the run was asked to stop. What is under way is given up.
        """
        more = True
        while more or self._open or self._again:
            self._progress.check()
            try:
                if self._cluster.look_after():
                    self._give_up(list(self._open))
                self._look_for_unassigned()
                more = self._fill(jobs) if more or self._again else False
                self._take()
            except SchedulerLostError:
                self._give_up(list(self._open))
                self._cluster.reconnect()

    def _give_up(self, numbers: list[int]) -> None:
        """Submit these jobs again, which counts as no try."""
        self._again += [self._open.pop(number).given_up() for number in numbers]

    def _look_for_unassigned(self) -> None:
        """Give up jobs that no worker has had for a while: the only one with enough memory may have gone."""
        now = time.monotonic()
        if now - self._looked < _LOOK or not self._open:
            return
        self._looked, assigned, stuck = now, self._cluster.assigned(), []
        for number, each in self._open.items():
            waits = not any(key in assigned for key in each.futures) and each.last is not None and each.last.status == "pending"
            if waits and each.unassigned:
                stuck.append(number)
            each.unassigned = waits
        self._give_up(stuck)

    def _fill(self, jobs: Iterator[Job]) -> bool:
        """Submit jobs until the window is full; whether there may be more."""
        while len(self._open) < _PER_THREAD * self._cluster.threads:
            if self._again:
                self._submit(self._again.pop())
                continue
            job = next(jobs, None)
            if job is None:
                return False
            self._submit(_Open(job))
        return True

    def _submit(self, each: _Open) -> None:
        self._numbers += 1
        each.number = self._numbers
        self._open[each.number] = each  # before anything can go wrong, so that it is not forgotten
        for step in each.job.steps:
            key = f"{step.name}-{each.number:06d}-{each.job.name}-{each.attempt}"
            each.futures[key] = self._cluster.submit(step, each.job.subject, each.last, key, each.avoid)
        number, ended, last = each.number, self._ended, each.last
        assert last is not None
        last.add_done_callback(lambda future: ended.put((number, future)))

    def _take(self) -> None:
        """Take what has ended; wait a moment if nothing has."""
        try:
            number, future = self._ended.get(timeout=_PAUSE)
            while True:
                if number in self._open and self._open[number].last is future:
                    self._end(self._open[number], future)
                number, future = self._ended.get_nowait()
        except Empty:
            return

    def _end(self, each: _Open, future: Any) -> None:
        if future.status not in ("finished", "error"):
            raise SchedulerLostError
        try:
            outcome = future.result(timeout=_FETCH)
        except (TimeoutError, asyncio.TimeoutError):  # the worker died with it: it comes again
            future.add_done_callback(lambda future: self._ended.put((each.number, future)))
            return
        except Exception as error:
            if future.status not in ("finished", "error"):
                raise SchedulerLostError from error
            outcome = Outcome(error=_said(each.job, error))
        del self._open[each.number]
        if outcome.stopped:
            self._again.append(each.given_up())
            return
        self._cluster.note(outcome.worker, outcome.cannot_write, outcome.error)
        last = not outcome.failed or each.attempt >= self._tries
        self._on_end(each.job, outcome, each.attempt, last)
        if not last:
            self._again.append(_Open(each.job, each.attempt + 1, avoid=self._cluster.address_of(outcome.worker)))


def _said(job: Job, error: Exception) -> str:
    """Why a task has no outcome, in one line."""
    if type(error).__name__ == "KilledWorker":
        return f"{job.name}: the workers that tried it died, one after the other; it may need more memory than they have"
    return one_line(f"{job.name}: unexpected {type(error).__name__}: {' '.join(str(error).split())}")

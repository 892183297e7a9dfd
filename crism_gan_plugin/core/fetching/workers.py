"""Work that waits for servers, done in threads while the caller's own thread listens to the user."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, Union

from ..progress import Progress
from .transport import Stopped

Result = TypeVar("Result")

#: Seconds between two looks at the user's wish.
_TICK_S = 0.1


def run_all(
    jobs: Sequence[Callable[[Stopped], Result]], at_once: int, progress: Progress, tick: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, Union[Result, Exception]]]:
    """Do jobs in threads, some at once, and tell of each as it ends, in any order.

    A thread that waits for a server cannot be woken. So when the user cancels, nobody waits for the threads: they see that they
    are not wanted any more, and the end of the program does not wait for them either.

    Parameters
    ----------
    jobs
        Each takes a function that tells whether it is still wanted.
    at_once
        Number of threads.
    progress
        Asked ten times a second whether to stop.
    tick
        Called at each look, to tell how far the jobs are.

    Yields
    ------
    The number of the job, and its result or what it raised.
    """
    unwanted = threading.Event()
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while not unwanted.is_set():
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                ended.put((number, jobs[number](unwanted.is_set)))
            except Exception as error:
                ended.put((number, error))

    for _ in range(min(at_once, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    left = len(jobs)
    try:
        while left:
            progress.check()
            tick()
            try:
                told = ended.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            left -= 1
            yield told
    finally:
        unwanted.set()


def run_one(job: Callable[[Stopped], Result], progress: Progress) -> Result:
    """Do one job in a thread; its result. What it raises is raised."""
    result = next(run_all([job], 1, progress))[1]
    if isinstance(result, Exception):
        raise result
    return result

"""Workers that are killed at random moments lose nothing, and nothing is made twice."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crism_gan_plugin.core.archive.cluster import Cluster
from crism_gan_plugin.core.archive.jobs import ChainStep, Job
from crism_gan_plugin.core.archive.outcome import Outcome
from crism_gan_plugin.core.archive.ticket import issued
from crism_gan_plugin.core.archive.window import JobWindow
from crism_gan_plugin.core.progress import Progress
from tests.core.archive import tiny_stage

#: How many workers are killed, in a run that goes on until they are, and for so many tasks more.
KILLS, MORE = 20, 20


def worker_processes() -> list[Any]:
    import psutil

    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_twenty_killed_workers_lose_and_duplicate_nothing(dask: Any, tmp_path: Path) -> None:
    chance, killed, over = random.Random(20), [], threading.Event()
    given: list[str] = []
    ends: Counter[tuple[str, bool, str]] = Counter()

    def jobs() -> Any:
        left = MORE
        while left:
            left -= len(killed) >= KILLS
            given.append(f"task{len(given):04d}")
            steps = (ChainStep("first", tiny_stage.write, 0.1), ChainStep("second", tiny_stage.write, 0.1))
            yield Job(given[-1], tiny_stage.TinyTask(tmp_path / "results" / given[-1], given[-1]), steps)

    def on_end(job: Job, outcome: Outcome, attempt: int, last: bool) -> None:
        ends[job.name, last, outcome.error] += 1

    def kill() -> None:
        while len(killed) < KILLS and not over.wait(chance.uniform(0.05, 1.0)):
            there = worker_processes()
            if there:
                victim = chance.choice(there)
                os.kill(victim.pid, signal.SIGKILL)
                killed.append(victim.pid)

    (tmp_path / "results").mkdir()
    killer = threading.Thread(target=kill)
    with issued(tmp_path) as ticket, Cluster(None, 2, 0.1, ticket, Progress()) as cluster:
        killer.start()
        try:
            JobWindow(cluster, 20, on_end, Progress()).run(jobs())
        finally:
            over.set()
            killer.join()
    assert len(killed) == KILLS and len(given) >= MORE
    assert {name: count for (name, last, _), count in ends.items() if last} == dict.fromkeys(given, 1)
    assert not [error for _, last, error in ends if last and error]
    for name in given:
        folder = tmp_path / "results" / name
        assert (folder / f"{name}.tif").read_text() == name

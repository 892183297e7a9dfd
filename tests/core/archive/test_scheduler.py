"""Runs on a scheduler of others: one that goes away and comes back, and workers that are not fit."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crism_gan_plugin.core.errors import ClusterError

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = Path(__file__).with_name("cluster_process.py")


class Processes:
    """A scheduler and its workers."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.running: list[subprocess.Popen] = []

    def start(self, *workers: str) -> None:
        self._run("scheduler", str(self.port))
        for fault in workers:
            self._run("worker", self.address, fault)

    def _run(self, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, str(SCRIPT), *arguments]
        self.running.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))

    def kill(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        self.running.clear()


@pytest.fixture
def processes(dask: object) -> Iterator[Processes]:
    found = Processes()
    yield found
    found.kill()


def wait_for(there: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not there() and time.monotonic() < until:
        time.sleep(0.05)


def test_a_run_goes_on_when_its_scheduler_was_started_again(
    archive: Callable, make_images: Callable, tmp_path: Path, processes: Processes, recorder: Callable
) -> None:
    make_images(tmp_path / "images", 24)
    out, progress = tmp_path / "out", recorder()
    ledger = out / "ledger.jsonl"

    def restart() -> None:
        wait_for(lambda: ledger.exists() and len(ledger.read_text().splitlines()) >= 2)
        processes.kill()
        processes.start("", "")

    processes.start("", "")
    restarting = threading.Thread(target=restart)
    restarting.start()
    try:
        made = archive(tmp_path / "images", out, scheduler=processes.address, progress=progress, catalogue=False)
    finally:
        restarting.join()
    assert (made.mapped + made.finished, made.set_aside) == (24, ())
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert len(lines) == 24 and {line["attempt"] for line in lines} == {1}
    assert [text for text in progress.warnings if "does not answer any more" in text]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
def test_workers_that_are_not_fit_get_no_scenes_and_are_told_of_once(
    archive: Callable, make_images: Callable, tmp_path: Path, processes: Processes, recorder: Callable
) -> None:
    make_images(tmp_path / "images", 16)
    progress = recorder()
    processes.start("version", "disk", "")
    made = archive(tmp_path / "images", tmp_path / "out", scheduler=processes.address, progress=progress, catalogue=False, tries=8)
    assert (made.mapped, made.set_aside) == (16, ())
    assert len({json.loads(line)["worker"] for line in made.ledger.read_text().splitlines()}) == 1
    told = [text for text in progress.warnings if "gets no" in text]
    assert sum("it has CRISM GAN 9.9.9, and this run is of" in text for text in told) == 1
    assert sum("cannot write" in text for text in told) <= 1


def test_a_cluster_without_a_fit_worker_ends_in_one_line(
    archive: Callable, make_images: Callable, tmp_path: Path, processes: Processes
) -> None:
    make_images(tmp_path / "images", 1)
    processes.start("version")
    with pytest.raises(ClusterError, match=r"none of the 1 workers can be used; worker tcp://.*9\.9\.9"):
        archive(tmp_path / "images", tmp_path / "out", scheduler=processes.address)

"""What ten thousand images take on a cluster: what handing out costs, measured, and hours, storage and cost, from a model.

    python3 benchmarks/archive.py mechanism [--scenes 1000]
    python3 benchmarks/archive.py tiny [--scenes 1000]
    python3 benchmarks/archive.py workers [--scenes 8]
    python3 benchmarks/archive.py model

``mechanism`` hands empty scenes to two workers: processor time and memory of the client and the scheduler. ``tiny`` has two
workers map tiny scenes, in a whole run. ``workers`` maps the same simulated scenes with one worker and with two. ``model``
simulates a run event by event: workers that die, a shared storage whose bandwidth all transfers share, a scheduler that takes
time for each scene.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from measure import machine, table

from crism_gan_plugin.core.archive.cluster import Cluster
from crism_gan_plugin.core.archive.jobs import ChainStep, Job
from crism_gan_plugin.core.archive.outcome import Outcome
from crism_gan_plugin.core.archive.pipeline import map_archive
from crism_gan_plugin.core.archive.ticket import issued
from crism_gan_plugin.core.archive.window import JobWindow
from crism_gan_plugin.core.progress import Progress

#: Core-seconds of a full scene (480 × 640 × 438): two cores take 3.9 minutes and 33 seconds (pages denoise_speed, full_scene).
DENOISE_S, MAP_S = 2 * 232.0, 2 * 33.0

#: GB that a full scene reads and writes: its image, the two cubes of denoising (written, then read), the map.
READ_GB, CUBES_GB, MAP_GB = 0.54, 0.60, 0.003

#: Scenes, and hours after which a worker dies on average; seconds until another one takes its place.
SCENES, WORKER_HOURS, RESTART_S = 10_000, 200.0, 60.0

#: Share of scenes that cannot be read, and the seconds in which they fail three times.
UNREADABLE, UNREADABLE_S = 0.001, 1.0

#: Price of a core for an hour, and of a TB of storage for a month.
CORE_HOUR, TB_MONTH = 0.04, 23.0

CORES = (8, 32, 128, 256, 512, 1024)


def nothing(subject: Any, before: Optional[Outcome]) -> Outcome:
    from crism_gan_plugin.core.archive.outcome import Outcome, measured

    return measured(Outcome, "nothing", before)


def memory_mb() -> float:
    """Memory of this process now, MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def mechanism(scenes: int) -> None:
    """Processor time, wall-clock time and memory of client and scheduler for so many empty scenes of two stages each."""
    after: dict[int, float] = {}
    ended = 0

    def on_end(job: Job, outcome: Outcome, attempt: int, last: bool) -> None:
        nonlocal ended
        ended += 1
        if ended in (scenes // 10, scenes // 2, scenes):
            after[ended] = memory_mb()

    steps = (ChainStep("denoise", nothing, 0.1), ChainStep("map", nothing, 0.1))
    with tempfile.TemporaryDirectory() as folder, issued(Path(folder)) as ticket:
        with Cluster(None, 2, 0.1, ticket, Progress()) as cluster:
            while cluster.threads < 2:
                cluster.look_after()
                time.sleep(0.1)
            start, used = time.perf_counter(), time.process_time()
            children = os.times()
            JobWindow(cluster, 3, on_end, Progress()).run(Job(f"s{k}", k, steps) for k in range(scenes))
            wall, used = time.perf_counter() - start, time.process_time() - used
        workers = os.times()
    of_workers = sum(end - start for end, start in zip(workers[2:4], children[2:4]))  # user and system time of child processes
    rows = [[scenes, f"{1e3 * used / scenes:.1f}", f"{1e3 * wall / scenes:.1f}", f"{1e3 * of_workers / scenes:.1f}"]]
    rows[0] += [", ".join(f"{value:.0f}" for value in after.values())]
    header = ["scenes", "client and scheduler, ms of processor a scene", "wall clock, ms a scene"]
    header += ["workers, ms of processor a scene, their start included", f"memory after {', '.join(map(str, after))} scenes, MB"]
    print(table(header, rows))


class Memory(Progress):
    """Memory of client and scheduler when a tenth and a half of a run is done."""

    def __init__(self) -> None:
        self.after: dict[float, float] = {}

    def _show(self, fraction: float, text: Optional[str]) -> None:
        for share in (0.1, 0.5):
            if fraction >= share:
                self.after.setdefault(share, memory_mb())


def tiny(scenes: int) -> None:
    """What a whole run takes beside the workers' stages, and its memory, for so many scenes of 8 lines and 48 columns."""
    from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        one = simulate_sensor_scene("one", folder, lines=8, samples=48).image
        (Path(folder) / "images").mkdir()
        for file in (one, one.with_suffix(".hdr")):
            for number in range(scenes):
                os.link(file, Path(folder) / "images" / f"s{number:04d}{file.suffix}")
        memory, start, used = Memory(), time.perf_counter(), time.process_time()
        made = map_archive([Path(folder) / "images"], Path(folder) / "out", workers=2, catalogue=False, progress=memory)
        wall, used = time.perf_counter() - start, time.process_time() - used
        stages = sum(json.loads(line)["seconds"] for line in made.ledger.read_text(encoding="utf-8").splitlines())
        memory.after[1.0] = memory_mb()
        beside = wall - stages / 2
        rows = [[made.mapped, f"{wall:.0f}", f"{stages:.0f}", f"{1e3 * beside / scenes:.0f}", f"{1e3 * used / scenes:.0f}"]]
        rows[0] += [", ".join(f"{value:.0f}" for value in memory.after.values())]
    header = ["scenes", "s", "stages of both workers, s", "beside the stages, ms a scene"]
    header += ["client and scheduler, ms of processor a scene", "memory after a tenth, half, all, MB"]
    print(table(header, rows))


def workers(scenes: int) -> None:
    """Wall-clock and processor time of the same scenes with one worker and two, each twice."""
    from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        images = [simulate_sensor_scene(f"s{k}", folder, seed=k, lines=60).image for k in range(scenes)]
        for attempt in (1, 2):
            for count in (1, 2):
                start = time.perf_counter()
                made = map_archive(images, Path(folder) / f"out{count}_{attempt}", workers=count)
                wall = time.perf_counter() - start
                lines = made.ledger.read_text().splitlines()
                rows.append([attempt, count, len(lines), f"{wall:.1f}"])
    print(table(["run", "workers", "scenes", "s"], rows))


@dataclass(frozen=True)
class Setting:
    """A cluster that is simulated: cores with a worker each, and GB/s of its storage and of one worker's connection to it."""

    cores: int
    storage_gb_s: float
    worker_gb_s: float = 0.5
    scheduler_s: float = 0.005
    worker_hours: float = WORKER_HOURS
    unreadable: float = UNREADABLE
    denoise: bool = True


class Storage:
    """Transfers that share a bandwidth equally, none faster than one connection.

    All transfers under way have had the same share since they began. So one clock of GB for each serves all of them: a transfer
    ends when the clock has gone on by its size.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting, self._clock, self._time = setting, 0.0, 0.0
        self._ends: list[tuple[float, int]] = []
        self.gb, self.busy_s = 0.0, 0.0

    def _rate(self) -> float:
        return min(self._setting.worker_gb_s, self._setting.storage_gb_s / len(self._ends)) if self._ends else 0.0

    def advance(self, now: float) -> None:
        passed = now - self._time
        self._clock += passed * self._rate()
        if len(self._ends) * self._setting.worker_gb_s >= self._setting.storage_gb_s:
            self.busy_s += passed
        self._time = now

    def add(self, gb: float, number: int) -> None:
        heapq.heappush(self._ends, (self._clock + gb, number))
        self.gb += gb

    def next_end(self) -> float:
        return self._time + max(0.0, self._ends[0][0] - self._clock) / self._rate() if self._ends else float("inf")

    def take(self) -> int:
        return heapq.heappop(self._ends)[1]


def stages(setting: Setting) -> list[tuple[str, float]]:
    """Transfers (GB) and computations (s) of a scene, in their order."""
    full = [("gb", READ_GB), ("s", DENOISE_S), ("gb", CUBES_GB), ("gb", CUBES_GB), ("s", MAP_S), ("gb", MAP_GB)]
    return full if setting.denoise else [("gb", READ_GB), ("s", MAP_S), ("gb", MAP_GB)]


def simulate(setting: Setting, scenes: int = SCENES, seed: int = 0) -> tuple[float, Storage, int]:
    """Seconds of a run, its storage, and how many stages were lost with a worker.

    A worker that dies loses the computation that it is at; the stage begins again, elsewhere or when it is back. What it was
    transferring is not lost, which is a simplification. The scheduler hands out one scene after the other.
    """
    chance, storage, plan = random.Random(seed), Storage(setting), stages(setting)
    waiting, lost, now, free_at = scenes, 0, 0.0, 0.0
    events: list[tuple[float, int]] = []  # ends of computations
    at: dict[int, int] = {}

    def begin(worker: int, place: int) -> None:
        nonlocal lost
        at[worker] = place
        kind, amount = plan[place]
        if kind == "gb":
            storage.add(amount, worker)
            return
        ends = now + amount * chance.uniform(0.9, 1.1)
        while (dies := chance.expovariate(1 / (3600 * setting.worker_hours))) < amount:
            lost += 1
            ends += dies + RESTART_S
        heapq.heappush(events, (ends, worker))

    def hand_out(worker: int) -> None:
        nonlocal waiting, free_at
        if not waiting:
            return
        waiting -= 1
        free_at = max(free_at, now) + setting.scheduler_s
        unreadable = chance.random() < setting.unreadable  # nothing more comes of it
        at[worker] = len(plan) if unreadable else -1
        heapq.heappush(events, (free_at + unreadable * UNREADABLE_S, worker))

    for worker in range(min(setting.cores, scenes)):
        hand_out(worker)
    while True:
        of_storage, of_events = storage.next_end(), events[0][0] if events else float("inf")
        if of_storage == of_events == float("inf"):
            return now, storage, lost
        now = min(of_storage, of_events)
        storage.advance(now)
        worker = storage.take() if of_storage <= of_events else heapq.heappop(events)[1]
        if at[worker] + 1 < len(plan):
            begin(worker, at[worker] + 1)
        else:
            hand_out(worker)


def model() -> None:
    """Hours, cost and efficiency of the whole archive, for numbers of cores and bandwidths of the storage."""
    storage_tb = SCENES * (READ_GB + CUBES_GB + MAP_GB) / 1e3
    print(f"Storage: {SCENES * READ_GB / 1e3:.1f} TB of images, {storage_tb:.1f} TB with denoised cubes and maps; ")
    print(f"a month of that costs {storage_tb * TB_MONTH:.0f} $ at {TB_MONTH:g} $ a TB.\n")
    for denoise in (True, False):
        rows = []
        for storage_gb_s in (1.0, 5.0):
            for cores in CORES:
                rows.append(_row(Setting(cores, storage_gb_s, denoise=denoise)))
        print(f"{'Denoised and mapped' if denoise else 'Mapped only'}:\n")
        header = [
            "storage, GB/s",
            "cores",
            "hours",
            "of the ideal",
            "storage at its limit",
            "stages lost with a worker",
            "cores, $",
        ]
        print(table(header, rows) + "\n")


def _row(setting: Setting) -> list[str]:
    seconds, storage, lost = simulate(setting)
    ideal = SCENES * sum(amount for kind, amount in stages(setting) if kind == "s") / setting.cores
    share, limit = f"{100 * ideal / seconds:.0f} %", f"{100 * storage.busy_s / seconds:.0f} %"
    cost = f"{setting.cores * seconds / 3600 * CORE_HOUR:,.0f}"
    return [f"{setting.storage_gb_s:g}", f"{setting.cores:,}", f"{seconds / 3600:.1f}", share, limit, str(lost), cost]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("mechanism", "tiny", "workers", "model"))
    parser.add_argument("--scenes", type=int)
    options = parser.parse_args()
    print(f"{machine()}\n")
    if options.part == "mechanism":
        mechanism(options.scenes or 1000)
    elif options.part == "tiny":
        tiny(options.scenes or 1000)
    elif options.part == "workers":
        workers(options.scenes or 8)
    else:
        model()


if __name__ == "__main__":
    main()

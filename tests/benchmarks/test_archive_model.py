"""The model of ten thousand images, where its answers are known."""

from __future__ import annotations

import archive
import pytest
from archive import CUBES_GB, DENOISE_S, MAP_GB, MAP_S, READ_GB, Setting, simulate

#: Nothing fails, and nothing is in the way.
IDEAL = {"worker_gb_s": 1e6, "scheduler_s": 0.0, "worker_hours": 1e9, "unreadable": 0.0}


def test_cores_alone_take_the_sum_of_the_computations() -> None:
    seconds, storage, lost = simulate(Setting(4, 1e6, **IDEAL), scenes=800)
    assert seconds == pytest.approx(200 * (DENOISE_S + MAP_S), rel=0.01)
    assert lost == 0 and storage.gb == pytest.approx(800 * (READ_GB + 2 * CUBES_GB + MAP_GB))


def test_a_slow_storage_takes_the_sum_of_the_transfers() -> None:
    seconds, storage, _ = simulate(Setting(64, 0.01, denoise=False, **IDEAL), scenes=640)
    assert seconds == pytest.approx(640 * (READ_GB + MAP_GB) / 0.01, rel=0.01)
    assert storage.busy_s / seconds > 0.99


def test_one_connection_is_no_faster_than_it_can_be() -> None:
    setting = {**IDEAL, "worker_gb_s": 0.001}
    seconds, _, _ = simulate(Setting(1, 1e6, denoise=False, **setting), scenes=50)
    assert seconds == pytest.approx(50 * (MAP_S + (READ_GB + MAP_GB) / 0.001), rel=0.01)


def test_a_scheduler_hands_out_one_scene_after_the_other() -> None:
    seconds, _, _ = simulate(Setting(1024, 1e6, **{**IDEAL, "scheduler_s": 10.0}), scenes=2000)
    assert seconds == pytest.approx(20_000 + DENOISE_S + MAP_S, rel=0.02)


def test_workers_are_lost_as_often_as_they_die() -> None:
    seconds, _, lost = simulate(Setting(8, 1e6, **{**IDEAL, "worker_hours": 5.0}), scenes=4000)
    hours = 4000 * (DENOISE_S + MAP_S) / 3600
    assert lost == pytest.approx(hours / 5.0, rel=0.15)
    assert seconds > 500 * (DENOISE_S + MAP_S) + lost / 8 * archive.RESTART_S


def test_nothing_more_comes_of_scenes_that_cannot_be_read() -> None:
    seconds, storage, _ = simulate(Setting(1, 1e6, **{**IDEAL, "unreadable": 1.0}), scenes=30)
    assert seconds == pytest.approx(30 * archive.UNREADABLE_S) and storage.gb == 0

"""The ledger: a line for each scene, whatever the run that wrote it came to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crism_gan_plugin.core.archive.ledger import DONE, FAILED, SET_ASIDE, Ledger, LedgerLine
from crism_gan_plugin.core.errors import OutputError
from crism_gan_plugin.core.progress import Progress


def entry(scene: str, state: str = DONE, **more: object) -> LedgerLine:
    return LedgerLine(scene, state, **more)  # type: ignore[arg-type]


def test_the_last_line_of_a_scene_counts_and_a_run_leaves_one_for_each(tmp_path: Path) -> None:
    with Ledger(tmp_path, Progress()) as ledger:
        ledger.add(entry("b", FAILED, error="the disk is full"))
        ledger.add(entry("a"))
        ledger.add(entry("b", attempt=2, peak_mb=12.5, inputs={"b.tif": (3, 7)}, files={"scenes/b.tif": 9}))
        assert len(ledger.file.read_text().splitlines()) == 3
    lines = [json.loads(line) for line in ledger.file.read_text().splitlines()]
    assert [(line["scene"], line["state"], line["attempt"]) for line in lines] == [("a", DONE, 1), ("b", DONE, 2)]
    with Ledger(tmp_path, Progress()) as again:
        found = again["b"]
        assert (found.peak_mb, found.inputs, found.files, found.error) == (12.5, {"b.tif": [3, 7]}, {"scenes/b.tif": 9}, "")
        assert again["c"] is None


@pytest.mark.parametrize("kept", range(len(entry("torn", error="x").line())))
def test_a_line_that_a_killed_run_did_not_end_is_dropped(tmp_path: Path, recorder: Callable, kept: int) -> None:
    whole = entry("whole").line()
    (tmp_path / "ledger.jsonl").write_text(f"{whole}\n{entry('torn', error='x').line()[:kept]}", encoding="utf-8")
    progress = recorder()
    with Ledger(tmp_path, progress) as ledger:
        assert [each.scene for each in ledger] == ["whole"]
        ledger.add(entry("next"))
    assert [json.loads(line)["scene"] for line in ledger.file.read_text().splitlines()] == ["next", "whole"]
    assert progress.warnings == []


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "null",
        "3",
        '{"scene":"x"}',
        '{"scene":"x","state":"done","files":[]}',
        "[" * 5000,
        "\x00\xff",
        '{"scene":1,"state":"done"}',
    ],
)
def test_a_line_that_is_none_is_told_of_and_costs_the_others_nothing(tmp_path: Path, recorder: Callable, line: str) -> None:
    (tmp_path / "ledger.jsonl").write_text(f"{line}\n{entry('good').line()}\n", encoding="utf-8")
    progress = recorder()
    with Ledger(tmp_path, progress) as ledger:
        assert [each.scene for each in ledger] == ["good"]
    assert len(progress.warnings) == 1 and "line 1: cannot be read" in progress.warnings[0]


def test_a_ledger_of_a_later_version_may_say_more(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_text('{"scene":"x","state":"set aside","weather":"dusty"}\n', encoding="utf-8")
    with Ledger(tmp_path, Progress()) as ledger:
        assert ledger["x"].state == SET_ASIDE


def test_a_ledger_that_cannot_be_written_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").mkdir()
    with pytest.raises(OutputError, match=r"ledger\.jsonl"), Ledger(tmp_path, Progress()):
        pass

"""A small, seeded run over all kinds of damaged input; `make fuzz` is the long one."""

from __future__ import annotations

import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from crism_gan_plugin.core.errors import InputError

from . import runner
from .kinds import KINDS
from .mutators import mutate_bytes, mutate_json, mutate_text
from .runner import Tally, make_case, run_cases

#: Cases of the quickest kinds here; all kinds together take half a minute on one core.
CASES = 300

SEED = 20_000


@pytest.mark.parametrize("name", list(KINDS))
def test_sound_files_are_taken(tmp_path: Path, name: str) -> None:
    for file, data in KINDS[name].sound().items():
        (tmp_path / file).write_bytes(data)
    assert KINDS[name].read(tmp_path)


@pytest.mark.parametrize("name", list(KINDS))
def test_damaged_files_are_read_or_refused_in_one_line(name: str) -> None:
    kind = KINDS[name]
    tally = run_cases(kind, SEED, max(12, int(CASES * kind.share / 2)))
    assert not tally.failures, "\n\n".join(tally.failures[:5])
    assert tally.opened and tally.refused, "damage that is always or never noticed proves nothing"


@pytest.mark.parametrize("name", list(KINDS))
def test_a_seed_makes_the_same_case_again(tmp_path: Path, name: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    one, other = (make_case(KINDS[name], KINDS[name].sound(), 7, tmp_path / folder) for folder in ("one", "other"))
    assert one == other


def test_mutators_change_what_they_are_given() -> None:
    rng = random.Random(0)
    text = "A = 1\nB = (2, 3)\nEND\n"
    for mutate, given in ((mutate_text, text), (mutate_bytes, text.encode()), (mutate_json, '{"a": [1, 2, {"b": "c"}]}')):
        made = {mutate(rng, given) for _ in range(50)}
        assert len(made) > 25


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (ValueError("a traceback"), "a traceback"),
        ("leave", "leaves"),
        ("change", "changes its inputs"),
        ("no name", "names no file"),
        ("no end", "does not end"),
    ],
)
def test_the_runner_notices_what_must_not_be(raised: object, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that crashes, leaves files behind, changes its inputs, or does not say which file is meant."""
    monkeypatch.setitem(runner._LIMITS, signal.ITIMER_PROF, 1)

    def read(folder: Path) -> bool:
        if isinstance(raised, Exception):
            raise raised
        while raised == "no end":
            pass
        if raised == "change":
            (folder / "items.txt").write_text("other")
            return True
        (folder / "out").mkdir()
        if raised == "leave":
            (folder / "out" / "x.tif").touch()
        raise InputError("something is wrong" if raised == "no name" else "items.txt: is wrong")

    tally: Tally = run_cases(replace(KINDS["thresholds"], read=read, names_file=True), 0, 1)
    assert len(tally.failures) == 1
    assert words in tally.failures[0]

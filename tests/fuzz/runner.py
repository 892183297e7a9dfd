"""Runs cases and judges them: success, or one line that names the file; inputs untouched, no leftovers, soon over."""

from __future__ import annotations

import random
import re
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crism_gan_plugin.core.errors import CrismError

from .kinds import Kind

#: Seconds of computing that no case needs a hundredth of, and seconds of waiting that even a busy machine does not take.
_LIMITS = {signal.ITIMER_PROF: 20, signal.ITIMER_REAL: 200}

_LONGEST_MESSAGE = 2000


class TooSlow(BaseException):
    """A case does not end. Not an `Exception`, so that nothing catches it."""


@dataclass
class Tally:
    """What came of the cases of one kind."""

    kind: str
    opened: int = 0
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        return self.opened + self.refused + len(self.failures)


def run_cases(kind: Kind, seed: int, cases: int) -> Tally:
    """Cases number ``seed``, ``seed`` + 1, … of a kind."""
    tally = Tally(kind.name)
    sound = kind.sound()
    with tempfile.TemporaryDirectory(prefix="crism-fuzz-") as name, _quiet(), _alarm():
        for number in range(seed, seed + cases):
            folder = Path(name) / str(number)
            folder.mkdir()
            begin = time.perf_counter()
            _run(kind, sound, number, folder, tally)
            seconds = time.perf_counter() - begin
            tally.seconds += seconds
            tally.slowest = max(tally.slowest, seconds)
            shutil.rmtree(folder)
    return tally


def make_case(kind: Kind, sound: dict[str, bytes], number: int, folder: Path) -> dict[str, bytes]:
    """Write the files of one case into a folder."""
    files = kind.damage(random.Random(f"{kind.name} {number}"), sound)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


def _run(kind: Kind, sound: dict[str, bytes], number: int, folder: Path, tally: Tally) -> None:
    files = make_case(kind, sound, number, folder)
    complaint = None
    _set_timers(_LIMITS)
    try:
        taken = kind.read(folder)
    except CrismError as error:
        taken, complaint = False, _judge_message(str(error), kind, folder, sound)
        tally.reasons[_pattern(str(error), folder)] += 1
        out = folder / "out"
        left = [file.name for file in out.rglob("*")] if out.is_dir() else []
        complaint = complaint or (f"leaves {left} behind" if left else None)
    except TooSlow:
        taken, complaint = False, f"does not end within {_LIMITS[signal.ITIMER_PROF]} s"
    except Exception:
        taken, complaint = False, traceback.format_exc(limit=-4).strip()
    finally:
        _set_timers(dict.fromkeys(_LIMITS, 0))
    changed = _changed(folder, files)
    complaint = complaint or (f"changes its inputs: {changed}" if changed else None)
    if complaint:
        tally.failures.append(f"python -m tests.fuzz --kind '{kind.name}' --seed {number} --cases 1\n{complaint}")
    elif taken:
        tally.opened += 1
    else:
        tally.refused += 1


def _judge_message(message: str, kind: Kind, folder: Path, sound: dict[str, bytes]) -> str | None:
    if len(message.splitlines()) != 1 or not message.isprintable():
        return f"the message is not one line: {message!r}"
    if len(message) > _LONGEST_MESSAGE:
        return f"the message has {len(message)} letters: {message[:200]!r}"
    if kind.names_file and not any(Path(name).stem.lower() in message.lower() for name in sound):
        return f"the message names no file: {message!r}"
    return None


def _pattern(message: str, folder: Path) -> str:
    """A message without what differs from case to case."""
    message = re.sub(rf"{re.escape(str(folder))}\S*:|\S*/\S*", "FILE", message)
    return re.sub(r"'[^']*'|\d[\d.e+-]*", "…", message)[:70]


def _changed(folder: Path, files: dict[str, bytes]) -> list[str]:
    there: dict[str, Any] = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    return sorted(name for name in {*there, *files} if there.get(name) != files.get(name))


@contextmanager
def _alarm() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlow

    before = {number: signal.signal(number, stop) for number in (signal.SIGALRM, signal.SIGPROF)}
    try:
        yield
    finally:
        _set_timers(dict.fromkeys(_LIMITS, 0))
        for number, handler in before.items():
            signal.signal(number, handler)


def _set_timers(seconds: dict[int, int]) -> None:
    for timer, limit in seconds.items():
        signal.setitimer(timer, limit)


@contextmanager
def _quiet() -> Iterator[None]:
    """What GDAL and NumPy print about damaged files is not looked at."""
    from osgeo import gdal

    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        gdal.PopErrorHandler()

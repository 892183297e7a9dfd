"""A lock keeps others out, and goes with its process, however that ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crism_gan_plugin.core.errors import OutputError
from crism_gan_plugin.core.files import locks
from crism_gan_plugin.core.files.locks import FileLock, claim

ROOT = Path(__file__).resolve().parents[3]

HOLDER = """
import sys
from pathlib import Path
from crism_gan_plugin.core.files.locks import FileLock
with FileLock(Path(sys.argv[1]), "taken"):
    print("mine", flush=True)
    sys.stdin.readline()
"""


def holder(path: Path) -> subprocess.Popen:
    """Another process that has the lock until it reads a line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "mine\n"
    return process


def test_another_process_keeps_us_out_until_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    other = holder(path)
    with pytest.raises(OutputError, match="taken"), FileLock(path, "taken"):
        pytest.fail("the block must not run")
    assert path.is_file()
    other.communicate("\n", timeout=60)
    assert not path.exists()
    with FileLock(path, "taken"):
        assert path.is_file()
    assert not list(tmp_path.iterdir())


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    other = holder(tmp_path / "x.lock")
    other.send_signal(signal.SIGKILL)
    other.communicate(timeout=60)
    assert (tmp_path / "x.lock").is_file()
    with FileLock(tmp_path / "x.lock", "taken"):
        pass
    assert not list(tmp_path.iterdir())


def test_one_who_waits_gets_it(tmp_path: Path) -> None:
    other = holder(tmp_path / "x.lock")
    other.stdin.write("\n")
    other.stdin.flush()
    with FileLock(tmp_path / "x.lock", "taken", wait=60):
        pass
    other.communicate(timeout=60)


def test_within_one_process_too(tmp_path: Path) -> None:
    with FileLock(tmp_path / "x.lock", "taken"), pytest.raises(OutputError, match="taken"), FileLock(tmp_path / "x.lock", "taken"):
        pytest.fail("the block must not run")


def test_a_file_that_was_removed_by_its_holder_is_not_taken_for_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening and locking the former holder removes the file: what is locked then has no name, and keeps nobody out."""
    lock, real = FileLock(tmp_path / "x.lock", "taken"), locks._system_lock

    def removed_first(descriptor: int) -> None:
        (tmp_path / "x.lock").unlink()
        real(descriptor)

    monkeypatch.setattr(locks, "_system_lock", removed_first)
    assert not lock.take()
    monkeypatch.undo()
    assert lock.take()
    lock.release()


def test_without_locks_in_the_file_system_everything_is_granted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "_system_lock", refuse)
    with FileLock(tmp_path / "x.lock", "taken"):
        pass


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="absent: cannot write there"), FileLock(tmp_path / "absent" / "x.lock", "taken"):
        pytest.fail("the block must not run")


def test_a_folder_that_was_made_for_a_lock_goes_with_it(tmp_path: Path) -> None:
    with claim(tmp_path / "a" / "b" / "x.lock", "taken"):
        assert (tmp_path / "a" / "b").is_dir()
        with pytest.raises(OutputError, match="taken"), claim(tmp_path / "a" / "b" / "x.lock", "taken"):
            pytest.fail("the block must not run")
    assert not list(tmp_path.iterdir())
    (tmp_path / "a").mkdir()
    with claim(tmp_path / "a" / "x.lock", "taken"):
        pass
    assert (tmp_path / "a").is_dir()  # it was there before
    with claim(tmp_path / "a" / "x.lock", "taken", passing=True):
        pass
    assert not list(tmp_path.iterdir())


def test_what_came_into_a_folder_stays(tmp_path: Path) -> None:
    with claim(tmp_path / "a" / "b" / "x.lock", "taken"):
        (tmp_path / "a" / "b" / "result").write_text("y")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["result"]

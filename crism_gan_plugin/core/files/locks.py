"""Exclusive locks on files, which the system gives back when their process ends, however it ends.

Some network file systems know no locks. There every lock is granted, and runs go on without protection.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Optional

from ..errors import OutputError

#: Somebody else has it.
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)

#: Seconds between two tries of one who waits.
_PAUSE = 0.02

#: So often a lock is tried to take in a folder of its own: another run that ends at this moment may remove its file, or its folder.
_TRIES = 5


class FileLock:
    """One lock, as a ``with`` block; the file is made for it, and removed when it is given back.

    Parameters
    ----------
    path
        The file to lock; used for nothing else.
    said
        Message of the `OutputError` when another process has the lock.
    wait
        Seconds to wait for it.

    Attributes
    ----------
    is_certain
        Whether the file system keeps locks, so that having it means that nobody else has; known once it was tried.

    Raises
    ------
    OutputError
        If somebody else has the lock, or the file cannot be made.
    """

    def __init__(self, path: Path, said: str, wait: float = 0.0) -> None:
        self.path, self.said, self.wait = path, said, wait
        self.is_certain = False
        self._file: Optional[BinaryIO] = None

    def __enter__(self) -> FileLock:
        until = time.monotonic() + self.wait
        while not self.take():
            if time.monotonic() >= until:
                raise OutputError(self.said)
            time.sleep(_PAUSE)
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.release()

    def take(self) -> bool:
        """Try to take the lock; whether it is ours now."""
        try:
            file = self.path.open("ab")
        except OSError as error:
            if sys.platform == "win32" and isinstance(error, PermissionError):  # it is being removed by the one who has it
                return False
            raise OutputError(f"{self.path.parent}: cannot write there ({error.strerror}); choose another output folder") from error
        granted, self.is_certain = _lock(file.fileno())
        if not granted or not self._is_in_place(file):
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back, if we have it."""
        file, self._file = self._file, None
        if file is None:
            return
        if sys.platform == "win32":  # where an open file cannot be removed
            file.close()
        with suppress(OSError):
            self.path.unlink()
        file.close()

    def let_go(self) -> None:
        """Give the lock back, if we have it, and leave its file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _is_in_place(self, file: BinaryIO) -> bool:
        """Whether the file that is open still has its name: the one who had it before has removed it, and others make a new one."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False


@contextmanager
def claim(path: Path, said: str, passing: bool = False) -> Iterator[None]:
    """A `FileLock` in a folder that is made for it; what was made goes again if nothing else came into it.

    Parameters
    ----------
    path, said
        The same as for `FileLock`.
    passing
        Whether the folder is there for the lock and what it protects alone: then it goes even if it was there before.

    Raises
    ------
    OutputError
        If somebody else has the lock, or the folder cannot be made.
    """
    folder = path.parent
    made = [each for each in (folder, *folder.parents) if not each.exists() or (passing and each == folder)]
    lock = FileLock(path, said)
    try:
        _enter(lock)
        yield
    finally:
        lock.release()
        with suppress(OSError):
            for each in made:
                each.rmdir()


def _enter(lock: FileLock) -> None:
    """Take the lock, in a folder that is made for it."""
    folder = lock.path.parent
    for _ in range(_TRIES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot write there ({error.strerror}); choose another output folder") from error
        try:
            if lock.take():
                return
        except OutputError:
            if folder.is_dir():
                raise
    raise OutputError(lock.said)


def _lock(descriptor: int) -> tuple[bool, bool]:
    """Whether the lock is granted, and whether that means anything."""
    try:
        _system_lock(descriptor)
    except OSError as error:
        return error.errno not in _HELD, False
    return True, True


if sys.platform == "win32":
    import msvcrt

    def _system_lock(descriptor: int) -> Any:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _system_lock(descriptor: int) -> Any:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

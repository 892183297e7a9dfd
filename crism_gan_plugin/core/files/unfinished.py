"""The hidden folder in which the files of a run wait, and how they change places with the old files.

The folder lies beside the destination. In it are ``new``, the new files under their final names; ``old``, the files that these
replace, while the new ones move; ``moving.json``, which says what is moving; and ``lock``, which the run holds as long as it lives.
All old files are set aside before the first new one comes, and the raster itself comes last. So a new legend never lies beside an
old raster. A move that fails is taken back. A move that was killed is taken back by the next run, or finished where all new files
are there.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import OutputError
from .inputs import UNFINISHED
from .locks import FileLock

#: Files of these kinds are what the others belong to.
_MAIN = (".tif", ".tiff", ".img", ".npz", ".gpkg")

#: An old file of this name with such an ending more would tell of a new raster what was true of the old one.
_ABOUT_A_RASTER = (".aux.xml", ".ovr", ".msk")


class UnfinishedFolder:
    """A run's hidden folder; made by `make`.

    Attributes
    ----------
    home
        Where its files shall go.
    new
        The folder to write them into.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.home = path, path.parent
        self.new, self.old, self._journal = path / "new", path / "old", path / "moving.json"
        self._lock = FileLock(path / "lock", f"{path}: is another run's")

    @staticmethod
    def make(home: Path) -> UnfinishedFolder:
        """A new one in ``home``, after those of killed runs are cleared away; the caller holds the lock of ``home``."""
        for path in home.glob(f"{UNFINISHED}*"):
            with suppress(OSError, OutputError):
                UnfinishedFolder(path).clear_after_death()
        found = UnfinishedFolder(Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home)))
        found._lock.take()
        found.new.mkdir()
        return found

    def clear_after_death(self) -> None:
        """Take a killed run's move back, or finish it, and remove its folder; leave that of a run that lives, or may live."""
        has_lock, is_moving = self._lock.path.is_file(), self._journal.is_file()
        if has_lock and not (self._lock.take() and self._lock.is_certain):
            self._lock.let_go()
            return
        if not has_lock and not is_moving:
            self.path.rmdir()  # nothing is left in it but by whoever knows no locks
        elif not is_moving or not any(self.new.iterdir()) or self.take_back():
            self.remove()
        else:
            self._lock.let_go()

    def begin(self, superseded: Iterable[str]) -> list[str]:
        """Note what is going to move; the names of all old files that must go, the main one first."""
        stamps = {file.name: _stamp(file) for file in self.new.iterdir()}
        self._journal.write_text(json.dumps(stamps), encoding="utf-8")
        about = (name + ending for name in stamps for ending in _ABOUT_A_RASTER)
        return sorted({*stamps, *superseded, *about}, key=_order, reverse=True)

    def set_aside(self, names: Iterable[str]) -> None:
        """Move old files out of the way; `OutputError` if one cannot be moved, or is a folder."""
        self.old.mkdir()
        for name in names:
            target = self.home / name
            if target.is_dir():
                raise OutputError(f"{target}: is a folder; choose another name, or remove it")
            try:
                target.rename(self.old / name)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _cannot_be_replaced(target, error) from error

    def move_in(self) -> None:
        """Move the new files to their places; `OutputError` if one cannot be moved."""
        for name in sorted((file.name for file in self.new.iterdir()), key=_order):
            try:
                (self.new / name).replace(self.home / name)
            except OSError as error:
                raise _cannot_be_replaced(self.home / name, error) from error

    def take_back(self) -> bool:
        """Undo `move_in` and `set_aside`, as far as they came; whether everything is as it was."""
        try:
            stamps = json.loads(self._journal.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # it was not even begun
            return not self.has_old_files()
        for name, stamp in stamps.items():
            with suppress(OSError):
                if not os.path.lexists(self.new / name) and _stamp(self.home / name) == stamp:
                    (self.home / name).rename(self.new / name)
        for file in sorted(self.old.iterdir(), key=lambda file: _order(file.name)) if self.old.is_dir() else ():
            with suppress(OSError):
                if not os.path.lexists(self.home / file.name):
                    file.rename(self.home / file.name)
        return not self.has_old_files()

    def has_old_files(self) -> bool:
        """Whether files that belong elsewhere are in it."""
        return self.old.is_dir() and any(self.old.iterdir())

    def remove(self) -> None:
        """Remove the folder and all that is in it. The lock goes last, since it tells what a run that is killed here has left."""
        for part in (self._journal, *(each for each in _entries(self.path) if each not in (self._journal, self._lock.path))):
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part, ignore_errors=True)
            else:
                with suppress(OSError):
                    part.unlink()
        self._lock.release()
        with suppress(OSError):
            self.path.rmdir()

    def leave(self) -> None:
        """Leave the folder for the next run, or for the user."""
        self._lock.let_go()


def _order(name: str) -> tuple[bool, int, str]:
    """Order of moving: rasters come last, and of these the one with the shortest name, with which the others begin."""
    return name.lower().endswith(_MAIN), -len(name), name


def _stamp(file: Path) -> list[int]:
    """What a file is known by; its number would be another one on some disks once they are taken out and put in again."""
    found = file.lstat()
    return [found.st_size, found.st_mtime_ns]


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _cannot_be_replaced(target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{target}: cannot be replaced ({error.strerror}); close what has it open, or choose another name; nothing was written"
    )

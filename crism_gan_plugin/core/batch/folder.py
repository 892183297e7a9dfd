"""The files below a folder. Entries that cannot be read, links that lead nowhere and pipes give a warning and stop nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ..errors import one_line
from ..files.reading import real_path
from ..progress import Progress


def files_below(folder: Path, leave_out: Path, progress: Progress) -> Iterator[list[Path]]:
    """The files of a folder, and of each folder in it, by name.

    Hidden entries are left out, and ``leave_out``, if it lies within. Links to folders are not followed: they may lead back.
    """
    left_out, waiting = real_path(leave_out), [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as found:
                entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
        except OSError as error:
            progress.warn(one_line(f"{here}: cannot be searched ({error.strerror}); images in it are left out"))
            continue
        files, folders = [], []
        for entry in entries:
            progress.check()
            path = Path(entry.path)
            mode = _mode(entry)
            odd = _oddness(entry, mode)
            if odd:
                progress.warn(one_line(f"{path}: {odd}; it is left out"))
            elif mode is not None and stat.S_ISREG(mode):
                files.append(path)
            elif real_path(path) != left_out:
                folders.append(path)
        yield files
        waiting += reversed(folders)


def _mode(entry: os.DirEntry[str]) -> Optional[int]:
    """What an entry is, or leads to; None if that cannot be known."""
    try:
        return entry.stat().st_mode
    except OSError:
        return None


def _oddness(entry: os.DirEntry[str], mode: Optional[int]) -> str:
    """Why an entry is neither a file nor a folder to search; empty if it is."""
    if mode is None:
        return "is a link that leads nowhere" if entry.is_symlink() else "cannot be looked at"
    if stat.S_ISDIR(mode):
        return "is a link to a folder, which is not followed (give that folder itself)" if entry.is_symlink() else ""
    return "" if stat.S_ISREG(mode) else "is a pipe, socket or device"

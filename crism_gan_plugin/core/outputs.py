"""Outputs appear whole or not at all.

All files of one run are written into a hidden folder beside their destination, under their final names (GDAL derives the names of
its companions from them), and are renamed into place together at the end. A run that fails or is cancelled leaves nothing behind.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Optional, Union

from .errors import OutputError
from .locks import FileLock

#: Held by the run that moves its files into the folder; seconds that others wait for it.
_MOVING, _WAIT = ".crism-moving.lock", 60.0


class AtomicOutputs:
    """A folder to write into; what is in it moves to ``folder`` when the ``with`` block ends without an error.

    Parameters
    ----------
    folder
        Where the files shall end up; made if it is missing.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to, or a file cannot be moved into place.
    """

    def __init__(self, folder: Union[str, Path]) -> None:
        self.folder = Path(folder)
        self._made: list[Path] = []
        self._superseded: list[Path] = []
        self._temporary: Optional[Path] = None

    def __enter__(self) -> AtomicOutputs:
        try:
            self._make_folder()
            self._temporary = Path(tempfile.mkdtemp(prefix=".crism-unfinished-", dir=self.folder))
        except OSError as error:
            self._remove_made_folders()
            raise OutputError(f"{self.folder}: cannot write there ({error.strerror}); choose another output folder") from error
        return self

    def path(self, name: str) -> Path:
        """Where to write the file that will be called ``name``; `OutputError` if a folder is in its place."""
        if self._temporary is None:
            raise RuntimeError("AtomicOutputs is used outside its with block")
        if (self.folder / name).is_dir():
            raise OutputError(f"{self.folder / name}: is a folder; choose another name, or remove it")
        return self._temporary / name

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder beside the files to come, for what is only needed on the way; gone after the ``with`` block."""
        if self._temporary is None:
            raise RuntimeError("AtomicOutputs is used outside its with block")
        folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=self._temporary))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def supersede(self, name: str) -> None:
        """Have an earlier run's file ``name``, which would not belong to the new ones, removed when these move into place."""
        self._superseded.append(self.folder / name)

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        whole = False
        try:
            if kind is None:
                with FileLock(self.folder / _MOVING, f"{self.folder}: another run does not end writing there; try again", _WAIT):
                    self._move_into_place()
                whole = True
        finally:
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)
            if not whole:
                self._remove_made_folders()
        if isinstance(error, OutputError):  # the reader knows the file by its final place
            error.args = (str(error).replace(str(self._temporary), str(self.folder)),)
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise OutputError(f"{self.folder}: writing failed ({error.strerror}); nothing was written") from error

    def _make_folder(self) -> None:
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            self._made.append(folder)

    def _remove_made_folders(self) -> None:
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                return

    def _move_into_place(self) -> None:
        assert self._temporary is not None
        for old in self._superseded:
            old.unlink(missing_ok=True)
        for file in sorted(self._temporary.iterdir()):
            try:
                file.replace(self.folder / file.name)
            except OSError as error:
                raise OutputError(f"{self.folder / file.name}: cannot be replaced ({error.strerror})") from error

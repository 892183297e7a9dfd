"""Outputs appear whole or not at all, and replace no input.

All files of one run are written into a hidden folder beside their destination, under their final names, since GDAL derives the
names of its companions from them. At the end they are renamed into place together (`unfinished`). A run that fails or is cancelled
leaves nothing behind. What a killed run leaves is cleared away by the next run in that folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PureWindowsPath
from types import TracebackType
from typing import Optional

from ..errors import OutputError, ParameterError
from .inputs import current_inputs
from .locks import FileLock
from .names import PathLike
from .unfinished import UnfinishedFolder

#: Held by the run that begins in the folder, or moves its files into it; seconds that others wait for it.
_MOVING, _WAIT = ".crism-moving.lock", 60.0

#: Endings of GeoTIFFs, in capitals too.
_GEOTIFF = (".tif", ".tiff")

#: Bytes of the longest name that usual file systems have.
_LONGEST_NAME = 255


def check_geotiff(path: PathLike, what: str = "output") -> Path:
    """``path`` as a `Path`, if it is the name of a GeoTIFF; else `ParameterError`, which begins with ``what``."""
    found = Path(path)
    if found.suffix.lower() not in _GEOTIFF:
        raise ParameterError(f"{what}: {found} is not the name of a GeoTIFF; let it end in .tif")
    check_name(found.name, what)
    return found


def check_name(name: str, what: str = "name") -> str:
    """``name``, if it can be what a file in any folder is called; else `ParameterError`, which begins with ``what``."""
    if not name.strip() or name != name.strip():
        raise ParameterError(f"{what} {name!r}: is empty, or has blanks at its ends; choose another name")
    if PureWindowsPath(name).name != name or not name.isprintable():  # it knows both slashes, and drives
        raise ParameterError(f"{what} {name!r}: leads to another folder, or has control characters; give a plain name")
    if name.startswith("."):
        raise ParameterError(f"{what} {name!r}: begins with a dot, which hides files; choose another name")
    return name


def split_name(name: Optional[str], default: str) -> tuple[str, str]:
    """Stem and ending of the raster that the outputs of a run are named by.

    Parameters
    ----------
    name
        The name that was given. ``"x"`` is x.tif; the endings of ``"x.TIF"`` and ``"x.tiff"`` are kept. None means the default.
    default
        A stem.

    Raises
    ------
    ParameterError
        If it is not a plain name, which would lead out of the folder.
    """
    if name is None:
        return default, ".tif"
    ending = Path(check_name(name)).suffix
    return (Path(name).stem, ending) if ending.lower() in _GEOTIFF else (name, ".tif")


def check_outputs(outputs: Iterable[Optional[PathLike]]) -> None:
    """Refuse outputs, given by their paths or None, before any work is done for them.

    Raises
    ------
    ParameterError
        If one is a file of an input, or has a name that is too long.
    """
    paths = [Path(output) for output in outputs if output is not None]
    current_inputs().refuse([*paths, *(path.with_name(f"{path.name}.aux.xml") for path in paths)])
    for path in paths:
        if len(os.fsencode(path.name)) > _LONGEST_NAME:
            raise ParameterError(f"{path}: the name is longer than {_LONGEST_NAME} bytes; choose a shorter one")


class AtomicOutputs:
    """Places to write to; what is written there moves to where it belongs when the ``with`` block ends without an error.

    Parameters
    ----------
    folder
        Where the files shall end up; made if it is missing.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to, or a file cannot be moved into place: all files are as they were then.
    ParameterError
        If a file would replace one of an input (`inputs`).
    InputError
        If an input was changed while it was read.
    """

    def __init__(self, folder: PathLike) -> None:
        self.folder = Path(folder)
        self._inputs = current_inputs()
        self._made: list[Path] = []
        self._superseded: list[str] = []
        self._unfinished: dict[Path, UnfinishedFolder] = {}

    def __enter__(self) -> AtomicOutputs:
        self._open(self.folder)
        return self

    def path(self, name: str) -> Path:
        """Where to write the file that will be called ``name``; see `place`."""
        return self.place(self.folder / name)

    def place(self, target: Path) -> Path:
        """Where to write the file that will be ``target``, in whichever folder.

        Raises
        ------
        OutputError
            If a folder is in its place.
        ParameterError
            If it is a file of an input.
        """
        own = self._own
        unfinished = own if target.parent == self.folder else self._unfinished.get(target.parent) or self._open(target.parent)
        if target.is_dir():
            raise OutputError(f"{target}: is a folder; choose another name, or remove it")
        self._inputs.refuse([target])
        return unfinished.new / target.name

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder beside the files to come, for what is only needed on the way; gone after the ``with`` block."""
        folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=self._own.path))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def supersede(self, name: str) -> None:
        """Remove an earlier run's file ``name``, which would not belong to the new files, when these move into place."""
        self._superseded.append(name)

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        whole = False
        removed = next((folder for folder, unfinished in self._unfinished.items() if not unfinished.new.is_dir()), None)
        try:
            if removed is not None and (kind is None or issubclass(kind, (OutputError, OSError))):
                raise OutputError(f"{removed}: was removed while it was written to; nothing is written there") from error
            if kind is None:
                self._inputs.check_unchanged()
                self._move_into_place()
                whole = True
        finally:
            self._clean_up(whole)
        for folder, unfinished in self._unfinished.items():  # the reader knows the file by its final place
            if isinstance(error, OutputError):
                error.args = (str(error).replace(str(unfinished.new), str(folder)),)
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise OutputError(f"{self.folder}: writing failed ({error.strerror}); nothing was written") from error

    @property
    def _own(self) -> UnfinishedFolder:
        if self.folder not in self._unfinished:
            raise RuntimeError("AtomicOutputs is used outside its with block")
        return self._unfinished[self.folder]

    def _open(self, folder: Path) -> UnfinishedFolder:
        try:
            self._make_folder(folder)
            with _lock_of(folder):
                self._unfinished[folder] = UnfinishedFolder.make(folder)
        except BaseException as error:
            if folder == self.folder:
                self._clean_up(whole=False)
            if isinstance(error, OSError):
                raise OutputError(f"{folder}: cannot write there ({error.strerror}); choose another output folder") from error
            raise
        return self._unfinished[folder]

    def _make_folder(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir()
            self._made.append(each)

    def _move_into_place(self) -> None:
        folders = sorted(self._unfinished, key=lambda folder: folder.resolve())  # all runs take locks in the same order
        with ExitStack() as locks:
            for folder in folders:
                locks.enter_context(_lock_of(folder))
            moving = [self._unfinished[folder] for folder in folders]
            try:
                goners = [each.begin(self._superseded if each is self._own else ()) for each in moving]
                for each, names in zip(moving, goners):
                    self._inputs.refuse(each.home / name for name in names)
                for each, names in zip(moving, goners):
                    each.set_aside(names)
                for each in moving:
                    each.move_in()
            except BaseException as error:
                stuck = [each for each in moving if not each.take_back()]
                if stuck:
                    kept = ", ".join(str(each.old) for each in stuck)
                    raise OutputError(f"{error}; earlier files could not be put back, they are in {kept}") from error
                if isinstance(error, OSError):
                    raise OutputError(f"{self.folder}: writing failed ({error.strerror}); nothing was written") from error
                raise

    def _clean_up(self, whole: bool) -> None:
        for unfinished in self._unfinished.values():
            try:
                _clear(unfinished, whole)
            except BaseException:  # an interrupt that came just now
                _clear(unfinished, whole)
                raise
        for folder in reversed([] if whole else self._made):
            try:
                folder.rmdir()
            except OSError:
                return


def _clear(unfinished: UnfinishedFolder, whole: bool) -> None:
    if whole or unfinished.take_back():
        unfinished.remove()
    else:
        unfinished.leave()


def _lock_of(folder: Path) -> FileLock:
    return FileLock(folder / _MOVING, f"{folder}: another run does not end writing there; try again", _WAIT)

"""Files of spectra in a folder, an archive, or alone, with the files that may lie beside them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Callable, Optional

from ..errors import InputError, one_line
from ..files.names import PathLike, is_regular
from ..files.reading import LARGEST_TEXT, check_file, list_folder, read_whole

#: Files that are looked through at most.
_MOST_FILES = 20_000

#: What Python raises for archives that are damaged, locked, or packed in a way that it does not know.
_UNSOUND = (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, RuntimeError, ValueError, struct.error, zlib.error)

#: How many folders above a file its companions may lie: USGS keeps wavelengths above its chapters.
_FOLDERS_ABOVE = 2


@dataclass(frozen=True)
class Member:
    """A file of the folder or archive.

    Attributes
    ----------
    where
        Its path, for messages.
    name
        Its name, without folders.
    folder
        The folder that it lies in, as text.
    read
        Gives its bytes.
    disk
        The file itself; None within an archive.
    """

    where: str
    name: str
    folder: str
    read: Callable[[], bytes]
    disk: Optional[Path] = None

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    @property
    def ending(self) -> str:
        return PurePosixPath(self.name).suffix.lower()


@dataclass(frozen=True)
class SpectralFolder:
    """What was given, and what lies around it.

    Attributes
    ----------
    members
        The files to read: the one that was given, or all of a folder or archive, sorted.
    around
        All files among which companions are looked for.
    whole
        Whether a folder or archive was given.
    """

    members: tuple[Member, ...]
    around: tuple[Member, ...]
    whole: bool

    def beside(self, member: Member, ending: str) -> Optional[Member]:
        """The file with a member's stem and this ending, in capitals or small letters."""
        wanted = f"{member.stem}{ending}".lower()
        return next((other for other in self.around if other.folder == member.folder and other.name.lower() == wanted), None)


@contextmanager
def open_folder(path: PathLike) -> Iterator[SpectralFolder]:
    """The files that a path leads to: a folder and those below it, an archive (zip), or one file.

    Raises
    ------
    InputError
        If there is no such file or folder, or too many files.
    """
    given = Path(path)
    if given.is_dir():
        members = tuple(_members_of(given))
        yield SpectralFolder(members, (*members, *_above(given)), True)
        return
    file = check_file(given)
    if not zipfile.is_zipfile(file) or file.suffix.lower() == ".npz":
        around = [_on_disk(each) for each in list_folder(file.parent) if is_regular(each)]
        yield SpectralFolder((_on_disk(file),), (*around, *_above(file.parent)), False)
        return
    try:
        archive = zipfile.ZipFile(file)
    except _UNSOUND as error:
        raise InputError(
            f"{file}: cannot be unpacked ({error}); get the archive again, or unpack it and give the folder"
        ) from error
    with archive:
        members = tuple(_members_in(file, archive))
        yield SpectralFolder(members, members, True)


def _on_disk(file: Path) -> Member:
    return Member(str(file), file.name, str(file.parent), lambda: read_whole(file), file)


def _members_of(folder: Path) -> Iterator[Member]:
    files = (file for file in sorted(folder.rglob("*")) if is_regular(file) and not file.name.startswith("."))
    for number, file in enumerate(files):
        if number == _MOST_FILES:
            raise InputError(f"{folder}: has more than {_MOST_FILES} files; give a folder of spectra")
        yield _on_disk(file)


def _above(folder: Path) -> Iterator[Member]:
    for above in folder.resolve().parents[:_FOLDERS_ABOVE]:
        yield from (_on_disk(file) for file in list_folder(above) if is_regular(file))


def _members_in(file: Path, archive: zipfile.ZipFile) -> Iterator[Member]:
    files = (info for info in archive.infolist() if info.filename and not info.filename.endswith("/"))
    infos = sorted(files, key=lambda info: info.filename)
    if len(infos) > _MOST_FILES:
        raise InputError(f"{file}: has more than {_MOST_FILES} files; give an archive of spectra")
    for info in infos:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if not inside.name.startswith(".") and "__MACOSX" not in inside.parts:
            where = one_line(f"{file}/{info.filename}", 300)
            yield Member(where, inside.name, str(inside.parent), _unpacker(archive, info, where))


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(info) as opened:
                data = opened.read(LARGEST_TEXT + 1)
        except _UNSOUND as error:
            raise InputError(f"{where}: cannot be unpacked ({error}); unpack the archive and give the folder") from error
        if len(data) > LARGEST_TEXT:
            raise InputError(f"{where}: has more than {LARGEST_TEXT >> 20} MB, too much for a file of spectra; leave it out")
        return data

    return read

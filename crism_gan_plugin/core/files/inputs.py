"""Which files a run reads: none of them may be an output, and none may change meanwhile.

Every reader of files calls `reading.check_file` or `gdal_access.open_dataset`, and both call `note_input`. So everything that is
read within `recorded_inputs` is known, companions that were found and the sources of virtual rasters included. No algorithm has to
list its inputs. `AtomicOutputs` asks for them before it writes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from ..errors import InputError, ParameterError
from .names import PathLike, file_on_disk

#: What a run's own folder of unfinished files is called; nothing in it is an input.
UNFINISHED = ".crism-unfinished-"

#: Names of files that belong to one called ``x.img``: endings of the whole name, and of the name without its own ending.
_AFTER_NAME, _AFTER_STEM = (".aux.xml", ".ovr", ".msk", ".hdr"), (".hdr", ".lbl", ".img", ".tab", ".fmt")

#: The same: how it looks in QGIS and how it was made; these are the GeoTIFF's where one of that name is there.
_OF_A_MAP, _GEOTIFF = (".qml", "_provenance.json"), (".tif", ".tiff")

#: Programs write these while they only look at an image (statistics, pyramids, a style).
_OF_VIEWERS = (".aux.xml", ".ovr", ".qml")

#: So much of a file is searched for names of others: all of a virtual raster, the label in front of an image.
_MOST_TEXT = 1 << 24

#: ``^IMAGE = "X.IMG"`` or ``("X.IMG", 9)``, in a PDS label.
_POINTER = re.compile(r"\^[\w:]+\s*=\s*\(?\s*\"?([^\"',()\s]+)")


@dataclass(frozen=True)
class _Stamp:
    """The numbers by which a changed file is noticed."""

    device: int
    number: int
    size: int
    changed_ns: int

    @staticmethod
    def of(path: Path) -> Optional[_Stamp]:
        """The stamp of a file; None where there is no such file."""
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        return _Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)

    @property
    def identity(self) -> Optional[tuple[int, int]]:
        """A number that is the same for all names and links of a file; None on file systems that do not number their files."""
        return (self.device, self.number) if self.number else None


@dataclass(frozen=True)
class _Input:
    """A file, what the user gave that it belongs to, and what it was when it was opened; no stamp for one that is not read."""

    path: Path
    given: Path
    stamp: Optional[_Stamp]


class InputFiles:
    """The files that a run reads, and those that belong to them.

    Parameters
    ----------
    outer
        The inputs of the run that this one is a step of; they count as inputs here, too.
    """

    def __init__(self, outer: Optional[InputFiles] = None) -> None:
        self._outer = outer
        self._by_path: dict[Path, _Input] = {}
        self._by_identity: dict[tuple[int, int], _Input] = {}

    @contextmanager
    def recording(self) -> Iterator[InputFiles]:
        """While the ``with`` block runs, files that this thread opens are noted here."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)

    def note(self, name: PathLike, given: Optional[PathLike] = None) -> None:
        """A file is opened, by its own name or by one of GDAL's; ``given`` is what it belongs to, if not itself."""
        self._add(name, given, read=True)

    def keep(self, names: Iterable[Optional[PathLike]]) -> None:
        """These files, or None, are inputs, whether or not they are ever opened."""
        for name in names:
            if name is not None:
                self._add(name, None, read=False)

    def refuse(self, outputs: Iterable[Optional[PathLike]]) -> None:
        """Raise `ParameterError` if one of the outputs, which may be None, is a file of an input, by whatever name or link."""
        for output in [Path(output) for output in outputs if output]:
            found = self._find(output)
            if found is None:
                continue
            if found.path == found.given and found.path == _absolute(output):
                raise ParameterError(f"{output}: is the input itself; choose another name")
            if found.path == found.given:
                raise ParameterError(f"{output}: is the input itself, {found.given}, under another name; choose another name")
            raise ParameterError(f"{output}: belongs to the input {found.given}, and must not be replaced; choose another name")

    def opened(self) -> set[Path]:
        """The files that were read so far, but for what viewers write beside images; without those of the outer run."""
        return {path for path, each in self._by_path.items() if each.stamp is not None}

    def check_unchanged(self) -> None:
        """Raise `InputError` if a file that was read is no longer what it was when it was opened."""
        for each in self._by_path.values():
            if each.stamp is not None and _Stamp.of(each.path) != each.stamp:
                raise InputError(f"{each.path}: was changed or removed while it was read; nothing is written, run it again")
        if self._outer is not None:
            self._outer.check_unchanged()

    def settle(self) -> None:
        """All that is needed of the inputs is read: `check_unchanged` now, and later changes do not matter."""
        self.check_unchanged()
        self._by_path = {path: replace(each, stamp=None) for path, each in self._by_path.items()}
        if self._outer is not None:
            self._outer.settle()

    def _add(self, name: PathLike, given: Optional[PathLike], read: bool) -> None:
        path = _file_behind(str(name))
        if path is None or any(part.startswith(UNFINISHED) for part in path.parts):
            return
        known = self._by_path.get(path)
        if known is not None and (known.stamp is not None or not read):
            return
        owner = path if given is None else _file_behind(str(given)) or Path(given)
        self._put(_Input(path, owner, _Stamp.of(path) if read and not path.name.lower().endswith(_OF_VIEWERS) else None))
        for part in _companions(path):
            self._put(_Input(part, owner, None))
        for part in _named_in(path):
            self._add(part, owner, read)

    def _put(self, each: _Input) -> None:
        if each.stamp is None and each.path in self._by_path:
            return
        self._by_path[each.path] = each
        stamp = each.stamp or _Stamp.of(each.path)
        if stamp is not None and stamp.identity is not None:
            self._by_identity[stamp.identity] = each

    def _find(self, output: Path) -> Optional[_Input]:
        stamp, path = _Stamp.of(output), _absolute(output)
        found = self._by_path.get(path) or self._by_path.get(path.resolve())
        if found is None and stamp is not None and stamp.identity is not None:
            found = self._by_identity.get(stamp.identity)
        if found is None and self._outer is not None:
            found = self._outer._find(output)
        return found


_current: ContextVar[Optional[InputFiles]] = ContextVar("inputs of the run", default=None)


def current_inputs() -> InputFiles:
    """The inputs of the run that this thread is in; empty outside `recorded_inputs`."""
    return _current.get() or InputFiles()


@contextmanager
def recorded_inputs() -> Iterator[InputFiles]:
    """Record the inputs of a run, as a ``with`` block or as a decorator: all that it opens, and the inputs of the run around it."""
    with InputFiles(_current.get()).recording() as inputs:
        yield inputs


def note_input(name: PathLike, parts: Iterable[str] = ()) -> None:
    """Note that a file is opened, and which files belong to it. Everything that opens files calls this."""
    inputs = _current.get()
    if inputs is not None:
        inputs.note(name)
        for part in parts:
            inputs.note(part, name)


def _absolute(path: Path) -> Path:
    """The path without links in the folders' names; the file itself may be a link."""
    return path.parent.resolve() / path.name


def _file_behind(name: str, folder: Optional[Path] = None) -> Optional[Path]:
    """The regular file that a name, also one of GDAL's, leads to; None if there is none."""
    plain = name.strip().removeprefix("vrt://")
    for each in dict.fromkeys((plain, plain.split("?")[0])):
        for place in ([] if folder is None else [str(folder / each)]) + [each]:
            file = file_on_disk(place) if each and "\0" not in each else None
            if file is not None:
                return _absolute(file)
    return None


def _companions(path: Path) -> list[Path]:
    """The files beside one that belong to it by their names, in capitals or small letters."""
    name, stem, there = path.name.lower(), path.stem.lower(), _names_beside(path)
    wanted = [*(name + ending for ending in _AFTER_NAME), *(stem + ending for ending in _AFTER_STEM)]
    if path.suffix.lower() in _GEOTIFF or not any(stem + ending in there for ending in _GEOTIFF):
        wanted += [stem + ending for ending in _OF_A_MAP]
    return [path.with_name(there[each]) for each in wanted if each in there and each != name]


def _names_beside(path: Path) -> dict[str, str]:
    """The names in a file's folder by what they are in small letters."""
    try:
        return {file.name.lower(): file.name for file in path.parent.iterdir()}
    except OSError:
        return {}


def _named_in(path: Path) -> list[Path]:
    """The files that a virtual raster (or other XML) or a PDS label names."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
            xml, label = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"), b"PDS_VERSION_ID" in head
            text = (head + file.read(_MOST_TEXT if xml else 1 << 20)).decode("utf-8", "surrogateescape") if xml or label else ""
    except OSError:
        return []
    if xml:
        found = (_file_behind(name, path.parent) for name in dict.fromkeys(_texts(text)))
    else:
        there = _names_beside(path) if label else {}
        found = (_file_behind(there[name.lower()], path.parent) for name in _POINTER.findall(text) if name.lower() in there)
    return [file for file in dict.fromkeys(found) if file is not None and file != path]


def _texts(xml: str) -> Iterator[str]:
    """The texts of all elements, those of XML within XML too."""
    for text in re.findall(">([^<>]+)<", xml):
        plain = html.unescape(text).strip()
        if "<" in plain:
            yield from _texts(plain)
        elif 0 < len(plain) < 4096 and "\n" not in plain:
            yield plain

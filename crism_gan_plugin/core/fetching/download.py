"""One file of the archive, fetched into a ``.part``: gone on with after a stop, checked, and then given its name."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Optional

from ..errors import Cancelled, InputError, OutputError
from .answers import ArchiveFile
from .manners import Manners, TryAgain, check_status
from .sizes import check_size
from .transport import Answer, Stopped, Transport, TransportError

#: So many bytes of a part are asked for again: they show whether the archive's file is still the same.
OVERLAP = 4096

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


def part_of(target: Path) -> Path:
    """What a file is called while it is not whole."""
    return target.with_name(f"{target.name}.part")


@dataclass(frozen=True)
class Download:
    """How files are fetched.

    Attributes
    ----------
    transport
        The way to the server.
    manners
        How patient to be.
    """

    transport: Transport
    manners: Manners

    def fetch(
        self, file: ArchiveFile, target: Path, label_size: Optional[int], stopped: Stopped, told: Callable[[int], None]
    ) -> None:
        """Fetch a file. Nothing lies at ``target`` before it is whole.

        Parameters
        ----------
        file
            What is fetched.
        target
            Where it goes.
        label_size
            Bytes that its label tells, if one does.
        stopped
            Whether to stop; what has come is kept for the next run.
        told
            Told of the bytes that are there, again and again.

        Raises
        ------
        InputError
            If the server does not give it, or gives something else.
        OutputError
            If it cannot be written.
        Cancelled
            If it was stopped.
        """
        part = part_of(target)
        reached = _size(part)

        def went_on() -> bool:
            nonlocal reached
            before, reached = reached, _size(part)
            return reached > before

        try:
            self.manners.ask(lambda: self._once(file, part, stopped, told), stopped, went_on)
            if not stopped():
                _finish(file, part, target, label_size)
        except (TryAgain, TransportError) as error:
            if not stopped():
                raise InputError(f"{file.url}: {error}; what has come is kept, fetch it again later") from error
        except OSError as error:
            advice = "free some disk space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "choose another folder"
            raise OutputError(f"{part}: cannot be written ({error.strerror}); {advice}; what has come is kept") from error
        if stopped():
            raise Cancelled("cancelled; what has come is kept")

    def _once(self, file: ArchiveFile, part: Path, stopped: Stopped, told: Callable[[int], None]) -> None:
        have = _size(part)
        start = max(have - OVERLAP, 0)
        with self.transport.get(file.url, start, stopped) as answer:
            _check_answer(answer, file, part)
            begins, whole = _range(answer)
            with _opened(part, begins) as output:
                pieces = answer.pieces if begins == 0 else _after_overlap(answer.pieces, output, have - begins, part)
                for piece in pieces:
                    if stopped():
                        return
                    output.write(piece)
                    told(output.tell())
                size = output.tell()
        if whole is not None and size != whole and not stopped():
            if size > whole:
                part.unlink()
            raise TryAgain(f"the connection broke off after {size} of {whole} bytes")


def _check_answer(answer: Answer, file: ArchiveFile, part: Path) -> None:
    """Raise `TryAgain` or `InputError` unless the answer is the file, or its end."""
    check_status(answer.status, answer.headers)
    if answer.status == 416:  # there are fewer bytes than we have
        part.unlink()
        raise TryAgain("the server has another file than before")
    if answer.status not in (200, 206):
        raise InputError(
            f"{file.url}: the server does not give it (it answers {answer.status}); look whether the archive has moved it"
        )
    if "text/html" in answer.headers.get("content-type", "") and not file.name.lower().endswith((".html", ".htm")):
        raise InputError(f"{file.url}: a web page comes in its place; look whether the network wants a login first")


def _range(answer: Answer) -> tuple[int, Optional[int]]:
    """The byte that an answer begins with, and how many the whole file has, if that is told."""
    if answer.status == 206:
        match = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
        if match is None:
            raise TryAgain("the server does not say which part of the file it sends")
        return int(match[1]), int(match[2])
    text = answer.headers.get("content-length", "")
    return 0, int(text) if text.isascii() and text.isdigit() else None


def _opened(part: Path, begins: int) -> BinaryIO:
    """The part, open at the byte that the answer begins with. An answer that begins anew makes an empty file."""
    if begins == 0:
        return part.open("wb")
    output = part.open("r+b")
    output.seek(begins)
    return output


def _after_overlap(pieces: Iterator[bytes], output: BinaryIO, overlap: int, part: Path) -> Iterator[bytes]:
    """The pieces without their first ``overlap`` bytes, which must be those at the end of the part."""
    if overlap < 0:
        raise TryAgain("the server sends another part of the file than it was asked for")
    begins = output.tell()
    ours, theirs = output.read(overlap), b""
    for piece in pieces:
        theirs += piece
        if len(theirs) >= overlap:
            break
    if theirs[:overlap] != ours[: len(theirs)]:
        output.truncate(0)
        raise TryAgain("the server has another file than before")
    output.seek(begins + min(len(theirs), overlap))
    yield theirs[overlap:]
    yield from pieces


def _finish(file: ArchiveFile, part: Path, target: Path, label_size: Optional[int]) -> None:
    """Check what has come, and give it its name."""
    try:
        check_size(target, _size(part), file, label_size)
    except InputError:
        part.unlink()
        raise
    part.replace(target)


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0

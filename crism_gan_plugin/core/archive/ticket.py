"""The ticket of a run: a file in the shared folder that proves to a worker that it sees that folder, and another that says stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from ... import paths
from ..errors import OutputError

_PREFIX, _STOP = ".crism-archive-run-", ".stop"


@dataclass(frozen=True)
class Ticket:
    """What a worker must be shown: the folder of a run, the run's id, and the version that the run is of."""

    folder: Path
    run: str
    version: str

    @property
    def file(self) -> Path:
        return self.folder / f"{_PREFIX}{self.run}"

    @property
    def stop(self) -> Path:
        """The file that asks the workers to stop what they do for this run."""
        return self.folder / f"{_PREFIX}{self.run}{_STOP}"

    def fault(self) -> str:
        """Why this process cannot work for the run; empty if it can."""
        if paths.version() != self.version:
            return f"it has CRISM GAN {paths.version()}, and this run is of {self.version}; install the same version everywhere"
        if not self.file.is_file():
            return f"it does not see the folder {self.folder}; results need a folder that all workers share under one path"
        return ""


@contextmanager
def issued(folder: Path) -> Iterator[Ticket]:
    """A new ticket in a folder, for a ``with`` block; the caller holds the folder's lock. What killed runs left goes.

    A block that ends with an error leaves the file that asks the workers to stop: some may still be at work.
    """
    ticket = Ticket(folder, uuid4().hex[:12], paths.version())
    try:
        for left in folder.glob(f"{_PREFIX}*"):
            left.unlink()
        ticket.file.touch()
    except OSError as error:
        raise OutputError(f"{folder}: cannot write there ({error.strerror}); choose another output folder") from error
    try:
        yield ticket
    except BaseException:
        with suppress(OSError):
            ticket.stop.touch()
        raise
    finally:
        with suppress(OSError):
            ticket.file.unlink()

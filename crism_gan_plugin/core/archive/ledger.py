"""The ledger of a run: one line of JSON for each scene, which says what became of it.

Only the client writes it. While a run goes on, lines are added at its end, and the last line of a scene counts. When a run begins
and ends, the ledger is written anew, whole or not at all, with one line for each scene. A line that a killed run left unfinished
is dropped: the ledger saves time, but what is finished is told by the results themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Optional, TextIO

from ..errors import OutputError
from ..files.outputs import AtomicOutputs
from ..progress import Progress

#: States of a scene.
DONE, FAILED, SET_ASIDE = "done", "failed", "set aside"


@dataclass(frozen=True)
class LedgerLine:
    """What became of a scene, or of a tile of the composite.

    Attributes
    ----------
    scene
        Its name.
    state
        done, failed (and to be tried again), or set aside (not tried again).
    attempt
        How often it was tried, in the run that last tried it.
    seconds, peak_mb
        What its last attempt took: time of all stages, and the most memory.
    version
        The version of CRISM GAN that did it.
    checksum
        SHA-256 of the map.
    error
        Why it failed, in one line.
    image
        Its image.
    worker
        The host and process that last tried it.
    ended
        When that was, UTC.
    key
        Checksum of all that was asked for; with another one, it is looked at again.
    inputs
        The files that were read: bytes, and seconds when they were last changed.
    files
        The results, relative to the ledger's folder: bytes.
    more
        What else its stages told.
    """

    scene: str
    state: str
    attempt: int = 1
    seconds: float = 0.0
    peak_mb: Optional[float] = None
    version: str = ""
    checksum: str = ""
    error: str = ""
    image: str = ""
    worker: str = ""
    ended: str = ""
    key: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """The entry as JSON; what is empty is left out."""
        kept = {name: value for name, value in asdict(self).items() if value not in ("", None, {})}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


_NAMES = {each.name for each in fields(LedgerLine)}


class Ledger:
    """The ledger in a folder, open for a run in a ``with`` block.

    Raises
    ------
    OutputError
        If it cannot be read or written.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.file = folder / "ledger.jsonl"
        self._progress = progress
        self._last: dict[str, str] = {}
        self._open: Optional[TextIO] = None

    def __enter__(self) -> Ledger:
        self._last = dict(self._read())
        self._rewrite()
        try:
            self._open = self.file.open("a", encoding="utf-8")
        except OSError as error:
            raise self._fault(error) from error
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
        if kind is None or not issubclass(kind, OutputError):
            self._rewrite()

    def __getitem__(self, scene: str) -> Optional[LedgerLine]:
        """The last entry of a scene; None if there is none."""
        line = self._last.get(scene)
        return None if line is None else _entry(line)

    def __iter__(self) -> Iterator[LedgerLine]:
        """The last entry of each scene, by name."""
        for scene in sorted(self._last):
            entry = self[scene]
            assert entry is not None
            yield entry

    def add(self, entry: LedgerLine) -> None:
        """Write what became of a scene."""
        line = entry.line()
        self._last[entry.scene] = line
        assert self._open is not None
        try:
            self._open.write(f"{line}\n")
            self._open.flush()
        except OSError as error:
            raise self._fault(error) from error

    def _read(self) -> Iterator[tuple[str, str]]:
        """Scenes and their lines. Those that cannot be read are told of, but for the last, which a killed run did not end."""
        try:
            lines = self.file.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._fault(error) from error
        for number, line in enumerate(lines, 1):
            entry = _entry(line)
            if entry is not None:
                yield entry.scene, entry.line()
            elif line.strip() and number < len(lines):
                self._progress.warn(f"{self.file}, line {number}: cannot be read; its scene is looked at again")

    def _rewrite(self) -> None:
        with AtomicOutputs(self.file.parent) as outputs:
            text = "".join(f"{self._last[scene]}\n" for scene in sorted(self._last))
            outputs.path(self.file.name).write_text(text, encoding="utf-8")

    def _fault(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.file}: cannot be read or written ({error.strerror}); free some disk space, and run the same command again: "
            "what is finished is not made again"
        )


def _entry(line: str) -> Optional[LedgerLine]:
    """The entry of a line; None if it is none."""
    try:
        found = json.loads(line)
        entry = LedgerLine(**{name: value for name, value in found.items() if name in _NAMES})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    kinds = {"scene": str, "state": str, "key": str, "attempt": int, "inputs": dict, "files": dict, "more": dict}
    return entry if all(isinstance(getattr(entry, name), kind) for name, kind in kinds.items()) else None

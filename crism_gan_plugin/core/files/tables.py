"""Tables of results as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import OutputError


def table_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows, the heading among them, as text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write the rows to a file, with the ends of lines that spreadsheets write; `OutputError` if it cannot be written."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); free some disk space") from error

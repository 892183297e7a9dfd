"""Whether denoised cubes on the disk need no second run, since they are whole and were made of the same, in the same way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

from ..errors import CrismError
from ..files.inputs import InputFiles
from ..files.outputs import AtomicOutputs
from ..files.reading import read_json, sha256
from ..progress import Progress
from ..provenance import RUN_ID

#: The checksums of the files, in the record.
_FILES = "files"


def decisive(record: dict[str, Any], packages: Iterable[str]) -> dict[str, Any]:
    """The part of a record that decides the result. Time, place of the image and name of the machine do not."""
    kept = {key: value for key, value in record.items() if key not in ("started", "warnings")}
    kept["image"] = {key: value for key, value in record["image"].items() if key != "path"}
    kept["versions"] = {key: record["versions"][key] for key in packages}
    return kept


def key_of(what: dict[str, Any]) -> str:
    """A key that only the record of this run has: a checksum of all that decides its results."""
    return hashlib.sha256(as_text(what).encode()).hexdigest()


def as_text(what: dict[str, Any]) -> str:
    """JSON that is the same text for the same values."""
    return json.dumps(what, sort_keys=True, default=str)


def write_record(outputs: AtomicOutputs, files: Iterable[Optional[Path]], target: Path, record: dict[str, Any], key: str) -> None:
    """Write the record ``target`` of a run's files beside them, when these are whole; None stands for files that it has not."""
    made = [file for file in files if file not in (None, target)]
    whole = {**record, RUN_ID: key, _FILES: {file.name: sha256(outputs.place(file)) for file in made if file is not None}}
    outputs.place(target).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def are_finished(files: Iterable[Optional[Path]], target: Path, key: str, progress: Progress) -> bool:
    """Whether a run of this key wrote a record of these files (`write_record`), and no byte of them has changed since."""
    made = [file for file in files if file not in (None, target)]
    try:
        with InputFiles().recording():  # what is looked at because it may be replaced is no input
            record = read_json(target, "denoise the image again")
        if record[RUN_ID] != key:
            return False
        for file in made:
            progress.check()
            if file is not None and sha256(file) != record[_FILES][file.name]:
                return False
    except (OSError, ValueError, LookupError, TypeError, RecursionError, CrismError):
        return False
    progress.info(f"{target.parent}: the denoised image is finished there, of the same inputs; it is not denoised again")
    return True

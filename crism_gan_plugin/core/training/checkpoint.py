"""A training run on disk, so that it can go on later as if it had not been interrupted.

A checkpoint is an `.npz` with arrays of numbers, and one text for all else. It is read as data, whoever wrote it. It says which run
it belongs to. Another run does not take it, and two processes do not work on one at a time.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

import numpy as np

from ..arrays import AnyArray
from ..errors import InputError, OutputError
from ..files.locks import FileLock
from ..files.npz import read_npz

_ADVICE = "delete it to start anew"

#: The array that is the text: JSON in UTF-8.
_TEXT = "text"


def checkpoint_lock(path: Path) -> FileLock:
    """The lock of a checkpoint: its holder may read, write and remove the file.

    Raises
    ------
    OutputError
        If its folder is missing; or, on entering, if another process has the lock.
    """
    if not path.parent.is_dir():
        raise OutputError(f"{path}: the checkpoint cannot be written there; choose another folder")
    said = f"{path}: another process is training with this checkpoint at the moment; wait until it is done, or give another one"
    return FileLock(path.with_name(f".{path.name}.lock"), said)


def write_checkpoint(path: Path, run: dict[str, Any], text: dict[str, Any], arrays: dict[str, AnyArray]) -> None:
    """Replace ``path`` as a whole.

    Parameters
    ----------
    run
        The values that tell this run from others; JSON.
    text
        State of the run, but for the arrays; JSON.
    arrays
        Arrays of numbers, by any names but "text".

    Raises
    ------
    OutputError
        If the disk is full, or the file cannot be written.
    """
    data = io.BytesIO()
    letters = json.dumps({"run": run, **text}).encode()
    np.savez(data, **{_TEXT: np.frombuffer(letters, np.uint8), **arrays})
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(data.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        if not isinstance(error, OSError):
            raise
        raise OutputError(
            f"{path}: the checkpoint cannot be written there; free some disk space or choose another folder"
        ) from error


def read_checkpoint(
    path: Path, run: dict[str, Any], largest: int, restore: Callable[[dict[str, AnyArray], dict[str, Any]], None]
) -> None:
    """Hand what `write_checkpoint` wrote, arrays and text, to ``restore``, which may raise anything if they do not fit.

    Parameters
    ----------
    largest
        How many bytes the arrays may have together.

    Raises
    ------
    InputError
        If the file is damaged, or belongs to another run than ``run``.
    """
    arrays = _read(path, largest)
    other: list[str] = []
    try:
        text = json.loads(arrays.pop(_TEXT).tobytes())
        here = json.loads(json.dumps(run))
        other = [what for what in here if text["run"][what] != here[what]]
        if not other:
            restore(arrays, text)
    except Exception as error:
        raise InputError(f"{path}: is not a readable checkpoint; {_ADVICE}") from error
    if other:
        raise InputError(f"{path}: belongs to a run with another {' and '.join(other)}; delete it, or give the same")


def _read(path: Path, largest: int) -> dict[str, AnyArray]:
    if not path.is_file():
        raise InputError(f"{path}: is not a checkpoint but a folder or a device; give another name")
    try:
        return read_npz(path, largest, _ADVICE)
    except InputError as error:
        if "data.pkl" not in str(error):
            raise
        raise InputError(
            f"{path}: is a checkpoint in PyTorch's own format, as earlier versions wrote it, which is not read any more, since it "
            f"can hold programs; {_ADVICE}"
        ) from error

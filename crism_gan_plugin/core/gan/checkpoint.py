"""A training run on disk, for going on later exactly as if it had not been interrupted.

Tensors, and one text for all else: torch 1.13 reads no plain floats back when it is told to load data alone. A checkpoint says
which run it belongs to; another run does not take it.
"""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

from ..errors import InputError, OutputError


def write_checkpoint(
    path: Path, run: dict[str, Any], text: dict[str, Any], tensors: dict[str, Any], arrays: dict[str, Any]
) -> None:
    """Replace ``path`` as a whole.

    Parameters
    ----------
    run
        What tells this run from others; JSON.
    text
        Its state but for the tensors; JSON.
    tensors
        torch tensors, in dicts and lists.
    arrays
        NumPy arrays; they come back as tensors.

    Raises
    ------
    OutputError
        If the folder is missing or the disk is full.
    """
    import torch

    unfinished = path.with_name(path.name + ".unfinished")
    data = io.BytesIO()  # torch itself, writing to a disk that fills up, takes the whole program down
    arrays = {name: torch.from_numpy(array) for name, array in arrays.items()}
    torch.save({**tensors, **arrays, "text": json.dumps({"run": run, **text})}, data)
    try:
        unfinished.write_bytes(data.getbuffer())
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise OutputError(
            f"{path}: the checkpoint cannot be written there; free some disk space or choose another folder"
        ) from error


def read_checkpoint(
    path: Path, run: dict[str, Any], device: str, restore: Callable[[dict[str, Any], dict[str, Any]], None]
) -> None:
    """Hand what `write_checkpoint` wrote, tensors and text, to ``restore``.

    Raises
    ------
    InputError
        If the file is damaged, or belongs to another run than ``run``.
    """
    import torch

    other: list[str] = []
    try:
        tensors = torch.load(path, map_location=device, weights_only=True)
        text = json.loads(tensors["text"])
        here = json.loads(json.dumps(run))
        other = [what for what in here if text["run"][what] != here[what]]
        if not other:
            restore(tensors, text)
    except Exception as error:  # torch raises whatever its unpickler met
        raise InputError(f"{path}: is not a readable checkpoint; delete it to start anew") from error
    if other:
        raise InputError(f"{path}: belongs to a run with another {' and '.join(other)}; delete it, or give the same")

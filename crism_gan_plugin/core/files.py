"""Finding files whatever the case of their names: PDS writes them in capitals in labels and often in small letters on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Optional, Union

from .errors import InputError


def check_file(path: Union[str, Path]) -> Path:
    """``path`` as a `Path`, if it is a file with something in it; else `InputError`."""
    file = Path(path)
    if not file.exists():
        raise InputError(f"{file}: no such file; check the path")
    if not file.is_file():
        raise InputError(f"{file}: not a file; give the image itself")
    if file.stat().st_size == 0:
        raise InputError(f"{file}: the file is empty; get it again")
    return file


def find_file(name: str, folders: Iterable[Path]) -> Optional[Path]:
    """The file ``name`` in the first of the folders that has it, in capitals or small letters; None if none has."""
    for folder in folders:
        exact = folder / name
        if exact.is_file():
            return exact
        if folder.is_dir():
            for file in sorted(folder.iterdir()):
                if file.name.lower() == name.lower() and file.is_file():
                    return file
    return None


def beside(path: Path, name: str) -> Optional[Path]:
    """The file ``name`` in the folder of ``path``, in capitals or small letters; None if there is none."""
    return find_file(name, [path.parent])

"""How many bytes a file of the archive must have."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ..errors import InputError
from ..rasters.pds_label import Label, read_label
from .answers import ArchiveFile

#: The archive tells sizes in kilobytes, rounded, and does not say of which kind.
_KILOBYTE = (1000, 1024)


def sizes_of_label(label: Path) -> dict[str, int]:
    """The sizes that a label tells, by the files' names in small letters: records × bytes of a record.

    Raises
    ------
    InputError
        If it is no label.
    """
    whole = read_label(label)
    return {name: size for each in (whole, *whole.find("FILE")) for name, size in _sizes(each).items()}


def check_size(path: Path, size: int, file: ArchiveFile, label_size: Optional[int]) -> None:
    """Raise `InputError`, which names ``path``, if a file of so many bytes is not whole."""
    if label_size is not None and size != label_size:
        raise InputError(f"{path}: has {size} bytes, but its label tells of {label_size}; fetch it again later")
    if file.kilobytes is not None and not any(abs(size / unit - file.kilobytes) <= 1 for unit in _KILOBYTE):
        raise InputError(f"{path}: has {size} bytes, but the archive tells of {file.kilobytes:g} kilobytes; fetch it again later")


def _sizes(label: Label) -> dict[str, int]:
    record, records = label.get("RECORD_BYTES"), label.get("FILE_RECORDS")
    if not isinstance(record, int) or not isinstance(records, int):
        return {}
    found = {}
    for keyword, value in label.values.items():
        named = value[0] if isinstance(value, list) and value else value
        if keyword.startswith("^") and isinstance(named, str):
            found[Path(named).name.lower()] = record * records
    return found

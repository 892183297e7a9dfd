"""Detection limits that lie beside a map, whatever they are called: by the checksum of the map that their record tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.reading import list_folder, read_json

#: Endings of the curves that `find_detection_limits` writes, and of its record.
_CURVES, _RECORD = "_curves.csv", "_provenance.json"


def limits_beside(path: Path, checksum: object) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Curves and record of each; ``checksum`` is the SHA-256 of the class raster. What cannot be read counts as not there."""
    for file in list_folder(path.parent):
        if not file.name.endswith(_CURVES):
            continue
        try:
            record = read_json(file.with_name(file.name[: -len(_CURVES)] + _RECORD), "find the limits again")
        except InputError:
            continue
        about = record.get("map") if isinstance(record, Mapping) else None
        if isinstance(about, Mapping) and checksum is not None and about.get("sha256") == checksum:
            yield file, record

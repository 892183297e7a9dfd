"""Whether a map that is there needs no second run: it was made of the same, in the same way, and is whole."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..class_table import read_class_table
from ..errors import CrismError
from ..mapping.levels import NO_DATA
from ..mapping.pipeline import MapOutputs
from ..raster import RasterReader

#: What a record says of the time, the machine and what was found depends on the run; all else decides what the map is.
_OF_THE_RUN = {"started", "finished", "found", "pixels", "warnings"}

#: Lines that are read at once.
_LINES = 1024


def is_finished(outputs: MapOutputs, record: dict[str, Any]) -> bool:
    """Whether the outputs are there, whole, and made as ``record`` (that of a run that has not begun) says."""
    files = [outputs.classes, outputs.style, *([outputs.evidence] if outputs.evidence else [])]
    if not all(file.is_file() and file.stat().st_size for file in files):
        return False
    try:
        before = json.loads(outputs.provenance.read_text(encoding="utf-8"))
        return _decisive(before) == _decisive(record) and _is_whole(outputs, before)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CrismError):
        return False


def _decisive(record: dict[str, Any]) -> dict[str, Any]:
    """The part of a record that decides what the map is, as JSON would give it back."""
    kept = {key: value for key, value in record.items() if key not in _OF_THE_RUN}
    kept["versions"] = record["versions"]["crism_gan"]
    return _without_paths(json.loads(json.dumps(kept)))


def _without_paths(value: Any) -> Any:
    """A file is known by its checksum, wherever it lies."""
    if isinstance(value, dict):
        return {key: _without_paths(entry) for key, entry in value.items() if key != "path"}
    return [_without_paths(entry) for entry in value] if isinstance(value, list) else value


def _is_whole(outputs: MapOutputs, record: dict[str, Any]) -> bool:
    """Whether the rasters can be read to their ends, and the classes are those that were counted when they were written."""
    found = {entry["code"]: entry["pixels"] for entry in record["found"]}
    pixels = np.zeros(256, np.int64)
    with RasterReader(outputs.classes) as reader:
        for first in range(0, reader.lines, _LINES):
            codes = reader.read(first, min(_LINES, reader.lines - first))
            pixels += np.bincount(codes.astype(np.intp).ravel(), minlength=256)
        lines = reader.lines
    if outputs.evidence is not None:
        with RasterReader(outputs.evidence) as reader:
            if reader.lines != lines:
                return False
            reader.read(lines - 1, 1)
    same_table = {row.value: row.pixels for row in read_class_table(outputs.classes)} == found
    counted = {int(code): int(pixels[code]) for code in np.flatnonzero(pixels[:NO_DATA]) if code}
    return same_table and counted == found and int(pixels[NO_DATA]) == record["pixels"]["no data"]

"""Whether a map on the disk needs no second run, since it is whole and was made of the same, in the same way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ..errors import CrismError
from ..files.reading import read_json, read_whole, sha256
from ..mapping.pipeline import MapOutputs
from ..mapping.record import describe_found
from ..mapping.unlisted_files import unlisted_files
from ..provenance import RUN_ID, without_paths
from ..rasters.class_table import read_class_table
from ..rasters.metadata_keys import RUN_ID_KEY
from ..rasters.reader import RasterReader

#: What a record says of the time, the machine and what was found depends on the run; all else decides what the map is.
_OF_THE_RUN = {
    "started",
    "finished",
    "found",
    "pixels",
    "warnings",
    "files",
    "ratio agreement",
    "false shares",
    "unlisted groups",
    "denoised cubes",
    RUN_ID,
}

#: What reading a file that anything may have happened to can end in.
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, expat.ExpatError, CrismError)


def is_finished(outputs: MapOutputs, record: dict[str, Any]) -> bool:
    """Whether the outputs are there, whole, and made as ``record`` (that of a run that has not begun) says."""
    try:
        before = read_json(outputs.provenance, "map the image again")
        return _decisive(before) == _decisive(record) and _is_whole(outputs, before)
    except _BROKEN:
        return False


def _decisive(record: dict[str, Any]) -> dict[str, Any]:
    """The part of a record that decides what the map is, as JSON would give it back."""
    kept = {key: value for key, value in record.items() if key not in _OF_THE_RUN}
    kept["versions"] = record["versions"]["crism_gan"]
    return without_paths(json.loads(json.dumps(kept)))


def _is_whole(outputs: MapOutputs, record: dict[str, Any]) -> bool:
    """Whether every byte of the rasters is as it was written, and legend and style can be read.

    The class table must have its values, and the style must be XML. QGIS adds statistics to the one, and users change the other.
    """
    rasters = [outputs.classes, *([outputs.evidence] if outputs.evidence else [])]
    if any(sha256(file) != record["files"][file.name] for file in rasters):
        return False
    with RasterReader(outputs.classes) as reader:
        if reader.metadata().get(RUN_ID_KEY) != record[RUN_ID]:  # by it the files of the run know each other
            return False
    beside = outputs.classes.with_name(f"{outputs.classes.name}.aux.xml")
    if not _is_xml(outputs.style, "qgis") or (beside.exists() and not _is_xml(beside, "PAMDataset")):
        return False
    if not all(file.is_file() for file in unlisted_files(outputs.classes, record.get("unlisted groups"))):
        return False
    return describe_found(read_class_table(outputs.classes)) == record["found"]


def _is_xml(file: Path, root: str) -> bool:
    """Whether a file is well-formed XML whose first element is called so; none that declares entities, which might be a bomb."""
    parser, elements = expat.ParserCreate(), []
    parser.StartElementHandler = lambda name, _: elements.append(name)
    parser.EntityDeclHandler = _refuse
    parser.Parse(read_whole(file), True)
    return elements[0] == root


def _refuse(*declared: Any) -> None:
    raise ValueError("an entity is declared")

"""What a map was made from and how, for the reader who must trust it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import paths
from .files.names import file_on_disk, gdal_name
from .files.reading import sha256
from .products.scene import Scene
from .rasters.metadata_keys import ATMOSPHERE_KEY, RUN_ID_KEY

#: The field of a record that says what `RUN_ID_KEY` says in the rasters.
RUN_ID = "run_id"

#: The field that says what `ATMOSPHERE_KEY` says: whether the image was corrected for the atmosphere (true, false).
CORRECTED = "atmosphere_corrected"

#: What the warning of a map whose image was not corrected begins with, in words.
UNCORRECTED = "NOT CORRECTED for the atmosphere"


def now() -> str:
    """The present time, UTC, as ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def describe_file(path: Path) -> dict[str, Any]:
    """Name, size and checksum of an input; those of its archive where the input is no file of its own."""
    name = gdal_name(path)
    if name is None:
        return {"file": path.name, "path": str(path.resolve()), "bytes": path.stat().st_size, "sha256": sha256(path)}
    file = file_on_disk(name)
    if file is None:
        return {
            "file": path.name,
            "path": name,
            "bytes": None,
            "sha256": None,
            "note": "no file here: it has no checksum",
        }
    inside = {"note": f"inside {file.name}, whose size and checksum these are"}
    return {"file": path.name, "path": name, "bytes": file.stat().st_size, "sha256": sha256(file), **inside}


def describe_scene(scene: Scene) -> dict[str, Any]:
    """An image as an input; its wavelengths may come from another file than its numbers."""
    about = {
        "product_id": scene.product_id,
        "wavelengths_sha256": hashlib.sha256(np.ascontiguousarray(scene.axis.wavelengths_nm, "<f8").tobytes()).hexdigest(),
        "reading_sha256": hashlib.sha256(json.dumps(scene.meaning).encode()).hexdigest(),
        "notes": list(scene.notes),
    }
    return {**describe_file(scene.path), **about}


def describe_opened(files: Iterable[Path], described: Iterable[Optional[Scene]]) -> list[dict[str, str]]:
    """The files that images consist of besides that of their numbers: headers, labels, tables, a virtual raster's sources.

    Parameters
    ----------
    files
        All that were opened.
    described
        Images of which `describe_scene` tells the one file.
    """
    known = {scene.path.resolve() for scene in described if scene is not None}
    found = [{"file": file.name, "sha256": sha256(file)} for file in files if file.resolve() not in known]
    return sorted(found, key=lambda each: (each["file"], each["sha256"]))


def versions(engine: Optional[str] = None) -> dict[str, str]:
    """The versions of everything that computed."""
    from osgeo import gdal

    found = {
        "crism_gan": paths.version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "gdal": gdal.__version__,
        "platform": platform.platform(),
    }
    if engine and engine.startswith("torch"):
        import torch

        found["torch"] = torch.__version__
    return found


def run_id(record: Mapping[str, Any]) -> str:
    """A name that the files of one run share and no other run has: a checksum of inputs, parameters and versions.

    Two runs have the same id only if they make the same files: from the same inputs, with the same parameters and versions.
    """
    kept = without_paths({key: value for key, value in record.items() if key != "started"})
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]


def without_paths(value: Any) -> Any:
    """A record whose files are known by their checksums, wherever they lie."""
    if isinstance(value, dict):
        return {key: without_paths(entry) for key, entry in value.items() if key != "path"}
    return [without_paths(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def identity(record: Mapping[str, Any]) -> dict[str, str]:
    """The metadata of a raster of the run that this is the record of."""
    found = {RUN_ID_KEY: record[RUN_ID]}
    if CORRECTED in record:
        found[ATMOSPHERE_KEY] = "yes" if record[CORRECTED] else "no"
    return found


def is_uncorrected(metadata: Mapping[str, str], records: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a map's image was never corrected for the atmosphere, by the map's metadata, else by its records.

    Records of earlier versions have no field for it; they have a warning in words.
    """
    said = metadata.get(ATMOSPHERE_KEY, "").strip().lower()
    return said == "no" if said in ("yes", "no") else any(_tells_uncorrected(record) for record in records)


def _tells_uncorrected(record: Mapping[str, Any]) -> bool:
    if isinstance(record.get(CORRECTED), bool):
        return not record[CORRECTED]
    warnings = record.get("warnings")
    return isinstance(warnings, list) and any(UNCORRECTED in str(text) for text in warnings)

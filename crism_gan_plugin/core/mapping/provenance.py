"""What a map was made from and how, for the reader who must trust it."""

from __future__ import annotations

import hashlib
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from ..exemplars.library import ExemplarLibrary
from ..gan.discriminator import Discriminator
from ..gan.weights import sha256
from ..products.scene import Scene
from .levels import Thresholds


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def describe_file(path: Path) -> dict[str, Any]:
    """Name, size and checksum of an input."""
    return {"file": path.name, "path": str(path.resolve()), "bytes": path.stat().st_size, "sha256": sha256(path)}


def describe_scene(scene: Scene) -> dict[str, Any]:
    """An image as an input; its wavelengths may come from another file than its numbers."""
    wavelengths = hashlib.sha256(np.ascontiguousarray(scene.axis.wavelengths_nm, "<f8").tobytes()).hexdigest()
    about = {"product_id": scene.product_id, "wavelengths_sha256": wavelengths, "notes": list(scene.notes)}
    return {**describe_file(scene.path), **about}


def describe_library(library: ExemplarLibrary, path: Path, thresholds: Thresholds) -> dict[str, Any]:
    """The exemplars and the thresholds of each class that was looked for."""
    classes = [
        {"code": m.code, "name": m.name, "guess": round(float(g), 6), "identification": round(float(i), 6)}
        for m, g, i in zip(library.classes, thresholds.guess, thresholds.identification)
    ]
    return {**describe_file(path), "best_guess": round(thresholds.best_guess, 6), "lead": thresholds.lead, "classes": classes}


def describe_network(discriminator: Discriminator, path: Path) -> dict[str, Any]:
    """The weights and what they ran on."""
    return {**describe_file(path), "engine": discriminator.engine, "calibration": discriminator.card["calibration"]}


def versions(engine: Optional[str] = None) -> dict[str, str]:
    """Of everything that computed."""
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

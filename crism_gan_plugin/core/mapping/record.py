"""What a map's record says besides its files: library, thresholds, network, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from ..libraries.exemplars import ExemplarLibrary
from ..network.discriminator import Discriminator
from ..products.scene import Scene
from ..provenance import describe_file
from ..rasters.class_table import FALSE_SHARE, ClassRow
from .levels import Thresholds


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


def describe_cubes(image: Scene, model: Optional[Scene]) -> dict[str, Any]:
    """The cubes that denoising made, which were mapped instead of the image."""
    there = {"image": image.path, "model": None if model is None else model.path}
    return {name: None if path is None else {"file": path.name, "path": str(path.resolve())} for name, path in there.items()}


def describe_found(rows: Sequence[ClassRow]) -> list[dict[str, Any]]:
    """What was found, as the class table says it."""
    return [
        {
            **{"code": r.value, "class": r.name, "level": r.level, "rgb": list(r.rgb), "pixels": r.pixels, "km2": r.area_km2},
            **({} if r.both_pixels is None else {"both_pixels": r.both_pixels}),
            **({} if r.false_share is None else dict(zip(FALSE_SHARE, r.false_share))),
        }
        for r in rows
    ]

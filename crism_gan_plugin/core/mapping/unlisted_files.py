"""The files of a map's unlisted absorptions: a table of the groups, and the library that looks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..files.outputs import AtomicOutputs
from ..files.tables import write_table
from ..georeferencing import Lookup
from ..libraries.editing import add_exemplars
from ..libraries.exemplar_files import load_exemplars, save_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..mars.georeference import Georeference
from ..mars.projection import projection_of
from .unlisted import UnlistedGroup

#: From line and sample of an image to longitude and latitude.
Degrees = Callable[[int, int], Optional[tuple[float, float]]]

_HEADING = (
    *("group", "code", "pixels", "line", "sample", "longitude", "latitude"),
    *("first_line", "last_line", "first_sample", "last_sample"),
    *("bands_um", "depths", "lookalike", "similarity", "needed", "why_not"),
)


def unlisted_table(classes: Path) -> Path:
    """The table of a map's groups."""
    return classes.with_name(f"{classes.stem}_unlisted.csv")


def unlisted_library(classes: Path) -> Path:
    """The library of a map's groups."""
    return classes.with_name(f"{classes.stem}_unlisted.json")


def unlisted_files(classes: Path, groups: Optional[Sequence[Any]]) -> list[Path]:
    """The files that a map with these groups has; none where unlisted absorptions were not asked for (None)."""
    if groups is None:
        return []
    return [unlisted_table(classes), *([unlisted_library(classes)] if groups else [])]


def write_groups(
    groups: Sequence[UnlistedGroup],
    library: ExemplarLibrary,
    classes: Path,
    outputs: AtomicOutputs,
    scene: str,
    on_ground: bool,
    degrees: Degrees,
) -> list[dict[str, Any]]:
    """Write the table, and the library where there are groups, and describe them for the record.

    Parameters
    ----------
    library
        That of the map, whole. The groups become its last classes.
    scene
        Product of the image.
    on_ground
        Whether spectra show the ground, too.
    """
    codes: dict[str, int] = {}
    if groups:
        both = add_exemplars(
            library, [group.exemplar(scene, on_ground) for group in groups], load_exemplars(), "unlisted absorptions"
        )
        codes = {mineral.name: mineral.code for mineral in both.classes}
        save_exemplars(both, outputs.place(unlisted_library(classes)))
    write_table(outputs.place(unlisted_table(classes)), [_HEADING, *(_row(group, codes[group.name], degrees) for group in groups)])
    return [
        {
            "group": group.name,
            "pixels": group.pixels,
            "bands": [asdict(band) for band in group.bands],
            "lookalike": group.lookalike,
            "similarity": group.score,
        }
        for group in groups
    ]


def _row(group: UnlistedGroup, code: int, degrees: Degrees) -> list[object]:
    line, sample = group.centre
    place = degrees(line, sample)
    return [
        group.name,
        code,
        group.pixels,
        line,
        sample,
        *(("", "") if place is None else (f"{each:.5f}" for each in place)),
        *(int(each) for each in (group.line.min(), group.line.max(), group.sample.min(), group.sample.max())),
        " ".join(f"{band.centre_nm / 1000:.3f}" for band in group.bands),
        " ".join(f"{band.depth:.4f}" for band in group.bands),
        group.lookalike,
        f"{group.score:.3f}",
        f"{group.needed:.3g}",
        group.why,
    ]


def said_of(group: UnlistedGroup) -> str:
    """A group in words, for the log."""
    line, sample = group.centre
    where = f"{group.pixels} pixels around line {line}, sample {sample}"
    return f"{group.name}: {where}; most like {group.lookalike} ({group.score:.2f}), but: {group.why}"


def degrees_of(georeference: Optional[Georeference], lookup: Optional[Lookup]) -> Degrees:
    """The way from an image's pixels to longitude and latitude, by its own place on the map or by its geometry."""
    place = georeference if lookup is None else lookup.grid.georeference
    projection = None if place is None else projection_of(place.wkt)

    def degrees(line: int, sample: int) -> Optional[tuple[float, float]]:
        if place is None or projection is None:
            return None
        row, column = float(line), float(sample)
        if lookup is not None:
            away = np.abs(lookup.line - line) + np.abs(lookup.sample - sample)
            row, column = (float(each) for each in np.unravel_index(np.nanargmin(away), away.shape))
        longitude, latitude = projection.to_degrees(*place.to_map(np.array(column + 0.5), np.array(row + 0.5)))
        return float(longitude), float(latitude)

    return degrees

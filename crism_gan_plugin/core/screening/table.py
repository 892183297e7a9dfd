"""The table of a screening: what each image shows of each mineral."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import IntArray
from ..factors import LARGEST_MISFIT
from ..files.tables import table_text
from ..libraries.exemplars import ExemplarLibrary
from ..mars.projection import projection_of
from ..products.scene import Scene
from .verdict import FAILED, verdict
from .windows_best import WINDOW, BestWindows


@dataclass(frozen=True)
class ScreenRow:
    """One mineral in one image; or an image that could not be screened, with the reason as note.

    Attributes
    ----------
    scene
        What the image is called among the others.
    mineral, code
        The class of the library.
    verdict
        "likely", "perhaps", "no sign", or "failed".
    explained_share
        Largest share of the mineral's spectrum beyond a parabola that a window's pixels make.
    windows
        Windows in which that is 0.8 or more and no other mineral's share is larger.
    line, sample
        Middle pixel of the best window, from 0.
    lon, lat
        Its place on Mars, degrees; None where it is not known.
    spectrum
        The exemplar that is explained best.
    rival, rival_share
        The other mineral that the same window explains best.
    misfit, misfit_passes
        The published misfit (NorRMSE) of the exemplar in the best window, and whether it is below the published threshold. A
        straight line passes that for most type spectra: it says little.
    image, note
        The image's path, and what makes its rows doubtful.
    """

    scene: str
    mineral: str
    code: Optional[int]
    verdict: str
    explained_share: Optional[float]
    windows: Optional[int]
    line: Optional[int]
    sample: Optional[int]
    lon: Optional[float]
    lat: Optional[float]
    spectrum: str
    rival: str
    rival_share: Optional[float]
    misfit: Optional[float]
    misfit_passes: Optional[bool]
    image: str
    note: str

    @staticmethod
    def of_failure(scene: str, image: Path, reason: str) -> ScreenRow:
        """The line of an image that could not be screened."""
        nothing = (None,) * 7
        return ScreenRow(scene, "", None, FAILED, *nothing[:6], "", "", None, None, None, str(image), reason)


def rows_of(
    name: str, path: Path, scene: Scene, library: ExemplarLibrary, found: BestWindows, warnings: Sequence[str]
) -> list[ScreenRow]:
    """The rows of one image: the largest share first, likely minerals before others."""
    line = np.minimum(found.line + WINDOW // 2, scene.lines - 1)
    sample = np.minimum(found.sample + WINDOW // 2, scene.samples - 1)
    lon, lat = _degrees(scene, sample, line)
    rows = []
    for k in np.lexsort((-found.share, found.won == 0)).tolist():
        there = bool(found.share[k] > 0)
        mineral = library.classes[k]
        rows.append(
            ScreenRow(
                scene=name,
                mineral=mineral.name,
                code=mineral.code,
                verdict=verdict(float(found.share[k]), int(found.won[k])),
                explained_share=float(found.share[k]),
                windows=int(found.won[k]),
                line=int(line[k]) if there else None,
                sample=int(sample[k]) if there else None,
                lon=lon[k] if there else None,
                lat=lat[k] if there else None,
                spectrum=library.names[found.target[k]] if there else "",
                rival=library.class_names[found.rival[k]] if there and len(library.classes) > 1 else "",
                rival_share=float(found.rival_share[k]) if there and len(library.classes) > 1 else None,
                misfit=float(found.misfit[k]) if there else None,
                misfit_passes=bool(found.misfit[k] <= LARGEST_MISFIT) if there else None,
                image=str(path),
                note="; ".join(warnings),
            )
        )
    return rows


def _degrees(scene: Scene, sample: IntArray, line: IntArray) -> tuple[list[Optional[float]], list[Optional[float]]]:
    projection = None if scene.georeference is None else projection_of(scene.georeference.wkt)
    if scene.georeference is None or projection is None:
        return [None] * sample.size, [None] * sample.size
    longitude, latitude = projection.to_degrees(*scene.georeference.to_map(sample + 0.5, line + 0.5))
    return longitude.tolist(), latitude.tolist()


def screen_text(rows: Sequence[ScreenRow]) -> str:
    """The rows as CSV with a heading."""
    return table_text([[field.name for field in fields(ScreenRow)], *(list(_cells(row)) for row in rows)])


def _cells(row: ScreenRow) -> Iterator[str]:
    for field in fields(ScreenRow):
        value = getattr(row, field.name)
        if isinstance(value, bool):
            yield "yes" if value else "no"
        elif isinstance(value, float):
            yield f"{value:.3g}" if field.name == "misfit" else f"{value:.3f}" if "share" in field.name else f"{value:.5f}"
        else:
            yield "" if value is None else str(value)

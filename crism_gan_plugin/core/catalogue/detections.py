"""The detections of a map: connected patches of a mineral, a row each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import FloatArray
from ..deposits.measures import mean
from ..deposits.pipeline import found_deposits
from ..deposits.source import MapSource
from ..files.names import PathLike
from ..options.deposits import DepositOptions
from ..progress import Progress

#: Fields of the layer besides the place: what is told of each detection.
FIELDS = {
    "class": "text",
    "code": "whole",
    "level": "text",
    "score": "real",
    "best_score": "real",
    "pixels": "whole",
    "km2": "real",
    "lon": "real",
    "lat": "real",
    "scene": "text",
    "map": "text",
}


@dataclass(frozen=True)
class Detections:
    """The detections of one map: (n,) values each; NaN where something is not known.

    Attributes
    ----------
    names, codes, levels
        Class, code in the map, and level.
    score, best_score
        Mean and best score of the pixels.
    pixels, km2
        Sizes.
    longitude, latitude
        Centres of the patches: east longitude, planetocentric latitude, degrees.
    """

    names: list[str]
    codes: list[int]
    levels: list[str]
    score: FloatArray
    best_score: FloatArray
    pixels: list[int]
    km2: FloatArray
    longitude: FloatArray
    latitude: FloatArray

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, scene: str, item: str) -> Iterator[tuple[Any, ...]]:
        """The values of `FIELDS` of each."""
        score, best, km2, longitude, latitude = (
            [None if value != value else value for value in each.tolist()]
            for each in (self.score, self.best_score, self.km2, self.longitude, self.latitude)
        )
        for place, name in enumerate(self.names):
            yield (
                *(name, self.codes[place], self.levels[place], score[place], best[place], self.pixels[place], km2[place]),
                *(longitude[place], latitude[place], scene or None, item),
            )


def open_source(path: PathLike) -> MapSource:
    """A map, opened as one whose detections are looked for, without its image; raises as `open_class_raster` does."""
    return MapSource.open(path, DepositOptions(), with_image=False)


def detections_of(source: MapSource, options: DepositOptions, scratch: Path, progress: Progress) -> Detections:
    """The detections of an open map; the folder ``scratch`` is not kept."""
    found = found_deposits(source, options, scratch, progress)
    wanted, patches, measures = np.flatnonzero(found.wanted), found.patches, found.measures
    table = {row.value: row for row in source.map.table}
    codes = patches.code[wanted].tolist()
    pixels = patches.pixels[wanted]
    longitude = latitude = np.full(len(codes), np.nan)
    if source.projection is not None and len(codes):
        sample, line = (total[wanted] / pixels + 0.5 for total in (measures.sample, measures.line))
        longitude, latitude = source.projection.to_degrees(*source.place.to_map(sample, line))
    scored = measures.scored[wanted]
    return Detections(
        names=[table[code].name for code in codes],
        codes=codes,
        levels=[table[code].level for code in codes],
        score=mean(measures.score[wanted], scored),
        best_score=np.where(scored > 0, measures.best[wanted], np.nan),
        pixels=pixels.tolist(),
        km2=measures.km2[wanted],
        longitude=np.asarray((longitude + 180) % 360 - 180, np.float64),
        latitude=latitude,
    )

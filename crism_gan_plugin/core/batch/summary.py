"""The table of a batch: what was found in which image, and with which similarity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.tables import table_text
from ..mapping.levels import GUESS_OFFSET
from ..mapping.pipeline import MapOutputs
from ..rasters.class_table import ClassRow, read_class_table
from ..rasters.reader import RasterReader

_LINES = 1024


@dataclass(frozen=True)
class SummaryRow:
    """One class in one image.

    Attributes
    ----------
    scene
        What the image is called among the others.
    mineral, code
        The class; empty in the one row of an image in which nothing was found.
    identified_pixels, guessed_pixels
        Numbers of pixels of the map.
    identified_km2, guessed_km2
        Areas, None without map projection.
    mean_similarity
        Mean over both; None without evidence.
    image
        The image's path.
    both_pixels
        How many of the pixels have the same name without the neutral ratio; None in a map without a ratio.
    false_share, false_share_low, false_share_high
        Estimated share of false detections of both levels, and the ends of its interval of 95 %; None where it was not asked for
        or cannot be told.
    """

    scene: str
    mineral: str
    code: Optional[int]
    identified_pixels: int
    guessed_pixels: int
    identified_km2: Optional[float]
    guessed_km2: Optional[float]
    mean_similarity: Optional[float]
    image: str
    both_pixels: Optional[int] = None
    false_share: Optional[float] = None
    false_share_low: Optional[float] = None
    false_share_high: Optional[float] = None


def summarise(scene: str, image: Path, outputs: MapOutputs) -> list[SummaryRow]:
    """The rows of one map, by its own class table and evidence; one without a class where nothing was found.

    Raises
    ------
    InputError
        If a raster cannot be read.
    """
    table = {row.value: row for row in read_class_table(outputs.classes) if row.pixels and row.is_mineral}
    codes = sorted({value % GUESS_OFFSET for value in table} - {0})
    sums = similarity_sums(outputs.classes, outputs.evidence) if outputs.evidence is not None else None
    rows = [_row(scene, image, code, table, sums) for code in codes]
    return rows or [SummaryRow(scene, "", None, 0, 0, None, None, None, str(image))]


def _row(scene: str, image: Path, code: int, table: dict[int, ClassRow], sums: Optional[FloatArray]) -> SummaryRow:
    identified, guessed = table.get(code), table.get(code + GUESS_OFFSET)
    named = identified or guessed
    assert named is not None
    identified_pixels, guessed_pixels = (row.pixels if row else 0 for row in (identified, guessed))
    placed = named.area_km2 is not None
    identified_km2, guessed_km2 = ((row.area_km2 if row else 0.0) if placed else None for row in (identified, guessed))
    mean = None if sums is None else float(sums[code] + sums[code + GUESS_OFFSET]) / (identified_pixels + guessed_pixels)
    also = [row.both_pixels for row in (identified, guessed) if row is not None and row.both_pixels is not None]
    false_share, false_share_low, false_share_high = _false_share([row for row in (identified, guessed) if row and row.pixels])
    return SummaryRow(
        scene,
        named.name,
        code,
        identified_pixels,
        guessed_pixels,
        identified_km2,
        guessed_km2,
        mean,
        str(image),
        sum(also) if also else None,
        false_share,
        false_share_low,
        false_share_high,
    )


def _false_share(rows: Sequence[ClassRow]) -> tuple[Optional[float], Optional[float], Optional[float]]:
    """Of a class's levels together; the interval is no narrower than theirs."""
    told = [(row.pixels, row.false_share) for row in rows if row.false_share is not None]
    if len(told) < len(rows):
        return None, None, None
    pixels = sum(number for number, _ in told)
    share, low, high = (sum(number * each[place] for number, each in told) / pixels for place in range(3))
    return share, low, high


def similarity_sums(classes: Path, evidence: Path) -> FloatArray:
    """(256,) sum of the best similarity over the pixels of every code."""
    sums = np.zeros(256)
    with RasterReader(classes) as codes, RasterReader(evidence) as scores:
        if (codes.lines, codes.samples) != (scores.lines, scores.samples):
            raise InputError(f"{evidence}: is not of the size of {classes.name}; map the image again")
        for first in range(0, codes.lines, _LINES):
            lines = min(_LINES, codes.lines - first)
            found = codes.read(first, lines).astype(np.intp).ravel()
            sums += np.bincount(found, weights=np.nan_to_num(scores.read(first, lines, [0])).ravel(), minlength=256)
    return sums


def summary_text(rows: Sequence[SummaryRow]) -> str:
    """The rows as CSV with a heading."""
    heading = ["class" if field.name == "mineral" else field.name for field in fields(SummaryRow)]
    return table_text([heading, *(list(_cells(row)) for row in rows)])


def _cells(row: SummaryRow) -> Iterator[str]:
    for field in fields(SummaryRow):
        value = getattr(row, field.name)
        yield "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)

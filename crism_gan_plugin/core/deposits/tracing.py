"""Outlines of deposits, traced along the sides of their pixels by rasterio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import BoolArray, IntArray
from ..packages import load
from ..progress import Progress
from ..vectors import Polygons, Ring
from .patches import Patches

#: Pixels that are traced at once, where deposits are small.
_WINDOW_PIXELS = 4 << 20


def load_features() -> Any:
    """The module ``rasterio.features``; `MissingDependencyError` where it is missing."""
    return load("rasterio", "deposits need rasterio", "features").features


def traced(patches: Patches, progress: Progress) -> Iterator[tuple[int, Polygons]]:
    """Every deposit with its polygons, in pixels of the map; pixels that share no side are polygons of their own.

    Small deposits are traced together, window by window. One that is higher than a window is traced alone: memory is bounded by two
    bytes for each pixel of its bounding box.
    """
    height = max(1, _WINDOW_PIXELS // patches.samples)
    order = np.argsort(patches.first, kind="stable")
    place = 0
    while place < len(order):
        progress.report(place / len(order), f"traced {place} of {len(order)} deposits")
        top = int(patches.first[order[place]])
        stop = int(np.searchsorted(patches.first[order], top + height))
        group = order[place:stop]
        low = group[patches.last[group] < top + 2 * height]
        yield from _trace_together(patches, low, top)
        for patch in group[patches.last[group] >= top + 2 * height].tolist():
            progress.check()
            line, sample, image = patches.window(patch)
            yield patch, [polygon for _, polygon in _trace(image.astype(np.uint8), image, line, sample)]
        place = stop


def _trace_together(patches: Patches, group: IntArray, top: int) -> Iterator[tuple[int, Polygons]]:
    if not group.size:
        return
    image = patches.paint(top, int(patches.last[group].max()) - top + 1)
    wanted = np.zeros(len(patches) + 1, bool)  # the last one stands for no patch, −1
    wanted[group] = True
    found: dict[int, Polygons] = {patch: [] for patch in group.tolist()}
    for patch, polygon in _trace(image, wanted[image], top, 0):
        found[patch].append(polygon)
    yield from found.items()


def _trace(image: IntArray, wanted: BoolArray, line: int, sample: int) -> Iterator[tuple[int, list[Ring]]]:
    """Value and rings of each polygon, of an image whose first pixel is at this place of the map."""
    for shape, value in load_features().shapes(image, mask=wanted, connectivity=4):
        yield int(value), [np.add(ring, (sample, line)) for ring in shape["coordinates"]]

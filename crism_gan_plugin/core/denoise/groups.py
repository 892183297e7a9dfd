"""Which pixels of an image share a detector column, and so are denoised together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import IntArray
from ..files.names import PathLike
from ..products.information import UNKNOWN, detector_positions
from ..products.scene import Scene

#: Pixels of a map-projected image that are denoised together where their detector column is not known.
_TILE_PIXELS = 1024

#: Groups that are worked on at once: neighbours learn their transmissions together; longer images have fewer in memory.
_GROUPS_AT_ONCE, _SPECTRA_AT_ONCE, _FEWEST_GROUPS = 32, 20000, 8


@dataclass(frozen=True)
class Groups:
    """Pixels in groups.

    Attributes
    ----------
    pixels
        One array a group: flat pixel numbers (line × samples + sample), in the order of the track.
    by_column
        Whether the spectra of a group are those of one detector column.
    note
        Text for the log.
    """

    pixels: tuple[IntArray, ...]
    by_column: bool
    note: str

    def blocks(self) -> list[slice]:
        """Which groups are worked on together."""
        longest = max(group.size for group in self.pixels)
        at_once = int(np.clip(_SPECTRA_AT_ONCE // longest, _FEWEST_GROUPS, _GROUPS_AT_ONCE))
        return [slice(first, min(first + at_once, len(self.pixels))) for first in range(0, len(self.pixels), at_once)]

    def numbers(self, block: slice) -> IntArray:
        """(lines, groups) flat pixel numbers, -1 where a group is shorter than the block's longest."""
        some = self.pixels[block]
        numbers = np.full((max(group.size for group in some), len(some)), -1)
        for place, group in enumerate(some):
            numbers[: group.size, place] = group
        return numbers


def make_groups(scene: Scene, information: Optional[PathLike] = None) -> Groups:
    """Groups of an image.

    Parameters
    ----------
    scene
        In sensor space its columns are the groups.
    information
        The processing information (IN) of a map-projected image, which has each pixel's detector column.

    Raises
    ------
    InputError
        If the processing information is not that of the image.
    """
    numbers = np.arange(scene.lines * scene.samples).reshape(scene.lines, scene.samples)
    if scene.georeference is None:
        return Groups(tuple(np.ascontiguousarray(numbers.T)), True, "denoised by detector column")
    if information is not None:
        return _by_information(scene, Path(information))
    flat = numbers.ravel()
    tiles = np.array_split(flat, max(1, -(-flat.size // _TILE_PIXELS)))
    what, why = ("map-projected image", "no IN product") if scene.tile is None else ("map tile", "it has many strips")
    note = f"the detector columns of this {what} are not known ({why}): its column artefacts stay"
    return Groups(tuple(tiles), False, note)


def _by_information(scene: Scene, path: Path) -> Groups:
    lines, columns = (plane.ravel() for plane in detector_positions(path, scene))
    known = np.flatnonzero(columns != UNKNOWN)
    order = known[np.lexsort((lines[known], columns[known]))]
    starts = np.flatnonzero(np.diff(columns[order])) + 1
    groups = tuple(np.split(order, starts))
    return Groups(groups, True, f"denoised by the {len(groups)} detector columns of {path.name}")

"""One block of the composite while maps are laid on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import IntArray
from ..mapping.levels import GUESS_OFFSET, NO_DATA

if TYPE_CHECKING:
    from rasterio.windows import Window

    from .sampling import Sample
    from .strategies import Strategy

#: What ranks between a guess and nothing: what is no mineral. No data ranks below nothing.
_NO_DATA, _BARE, _BESIDES, _GUESSED, _IDENTIFIED = range(-1, 4)


def ranks_of(besides: Sequence[int] = ()) -> IntArray:
    """(256,) int8, the rank of every code; ``besides`` are no minerals."""
    ranks = np.full(256, _NO_DATA, np.int8)
    ranks[0] = _BARE
    ranks[1:GUESS_OFFSET] = _IDENTIFIED
    ranks[GUESS_OFFSET + 1 : 2 * GUESS_OFFSET] = _GUESSED
    ranks[list(besides)] = _BESIDES
    return ranks


class Canvas:
    """The four rasters of a composite, in one block.

    Attributes
    ----------
    codes
        Codes, uint8; 255 is no data.
    similarity
        Similarities, float32; NaN is no data.
    source
        Number of the map that shows, uint16, from 1; 0 where none does.
    count
        How many maps have data, uint16.
    """

    def __init__(self, block: Window, rule: Strategy, ranks: IntArray) -> None:
        shape = (block.height, block.width)
        self.codes = np.full(shape, NO_DATA, np.uint8)
        self.similarity = np.full(shape, np.nan, np.float32)
        self.source = np.zeros(shape, np.uint16)
        self.count = np.zeros(shape, np.uint16)
        self._rank, self._ranks = np.full(shape, _NO_DATA, np.int8), ranks
        self._worth = np.full(shape, -1, np.float32)
        self._block, self._rule = block, rule

    def lay(self, sample: Sample, number: int) -> None:
        """Lay the map with this number under those before it, or above them where its evidence is better."""
        place = sample.place(self._block)
        rank = self._ranks[sample.codes]
        self.count[place] += rank > _NO_DATA
        worth = sample.similarity
        if self._rule.by_probability:
            assert sample.probability is not None
            worth = np.where(rank >= _GUESSED, np.nan_to_num(sample.probability), worth)
            rank = np.minimum(rank, _GUESSED)
        if self._rule.by_evidence:
            here, other = self._rank[place], self._worth[place]
            better = (rank > here) | ((rank == here) & (worth > other) & (rank > _NO_DATA))
        else:
            better = (rank > _NO_DATA) & (self._rank[place] == _NO_DATA)
        np.copyto(self._rank[place], rank, where=better)
        np.copyto(self._worth[place], worth, where=better)
        np.copyto(self.codes[place], sample.codes, where=better)
        np.copyto(self.similarity[place], sample.similarity, where=better)
        np.copyto(self.source[place], number, where=better)

"""One block of the composite while maps are laid on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..mapping.levels import GUESS, GUESS_OFFSET, IDENTIFICATION, NO_DATA, NOTHING

if TYPE_CHECKING:
    from rasterio.windows import Window

    from .sampling import Sample
    from .strategies import Strategy

#: Level of every code. No data ranks below nothing found.
_LEVELS = np.full(256, -1, np.int8)
_LEVELS[0] = NOTHING
_LEVELS[1:GUESS_OFFSET] = IDENTIFICATION
_LEVELS[GUESS_OFFSET + 1 : 2 * GUESS_OFFSET] = GUESS


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

    def __init__(self, block: Window, rule: Strategy) -> None:
        shape = (block.height, block.width)
        self.codes = np.full(shape, NO_DATA, np.uint8)
        self.similarity = np.full(shape, np.nan, np.float32)
        self.source = np.zeros(shape, np.uint16)
        self.count = np.zeros(shape, np.uint16)
        self._level = np.full(shape, -1, np.int8)
        self._worth = np.full(shape, -1, np.float32)
        self._block, self._rule = block, rule

    def lay(self, sample: Sample, number: int) -> None:
        """Lay the map with this number under those before it, or above them where its evidence is better."""
        place = sample.place(self._block)
        level = _LEVELS[sample.codes]
        self.count[place] += level >= 0
        worth = sample.similarity
        if self._rule.by_probability:
            assert sample.probability is not None
            worth = np.where(level > NOTHING, np.nan_to_num(sample.probability), worth)
            level = np.minimum(level, GUESS)
        if self._rule.by_evidence:
            here, other = self._level[place], self._worth[place]
            better = (level > here) | ((level == here) & (worth > other) & (level >= 0))
        else:
            better = (level >= 0) & (self._level[place] < 0)
        np.copyto(self._level[place], level, where=better)
        np.copyto(self._worth[place], worth, where=better)
        np.copyto(self.codes[place], sample.codes, where=better)
        np.copyto(self.similarity[place], sample.similarity, where=better)
        np.copyto(self.source[place], number, where=better)

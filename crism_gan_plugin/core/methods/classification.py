"""What a method gives back, and how it is put together block by block."""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.levels import GUESS_OFFSET, NO_DATA, Detection, codes
from ..rasters.blocks import Block


class Classification(NamedTuple):
    """The map of a method; all arrays (lines, samples).

    Attributes
    ----------
    codes
        uint8, as in the maps: 0 nothing, k identification, 100 + k guess, 255 no data.
    scores
        float32, how sure the class is; the higher, the surer, on any scale that is one for all classes. NaN without data.
    best
        uint8 k, the class that the score is of, also where it is too low for the map; 0 none. None: that of the map. It is what a
        threshold on the score may be moved over.
    """

    codes: IntArray
    scores: FloatArray
    best: Optional[IntArray] = None

    @property
    def named(self) -> IntArray:
        """(lines, samples) uint8 k, the class that a pixel is named on the map, guess or better; 0 for none and for no data."""
        return np.where(self.codes == NO_DATA, 0, self.codes % GUESS_OFFSET).astype(np.uint8)

    @property
    def likeliest(self) -> IntArray:
        """(lines, samples) uint8 k, the class that the score is of; 0 for none and for no data."""
        return self.named if self.best is None else self.best

    @staticmethod
    def empty(lines: int, samples: int) -> Classification:
        """One without data, to be filled."""
        shape = (lines, samples)
        return Classification(np.full(shape, NO_DATA, np.uint8), np.full(shape, np.nan, np.float32), np.zeros(shape, np.uint8))

    def fill(self, block: Block, detection: Detection, library: ExemplarLibrary) -> None:
        """Fill in the lines of a block."""
        lines, shape = slice(block.first, block.first + block.lines), (block.lines, -1)
        class_codes = np.array([mineral.code for mineral in library.classes], np.uint8)
        self.codes[lines] = codes(detection, library).reshape(shape)
        self.scores[lines] = detection.score.reshape(shape)
        if self.best is not None:
            best = np.where(detection.mineral >= 0, class_codes[np.maximum(detection.mineral, 0)], 0)
            self.best[lines] = best.reshape(shape)

"""The pixels of an image that have the highest scores."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..arrays import FloatArray, IntArray


@dataclass
class BestPixels:
    """The best pixels of the blocks so far, by their scores at the first scale.

    Attributes
    ----------
    count
        How many are kept.
    scores
        (n, scales) from the best to the worst; of equals, the one that comes first in the image.
    line, sample
        (n,) their places.
    """

    count: int
    scores: FloatArray = field(init=False)
    line: IntArray = field(init=False)
    sample: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.scores = np.empty((0, 0))
        self.line = self.sample = np.empty(0, np.intp)

    def add(self, scores: FloatArray, first_line: int) -> None:
        """Take in a block that begins at this line: (scales, lines, samples) scores, NaN for no data."""
        line, sample = np.nonzero(np.isfinite(scores[0]))
        if line.size > self.count:
            first = scores[0][line, sample]
            least = np.partition(first, first.size - self.count)[first.size - self.count]
            line, sample = line[first >= least], sample[first >= least]
        new = scores[:, line, sample].T
        self.scores = np.concatenate([self.scores.reshape(-1, len(scores)), new])
        self.line = np.concatenate([self.line, line + first_line])
        self.sample = np.concatenate([self.sample, sample])
        order = np.lexsort((self.sample, self.line, -self.scores[:, 0]))[: self.count]
        self.scores, self.line, self.sample = self.scores[order], self.line[order], self.sample[order]

"""Whether scores can be believed: the share that is right, by score; learnt on some images, and tried on another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray

#: Bins of a reliability diagram, of equal width from 0 to 1.
BINS = 10

#: A calibration has at most so many steps, of equal numbers of pixels before they are pooled.
_STEPS = 200


@dataclass(frozen=True)
class ReliabilityDiagram:
    """A reliability diagram.

    Attributes
    ----------
    pixels
        (BINS,) pixels by what was said of them.
    said, right
        (BINS,) sums of what was said, and pixels that are right.
    """

    pixels: IntArray
    said: FloatArray
    right: IntArray

    @staticmethod
    def of(said: FloatArray, right: BoolArray) -> ReliabilityDiagram:
        """Of (n,) probabilities and whether each is right.

        Examples
        --------
        >>> import numpy as np
        >>> diagram = ReliabilityDiagram.of(np.full(4, 0.75), np.array([True, True, True, False]))
        >>> diagram.error
        0.0
        """
        place = np.clip((said * BINS).astype(np.int64), 0, BINS - 1)
        pixels, hits = np.bincount(place, None, BINS), np.bincount(place[right], None, BINS)
        return ReliabilityDiagram(pixels, np.asarray(np.bincount(place, said, BINS), np.float64), hits)

    def __add__(self, other: ReliabilityDiagram) -> ReliabilityDiagram:
        return ReliabilityDiagram(self.pixels + other.pixels, self.said + other.said, self.right + other.right)

    @property
    def shares(self) -> tuple[FloatArray, FloatArray]:
        """What was said, and the share that is right, both on average over the pixels of each bin that has any."""
        there = self.pixels > 0
        return self.said[there] / self.pixels[there], self.right[there] / self.pixels[there]

    @property
    def error(self) -> float:
        """The expected calibration error: how far the said share is from the right one, on average over pixels; NaN without any."""
        total = self.pixels.sum()
        return float(np.abs(self.said - self.right).sum() / total) if total else float("nan")


@dataclass(frozen=True)
class Calibration:
    """From scores to the share that is right, never falling (isotonic regression by pooling adjacent violators)."""

    score: FloatArray
    share: FloatArray

    @staticmethod
    def of(score: FloatArray, right: BoolArray) -> Calibration:
        """Learn it from (n,) scores and whether each is right; n > 0.

        Examples
        --------
        >>> import numpy as np
        >>> learnt = Calibration.of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
        >>> learnt(np.array([0.0, 2.5, 9.0])).tolist()
        [0.0, 0.5, 1.0]
        """
        order = np.argsort(score, kind="stable")
        groups = np.array_split(order, min(_STEPS, order.size))
        blocks: list[tuple[float, float, float]] = []  # sum of scores, pixels that are right, pixels
        for group in groups:
            blocks.append((float(score[group].sum()), float(right[group].sum()), float(group.size)))
            while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
                last = blocks.pop()
                blocks[-1] = (blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2] + last[2])
        sums, hits, pixels = np.array(blocks).T
        return Calibration(sums / pixels, hits / pixels)

    def __call__(self, score: FloatArray) -> FloatArray:
        """(n,) the share that is right, 0 … 1; beyond the scores that were seen, that of the nearest."""
        return np.interp(score, self.score, self.share)

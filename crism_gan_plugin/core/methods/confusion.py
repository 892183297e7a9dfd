"""What is named what, counted; and the rates that are read off the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import IntArray

#: Codes are below this.
_CODES = 100


@dataclass(frozen=True)
class NamingRates:
    """Of one class, or of all: counts, and the shares of what is named that is right, and of what is there that is named so."""

    there: int
    named: int
    right: int

    @property
    def precision(self) -> Optional[float]:
        return self.right / self.named if self.named else None

    @property
    def recall(self) -> Optional[float]:
        return self.right / self.there if self.there else None

    @property
    def f1(self) -> Optional[float]:
        return 2 * self.right / (self.named + self.there) if self.named + self.there else None


@dataclass(frozen=True)
class Confusion:
    """Pixels by what they are and what they are named.

    Attributes
    ----------
    counts
        (100, 100) int64, true code × named code; 0 is bare ground, and no name.
    """

    counts: IntArray

    @staticmethod
    def of(truth: IntArray, named: IntArray) -> Confusion:
        """Of (n,) pixels that are judged, codes 0 … 99.

        Examples
        --------
        >>> import numpy as np
        >>> found = Confusion.of(np.array([1, 1, 2, 0]), np.array([1, 2, 2, 1]))
        >>> found.of_class(1).precision, found.of_class(1).recall, found.macro_f1
        (0.5, 0.5, 0.5833333333333333)
        """
        pairs = truth.astype(np.int64) * _CODES + named
        return Confusion(np.bincount(pairs, minlength=_CODES**2).reshape(_CODES, _CODES))

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.counts + other.counts)

    @property
    def classes(self) -> list[int]:
        """The codes of the minerals that are there."""
        return [code for code in np.flatnonzero(self.counts.sum(1)).tolist() if code]

    def of_class(self, code: int) -> NamingRates:
        return NamingRates(int(self.counts[code].sum()), int(self.counts[:, code].sum()), int(self.counts[code, code]))

    @property
    def all(self) -> NamingRates:
        """All minerals as one: a pixel that is given the wrong name is wrong."""
        right = np.diagonal(self.counts)[1:].sum()
        return NamingRates(int(self.counts[1:].sum()), int(self.counts[:, 1:].sum()), int(right))

    @property
    def macro_f1(self) -> Optional[float]:
        """The mean of F1 over the minerals that are there."""
        found = [self.of_class(code).f1 or 0.0 for code in self.classes]
        return float(np.mean(found)) if found else None

    @property
    def false_on_ground(self) -> Optional[float]:
        """The share of bare ground that is named a mineral; None where there is none."""
        ground = int(self.counts[0].sum())
        return int(self.counts[0, 1:].sum()) / ground if ground else None

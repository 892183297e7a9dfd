"""Whether a detection depends on the neutral ratio. The same pixels are mapped without it and with it.

A ratio removes what is everywhere in a column, and imprints the denominator's own features upside down. So a map of ratioed
spectra says of every pixel how its spectrum without the ratio would have been named.
"""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from ..libraries.exemplars import ExemplarLibrary
from .levels import NOTHING, Detection

#: Of one pixel: nothing either way; detected only without the ratio, and so not on the map; only with it; the same class both
#: ways; another class without it.
NEITHER, PLAIN, RATIOED, BOTH, OTHER = range(5)

#: A class is told of whose pixels are lost by the ratio if they are so much of the image, and more than this share is lost.
_MUCH_OF_THE_IMAGE, _MUCH_OF_THE_CLASS = 0.01, 0.5


def compare(plain: Detection, ratioed: Detection) -> FloatArray:
    """Which of the above each pixel is, float32, of the detections' shape; NaN where there is no ratioed spectrum."""
    before, after = plain.level > NOTHING, ratioed.level > NOTHING
    same = plain.mineral == ratioed.mineral
    found = np.select([before & after & same, before & after, after, before], [BOTH, OTHER, RATIOED, PLAIN], NEITHER)
    return np.where(np.isnan(ratioed.score), np.nan, found).astype(np.float32)


class Comparison:
    """Counts of an image's own pixels, as blocks go by.

    Attributes
    ----------
    without_ground
        Pixels that have a spectrum, but no ratioed one.
    """

    def __init__(self, library: ExemplarLibrary) -> None:
        self._library = library
        self._counts = np.zeros((len(library.classes), OTHER + 1), np.int64)
        self._pixels = self.without_ground = 0

    def add(self, plain: Detection, ratioed: Detection) -> FloatArray:
        """Count a block, and give what `compare` says of it."""
        found = compare(plain, ratioed)
        valid = ~np.isnan(found)
        for kind in (PLAIN, RATIOED, BOTH, OTHER):
            minerals = (plain if kind == PLAIN else ratioed).mineral[valid & (found == kind)]
            self._counts[:, kind] += np.bincount(minerals, minlength=len(self._counts))
        self._pixels += int(valid.sum())
        self.without_ground += int((~np.isnan(plain.score) & ~valid).sum())
        return found

    def describe(self) -> list[dict[str, object]]:
        """Pixels of each class that was detected, for the record."""
        words = {PLAIN: "without the ratio alone", RATIOED: "with the ratio alone", BOTH: "both", OTHER: "another class without it"}
        return [
            {"class": name, **{words[kind]: int(counts[kind]) for kind in words}}
            for name, counts in zip(self._library.class_names, self._counts)
            if counts.any()
        ]

    def warnings(self) -> list[str]:
        """Warnings that a reader needs before trusting the map."""
        found = []
        if self.without_ground:
            found.append(
                f"{self.without_ground} pixels have no neutral ground to be divided by and are no data in the map; "
                "map the image with the ratio off to see them"
            )
        for name, counts in zip(self._library.class_names, self._counts):
            lost, kept = counts[PLAIN], counts[RATIOED] + counts[BOTH] + counts[OTHER]
            if lost > _MUCH_OF_THE_IMAGE * self._pixels and lost > _MUCH_OF_THE_CLASS * (lost + kept):
                found.append(
                    f"{name}: {lost} pixels ({100 * lost / self._pixels:.0f} % of the image) are detected without the ratio and "
                    "not with it: what is in most of a column is removed by its ratio, be it the mineral or ground that resembles "
                    "it; map the image with the ratio off to see them"
                )
        return found

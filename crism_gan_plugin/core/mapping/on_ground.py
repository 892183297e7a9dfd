"""Exemplars that show, besides their mineral, the ground of their scene: whether a match with one is a detection.

Bland ground elsewhere may be like that ground. An image that shows its own ground has no such trouble, since that ground counts
little then. In a smaller image the mineral itself has to be seen: another spectrum of the class, without ground, confirms it.
"""

from __future__ import annotations

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..libraries.exemplars import ExemplarLibrary
from .levels import NOTHING, Detection, Thresholds


def unconfirmed(found: Detection, scores: FloatArray, library: ExemplarLibrary, thresholds: Thresholds) -> BoolArray:
    """The detections that only ground may have given.

    Parameters
    ----------
    found
        What `levels.detect` makes of the scores.
    scores
        (n, m) of spectra with the library's exemplars.

    Returns
    -------
    (n,) bool. True where the best exemplar shows ground, its class has others that do not, and none of these is a guess.
    """
    found_rows = np.flatnonzero((found.level > NOTHING) & library.on_ground[np.maximum(found.exemplar, 0)])
    out = np.zeros(len(scores), bool)
    for mineral in np.unique(found.mineral[found_rows]):
        rows = found_rows[found.mineral[found_rows] == mineral]
        others = np.flatnonzero((library.class_index == mineral) & ~library.on_ground)
        if others.size:
            out[rows] = scores[np.ix_(rows, others)].max(1) <= thresholds.guess[mineral]
    return out

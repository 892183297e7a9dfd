"""One map from the maps of several smoothing scales (paper, section 3.5)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .levels import NOTHING, Detection


def merge_scales(detections: Sequence[Detection]) -> Detection:
    """Join the scales, given in order of growing smoothing.

    A scale detects where its best guess is a guess or better. Where the scales that detect agree on the class, the detection with
    the highest score stands; where they disagree, the one with the least smoothing stands. Where none detects, the best guess
    with the highest score is kept as evidence, at level nothing.
    """
    detects = np.stack([d.level > NOTHING for d in detections])
    minerals = np.stack([d.mineral for d in detections])
    scores = np.stack([np.nan_to_num(d.score, nan=-1.0) for d in detections])
    any_detects = detects.any(0)
    least_smoothed = detects.argmax(0)
    same = minerals == np.take_along_axis(minerals, least_smoothed[None], 0)
    agree = (same | ~detects).all(0)
    highest = np.where(detects | ~any_detects, scores, -np.inf).argmax(0)
    chosen = np.where(agree | ~any_detects, highest, least_smoothed)
    merged = detections[0]
    for number, detection in enumerate(detections[1:], 1):
        merged = detection.where(chosen == number, merged)
    return merged

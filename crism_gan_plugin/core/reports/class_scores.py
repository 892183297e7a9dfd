"""Scores of each class of a map, counted as its lines go by."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray

#: Edges of the histograms' bins. The thresholds by default are edges, too.
EDGES = np.linspace(0, 1, 201)


class ClassScores:
    """Pixels and scores by code, and histograms by class.

    Parameters
    ----------
    class_of_exemplar
        (m,) the code of the class of each spectrum of the library, by which pixels that the map does not name are told, too.
        None: they are not.

    Attributes
    ----------
    pixels, scored
        (256,) pixels, and pixels with a score.
    best
        (256,) the best score; −inf for none.
    histograms
        (100, bins) pixels whose best match is a class, or that the map names so. Scores below 0 are in the first bin.
    """

    def __init__(self, class_of_exemplar: Optional[IntArray]) -> None:
        self._class_of_exemplar = class_of_exemplar
        self.pixels, self.scored = np.zeros(256, np.int64), np.zeros(256, np.int64)
        self._total, self.best = np.zeros(256), np.full(256, -np.inf)
        self.histograms = np.zeros((100, EDGES.size - 1), np.int64)

    @property
    def by_best_match(self) -> bool:
        """Whether histograms have pixels that the map does not name."""
        return self._class_of_exemplar is not None

    def mean(self) -> FloatArray:
        """(256,) mean scores; NaN for none."""
        return np.divide(self._total, self.scored, out=np.full(256, np.nan), where=self.scored > 0)

    def add(self, codes: IntArray, score: Optional[FloatArray], exemplar: Optional[FloatArray]) -> None:
        """Some lines: codes, scores (NaN for none), and places of exemplars in the library (NaN for none)."""
        codes = codes.ravel()
        self.pixels += np.bincount(codes, minlength=256)
        if score is None:
            return
        known = np.isfinite(score.ravel())
        codes, score = codes[known], score.ravel()[known]
        self.scored += np.bincount(codes, minlength=256)
        self._total += np.bincount(codes, score, 256)
        np.maximum.at(self.best, codes, score)
        classes = np.where((codes > 0) & (codes < 200), codes % 100, 0).astype(np.int64)
        if self._class_of_exemplar is not None and exemplar is not None:
            place = exemplar.ravel()[known]
            there = (place >= 0) & (place < self._class_of_exemplar.size)  # NaN is not there
            classes = np.where(there, self._class_of_exemplar[np.where(there, place, 0).astype(np.intp)], classes)
        bins = np.clip((score * (EDGES.size - 1) - 1e-6).astype(np.int64), 0, EDGES.size - 2)
        counts = np.bincount(classes * (EDGES.size - 1) + bins, minlength=self.histograms.size)
        self.histograms += counts.reshape(self.histograms.shape)

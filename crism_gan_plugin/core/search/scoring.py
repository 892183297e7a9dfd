"""The score of every pixel of a block, at each scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..mapping.scales import mean_spectra
from ..spectra.noise import noise_of
from ..spectra.ratio import Ratio, is_flat
from .metrics import Score


@dataclass(frozen=True)
class Scorer:
    """Scores blocks of continuum-removed spectra.

    Attributes
    ----------
    score
        The metric's score.
    sizes
        Widths of the windows, ascending and odd.
    flat_is_zero
        Whether a spectrum without absorptions has the score 0.
    """

    score: Score
    sizes: Sequence[int]
    flat_is_zero: bool

    @property
    def halo(self) -> int:
        """Lines that a block must overlap its neighbours by."""
        return max(self.sizes) // 2

    def __call__(self, ratio: Ratio, inner: slice) -> FloatArray:
        """(scales, lines, samples) float32 of the lines ``inner`` of a block with halo; NaN for no data."""
        samples = ratio.spectra.shape[1]
        return np.stack([self._at(ratio, size, inner).reshape(-1, samples) for size in self.sizes])

    def _at(self, ratio: Ratio, size: int, inner: slice) -> FloatArray:
        mean = mean_spectra(ratio.spectra, size, inner)
        spectra = np.minimum(mean, 1)
        scores = np.full(len(spectra), np.nan, np.float32)
        valid = np.flatnonzero(~np.isnan(spectra[:, 0]))
        if self.flat_is_zero:
            scores[valid] = 0
            valid = valid[~is_flat(spectra[valid], None)]
        if valid.size:
            scores[valid] = self.score(spectra[valid], noise_of(mean[valid]))
        return scores

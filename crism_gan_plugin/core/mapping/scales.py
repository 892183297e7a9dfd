"""The map of a block at every smoothing scale, merged into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .levels import Detection, Thresholds, detect
from .merge import merge_scales
from .ratio import Ratio, is_flat
from .similarity import Matcher
from .smoothing import box_mean

FloatArray = np.ndarray


@dataclass(frozen=True)
class ScaleMapper:
    """Maps blocks of continuum-removed spectra.

    Attributes
    ----------
    matcher
        Scores spectra.
    thresholds
        Of the matcher's library.
    sizes
        Box sizes, ascending and odd: the paper's 1, 3 and 5.
    """

    matcher: Matcher
    thresholds: Thresholds
    sizes: Sequence[int]

    @property
    def halo(self) -> int:
        """Lines that a block must overlap its neighbours by."""
        return max(self.sizes) // 2

    def __call__(self, ratio: Ratio, inner: slice) -> Detection:
        """The merged detection of the lines ``inner`` of a block with halo; arrays of shape (lines × samples,)."""
        return merge_scales([self._at(ratio, size, inner) for size in self.sizes])

    def _at(self, ratio: Ratio, size: int, inner: slice) -> Detection:
        spectra = _mean_spectra(ratio.spectra, size, inner)
        model = None if ratio.model is None else _mean_spectra(ratio.model, size, inner)
        scores = np.zeros((len(spectra), len(self.matcher.library.names)), np.float32)
        no_data = np.isnan(spectra[:, 0])
        scores[no_data] = np.nan
        to_score = np.flatnonzero(~no_data)
        to_score = to_score[~is_flat(spectra[to_score], None if model is None else model[to_score])]
        scores[to_score] = self.matcher(spectra[to_score])
        return detect(scores, self.matcher.library, self.thresholds, size)


def _mean_spectra(image: FloatArray, size: int, inner: slice) -> FloatArray:
    """(pixels, 240) box means of the lines ``inner``, clipped to ≤ 1."""
    start, stop = max(inner.start - size // 2, 0), inner.stop + size // 2
    mean = box_mean(image[start:stop], size)[inner.start - start : inner.stop - start]
    return np.minimum(mean.reshape(-1, image.shape[2]), 1)

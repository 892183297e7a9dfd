"""Channels that are not sure. What would be identified by them alone is a guess.

Where the volcano scan decides what an image shows at 2.0-2.1 µm, the image's metadata say so (`denoise.doubt`). A spectrum that
scores high enough for an identification is then scored once more, with a straight line over these channels in it and in the
exemplars. If its class is not identified so, its score is capped at the threshold of identifications.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..network.similarity import Matcher
from ..spectra.grid import WAVELENGTHS_NM
from .levels import Thresholds
from .scales import ScaleMapper
from .wrapped_matcher import WrappedMatcher

#: Channels on each side whose mean the line begins at.
_SHOULDER = 3


def bridged(spectra: FloatArray, range_nm: tuple[float, float]) -> FloatArray:
    """(n, 240) with a straight line over the channels within a range."""
    low, high = range_nm
    inside = np.flatnonzero((low < WAVELENGTHS_NM) & (high > WAVELENGTHS_NM))
    out = np.array(spectra)
    if not inside.size:
        return out
    first, last = inside[0], inside[-1]
    left, right = out[:, max(first - _SHOULDER, 0) : first], out[:, last + 1 : last + 1 + _SHOULDER]
    left, right = (left if left.size else right).mean(1, keepdims=True), (right if right.size else left).mean(1, keepdims=True)
    out[:, inside] = left + (right - left) * np.linspace(0, 1, inside.size + 2, dtype=out.dtype)[1:-1]
    return out


def doubting(mapper: ScaleMapper, range_nm: Optional[tuple[float, float]]) -> ScaleMapper:
    """A mapper that identifies nothing by these channels alone; the same one where there are none."""
    if range_nm is None:
        return mapper
    matcher = DoubtingMatcher(mapper.matcher, mapper.thresholds, range_nm)
    return replace(mapper, matcher=matcher)  # type: ignore[arg-type]  # it scores as a Matcher does, and no more is asked of it


def doubtful_warnings(range_nm: Optional[tuple[float, float]]) -> list[str]:
    """Warnings that a reader of such a map needs."""
    if range_nm is None:
        return []
    return [
        f"what the image shows at {range_nm[0]:g}-{range_nm[1]:g} nm hangs on the volcano scan chosen: what would be identified by "
        "these channels alone counts as a guess; low-Ca pyroxene and monohydrated sulfate want a second look"
    ]


@dataclass(frozen=True)
class DoubtingMatcher(WrappedMatcher):
    """A matcher whose scores never identify by some channels alone.

    Attributes
    ----------
    matcher
        What scores spectra.
    thresholds
        Thresholds of its library.
    range_nm
        The channels.
    """

    matcher: Matcher
    thresholds: Thresholds
    range_nm: tuple[float, float]
    _without: Matcher = field(init=False, repr=False)

    def __post_init__(self) -> None:
        library = replace(self.library, spectra=bridged(self.library.spectra, self.range_nm))
        object.__setattr__(self, "_without", replace(self.matcher, library=library))

    def __call__(self, spectra: FloatArray, *noise: Any) -> FloatArray:
        """(n, m) scores; ``noise`` as the matcher takes it."""
        return self.capped(self.matcher(spectra, *noise), spectra, *noise)

    def capped(self, scores: FloatArray, spectra: FloatArray, *noise: Any) -> FloatArray:
        """The matcher's scores of these spectra, without those that only some channels give."""
        of_exemplar = self.library.class_index
        sure = self.thresholds.identification[of_exemplar]
        rows = np.flatnonzero((scores > sure).any(1))
        if not rows.size:
            return scores
        noise_there = [each if np.ndim(each) == 0 else each[rows] for each in noise]
        again = self._without(bridged(spectra[rows], self.range_nm), *noise_there)
        by_class = np.stack([again[:, of_exemplar == k].max(1) for k in range(len(self.library.classes))], 1)
        unsure = (by_class <= self.thresholds.identification)[:, of_exemplar]
        scores[rows] = np.where(unsure, np.minimum(scores[rows], sure), scores[rows])
        return scores

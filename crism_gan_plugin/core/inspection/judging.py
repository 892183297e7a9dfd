"""What a mapper says of one pixel: at each scale, merged, and of the best classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..mapping.levels import NOTHING, Detection, codes
from ..mapping.merge import merge_scales
from ..mapping.scales import ScaleMapper, mean_spectra
from ..spectra.ratio import Ratio
from .evidence import ClassScore, NeutralGround, PixelEvidence, Place, ScaleEvidence, Spectrum

#: How many classes have their scores told.
_BEST = 5


@dataclass(frozen=True)
class Measured:
    """What was read of a pixel, or of the mean of several; the fields are those of `PixelEvidence`."""

    place: Place
    iof: Spectrum
    spread: Optional[FloatArray]
    model: Optional[Spectrum]
    continuum: FloatArray
    ground: Optional[NeutralGround]


@dataclass(frozen=True)
class Judged:
    """The merged detection of one pixel, what each scale says of it, and the best classes at the scale that the merge took."""

    merged: Detection
    scales: tuple[ScaleEvidence, ...]
    best: tuple[ClassScore, ...]

    def evidence(self, measured: Measured, mapper: ScaleMapper, warnings: tuple[str, ...] = ()) -> PixelEvidence:
        """Both together."""
        library, row, score = mapper.matcher.library, int(self.merged.exemplar[0]), float(self.merged.score[0])
        return PixelEvidence(
            place=measured.place,
            iof=measured.iof,
            spread=measured.spread,
            model=measured.model,
            continuum=measured.continuum,
            ground=measured.ground,
            scales=self.scales,
            exemplar=np.asarray(library.spectra[row]) if row >= 0 else None,
            best=self.best,
            code=int(codes(self.merged, library)[0]),
            map_code=None,
            score=score,
            lead=float(score - self.merged.other_score[0]),
            least_lead=mapper.thresholds.lead,
            best_guess=mapper.thresholds.best_guess,
            warnings=warnings,
        )


def judge(mapper: ScaleMapper, ratio: Ratio, inner: slice, column: int, sizes: Sequence[int]) -> Judged:
    """Judge the pixel at one line (``inner``) and column of continuum-removed spectra, over windows of these sizes."""
    library, found, pixel = mapper.matcher.library, [], slice(column, column + 1)
    for size in sizes:
        scores = mapper.scores(ratio, size, inner, pixel)
        detection = mapper.judged(scores, ratio, size, inner, pixel)
        spectrum = mean_spectra(ratio.spectra, size, inner)[column]
        found.append((detection, scores, spectrum))
    merged = merge_scales([detection for detection, _, _ in found])
    scales: list[ScaleEvidence] = []
    best: tuple[ClassScore, ...] = ()
    for size, (detection, scores, spectrum) in zip(sizes, found):
        usual = mapper.detected(scores, size)
        contradicted = bool(usual.level[0] > NOTHING and detection.level[0] == NOTHING)
        decides = bool(merged.size[0] == size and merged.exemplar[0] >= 0)
        mineral = library.classes[usual.mineral[0]].name if usual.mineral[0] >= 0 else None
        score, level = float(usual.score[0]), int(detection.level[0])
        noise = float(mapper.matcher.noise_of(spectrum))
        scales.append(ScaleEvidence(size, spectrum, noise, mineral, score, level, contradicted, decides))
        if merged.size[0] == size:
            best = _best_classes(mapper, scores[0])
    return Judged(merged, tuple(scales), best)


def judge_mean(mapper: ScaleMapper, ratio: Ratio) -> Judged:
    """Judge a mean, given as an image of one pixel."""
    judged = judge(mapper, ratio, slice(0, 1), 0, (1,))
    (scale,) = judged.scales
    return Judged(judged.merged, (scale.of_mean(),), judged.best)


def _best_classes(mapper: ScaleMapper, scores: FloatArray) -> tuple[ClassScore, ...]:
    """The best classes of a spectrum with (m,) scores; none for a flat spectrum, or for no data."""
    if not np.nan_to_num(scores).any():
        return ()
    library, thresholds = mapper.matcher.library, mapper.thresholds
    rows = [int(np.where(library.class_index == k, scores, -np.inf).argmax()) for k in range(len(library.classes))]
    order = sorted(range(len(rows)), key=lambda k: -scores[rows[k]])[:_BEST]
    return tuple(
        ClassScore(
            library.classes[k].code,
            library.classes[k].name,
            library.classes[k].rgb,
            library.names[rows[k]],
            float(scores[rows[k]]),
            float(thresholds.guess[k]),
            float(thresholds.identification[k]),
        )
        for k in order
    )

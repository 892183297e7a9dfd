"""Decoys compete with the minerals of a map, in the same run: same pixels, same noise, same smoothing.

A decoy is found in a pixel as a class would be that were in the library, too: its score is a guess or better, higher than that of
every class, and no narrower window detects a class. The network describes each pixel once; only cosines are added.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Optional, Union

import numpy as np

from ..arrays import FloatArray, IntArray
from ..background import load_background
from ..background.metric import absorption_of_ratio, ground_metric
from ..libraries.exemplars import ExemplarLibrary
from ..network.similarity import Matcher
from ..reliability import Decoys, FalseShare, false_share, q_values
from ..reliability.matching import LEAST_PIXELS, decoys_of, resemblance
from ..spectra.ratio import Ratio
from .doubtful import DoubtingMatcher
from .legend import Step
from .levels import GUESS, GUESS_OFFSET, IDENTIFICATION, NO_DATA, NOTHING, Detection
from .merge import merge_scales
from .scales import ScaleMapper, mean_spectra
from .wrapped_matcher import WrappedMatcher

#: The style of q-values: what hardly is false is shown, and the rest is not.
Q_STEPS = (
    Step(0.01, (26, 152, 80), 255, "q up to 1 %"),
    Step(0.05, (145, 207, 96), 255, "q up to 5 %"),
    Step(1.0, (255, 255, 255), 0, "more (not shown)"),
)

#: Scores are counted in steps of a thousandth.
_STEPS = 1000

#: Pixels of an image, at the least, that tell what its ground resembles.
_SAMPLED = 3000


def step_of(scores: FloatArray) -> IntArray:
    """The step that scores are counted in, 0 … `_STEPS`; scores that are none are counted in the first."""
    return np.asarray(np.clip(np.nan_to_num(scores) * _STEPS, 0, _STEPS)).astype(np.intp)


@dataclass(frozen=True)
class CompetingMatcher(WrappedMatcher):
    """A matcher whose scores are followed by those of decoys.

    Attributes
    ----------
    matcher
        Of the library.
    decoys
        What competes with it.
    """

    matcher: Union[Matcher, DoubtingMatcher]
    decoys: Decoys
    _both: Matcher = field(init=False, repr=False)

    def __post_init__(self) -> None:
        plain = self.matcher.matcher if isinstance(self.matcher, DoubtingMatcher) else self.matcher
        spectra = np.concatenate([self.library.spectra, self.decoys.spectra])
        object.__setattr__(self, "_both", replace(plain, library=replace(self.library, spectra=spectra)))

    @property
    def background(self) -> Any:
        return self._both.background

    def __call__(self, spectra: FloatArray, noise: FloatArray) -> FloatArray:
        """(n, m + decoys) scores of the library's spectra, and of each decoy where it is above all of these, else 0."""
        cosines = self._both.cosines(spectra, noise)
        own, rivals = cosines[:, : len(self.library.names)], self.decoys.best(cosines[:, len(self.library.names) :])
        scores = self._both.calibrated(own, noise)
        if isinstance(self.matcher, DoubtingMatcher):
            scores = self.matcher.capped(scores, spectra, noise)
        rows, columns = np.nonzero(rivals > own.max(1, keepdims=True))
        above = np.zeros(rivals.shape, np.float32)
        above[rows, columns] = self._both.calibrated(rivals[rows, columns][:, np.newaxis], noise[rows])[:, 0]
        return np.concatenate([scores, above], axis=1)

    def resemblance(self, spectra: FloatArray, noise: FloatArray) -> FloatArray:
        """(n, classes + decoys) best score of each, whatever the others'."""
        scores, count = self._both.calibrated(self._both.cosines(spectra, noise), noise), len(self.library.names)
        of_class = [scores[:, :count][:, self.library.class_index == k].max(1) for k in range(len(self.library.classes))]
        return np.concatenate([np.stack(of_class, 1), self.decoys.best(scores[:, count:])], axis=1)


class Competition:
    """Counts of an image's detections, and of its decoys', as blocks go by.

    Parameters
    ----------
    mapper
        The image's, with decoys.
    pixels
        How many the image has.
    """

    def __init__(self, mapper: ScaleMapper, pixels: int) -> None:
        assert mapper.decoys is not None
        self._matcher = CompetingMatcher(mapper.matcher, mapper.decoys)
        self._mapper = replace(mapper, matcher=self._matcher)  # type: ignore[arg-type]  # it scores as a Matcher does
        self._metric = ground_metric(mapper.matcher.background or load_background())
        self._every = max(1, pixels // _SAMPLED)
        classes, decoys = len(mapper.matcher.library.classes), len(mapper.decoys.starts)
        self._found = np.zeros((2, classes, _STEPS + 1), np.int64)  # all detections; those that are identifications
        self._hits = np.zeros((2, decoys, _STEPS + 1), np.int64)  # likewise: those that lead by as much as these have to
        self._sampled: dict[int, list[FloatArray]] = {size: [] for size in {mapper.sizes[0], mapper.sizes[-1]}}

    def __call__(self, ratio: Ratio, inner: slice) -> Detection:
        """What `ScaleMapper` gives, while decoys are counted."""
        mapper, thresholds = self._mapper, self._mapper.thresholds
        count, least = len(self._matcher.library.names), max(float(thresholds.guess.min()), thresholds.best_guess)
        detections: list[Detection] = []
        for size in mapper.sizes:
            scores = mapper.scores(ratio, size, inner)
            own, rivals = scores[:, :count], np.nan_to_num(scores[:, count:])
            leads = np.where(rivals - np.nan_to_num(own).max(1, keepdims=True) >= thresholds.lead, rivals, 0)
            if not detections:
                best = np.zeros((2, *rivals.shape), np.float32)
                free = np.ones(len(rivals), bool)
            best[:, free] = np.maximum(best[:, free], np.stack([rivals, leads])[:, free])
            detections.append(mapper.judged(own, ratio, size, inner))
            free &= detections[-1].level == NOTHING
            if size in self._sampled:
                self._sample(ratio, size, inner)
        for hits, scores in zip(self._hits, best):
            rows, decoys = np.nonzero(scores > least)
            np.add.at(hits, (decoys, step_of(scores[rows, decoys])), 1)
        merged = merge_scales(detections)
        for found, level in zip(self._found, (GUESS, IDENTIFICATION)):
            there = merged.level >= level
            np.add.at(found, (merged.mineral[there], step_of(merged.score[there])), 1)
        return merged

    def _sample(self, ratio: Ratio, size: int, inner: slice) -> None:
        mean = mean_spectra(ratio.spectra, size, inner)[:: self._every]
        mean = mean[~np.isnan(mean[:, 0])]
        if not len(mean):
            return
        noise, spectra = self._matcher.noise_of(mean), np.minimum(mean, 1)
        absorption = absorption_of_ratio(spectra)
        length = self._metric.compare(absorption, absorption[:1], noise)[0]
        self._sampled[size].append(np.column_stack([length, self._matcher.resemblance(spectra, noise)]))

    def reliability(self, max_share: float = 1.0) -> Reliability:
        """What the counts say, once all of the image was seen; detections with a larger q-value than ``max_share`` are left out."""
        library, thresholds = self._matcher.library, self._mapper.thresholds
        sampled = [np.concatenate(each) for each in self._sampled.values() if each]
        enough = bool(sampled) and min(map(len, sampled)) >= LEAST_PIXELS
        ground = np.concatenate([resemblance(each[:, 1:], each[:, 0]) for each in sampled]) if enough else None
        q = np.full((len(library.classes), _STEPS + 1), np.nan)
        shares: list[Shares] = []
        for place in range(len(library.classes)):
            chosen = None if ground is None else decoys_of(ground[:, place], ground[:, len(library.classes) :])
            if chosen is None or not self._found[0, place].any():
                shares.append((None, None, None))
                continue
            first, sure = (int(step_of(each[place])) for each in (thresholds.guess, thresholds.identification))
            hits = self._hits[:, chosen].copy()
            hits[0, :, :first] = 0
            hits[1, :, :sure] = 0
            q[place] = q_values(self._found[0, place], hits[0])
            hits[:, :, q[place] > max_share] = 0
            shown = self._found[:, place][:, q[place] <= max_share].sum(1)
            sums = hits.sum(2)
            shares.append((_share(sums[1], shown[1]), _share(sums[0] - sums[1], shown[0] - shown[1]), _share(sums[0], shown[0])))
        return Reliability(library, q, shares, enough, self._found[0].sum(1), max_share)


#: Of false identifications, of false guesses, and of both together; None where there are none, or none can be told.
Shares = tuple[Optional[FalseShare], Optional[FalseShare], Optional[FalseShare]]


def _share(hits: IntArray, detections: int) -> Optional[FalseShare]:
    return false_share(hits, int(detections)) if detections else None


@dataclass(frozen=True)
class Reliability:
    """What the detections of a map are worth.

    Attributes
    ----------
    library
        The classes.
    q
        (classes, steps) q-value of a detection by its score; NaN where none can be told.
    shares
        Of each class.
    enough
        Whether the image has enough pixels to tell anything.
    found
        (classes,) detections.
    max_share
        Detections with a larger q-value are not shown.
    """

    library: ExemplarLibrary
    q: FloatArray
    shares: list[Shares]
    enough: bool
    found: IntArray
    max_share: float

    def q_of(self, codes: IntArray, scores: FloatArray) -> FloatArray:
        """The q-value of each pixel, float32; NaN where nothing is detected, or none can be told."""
        place = np.full(GUESS_OFFSET, -1)
        place[[mineral.code for mineral in self.library.classes]] = np.arange(len(self.library.classes))
        detected = (codes > 0) & (codes < NO_DATA)
        mineral = place[np.where(detected, codes % GUESS_OFFSET, 0)]
        return np.where(mineral >= 0, self.q[mineral, step_of(scores)], np.nan).astype(np.float32)

    def shown(self, codes: IntArray, q: FloatArray) -> IntArray:
        """The codes without what is not shown."""
        if self.max_share >= 1:
            return codes
        named = np.isin(codes % GUESS_OFFSET, [mineral.code for mineral in self.library.classes])
        return np.where((codes < NO_DATA) & named & ~(q <= self.max_share), 0, codes).astype(codes.dtype)

    def share_of(self, code: int) -> Optional[FalseShare]:
        """The share of false detections of a code of the class raster."""
        codes = [mineral.code for mineral in self.library.classes]
        return self.shares[codes.index(code % GUESS_OFFSET)][code > GUESS_OFFSET] if code % GUESS_OFFSET in codes else None

    def describe(self) -> list[dict[str, object]]:
        """What is told of each class that was detected, for the record."""
        levels = ("identification", "guess", "both levels")
        return [
            {"class": name, **{level: None if each is None else asdict(each) for level, each in zip(levels, shares)}}
            for name, shares, found in zip(self.library.class_names, self.shares, self.found)
            if found
        ]

    def warnings(self) -> list[str]:
        """What a reader has to know of classes without a number."""
        if not self.enough:
            return [
                f"the image has fewer than {LEAST_PIXELS} pixels with data: they do not tell what its ground is, so no share of "
                "false detections is told"
            ]
        untold = [name for name, n, q in zip(self.library.class_names, self.found, self.q) if n and np.isnan(q).all()]
        if not untold:
            return []
        hidden = "; they are not on the map" if self.max_share < 1 else ""
        return [
            f"the image's ground resembles {', '.join(untold)} more than it resembles decoys: whether these detections are the "
            f"mineral or the ground cannot be told, and they have no share of false detections{hidden}"
        ]

"""The map of a block at every smoothing scale, merged into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Callable, Optional

import numpy as np

from ..arrays import AnyArray, BoolArray, FloatArray, IntArray
from ..background.refine import LEAST_PIXELS, refined
from ..compute.cores import on_all_cores
from ..errors import ParameterError
from ..network.similarity import Matcher
from ..options.mapping import MapOptions
from ..reliability import Decoys
from ..spectra.few_channels import FewChannels
from ..spectra.ratio import Ratio, is_flat
from .levels import NOTHING, Detection, Thresholds, detect
from .merge import merge_scales
from .on_ground import unconfirmed
from .smoothing import box_mean
from .support import absorption_templates, contradicts, strengths

#: Pixels that a core computes together: so few that their spectra stay in its cache.
PIXELS_AT_ONCE = 768


@dataclass(frozen=True)
class ScaleMapper:
    """Maps blocks of continuum-removed spectra.

    Attributes
    ----------
    matcher
        Scores spectra.
    thresholds
        Thresholds of the matcher's library.
    sizes
        Box sizes, ascending and odd: the paper's 1, 3 and 5.
    support
        "pixel": what a mean detects does not count where the pixel's own spectrum contradicts (`support`). "paper": it counts.
    confirms
        Whether a match with an exemplar on ground has to be confirmed by another of its class (`on_ground`).
    decoys
        What competes with the library (`competition`), or None where the map's reliability is not asked for.
    """

    matcher: Matcher
    thresholds: Thresholds
    sizes: Sequence[int]
    support: str = MapOptions.support
    confirms: bool = False
    decoys: Optional[Decoys] = None
    _templates: FloatArray = field(init=False, repr=False)
    _spread: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        templates, channels = absorption_templates(self.matcher.exemplars), self.matcher.channels
        object.__setattr__(self, "_templates", templates)
        spread = np.ones(templates.shape[1], np.float32) if channels is None else channels.spread(templates)
        object.__setattr__(self, "_spread", spread)

    @property
    def halo(self) -> int:
        """Lines that a block must overlap its neighbours by."""
        return max(self.sizes) // 2

    @property
    def knows_ground(self) -> bool:
        """Whether spectra are compared by what bland ground looks like."""
        return self.matcher.background is not None

    def through(self, channels: Optional[FewChannels]) -> ScaleMapper:
        """The mapper for an image with these channels; None: for one with all of the grid's.

        Raises
        ------
        InputError
            If the weights have no calibration for them.
        """
        if channels is self.matcher.channels:
            return self
        return replace(self, matcher=replace(self.matcher, channels=channels))

    def for_image(self, continuum_removed: FloatArray) -> ScaleMapper:
        """The mapper for an image with these pixels, (n, 240). It knows the image's own ground, if they are enough to tell it."""
        assert self.matcher.background is not None
        if len(continuum_removed) < LEAST_PIXELS:
            return replace(self, confirms=True)
        background = refined(self.matcher.background, np.minimum(continuum_removed, 1), self.matcher.noise_of(continuum_removed))
        return replace(self, matcher=replace(self.matcher, background=background))

    def own_ground(self, usual: ScaleMapper) -> list[str]:
        """Names of the classes that the image's own ground resembles, where it is other ground than the ``usual`` mapper knows."""
        if self.matcher.background is None or usual.matcher.background is None:
            return []
        foreign = self.matcher.background.absorptions[len(usual.matcher.background.absorptions) :]
        if not len(foreign):
            return []
        upright = foreign * np.where(foreign.sum(1, keepdims=True) < 0, -1, 1)  # a direction has no sign of its own
        library = self.matcher.library
        scores = replace(self.matcher, background=None)(1 - np.clip(upright, 0, None))
        rows = np.flatnonzero((scores > self.thresholds.guess[library.class_index]).any(0))
        return [library.classes[place].name for place in dict.fromkeys(library.class_index[rows].tolist())]

    def __call__(self, ratio: Ratio, inner: slice) -> Detection:
        """The merged detection of the lines ``inner`` of a block with halo; arrays of shape (lines × samples,)."""
        means = on_all_cores(lambda size: _Means.of(ratio, size, inner), self.sizes)
        scores = self._scores(means)
        judged = on_all_cores(lambda place: self.judged(scores[place], ratio, self.sizes[place], inner), range(len(scores)))
        return merge_scales(judged)

    def at(self, ratio: Ratio, size: int, inner: slice) -> Detection:
        """The detection of one scale, before scales are merged."""
        return self.judged(self.scores(ratio, size, inner), ratio, size, inner)

    def scores(self, ratio: Ratio, size: int, inner: slice, pixels: slice = slice(None)) -> FloatArray:
        """(pixels, m) what the means of one scale score, whatever their pixels say; NaN without data, 0 for flat spectra.

        ``pixels`` are some of the lines ``inner``, counted through them; all by default.
        """
        return self._scores([_Means.of(ratio, size, inner, pixels)])[0]

    def _scores(self, means: Sequence[_Means]) -> list[FloatArray]:
        """The scores of each scale's means. Cores share the pixels of all scales, so that they wait for each other once."""

        def flat(mean: _Means, some: IntArray) -> BoolArray:
            return is_flat(np.minimum(mean.spectra[some], 1), None if mean.model is None else np.minimum(mean.model[some], 1))

        def found(mean: _Means, some: IntArray) -> FloatArray:
            spectra = mean.spectra[some]
            return self.matcher(np.minimum(spectra, 1), self.matcher.noise_of(spectra))

        no_data = [np.isnan(mean.spectra[:, 0]) for mean in means]
        to_score = [np.flatnonzero(~empty) for empty in no_data]
        to_score = [pixels[~are_flat] for pixels, are_flat in zip(to_score, self._on_shares(flat, means, to_score))]
        out = []
        for empty, pixels, of_scored in zip(no_data, to_score, self._on_shares(found, means, to_score)):
            scores = np.zeros((len(empty), of_scored.shape[1]), np.float32)
            scores[empty] = np.nan
            scores[pixels] = of_scored
            out.append(scores)
        return out

    def _on_shares(
        self, task: Callable[[_Means, IntArray], AnyArray], means: Sequence[_Means], pixels: Sequence[IntArray]
    ) -> list[AnyArray]:
        """What a task gives for these pixels of each scale, computed in shares on all cores."""
        shares = [self._shares(some) for some in pixels]
        items = [(mean, share) for mean, of_mean in zip(means, shares) for share in of_mean]
        results = iter(on_all_cores(lambda item: task(*item), items))
        return [np.concatenate(list(islice(results, len(some)))) for some in shares]

    def _shares(self, pixels: IntArray) -> list[IntArray]:
        """The pixels in shares that are computed one by one; at least one share."""
        discriminator = getattr(self.matcher, "discriminator", None)  # other methods' matchers have none
        share = PIXELS_AT_ONCE if discriminator is None else max(PIXELS_AT_ONCE // discriminator.batch, 1) * discriminator.batch
        return [pixels[first : first + share] for first in range(0, max(len(pixels), 1), share)]

    def judged(self, scores: FloatArray, ratio: Ratio, size: int, inner: slice, pixels: slice = slice(None)) -> Detection:
        """The detection that `scores` lead to, which does not count where the pixel's own spectrum contradicts."""
        found = self.detected(scores, size)
        if size == 1 or self.support == "paper":
            return found
        against = self._contradicted(found, ratio.spectra, size, inner, pixels)
        if not against.any():
            return found
        return self.detected(np.where(against[:, None], 0, scores), size)  # the mean says nothing there

    def detected(self, scores: FloatArray, size: int) -> Detection:
        """The detection that `scores` lead to, whatever the pixel's own spectrum says."""
        found = detect(scores, self.matcher.library, self.thresholds, size)
        if not self.confirms:
            return found
        doubtful = unconfirmed(found, scores, self.matcher.library, self.thresholds)
        return replace(found, level=np.where(doubtful, NOTHING, found.level))

    def _contradicted(self, found: Detection, image: FloatArray, size: int, inner: slice, pixels: slice) -> BoolArray:
        """(pixels,) bool: those that contradict what their mean was taken for."""
        detected = found.level > NOTHING
        if not detected.any():
            return detected
        lines, within = box_lines(inner, size)
        rows = np.arange(image[inner].size // image.shape[2])[pixels][detected]
        exemplars, place = np.unique(found.exemplar[detected], return_inverse=True)
        noise = np.full(image[inner].shape[:2], np.inf, np.float32)  # the rest is not asked
        noise.ravel()[rows] = self.matcher.noise_of(image[inner].reshape(-1, image.shape[2])[rows])
        strength = strengths(image[lines], self._templates[:, exemplars])
        against = contradicts(strength, size, noise, within, self._spread[exemplars]).reshape(-1, exemplars.size)
        out = np.zeros(detected.shape, bool)
        out[detected] = against[rows, place]
        return out


@dataclass(frozen=True)
class _Means:
    """(pixels, 240) box means of the image and of its model, None without one."""

    spectra: FloatArray
    model: Optional[FloatArray]

    @staticmethod
    def of(ratio: Ratio, size: int, inner: slice, pixels: slice = slice(None)) -> _Means:
        model = None if ratio.model is None else mean_spectra(ratio.model, size, inner)[pixels]
        return _Means(mean_spectra(ratio.spectra, size, inner)[pixels], model)


def mean_spectra(image: FloatArray, size: int, inner: slice) -> FloatArray:
    """(pixels, 240) box means of the lines ``inner``."""
    lines, within = box_lines(inner, size)
    return box_mean(image[lines], size)[within].reshape(-1, image.shape[2])


def box_lines(inner: slice, size: int) -> tuple[slice, slice]:
    """Lines of a block that a box around each of the lines ``inner`` needs, and where these are among them."""
    start, stop = max(inner.start - size // 2, 0), inner.stop + size // 2
    return slice(start, stop), slice(inner.start - start, inner.stop - start)


def checked_sizes(scales: Sequence[int], what: str = "scales") -> tuple[int, ...]:
    """Widths of windows, ascending, each once; `ParameterError` that says what they are of if one is none."""
    if not scales or any(size not in range(1, 16, 2) for size in scales):
        raise ParameterError(f"{what} {list(scales)}: must be odd numbers of pixels from 1 to 15, such as 1, 3, 5")
    return tuple(sorted({int(size) for size in scales}))

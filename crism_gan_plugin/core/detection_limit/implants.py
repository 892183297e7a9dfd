"""Absorptions laid into windows of an image, and what the map makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..libraries.absorption import at_share
from ..mapping.levels import IDENTIFICATION, NOTHING, Detection
from ..mapping.merge import merge_scales
from ..mapping.neutral_ratio import ratio_on
from ..mapping.scales import ScaleMapper
from ..spectra.ratio import Ratio
from .no_minerals import ALL_MINERALS, NoMinerals

#: Windows that are mapped at once.
_AT_ONCE = 768

#: What became of an implant: nothing, a guess, an identification, or another class.
MISSED, GUESSED, IDENTIFIED, OTHER = range(4)


@dataclass(frozen=True)
class Window:
    """The pixels around one pixel, part of which a patch covers.

    Attributes
    ----------
    patch, region
        Width of the patch; region of the middle pixel.
    ratio, model
        (width, width, 240) continuum-removed, of the image as it is, and of its model; NaN beyond the image's border.
    inside
        (width, width) bool: the pixels that the patch covers.
    spectra, modelled
        (pixels, 240) I/F of these, and of their model.
    grounds, levelled
        (pixels, 240) what each of the two is divided by; none where there is no neutral ratio. Whether they are levelled before.
    """

    patch: int
    region: int
    ratio: FloatArray
    model: Optional[FloatArray]
    inside: BoolArray
    spectra: FloatArray
    modelled: Optional[FloatArray]
    grounds: tuple[FloatArray, ...]
    levelled: bool


@dataclass(frozen=True)
class Implants:
    """Windows that hold implants; whether the pixel in the middle of each is found is asked.

    Attributes
    ----------
    windows
        At least one.
    mapper
        What mapped the image.
    no_minerals
        What it takes for no mineral.
    """

    windows: Sequence[Window]
    mapper: ScaleMapper
    no_minerals: NoMinerals = ALL_MINERALS

    @property
    def patches(self) -> IntArray:
        """(n,) widths of the patches."""
        return np.array([window.patch for window in self.windows])

    @property
    def regions(self) -> IntArray:
        """(n,)."""
        return np.array([window.region for window in self.windows])

    def outcomes(self, absorption: FloatArray, place: int, share: float) -> IntArray:
        """(n,) uint8 what becomes of implants of the class at a place of the library, at this share."""
        found = np.concatenate([self._outcomes(part, absorption, place, share) for part in self._parts()])
        return found.astype(np.uint8)

    def named_as_they_are(self) -> int:
        """Windows whose middle the map names without any implant: none, unless they are not mapped as the image was."""
        nothing = np.zeros(self.windows[0].ratio.shape[-1])
        return sum(int((self._mapped(part, nothing, 0.0).level > NOTHING).sum()) for part in self._parts())

    def _parts(self) -> list[Sequence[Window]]:
        return [self.windows[first : first + _AT_ONCE] for first in range(0, len(self.windows), _AT_ONCE)]

    def _outcomes(self, windows: Sequence[Window], absorption: FloatArray, place: int, share: float) -> IntArray:
        found = self._mapped(windows, absorption, share)
        right = found.mineral == place
        named = np.where(found.level == IDENTIFICATION, IDENTIFIED, GUESSED)
        return np.where(found.level == NOTHING, MISSED, np.where(right, named, OTHER))

    def _mapped(self, windows: Sequence[Window], absorption: FloatArray, share: float) -> Detection:
        """What the map says of the pixels in the middle."""
        ratio, width = implanted(windows, absorption, share), windows[0].inside.shape[0]
        inner, middles = slice(width // 2, width // 2 + 1), slice(width // 2, None, width)
        scales = []
        for size in self.mapper.sizes:
            scores = self.mapper.scores(ratio, size, inner, middles)
            scales.append(self.mapper.judged(scores, ratio, size, inner, middles))
        return self.no_minerals.without(ratio, inner, merge_scales(scales), middles)


def implanted(windows: Sequence[Window], absorption: FloatArray, share: float) -> Ratio:
    """The windows side by side, (width, n · width, 240), with an absorption in the pixels of their patches.

    A window is as wide as the widest mean, and only its middle pixel is asked. So neighbours do not see each other.
    """
    inside = np.concatenate([window.inside for window in windows])  # (n · width, width)
    spectra = np.concatenate([window.spectra for window in windows])[None]
    modelled = _joined([window.modelled for window in windows])
    grounds = [np.concatenate(each)[None] for each in zip(*(window.grounds for window in windows))]
    model = None if modelled is None else at_share(modelled[None], absorption, share)
    new = ratio_on(at_share(spectra, absorption, share), model, *grounds, levelled=windows[0].levelled)
    laid = _laid(np.concatenate([window.ratio for window in windows]), inside, new.spectra[0])
    before = _joined([window.model for window in windows])
    if before is None or new.model is None:
        return Ratio(laid, None)
    return Ratio(laid, _laid(before, inside, new.model[0]))


def _joined(parts: Sequence[Optional[FloatArray]]) -> Optional[FloatArray]:
    there = [part for part in parts if part is not None]
    return np.concatenate(there) if there else None


def _laid(image: FloatArray, inside: BoolArray, new: FloatArray) -> FloatArray:
    """(n · width, width, 240) windows below each other → side by side, with other spectra inside."""
    image[inside] = new
    width = image.shape[1]
    windows = image.reshape(-1, width, width, image.shape[2])
    return np.ascontiguousarray(windows.transpose(1, 0, 2, 3)).reshape(width, -1, image.shape[2])

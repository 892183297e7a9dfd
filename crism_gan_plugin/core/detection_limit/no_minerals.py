"""What a map takes for no mineral although it resembles one: artefacts, and guesses that leave an absorption."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Optional

import numpy as np

from ..arrays import BoolArray
from ..mapping.levels import NOTHING, Detection
from ..mapping.scales import ScaleMapper
from ..mapping.unlisted import Everything, UnlistedSearch
from ..spectra.ratio import Ratio


@dataclass(frozen=True)
class NoMinerals:
    """Takes names away from pixels, as the map did.

    Attributes
    ----------
    search
        What the map looked for besides minerals; None if it looked for nothing.
    """

    search: Optional[UnlistedSearch]

    @staticmethod
    def of(mapper: ScaleMapper, looked_for: Collection[str]) -> NoMinerals:
        """That of a map which looked for some of "unlisted" and "artefacts"."""
        if not looked_for:
            return NoMinerals(None)
        everything = Everything.of(
            mapper, mapper.matcher.library
        )  # is asked of pixels without a name alone, which stay as they are
        return NoMinerals(UnlistedSearch(mapper, everything, "unlisted" in looked_for, "artefacts" in looked_for, 1, False))

    def without(self, ratio: Ratio, inner: slice, found: Detection, pixels: slice = slice(None)) -> Detection:
        """Detections of some pixels of the lines ``inner``, with nothing where the map shows no mineral.

        Parameters
        ----------
        ratio, inner
            A block, as a `ScaleMapper` takes it.
        found
            (pixels,) of those of the lines ``inner``, counted through them; all by default.
        """
        named = found.level > NOTHING
        if self.search is None or not named.any():
            return found
        every = _among(found, named, pixels, (inner.stop - inner.start) * ratio.spectra.shape[1])
        taken = self.search(ratio, inner, every, 0)[pixels] > 0
        return replace(found, level=np.where(taken & named, NOTHING, found.level).astype(found.level.dtype))


def _among(found: Detection, named: BoolArray, pixels: slice, count: int) -> Detection:
    """Detections of so many pixels, with no data but in those that are named."""
    made = {}
    for field in fields(found):
        values = getattr(found, field.name)
        every = np.zeros(count, values.dtype)
        if field.name == "score":
            every[:] = np.nan
            values = np.where(named, values, np.nan)
        every[pixels] = values
        made[field.name] = every
    return Detection(**made)


#: That of a map which looked for minerals alone.
ALL_MINERALS = NoMinerals(None)

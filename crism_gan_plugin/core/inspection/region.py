"""A few pixels of an image as its map saw them: continuum-removed, and divided by neutral ground where the map's were."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..mapping.cube import MapCube
from ..mapping.neutral_ratio import BlandViews, ColumnViews, NeutralRatio, PlainViews, Views
from ..neutral.blandest import SCORE_HALO
from ..progress import Progress
from ..rasters.blocks import Block
from ..spectra.ratio import Ratio


@dataclass(frozen=True)
class RegionReader:
    """Reads the lines and columns that a region needs, and no more where its neutral ground lies near by.

    Medians of detector columns need lines from all over the image. They are computed once, when first needed.
    """

    cube: MapCube
    ratio: Optional[NeutralRatio]
    _kept: list[ColumnViews] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, lines: slice, samples: slice, progress: Progress) -> Views:
        """Continuum-removed spectra of these lines and samples."""
        block = Block(lines.start, lines.stop - lines.start, lines.start, lines.stop - lines.start)
        if self.ratio is None:
            return PlainViews(self.cube.columns(samples).on_grid)(block)
        if self.ratio.background is None:
            return _cropped(self._columns(progress)(block), samples)
        frame = self.ratio.frame
        if not frame.by_column or frame.detector is not None:
            return _cropped(BlandViews(self.cube.on_grid, frame, self.ratio.background)(block), samples)
        around = slice(max(samples.start - SCORE_HALO, 0), min(samples.stop + SCORE_HALO, frame.samples))
        part = replace(frame, samples=around.stop - around.start)
        views = BlandViews(self.cube.columns(around).on_grid, part, self.ratio.background)(block)
        return _cropped(views, slice(samples.start - around.start, samples.stop - around.start))

    def _columns(self, progress: Progress) -> ColumnViews:
        assert self.ratio is not None
        with self._lock:
            if not self._kept:
                self._kept.append(ColumnViews(self.cube.on_grid, self.ratio.frame, self.cube.model is not None, progress))
            return self._kept[0]


def _cropped(views: Views, samples: slice) -> Views:
    def crop(cube: FloatArray) -> FloatArray:
        return np.ascontiguousarray(cube[:, samples])

    def crop_ratio(ratio: Ratio) -> Ratio:
        return Ratio(crop(ratio.spectra), None if ratio.model is None else crop(ratio.model))

    ratioed = None if views.ratioed is None else crop_ratio(views.ratioed)
    ground, of_model = (None if cube is None else crop(cube) for cube in (views.ground, views.model_ground))
    return Views(crop_ratio(views.plain), ratioed, ground, of_model, views.levelled)

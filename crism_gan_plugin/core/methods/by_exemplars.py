"""Methods that score spectra with each exemplar. They share the map's chain: scales, flat gate, support, and merge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.levels import Detection, Thresholds
from ..mapping.merge import merge_scales
from ..mapping.scales import ScaleMapper
from ..progress import Progress
from ..rasters.blocks import Block
from ..spectra.noise import noise_of
from ..spectra.ratio import Ratio
from .classification import Classification
from .image import ComparedImage

#: (n, 240) spectra over the continuum, at most 1, and (n,) their noise → (n, m) float32.
ExemplarScore = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class ScoreMatcher:
    """Stands in for the network's `Matcher`."""

    score: ExemplarScore
    library: ExemplarLibrary
    channels: None = None

    @property
    def exemplars(self) -> FloatArray:
        return self.library.spectra

    def noise_of(self, on_grid: FloatArray) -> FloatArray:
        """As the network's."""
        return noise_of(on_grid)

    def __call__(self, spectra: FloatArray, noise: FloatArray) -> FloatArray:
        return self.score(spectra, noise)


def mapper_by(image: ComparedImage, score: ExemplarScore, least: float) -> ScaleMapper:
    """A mapper by another score than the network's. What scores more than ``least`` is identified; there are no guesses."""
    thresholds = one_threshold(image.library, least)
    matcher = ScoreMatcher(score, image.library)
    return ScaleMapper(matcher, thresholds, image.sizes)  # type: ignore[arg-type]  # it scores as a Matcher does


def one_threshold(library: ExemplarLibrary, least: float) -> Thresholds:
    """One threshold for both levels of all classes."""
    same = np.full(len(library.classes), least, np.float32)
    return Thresholds(float(np.float32(least)), same, same, 0.0)


def at_scales(mapper: ScaleMapper, progress: Progress) -> Callable[[Ratio, Block], Detection]:
    """What the mapper detects in a block, asking between its scales, too, whether to stop."""

    def detect(ratio: Ratio, block: Block) -> Detection:
        scales = []
        for size in mapper.sizes:
            progress.check()
            scales.append(mapper.at(ratio, size, block.inner))
        return merge_scales(scales)

    return detect


#: Pixels that are mapped at once: a second passes before a run is cancelled, at most.
AT_ONCE = 4096


def map_blocks(image: ComparedImage, detect: Callable[[Ratio, Block], Detection], progress: Progress) -> Classification:
    """The map of what is detected in each piece of a block; ``detect`` gives the piece's own lines, without the halo."""
    found = Classification.empty(image.lines, image.samples)
    for block, ratio in image.each_block(progress):
        for piece in pieces_of(block, max(1, AT_ONCE // image.samples), max(image.sizes) // 2):
            start = piece.halo_first - block.halo_first
            spectra = ratio.spectra[start : start + piece.halo_lines]
            found.fill(piece, detect(Ratio(spectra, None), piece), image.library)
    return found


def pieces_of(block: Block, lines: int, halo: int) -> Iterator[Block]:
    """The lines of a block in pieces of so many at most, each with the halo that it needs.

    Examples
    --------
    >>> [(piece.first, piece.lines, piece.halo_first, piece.halo_lines) for piece in pieces_of(Block(10, 5, 8, 8), 3, 2)]
    [(10, 3, 8, 7), (13, 2, 11, 5)]
    """
    end, halo_end = block.first + block.lines, block.halo_first + block.halo_lines
    for first in range(block.first, end, lines):
        count = min(lines, end - first)
        start, stop = max(first - halo, block.halo_first), min(first + count + halo, halo_end)
        yield Block(first, count, start, stop - start)

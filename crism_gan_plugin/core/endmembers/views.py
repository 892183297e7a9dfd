"""An image's spectra, block by block: over their continuum, or as I/F; divided by neutral ground if they are to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from ..arrays import FloatArray
from ..mapping.cube import MapCube
from ..mapping.neutral_ratio import NeutralRatio, open_views
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..spectra.grid import WAVELENGTHS_NM


@dataclass(frozen=True)
class BlockSpectra:
    """What reads an image from its first line to its last.

    Attributes
    ----------
    cube
        The image.
    ratio
        How it is divided by neutral ground; None: it is not.
    """

    cube: MapCube
    ratio: Optional[NeutralRatio]

    def read(self, of_level: bool, progress: Progress, what: str) -> Iterator[tuple[int, FloatArray]]:
        """First line and (lines, samples, 240) spectra of each block: I/F ``of_level``, else I/F over its continuum."""
        scene = self.cube.scene
        blocks = split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size)
        views, progress = open_views(self.ratio, self.cube.on_grid, False, progress)

        def spectra(block: Block) -> FloatArray:
            if not of_level:
                return views(block).mapped.spectra
            level = self.cube.on_grid(block.first, block.lines)[0]
            if self.ratio is not None:
                ground = views(block).ground
                assert ground is not None
                level /= ground
            return level

        for block, found in read_ahead(blocks, spectra):
            yield block.first, found
            progress.report((block.first + block.lines) / scene.lines, f"{what} {block.first + block.lines} of {scene.lines} lines")

"""An image as factor analysis takes it: levelled spectra divided by their detector column's median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..atmosphere import is_uncorrected
from ..errors import InputError
from ..factors import CHANNELS
from ..files.names import PathLike
from ..mapping.neutral_ratio import frame_of
from ..neutral import GroupMedians, straight_line
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..spectra.noise import noise_of_channels
from ..spectra.resampling import GridResampler, resampler_to_grid

_CHANNELS = CHANNELS.stop - CHANNELS.start

#: Lines from all over the image whose noise is measured, and fewest pixels that tell it.
_SAMPLED, _FEWEST = 16, 50


@dataclass
class LevelledImage:
    """An image whose ground is about 1 everywhere, at the channels of the factor analysis.

    Attributes
    ----------
    scene
        The image.
    noise
        Standard deviation of a channel's noise.
    """

    scene: Scene
    _resample: GridResampler
    _medians: GroupMedians
    noise: float = 0.0

    @staticmethod
    def open(source: PathLike, wavelengths: Optional[PathLike], progress: Progress) -> LevelledImage:
        """Open an image, and learn its ground and its noise.

        Raises
        ------
        InputError
            If it cannot be read, lacks wavelengths, or has no valid pixel.
        """
        scene = open_scene(source, wavelengths=wavelengths)
        try:
            frame, where, _ = frame_of(scene, 1)
            image = LevelledImage(scene, resampler_to_grid(scene.axis, str(source)), GroupMedians(frame, _CHANNELS))
            image._learn(progress)
        except BaseException:
            scene.close()
            raise
        for note in scene.notes:
            progress.info(note)
        progress.info(f"spectra are divided by the median of {where}: what covers more than half of that vanishes")
        return image

    def warnings(self) -> list[str]:
        """What makes the answers for this image doubtful."""
        if is_uncorrected(self.scene, self._resample):
            return [f"the image is {UNCORRECTED}: the CO2 band at 2 µm hides minerals and imitates others"]
        return []

    def read(self, first: int, count: int) -> FloatArray:
        """(count, samples, channels) float32 levelled spectra of some lines over the ground's; NaN without data."""
        return self._level(first, count) / self._medians(first, count)[0]

    def _level(self, first: int, count: int) -> FloatArray:
        spectra = self._resample(self.scene.read(first, count, self._resample.bands))[..., CHANNELS]
        return spectra / straight_line(spectra)

    def _learn(self, progress: Progress) -> None:
        lines = self._medians.lines
        for number, line in enumerate(lines):
            self._medians.add(int(line), (self._level(int(line), 1)[0],))
            progress.report((number + 1) / len(lines), f"ground of the columns, {number + 1} of {len(lines)} lines")
        self._medians.finish(progress.check)
        some = np.unique(np.linspace(0, self.scene.lines - 1, _SAMPLED).round().astype(int))
        spectra = np.concatenate([self.read(int(line), 1)[0] for line in some])
        spectra = spectra[np.isfinite(spectra).all(1)]
        if len(spectra) < _FEWEST:
            raise InputError(
                f"{self.scene.path}: {len(spectra)} of the pixels that were looked at have valid data, too few to tell its noise; "
                "check the file and its no-data value"
            )
        self.noise = float(np.sqrt(np.mean(noise_of_channels(spectra) ** 2)))

"""The regions of an image whose limits are told apart: three of noise, and three of brightness in each.

Noise and brightness are those of the pixels around, so that regions are areas and not speckle. Regions have about equal size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import FloatArray, IntArray
from ..mapping.cube import MapCube
from ..mapping.smoothing import box_mean
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of

#: Classes of noise, and of brightness within each.
_PARTS = 3

REGIONS = _PARTS * _PARTS

#: Label of a pixel without data.
NO_REGION = 255

#: Width of the window of noise and brightness, pixels.
_WINDOW = 5

#: Pixels that tell where regions begin.
_SAMPLED = 200_000


@dataclass(frozen=True)
class NoiseRegion:
    """What the pixels of a region have in common.

    Attributes
    ----------
    noise, brightness
        Least and largest: standard deviation of noise as a share of the signal, and mean I/F.
    """

    noise: tuple[float, float]
    brightness: tuple[float, float]


@dataclass(frozen=True)
class Regions:
    """Which region each pixel of an image is in.

    Attributes
    ----------
    labels
        (lines, samples) uint8, from 0; `NO_REGION` without data. On the disk.
    regions
        (`REGIONS`,) what they are; a region without pixels reaches from infinity to minus infinity.
    """

    labels: IntArray
    regions: tuple[NoiseRegion, ...]

    @staticmethod
    def of(cube: MapCube, scratch: Path, progress: Progress) -> Regions:
        """Those of an image, whose every line is read once. ``scratch`` is a folder for what does not fit the memory."""
        size = cube.scene.lines, cube.scene.samples
        measured = np.memmap(scratch / "noise_and_brightness", np.float32, "w+", shape=(*size, 2))

        def read(block: Block) -> FloatArray:
            return noise_and_brightness(cube.on_grid(block.halo_first, block.halo_lines)[0], block.inner)

        for block, values in read_ahead(split_lines(*size, WAVELENGTHS_NM.size, _WINDOW // 2), read):
            measured[block.first : block.first + block.lines] = values
            done = block.first + block.lines
            progress.report(done / size[0], f"noise and brightness of {done} of {size[0]} lines")
        labels = np.memmap(scratch / "regions", np.uint8, "w+", shape=size)
        edges = _Borders.of(_sample(measured))
        low, high = np.full((2, REGIONS), np.inf), np.full((2, REGIONS), -np.inf)
        for block in split_lines(*size, 8):
            rows = slice(block.first, block.first + block.lines)
            values = np.asarray(measured[rows])
            labels[rows] = found = edges.label(values)
            for region in np.unique(found[found != NO_REGION]):
                inside = values[found == region]
                low[:, region] = np.minimum(low[:, region], inside.min(0))
                high[:, region] = np.maximum(high[:, region], inside.max(0))
        ends = np.stack([low, high], -1).tolist()
        return Regions(labels, tuple(NoiseRegion(tuple(noise), tuple(brightness)) for noise, brightness in zip(*ends)))


def noise_and_brightness(on_grid: FloatArray, inner: slice) -> FloatArray:
    """(lines, samples, 240) I/F → (inner lines, samples, 2) means over windows; NaN without data."""
    brightness = on_grid.mean(-1)
    found = np.stack([noise_of(on_grid / brightness[..., None]), brightness], -1)
    found[~(np.isfinite(found).all(-1) & (brightness > 0))] = np.nan
    return box_mean(found, _WINDOW)[inner]


@dataclass(frozen=True)
class _Borders:
    """Where regions begin: ``noise`` (2,), and ``brightness`` (3, 2) for each class of noise."""

    noise: FloatArray
    brightness: FloatArray

    @staticmethod
    def of(sample: FloatArray) -> _Borders:
        """Those that part (n, 2) noise and brightness into equal numbers."""
        steps = np.arange(1, _PARTS) / _PARTS
        if not len(sample):
            return _Borders(np.zeros(_PARTS - 1), np.zeros((_PARTS, _PARTS - 1)))
        noise = np.quantile(sample[:, 0], steps)
        part = np.searchsorted(noise, sample[:, 0], "right")
        brightness = [np.quantile(sample[part == k, 1], steps) if (part == k).any() else steps * 0 for k in range(_PARTS)]
        return _Borders(noise, np.array(brightness))

    def label(self, measured: FloatArray) -> IntArray:
        """(..., 2) → (...) uint8."""
        noise, brightness = measured[..., 0], measured[..., 1]
        part = np.searchsorted(self.noise, noise, "right")
        part = np.minimum(part, _PARTS - 1)  # NaN comes after all
        within = (brightness[..., None] >= self.brightness[part]).sum(-1)
        return np.where(np.isnan(noise), NO_REGION, part * _PARTS + within).astype(np.uint8)


def _sample(measured: FloatArray) -> FloatArray:
    """(n, 2) of pixels with data from all over the image."""
    flat = measured.reshape(-1, 2)
    some = np.asarray(flat[:: max(1, len(flat) // _SAMPLED)], np.float64)
    return some[~np.isnan(some[:, 0])]

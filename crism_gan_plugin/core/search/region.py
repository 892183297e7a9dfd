"""Continuum-removed spectra of single pixels of an image, and their mean."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray, IntArray
from ..products.scene import Scene
from ..rasters.blocks import split_lines
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.ratio import remove_grid_continuum
from ..spectra.resampling import GridResampler


def ratios_at(scene: Scene, resample: GridResampler, line: IntArray, sample: IntArray) -> FloatArray:
    """(n, 240) float32 spectra over their continuum of pixels at these places; NaN where there is no data."""
    found = np.full((line.size, WAVELENGTHS_NM.size), np.nan, np.float32)
    for block in split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size):
        rows = np.flatnonzero((line >= block.first) & (line < block.first + block.lines))
        if rows.size:
            first, last = int(line[rows].min()), int(line[rows].max())
            on_grid = resample(scene.read(first, last - first + 1, resample.bands))
            chosen = np.ascontiguousarray(on_grid[line[rows] - first, sample[rows]])[np.newaxis]
            found[rows] = remove_grid_continuum(chosen).spectra[0]
    return found


def mean_ratio(scene: Scene, resample: GridResampler, line: IntArray, sample: IntArray) -> tuple[FloatArray, int]:
    """(240,) mean of them, at most 1, as the mapping averages windows; and how many have data. NaN where none has."""
    total, count = np.zeros(WAVELENGTHS_NM.size), 0
    order = np.lexsort((sample, line))
    for part in np.array_split(order, max(1, -(-order.size // _AT_ONCE))):
        ratios = ratios_at(scene, resample, line[part], sample[part])
        valid = np.isfinite(ratios[:, 0])
        total += ratios[valid].sum(0, dtype=np.float64)
        count += int(valid.sum())
    return np.minimum(total / count, 1) if count else np.full(total.shape, np.nan), count


#: Pixels whose spectra are averaged at once.
_AT_ONCE = 10_000

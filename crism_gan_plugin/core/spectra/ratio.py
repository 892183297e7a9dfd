"""From a cube's I/F to continuum-removed spectra on the network's grid (paper, sections 3.2.1 and 3.3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..compute.matrix import matmul
from .continuum import upper_hull
from .grid import WAVELENGTHS_NM
from .resampling import GridResampler
from .smoothing import savitzky_golay_matrix

#: Smallest value of a ratio above which a spectrum counts as flat (paper, section 3.2.2).
FLAT = 0.99

_SMOOTHING = savitzky_golay_matrix(WAVELENGTHS_NM.size).astype(np.float32)

#: A few channels tell of most spectra that they are not flat.
_SMOOTHING_HERE_AND_THERE = np.ascontiguousarray(_SMOOTHING[:, ::8])


@dataclass(frozen=True)
class Ratio:
    """Continuum-removed spectra.

    Attributes
    ----------
    spectra
        (lines, samples, 240) float32 I/F over continuum; may exceed 1 by noise; NaN where there is no data.
    model
        (lines, samples, 240) the noise-free model over the same continuum, or None where there is no model.
    """

    spectra: FloatArray
    model: Optional[FloatArray]


def remove_scene_continuum(
    spectra: FloatArray, resample: GridResampler, model: Optional[FloatArray] = None, resample_model: Optional[GridResampler] = None
) -> Ratio:
    """Continuum-removed spectra of a block.

    The continuum is the upper hull of the noise-free model where there is one, else of the Savitzky-Golay-smoothed spectrum: a
    hull over noisy spectra lies on the highest noise.

    Parameters
    ----------
    spectra, model
        (lines, samples, bands) I/F on the bands that their resamplers ask for.
    """
    if model is None:
        return remove_grid_continuum(resample(spectra))
    assert resample_model is not None
    return remove_grid_continuum(resample(spectra), resample_model(model))


def remove_grid_continuum(on_grid: FloatArray, model: Optional[FloatArray] = None) -> Ratio:
    """`remove_scene_continuum` for spectra and a model on the network's grid, (lines, samples, 240), which it overwrites."""
    if model is None:
        smooth = matmul(on_grid.reshape(-1, WAVELENGTHS_NM.size), _SMOOTHING).reshape(on_grid.shape)
    else:
        smooth = model
    flat = smooth.reshape(-1, WAVELENGTHS_NM.size)
    hull = upper_hull(flat, WAVELENGTHS_NM).reshape(on_grid.shape)
    hull[~(hull > 0)] = np.nan
    on_grid /= hull
    lost = ~np.isfinite(on_grid).all(-1)
    on_grid[lost] = np.nan
    if model is None:
        return Ratio(on_grid, None)
    smooth /= hull
    smooth[lost] = np.nan
    return Ratio(on_grid, smooth)


def is_flat(ratio: FloatArray, model: Optional[FloatArray]) -> BoolArray:
    """Whether spectra have no absorption of 1 % or more, in the model where there is one, else in the smoothed ratio.

    Parameters
    ----------
    ratio, model
        (n, 240) after clipping to ≤ 1.

    Returns
    -------
    (n,) bool.
    """
    if model is not None:
        return model.min(1) > FLAT
    flat = matmul(ratio, _SMOOTHING_HERE_AND_THERE).min(1) > FLAT
    flat[flat] = matmul(ratio[flat], _SMOOTHING).min(1) > FLAT
    return flat

"""Whether a pixel's own spectrum agrees with what the mean over its neighbours looks like.

A mean over 5 × 5 pixels shows a mineral that two of its five columns have, so that a deposit grows by two pixels on each side.
The pixel's own spectrum contradicts if it clearly has less of the mineral's absorption: less than half way from the window's
barest pixel to the mean, by two standard deviations of its noise. A noisy pixel contradicts nothing, since its neighbours know more
than it does.

A matched filter tells how much absorption a spectrum has: the projection on the exemplar's absorption, after the best cubic
polynomial was taken from both. Ground differs from pixel to pixel in broad shapes, which the cubic takes away.
"""

from __future__ import annotations

from typing import Union

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..compute.matrix import matmul
from .smoothing import box_mean, box_minimum

#: Below this share of the way from the window's barest pixel to its mean, a pixel has none of the absorption of its own...
_SHARE = 0.5

#: ...if that is sure at so many standard deviations of its noise.
_SURE = 2.0

#: Order of the polynomial that stands for ground.
_ORDER = 3


def absorption_templates(exemplars: FloatArray) -> FloatArray:
    """(240, m) unit vectors: each exemplar's absorption without its best cubic polynomial.

    Parameters
    ----------
    exemplars
        (m, 240) continuum-removed spectra.
    """
    rows = _without_ground(1 - np.asarray(exemplars, np.float64))
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0).T.astype(np.float32)


def strengths(ratio: FloatArray, templates: FloatArray) -> FloatArray:
    """(lines, samples, 240) continuum-removed spectra → (lines, samples, m): how much of each exemplar's absorption they have."""
    return matmul((1 - ratio).reshape(-1, ratio.shape[-1]), templates).reshape(*ratio.shape[:-1], -1)


def contradicts(
    strength: FloatArray, size: int, noise: FloatArray, within: slice = slice(None), spread: Union[float, FloatArray] = 1.0
) -> BoolArray:
    """Whether pixels of the lines ``within`` have clearly less of an absorption than the means around them.

    Parameters
    ----------
    strength
        (lines, samples, m), from `strengths`; NaN where there is no data.
    size
        Width of the window of the mean, odd.
    noise
        (lines within, samples) standard deviation of each pixel's noise, on the continuum-removed spectrum.
    spread
        How much noise a strength has for noise of 1: one number, or (m,).

    Returns
    -------
    (lines within, samples, m) bool.
    """
    mean, barest, strength = (each[within] for each in (box_mean(strength, size), box_minimum(strength, size), strength))
    return strength < barest + _SHARE * (mean - barest) - _SURE * spread * noise[..., None]


def _without_ground(rows: FloatArray) -> FloatArray:
    basis = np.linalg.qr(np.vander(np.linspace(-1, 1, rows.shape[1]), _ORDER + 1))[0]
    return rows - (rows @ basis) @ basis.T

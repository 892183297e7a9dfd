"""How well a region's vectors make a target."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from .targets import Targets

#: A target counts as made below this misfit (Lin's published code). It is 2 % of a spectrum, which a straight line reaches for most
#: of CRISM's type spectra: so it says little alone.
LARGEST_MISFIT = 1.5e-4


def explained_share(vectors: FloatArray, targets: Targets) -> FloatArray:
    """Which share of a target beyond a parabola is made of a region's vectors beyond a parabola.

    Parameters
    ----------
    vectors
        (..., channels, k) orthonormal, and orthogonal to every parabola; columns may be 0 where a region has fewer.

    Returns
    -------
    (..., m) from 0, nothing of it, to 1, all of it.
    """
    made = targets.directions.astype(vectors.dtype) @ vectors
    return np.minimum((made * made).sum(-1), 1)


def misfit(vectors: FloatArray, targets: Targets) -> FloatArray:
    """(..., m) root mean square difference between targets and their best fits, both scaled to a sum of 1 (Lin's NorRMSE).

    Parameters
    ----------
    vectors
        (..., channels, k) orthonormal; columns may be 0.
    """
    spectra = targets.spectra / targets.spectra.sum(-1, keepdims=True)
    made = spectra.astype(vectors.dtype) @ vectors  # of each vector; vectors are orthonormal, so that no fit needs to be made whole
    total = (made * vectors.sum(-2)[..., None, :]).sum(-1, dtype=np.float64)
    square = (made * made).sum(-1, dtype=np.float64)
    scale = 1 / np.where(np.abs(total) > 1e-9, total, 1)
    return np.sqrt(np.maximum(square * scale * (scale - 2) + (spectra**2).sum(-1), 0) / spectra.shape[-1])

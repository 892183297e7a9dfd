"""How well a region's vectors make a target."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from .channels import beyond_parabola
from .targets import Targets

#: A target counts as made below this misfit (Lin's published code). It is 2 % of a spectrum, which a straight line reaches for most
#: of CRISM's type spectra: so it says little alone.
LARGEST_MISFIT = 1.5e-4

#: A direction of which so little is beyond a parabola, squared, is one.
LEAST_REST = 0.05


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


def share_within(vectors: FloatArray, targets: Targets) -> FloatArray:
    """The same of vectors that are not orthogonal to parabolas: these are taken away first.

    Parameters
    ----------
    vectors
        (..., channels, k) orthonormal; columns may be 0. What a parabola makes nearly all of is left out, since its rest is noise.

    Returns
    -------
    (..., m) from 0 to 1.
    """
    rest = np.swapaxes(beyond_parabola(np.swapaxes(vectors, -1, -2)), -1, -2)
    moments, mixtures = np.linalg.eigh(np.swapaxes(rest, -1, -2) @ rest)
    scale = np.where(moments > LEAST_REST, 1 / np.sqrt(np.maximum(moments, LEAST_REST)), 0).astype(vectors.dtype)
    return explained_share(rest @ (mixtures * scale[..., None, :]), targets)


def misfit(vectors: FloatArray, targets: Targets) -> FloatArray:
    """(..., m) root mean square difference between targets and their best fits, both scaled to a sum of 1 (Lin's NorRMSE).

    Parameters
    ----------
    vectors
        (..., channels, k) orthonormal; columns may be 0.
    """
    spectra = targets.spectra.astype(vectors.dtype)
    made = (spectra @ vectors) @ np.swapaxes(vectors, -1, -2)
    total = made.sum(-1, keepdims=True)
    scaled = made / np.where(np.abs(total) > 1e-9, total, 1)
    return np.sqrt(np.mean((scaled - spectra / spectra.sum(-1, keepdims=True)) ** 2, axis=-1))

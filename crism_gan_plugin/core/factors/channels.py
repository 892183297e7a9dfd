"""The wavelengths of the factor analysis, and what a parabola leaves of a spectrum there."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray
from ..spectra.grid import WAVELENGTHS_NM

#: Channels of the network's grid that are used: 136, 1710.6-2602.1 nm, as in Lin's published code; nearly all vibrations that tell
#: hydrated minerals and carbonates apart lie there (Thomas & Bandfield 2017: 1.7-2.6 µm).
CHANNELS = slice(int(np.searchsorted(WAVELENGTHS_NM, 1707.0)), WAVELENGTHS_NM.size)

#: The curves that say nothing of a mineral: brightness, slope and curvature.
SMOOTH_CURVES = 3


def smooth_curves(channels: int) -> FloatArray:
    """(channels, 3) orthonormal brightness, slope and curvature over evenly spaced channels."""
    return np.linalg.qr(np.vander(np.linspace(-1, 1, channels), SMOOTH_CURVES))[0]


def beyond_parabola(spectra: FloatArray) -> FloatArray:
    """(..., channels) what the parabola of least squares leaves of each spectrum.

    Examples
    --------
    >>> import numpy as np
    >>> from crism_gan_plugin.core.factors.channels import beyond_parabola
    >>> bool(np.abs(beyond_parabola(np.linspace(0.2, 0.3, 50) ** 2)).max() < 1e-12)
    True
    """
    curves = smooth_curves(spectra.shape[-1]).astype(spectra.dtype)
    return spectra - (spectra @ curves) @ curves.T

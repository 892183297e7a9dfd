"""Factor analysis with target transformation: of which spectra can the pixels of a region be mixtures? Arrays in, arrays out.

Who lives here: `channels` (the wavelengths, and what a parabola leaves of a spectrum), `targets` (the spectra that are asked for),
`fit` (how well a region's vectors make a target), `hysime` (how many vectors a region has), `windows` (many small regions at once).
Who may come in: methods, screening.
"""

from __future__ import annotations

from .channels import CHANNELS, beyond_parabola
from .fit import LARGEST_MISFIT, explained_share, misfit
from .hysime import ImageSignal, noise_by_regression, signal_subspace
from .targets import Targets
from .windows import leading_vectors, vectors_beyond_parabola, window_places, windows_of

__all__ = [
    "CHANNELS",
    "LARGEST_MISFIT",
    "ImageSignal",
    "Targets",
    "beyond_parabola",
    "explained_share",
    "leading_vectors",
    "misfit",
    "noise_by_regression",
    "signal_subspace",
    "vectors_beyond_parabola",
    "window_places",
    "windows_of",
]

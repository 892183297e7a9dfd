"""The upper convex hull of simulated spectra on the device that has them: on a processor by `continuum`, on a card by chords."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..spectra import continuum
from ..spectra.grid import WAVELENGTHS_NM


def upper_hull(spectra: Tensor) -> Tensor:
    """(n, 240) finite spectra on the network's grid → the hull at every channel."""
    if spectra.is_cuda:
        return hull_of_chords(spectra)
    return torch.from_numpy(continuum.upper_hull(spectra.numpy(), WAVELENGTHS_NM))


def hull_of_chords(spectra: Tensor) -> Tensor:
    """The hull by the slopes of all chords. This is much work, but all of it is done at once.

    A point is a vertex if no chord to its left is less steep than one to its right.

    Parameters
    ----------
    spectra
        (n, 240); takes 0.5 MB a spectrum.
    """
    place = _place(str(spectra.device))
    channel = torch.arange(place.numel(), device=spectra.device)
    slope = (spectra[:, None] - spectra[:, :, None]) / (place - place[:, None])  # NaN on the diagonal, which nothing looks at
    is_left, is_right = channel < channel[:, None], channel > channel[:, None]
    least = slope.masked_fill(~is_left, torch.inf).amin(2)
    most = slope.masked_fill(~is_right, -torch.inf).amax(2)
    is_vertex = least >= most
    before = torch.where(is_vertex, channel, 0).cummax(1).values
    behind = torch.where(is_vertex, channel, channel[-1]).flip(1).cummin(1).values.flip(1)
    share = (place - place[before]) / (place[behind] - place[before]).clamp_min(1e-9)
    return torch.lerp(spectra.gather(1, before), spectra.gather(1, behind), share)


@lru_cache
def _place(device: str) -> Tensor:
    """(240,) µm."""
    return torch.from_numpy((WAVELENGTHS_NM / 1000).astype(np.float32)).to(device)

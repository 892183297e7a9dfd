"""Spectra of deposits: medians and quartiles over some pixels of each."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..progress import Progress
from .below import Below
from .listed import MineralDeposits, all_places


@dataclass(frozen=True)
class Quartiles:
    """(bands,) lower quartile, median and upper quartile of spectra; NaN in gaps."""

    low: FloatArray
    middle: FloatArray
    high: FloatArray

    @staticmethod
    def of(spectra: FloatArray) -> Quartiles:
        """The quartiles of (n, bands) spectra."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # channels that no pixel has
            return Quartiles(*np.nanpercentile(spectra.astype(np.float64), (25, 50, 75), axis=0))


@dataclass(frozen=True)
class DepositSpectra:
    """The spectra of a deposit: I/F in the image's bands, continuum-removed on the network's grid, and of how many pixels."""

    iof: Quartiles
    removed: Quartiles
    pixels: int


def spectra_of(minerals: Sequence[MineralDeposits], ground: Below, progress: Progress) -> dict[str, DepositSpectra]:
    """The spectra of all deposits that are shown, by their labels; those without any are left out.

    Raises
    ------
    InputError
        If the image cannot be read.
    """
    line, sample = all_places(minerals)
    if not line.size:
        return {}
    iof, removed = ground.spectra(line, sample, progress)
    found, start = {}, 0
    for each in (deposit for mineral in minerals for deposit in mineral.shown):
        own = slice(start, start + each.line.size)
        start = own.stop
        pixels = int(np.isfinite(removed[own]).any(1).sum())
        if pixels:
            found[each.label] = DepositSpectra(Quartiles.of(iof[own]), Quartiles.of(removed[own]), pixels)
    return found

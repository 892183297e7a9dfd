"""Absorptions that the instrument makes: class 97.

Where an absorption stands out, the spectrum is mended as if it were the instrument's. If then nothing stands out any more, it was.
Each artefact is looked for only where the strongest band lies in its own range.

A detector column of its own is told from the image as a whole: most of its pixels show what its neighbours' do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..background.metric import GroundMetric
from ..spectra.axis import FILTER_BOUNDARY_NM
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.ratio import remove_grid_continuum
from ..unlisted import centres_nm, strengths_of
from .doubtful import bridged

#: Channels on each side by which a step is measured.
_SIDE = 5

#: A column stands alone in which this share of the pixels stands out, and this many times as large a share as in its neighbours.
_COLUMN_SHARE, _TIMES = 0.3, 4.0


@dataclass(frozen=True)
class Artefact:
    """What the instrument does to spectra.

    Attributes
    ----------
    name
        What it is.
    range_nm
        Where the strongest band of its absorption lies.
    mended
        (n, 240) continuum-removed spectra → the same without it.
    """

    name: str
    range_nm: tuple[float, float]
    mended: Callable[[FloatArray], FloatArray]


def _without_join(ratio: FloatArray) -> FloatArray:
    return _held(ratio, WAVELENGTHS_NM < 1065, slice(0, None))


def _without_water(ratio: FloatArray) -> FloatArray:
    return _held(ratio, WAVELENGTHS_NM > 2495, slice(None, None, -1))


def _held(ratio: FloatArray, ending: BoolArray, towards: slice) -> FloatArray:
    """The channels of one end as high as those next to them."""
    out = ratio.copy()
    last = np.flatnonzero(~ending[towards])[:_SIDE]
    out[:, ending] = out[:, towards][:, last].mean(1, keepdims=True)
    return out


def _without_step(ratio: FloatArray) -> FloatArray:
    before = np.flatnonzero(FILTER_BOUNDARY_NM[0] > WAVELENGTHS_NM)
    after = np.flatnonzero(FILTER_BOUNDARY_NM[1] < WAVELENGTHS_NM)
    out = ratio.copy()
    out[:, after[0] :] *= ratio[:, before[-_SIDE:]].mean(1, keepdims=True) / ratio[:, after[:_SIDE]].mean(1, keepdims=True)
    return bridged(out, (float(WAVELENGTHS_NM[before[-1]]), float(WAVELENGTHS_NM[after[0]])))


def _without_air(ratio: FloatArray) -> FloatArray:
    return bridged(ratio, (1935.0, 2095.0))


ARTEFACTS = (
    Artefact("detector join at 1.0 µm", (1000, 1075), _without_join),
    Artefact("filter edge at 1.65 µm", (1450, 1900), _without_step),
    Artefact("carbon dioxide at 2.0 µm", (1940, 2090), _without_air),
    Artefact("water beyond 2.5 µm", (2480, 2700), _without_water),
)


def are_artefacts(ratio: FloatArray, band: IntArray, least: float, metric: GroundMetric) -> BoolArray:
    """Whether what stands out of spectra is the instrument's.

    Parameters
    ----------
    ratio
        (n, 240) continuum-removed.
    band
        (n,) their strongest band.
    least
        The strength above which one stands out.
    metric
        Of their ground.
    """
    found, centre = np.zeros(len(ratio), bool), centres_nm()[band]
    for artefact in ARTEFACTS:
        low, high = artefact.range_nm
        rows = np.flatnonzero(~found & (centre >= low) & (centre <= high))
        if rows.size:
            mended = remove_grid_continuum(artefact.mended(ratio[rows])[np.newaxis]).spectra[0]
            found[rows] = strengths_of(mended, metric).most < least
    return found


def single_columns(standing: IntArray, valid: IntArray) -> BoolArray:
    """Which detector columns stand alone.

    Parameters
    ----------
    standing, valid
        (samples,) pixels of each column that stand out by themselves, and pixels with data.
    """
    share = standing / np.maximum(valid, 1)
    padded = np.pad(share, 2, mode="reflect") if share.size > 2 else np.pad(share, 2)
    around = np.median([padded[shift : shift + share.size] for shift in (0, 1, 3, 4)], axis=0)
    return np.asarray((share >= _COLUMN_SHARE) & (share >= _TIMES * around))

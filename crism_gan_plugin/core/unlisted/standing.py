"""Whether a spectrum has an absorption that noise and bland ground do not explain, whatever absorption it is.

A bank of single bands, of four widths all along the grid, is matched with the spectrum where bland ground is white. So a match is
counted in standard deviations of what ground and the spectrum's own noise give that band. The strongest band decides. A single bad
channel is no band: the median of three channels takes it out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..arrays import FloatArray, IntArray
from ..background.metric import GroundMetric
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of

#: An absorption stands out whose strongest band is so many standard deviations deep, in a mean over a window and in a single pixel,
#: whose noise has outliers. Settled on scenes of other ground than those of `benchmarks/unlisted.py`.
_IN_WINDOWS, _IN_PIXELS = 5.5, 7.5

#: Widths of the bank's bands (standard deviations of Gaussians), nm. They lie as far apart as they are wide, or a little more.
_WIDTHS_NM = (15.0, 30.0, 60.0, 110.0)
_APART_NM = 20.0

#: Bands that are told of a spectrum, at the most; below this share of the strongest one's strength, there is none.
_MOST_BANDS, _LEAST_SHARE = 4, 0.3


@dataclass(frozen=True)
class Band:
    """A band: its centre, nm, and its depth as a share of the continuum."""

    centre_nm: float
    depth: float


@lru_cache(1)
def band_shapes() -> FloatArray:
    """(bands, 240) float32 absorptions of depth 1, every band of the bank."""
    low, high = float(WAVELENGTHS_NM[0]), float(WAVELENGTHS_NM[-1])
    rows = [
        np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2)
        for width in _WIDTHS_NM
        for centre in np.arange(low + width, high - width, max(_APART_NM, width))
    ]
    return np.array(rows, np.float32)


def centres_nm() -> FloatArray:
    """(bands,) where each band of the bank is deepest."""
    return np.asarray(WAVELENGTHS_NM[band_shapes().argmax(1)])


@dataclass(frozen=True)
class Standing:
    """How strong the bands of spectra are.

    Attributes
    ----------
    strength
        (n, bands) float32, standard deviations of ground and noise; NaN without data.
    """

    strength: FloatArray

    @property
    def best(self) -> IntArray:
        """(n,) the strongest band."""
        return np.asarray(np.nan_to_num(self.strength, nan=-np.inf).argmax(1))

    @property
    def most(self) -> FloatArray:
        """(n,) its strength."""
        return np.asarray(self.strength[np.arange(len(self.strength)), self.best])

    @property
    def most_either_way(self) -> FloatArray:
        """(n,) the strength of the strongest band, or of the one that is most turned upside down."""
        return np.asarray(np.abs(self.strength).max(1))


def least_strength(size: int) -> float:
    """The strength above which an absorption stands out of a mean over ``size`` × ``size`` pixels."""
    return _IN_PIXELS if size == 1 else _IN_WINDOWS


def strengths_of(ratio: FloatArray, metric: GroundMetric) -> Standing:
    """How strong each band of the bank is in spectra.

    Parameters
    ----------
    ratio
        (n, 240) continuum-removed, with their noise: not cut off at 1.
    metric
        Of the ground that they lie on.
    """
    noise = noise_of(ratio)
    length, cosine = metric.compare(1 - without_single_channels(ratio), band_shapes(), noise)
    return Standing(length[:, np.newaxis] * cosine)


def left_by(ratio: FloatArray, exemplar: FloatArray, metric: GroundMetric) -> FloatArray:
    """What is left of continuum-removed spectra, (n, 240), once as much of a (240,) exemplar's absorption is taken as fits best."""
    whitening = metric.whitening(float(np.median(noise_of(ratio)))).astype(np.float32)
    own = (1 - exemplar).astype(np.float32)
    white = own @ whitening
    amount = ((1 - ratio) @ whitening) @ white / (white @ white)
    return np.asarray(ratio + amount[:, np.newaxis] * own)


def without_single_channels(ratio: FloatArray) -> FloatArray:
    """(n, 240) the median of each channel and its two neighbours."""
    inner = ratio[:, 1:-1]
    low, high = np.minimum(ratio[:, :-2], inner), np.maximum(ratio[:, :-2], inner)
    out = ratio.copy()
    out[:, 1:-1] = np.maximum(low, np.minimum(high, ratio[:, 2:]))
    return out


def bands_of(ratio: FloatArray, metric: GroundMetric) -> list[Band]:
    """The bands of one (240,) spectrum, the strongest first: each is taken away before the next is looked for."""
    left, found = 1 - without_single_channels(ratio[np.newaxis]), []
    noise, shapes, first = noise_of(ratio[np.newaxis]), band_shapes(), 0.0
    whitening = metric.whitening(float(noise[0]))
    white = shapes @ whitening
    squares = (white**2).sum(1)
    for _ in range(_MOST_BANDS):
        amount = (left @ whitening @ white.T)[0] / squares
        strength = amount * np.sqrt(squares)
        best = int(strength.argmax())
        if not strength[best] > max(_LEAST_SHARE * first, 1.0):
            break
        first = first or float(strength[best])
        found.append(Band(float(centres_nm()[best]), float(amount[best])))
        left = left - amount[best] * shapes[best]
    return found

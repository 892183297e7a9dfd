"""What an image's bland ground has beyond a smooth curve, and which is no absorption of a mineral.

Real ground is not concave. A library of absorptions fits its broad bends, and what the calibration has left in all of an image, as
well as it fits minerals. So ground that is the same everywhere became a mineral everywhere. Therefore the typical spectrum of the
image's own bland ground is found once, from pixels of all its columns, and the spectra of a corrected image are fitted relative to
it. That is a neutral ratio: what is everywhere in an image stays in its cubes, but counts as continuum.

The background model says first which pixels are bland; of these, the ones that are alike count. A minority of bland pixels is
enough, so a mineral that covers half of an image stays a mineral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

import numpy as np

from ..arrays import FloatArray, IntArray
from ..background.model import BackgroundModel
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of_channels
from ..spectra.resampling import fill_missing
from .surface import SurfaceLibrary

#: Channels that are denoised, nm at the sweet spot: the mapping's range, and what the smile and the background need beyond.
RANGE_NM = (1008.0, 2650.0)

#: Share of the pixels that are taken for bland, and how often they are chosen anew as those most like their own mean.
BLAND_SHARE, CHOSEN_ANEW = 0.3, 3

#: An image of fewer pixels does not tell what its ground is; of larger ones, about so many are looked at.
FEWEST, LOOKED_AT = 200, 3000
FEWEST_CHANNELS = 50

#: What no model of bland ground knows: root mean square a channel, log units (MICA's denominators).
UNKNOWN = 0.0035

#: Ground may resemble an absorption by so many standard deviations of what bland ground on Mars varies by: more is said to the
#: user, and much more is a mineral that covers the image. MICA's bland ground reaches 16, and 26 in a scene full of gypsum.
RESEMBLES, NOT_BLAND = 14.0, 28.0

#: Where carbon dioxide has lines, nm: there an uncorrected image does not tell its ground.
GAS_NM = ((1424.0, 1456.0), (1558.0, 1622.0), (1925.0, 2125.0))

#: Height of the arc that is left to the concave background, log units: so much other ground may be bent the other way.
ARC = 0.02


@dataclass(frozen=True)
class ImageGround:
    """The ground of an image.

    Attributes
    ----------
    wavelengths_nm
        (n,) ascending.
    log
        (n,) ln of the typical bland spectrum over a straight line's concave arc; all 0 where nothing is known of it.
    air
        (n,) ln transmission of the air that it was seen through, of an image with its atmosphere; else all 0.
    resembles
        Name of the absorption in the library that it is most like.
    by
        How like it is to that, in standard deviations of bland ground in general.
    """

    wavelengths_nm: FloatArray
    log: FloatArray
    air: FloatArray
    resembles: str = ""
    by: float = 0.0

    def on(self, wavelengths_nm: FloatArray) -> FloatArray:
        """Logarithm of the ground on any wavelengths, of any shape; beyond the ends the last value holds."""
        return np.interp(wavelengths_nm, self.wavelengths_nm, self.log)

    def air_on(self, wavelengths_nm: FloatArray) -> FloatArray:
        """Transmission of the air on any wavelengths."""
        return np.exp(np.interp(wavelengths_nm, self.wavelengths_nm, self.air))

    @property
    def has_air(self) -> bool:
        return bool(self.air.any())

    @property
    def known(self) -> bool:
        return bool(self.log.any())

    def warnings(self) -> list[str]:
        """Warnings that a reader of a map relative to this ground needs."""
        if not self.resembles or self.by < RESEMBLES:
            return []
        if not self.known:
            return [
                f"the image shows no bland ground: most of it resembles {self.resembles}; so ground is told from minerals by "
                "curvature alone, and broad bands may be invented"
            ]
        return [
            f"the image's bland ground itself resembles {self.resembles}; what all of the image has counts as continuum and is not "
            "mapped with the denoiser's model: compare a map of the image without denoising"
        ]


def no_ground(wavelengths_nm: FloatArray) -> ImageGround:
    """The ground of an image of which nothing is known."""
    nothing = np.zeros(len(wavelengths_nm))
    return ImageGround(np.asarray(wavelengths_nm, float), nothing, nothing)


def learn_ground(
    i_over_f: FloatArray, wavelengths_nm: FloatArray, library: SurfaceLibrary, background: BackgroundModel, corrected: bool = True
) -> ImageGround:
    """The ground that pixels from all over an image have in common.

    Parameters
    ----------
    i_over_f
        (m, n) I/F; what is not finite or not positive is missing.
    wavelengths_nm
        (n,) ascending.
    library
        Absorptions that the ground could be mistaken for.
    background
        Model of bland ground in general.
    corrected
        Whether the image has no atmosphere in it. Where it has, the part of the typical spectrum in carbon dioxide's lines below a
        straight line over them belongs to the air.

    Returns
    -------
    The ground; no ground where pixels are too few, or where it is none: a mineral that covers the image.
    """
    nm = np.asarray(wavelengths_nm, float)
    spectra = _log_spectra(i_over_f, nm)
    clear = np.ones(nm.size, bool) if corrected else ~np.logical_or.reduce([(nm > low) & (nm < high) for low, high in GAS_NM])
    if len(spectra) < FEWEST or np.count_nonzero(clear) < FEWEST_CHANNELS:
        return no_ground(nm)
    bland = _bland_ones(spectra[:, clear], background, nm[clear])
    seen = np.median(spectra[bland], 0)
    typical = np.interp(nm, nm[clear], seen[clear])
    air = np.minimum(seen - typical, 0)
    resembles, by = _most_like(typical[clear], _DistanceFromGround.of(background, nm[clear]), library.on(nm[clear]), library.names)
    log = typical - _arc(typical, nm) if by < NOT_BLAND else np.zeros_like(typical)
    return ImageGround(nm, log, air, resembles, by)


def some_of(count: int) -> IntArray:
    """Places of so many pixels as are looked at, evenly among all."""
    return np.unique(np.linspace(0, count - 1, min(count, LOOKED_AT)).astype(int))


def _log_spectra(i_over_f: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    """(k, n) ln about each spectrum's own mean, of spectra of which more than half is there."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(i_over_f > 0, np.log(np.asarray(i_over_f, np.float64)), np.nan)
    filled = fill_missing(np.where(np.isfinite(logs), logs, np.nan), wavelengths_nm)
    filled = filled[np.isfinite(filled).all(1)]
    return filled - filled.mean(1, keepdims=True)


@dataclass(frozen=True)
class _DistanceFromGround:
    """How much unlike bland ground in general a spectrum is: Mahalanobis distances.

    ``mean`` (n,) and ``precision`` (n, n), the inverse covariance, of ln I/F about a spectrum's own mean.
    """

    mean: FloatArray
    precision: FloatArray

    @staticmethod
    def of(background: BackgroundModel, wavelengths_nm: FloatArray, noise: Union[float, FloatArray] = 0.0) -> _DistanceFromGround:
        components = np.array([np.interp(wavelengths_nm, WAVELENGTHS_NM, c) for c in background.plain.components])
        mean = np.interp(wavelengths_nm, WAVELENGTHS_NM, background.plain.mean)
        covariance = components.T @ components + 1.0  # of any level
        covariance[np.diag_indices(len(mean))] += UNKNOWN**2 + noise**2
        return _DistanceFromGround(mean - mean.mean(), np.linalg.inv(covariance))

    def distances(self, spectra: FloatArray) -> FloatArray:
        """(k,) squared distances."""
        rest = spectra - spectra.mean(1, keepdims=True) - self.mean
        return ((rest @ self.precision) * rest).sum(1)


def _bland_ones(spectra: FloatArray, background: BackgroundModel, wavelengths_nm: FloatArray) -> IntArray:
    """Places of the spectra that are most bland, and most alike in more than their bend."""
    noise = noise_of_channels(spectra)
    count = max(int(BLAND_SHARE * len(spectra)), 1)
    kept = np.argpartition(_DistanceFromGround.of(background, wavelengths_nm, noise).distances(spectra), count - 1)[:count]
    bend = np.linalg.qr(np.vander(np.linspace(-1, 1, spectra.shape[1]), 3))[0]
    bent = (spectra - (spectra @ bend) @ bend.T) / np.maximum(noise, max(float(np.median(noise)), UNKNOWN))
    for _ in range(CHOSEN_ANEW):
        unlike = ((bent - bent[kept].mean(0)) ** 2).sum(1)
        kept = np.argpartition(unlike, count - 1)[:count]
    return kept


def _most_like(typical: FloatArray, blandness: _DistanceFromGround, atoms: FloatArray, names: Sequence[str]) -> tuple[str, float]:
    """Name of the absorption, of (n, m), that a spectrum resembles most, and by how many standard deviations of bland ground."""
    if not atoms.shape[1]:
        return "", 0.0
    weighted = blandness.precision @ atoms
    sizes = np.sqrt((atoms * weighted).sum(0).clip(1e-12))
    likeness = (typical - typical.mean() - blandness.mean) @ weighted / sizes
    return names[int(likeness.argmax())], float(likeness.max())


def _arc(typical: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    """(n,) a spectrum's best straight line, and a concave arc over it."""
    place = 2 * (wavelengths_nm - wavelengths_nm[0]) / (wavelengths_nm[-1] - wavelengths_nm[0]) - 1
    return np.polynomial.polynomial.polyval(place, np.polynomial.polynomial.polyfit(place, typical, 1)) + ARC * (1 - place**2)

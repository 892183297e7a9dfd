"""Simulated spectra of CRISM pixels: what the network learns from.

A view of a mineral is what an image could show of it: one of its specimens, its bands stronger or weaker as grain size changes
them, mixed with a little of something else, under a concave background, through an imperfect atmospheric correction, with noise,
and with its continuum removed like any pixel's. Two views of one mineral are what the discriminator must find alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..continuum import upper_hull
from ..spectral import WAVELENGTHS_NM, savitzky_golay_matrix
from .libraries import AbsorptionLibrary

FloatArray = np.ndarray

_CHANNELS = WAVELENGTHS_NM.size
_POSITION = np.linspace(-1, 1, _CHANNELS)  # along the range, for smooth functions

#: Under the hull of a map without a model cube.
_SMOOTHING = savitzky_golay_matrix(_CHANNELS)

#: Share of a batch's minerals that are the library's; of the others, shares that are look-alikes of those, and joined of two.
_KNOWN, _DISPLACED, _JOINED = 0.5, 0.5, 0.3


@dataclass(frozen=True)
class Nuisance:
    """How much views of one mineral differ; all amplitudes are shares of the deepest band's depth.

    Attributes
    ----------
    strength
        Standard deviation of the logarithm of relative band strengths, smooth along the spectrum.
    power
        Band depths are raised to 1 ± this.
    admixture
        Largest share of a second mineral.
    ends
        Typical concavity at both ends of the range.
    gas
        Typical residual at 1.9-2.1 µm and beyond 2.5 µm.
    noise
        Largest standard deviation of the noise.
    shift
        Largest shift, in channels.
    """

    strength: float = 0.3
    power: float = 0.2
    admixture: float = 0.3
    ends: float = 0.15
    gas: float = 0.08
    noise: float = 0.4
    shift: float = 0.7


#: Modelled spectra, as a denoiser gives them: free of noise and residuals.
CLEAN = Nuisance(ends=0.05, gas=0.0, noise=0.0, shift=0.0)


def random_minerals(count: int, rng: np.random.Generator) -> FloatArray:
    """Invented minerals of 1 to 6 bands anywhere, so that the network does not only know what libraries hold.

    Returns
    -------
    (count, 240) absorption, the deepest channel 1, but less where all bands lie at the edge of the range.
    """
    bands = 6
    centre = rng.uniform(WAVELENGTHS_NM[0] - 50, WAVELENGTHS_NM[-1] + 50, (count, bands, 1))
    width = np.exp(rng.uniform(np.log(8), np.log(160), (count, bands, 1)))
    depth = rng.uniform(0.1, 1, (count, bands, 1)) * (np.arange(bands)[None, :, None] < rng.integers(1, bands + 1, (count, 1, 1)))
    absorption = (depth * np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2)).sum(1)
    return absorption / np.maximum(absorption.max(1, keepdims=True), 1e-3)


def views(absorption: FloatArray, others: FloatArray, nuisance: Nuisance, rng: np.random.Generator) -> FloatArray:
    """One simulated, continuum-removed spectrum for each given mineral spectrum.

    Parameters
    ----------
    absorption
        (n, 240) −ln ratio of the mineral, any scale.
    others
        (n, 240) −ln ratio of what is mixed in.

    Returns
    -------
    (n, 240) float32 continuum-removed ratio; before the continuum is removed the deepest band is 1.5 to 35 % deep.
    """
    n = len(absorption)
    relative = _vary_bands(absorption, nuisance, rng)
    relative += nuisance.admixture * rng.random((n, 1)) ** 2 * others / np.maximum(others.max(1, keepdims=True), 1e-6)
    relative /= np.maximum(relative.max(1, keepdims=True), 1e-6)
    relative += _residuals(n, nuisance, rng)
    depth = np.exp(rng.uniform(np.log(0.015), np.log(0.35), (n, 1)))
    reflectance = np.exp(_background(n, rng) - depth * relative)
    hull = upper_hull(reflectance, WAVELENGTHS_NM)
    noise = nuisance.noise * depth * rng.random((n, 1)) ** 4  # denoised pixels are many, noisy ones few
    return (reflectance / hull + noise * rng.standard_normal((n, _CHANNELS))).astype(np.float32)


def bland(count: int, rng: np.random.Generator) -> FloatArray:
    """Pixels without any mineral: noise alone, continuum removed and averaged as a map without a model cube does it.

    Scaled to a common depth, noise is as deep as any band; a network that never saw it takes it for whatever is nearest.

    Returns
    -------
    (count, 240) float32 ratio, at most 1; white noise, or noise that neighbouring channels share, of one pixel, or the mean of 9 or
    25.
    """
    pixels = rng.choice([1, 1, 9, 25], count)
    ends = np.cumsum(pixels)
    noise = rng.standard_normal((ends[-1], _CHANNELS))
    shared = _shift(noise, np.ones(ends[-1])) + noise + _shift(noise, -np.ones(ends[-1]))
    is_shared = np.repeat(rng.random(count) < 0.25, pixels)[:, None]
    spectra = 1 + 0.005 * np.where(is_shared, shared / np.sqrt(3), noise)
    ratio = spectra / upper_hull(spectra @ _SMOOTHING, WAVELENGTHS_NM)
    means = np.add.reduceat(ratio, ends - pixels) / pixels[:, None]
    return np.minimum(means, 1).astype(np.float32)


def displaced(absorption: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Look-alikes that are no longer the same minerals: every spectrum's bands moved, by up to 2.5 to 7 channels somewhere.

    Minerals of one family differ so; only a network that places bands exactly tells them apart.

    Parameters
    ----------
    absorption
        (n, 240).

    Returns
    -------
    (n, 240).
    """
    n = len(absorption)
    knots = np.linspace(-1, 1, 6)
    move = rng.standard_normal((n, knots.size)) @ np.exp(-0.5 * ((_POSITION - knots[:, None]) / 0.3) ** 2)
    move *= rng.uniform(2.5, 7, (n, 1)) / np.abs(move).max(1, keepdims=True)
    place = np.clip(np.arange(_CHANNELS) + move, 0, _CHANNELS - 1 - 1e-6)
    left, row = place.astype(int), np.arange(n)[:, None]
    share = place - left
    return (1 - share) * absorption[row, left] + share * absorption[row, left + 1]


def joined(absorption: FloatArray, others: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Minerals that no library has, with bands as minerals have them: those of two, both displaced, laid over each other.

    Parameters
    ----------
    absorption, others
        (n, 240), any scale; the second gets 0.3 to 1 times the strength of the first.

    Returns
    -------
    (n, 240), the deepest channel at least 1.
    """
    one, other = (displaced(part / np.maximum(part.max(1, keepdims=True), 1e-6), rng) for part in (absorption, others))
    return one + rng.uniform(0.3, 1, (len(one), 1)) * other


def draw(
    library: AbsorptionLibrary, minerals: int, copies: int, rng: np.random.Generator, always: Sequence[str] = ()
) -> tuple[FloatArray, np.ndarray]:
    """Minerals for one batch, every mineral equally often: half from the library; look-alikes, joined and invented ones.

    The latter are new in every batch, so that the network cannot know them by heart and must learn to compare.

    Parameters
    ----------
    always
        Minerals of the library that are in every batch (as many as fit): those that must never be mistaken for each other.

    Returns
    -------
    (minerals × copies, 240) absorption, the library's from random specimens, and (minerals × copies,) the mineral's number; those
    of ``always`` come first.
    """
    names = list(dict.fromkeys(library.minerals))
    known = min(round(_KNOWN * minerals), len(names))
    wanted = set(always)
    first = rng.permutation([group for group, name in enumerate(names) if name in wanted]).astype(int)[:known]
    others = np.setdiff1d(np.arange(len(names)), first)
    chosen = np.concatenate([first, rng.choice(others, min(known - first.size, others.size), replace=False)])
    members = [rng.choice(library.members[group], copies) for group in chosen]
    made = minerals - chosen.size
    moved, both = min(round(_DISPLACED * made), chosen.size), round(_JOINED * made)
    origins = [rng.choice(library.members[group]) for group in rng.choice(chosen, moved, replace=False)]
    pairs = rng.integers(len(library.minerals), size=(2, both))
    new = [
        displaced(library.absorption[np.array(origins, int)], rng),
        joined(library.absorption[pairs[0]], library.absorption[pairs[1]], rng),
        random_minerals(made - moved - both, rng),
    ]
    absorption = np.vstack([library.absorption[np.concatenate(members)], np.repeat(np.vstack(new), copies, 0)])
    return absorption, np.repeat(np.arange(minerals), copies)


def _vary_bands(absorption: FloatArray, nuisance: Nuisance, rng: np.random.Generator) -> FloatArray:
    n = len(absorption)
    shifted = _shift(absorption, nuisance.shift * rng.uniform(-1, 1, n))
    relative = shifted / np.maximum(shifted.max(1, keepdims=True), 1e-6)
    relative = np.maximum(relative, 0) ** rng.uniform(1 - nuisance.power, 1 + nuisance.power, (n, 1))
    centres = np.linspace(-1, 1, 12)
    basis = np.exp(-0.5 * ((_POSITION - centres[:, None]) / 0.15) ** 2)
    return relative * np.exp(nuisance.strength * rng.standard_normal((n, centres.size)) @ basis)


def _shift(spectra: FloatArray, channels: FloatArray) -> FloatArray:
    """Linear interpolation by up to one channel either way."""
    ahead = np.concatenate([spectra[:, 1:], spectra[:, -1:]], 1)
    behind = np.concatenate([spectra[:, :1], spectra[:, :-1]], 1)
    share = np.abs(channels)[:, None]
    return (1 - share) * spectra + share * np.where(channels[:, None] > 0, ahead, behind)


def _residuals(n: int, nuisance: Nuisance, rng: np.random.Generator) -> FloatArray:
    """What atmosphere and continuum leave behind: concave ends, CO2 at 1.96, 2.01 and 2.06 µm, water vapour beyond 2.5 µm."""
    low, high = np.exp(-(_POSITION + 1) / 0.15), np.exp(-(1 - _POSITION) / 0.15)
    gases = [np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / 12) ** 2) for centre in (1960, 2010, 2060)]
    gases.append(np.clip((WAVELENGTHS_NM - 2500) / 100, 0, 1))
    out = nuisance.ends * (rng.exponential(1, (n, 1)) * low + rng.exponential(1, (n, 1)) * high)
    return out + nuisance.gas * rng.standard_normal((n, len(gases))) @ np.array(gases)


def _background(n: int, rng: np.random.Generator) -> FloatArray:
    """ln of a concave background: slope, curvature and a bend."""
    slope, curvature = rng.normal(0, 0.15, (n, 1)), rng.exponential(0.08, (n, 1))
    bend, where = rng.exponential(0.1, (n, 1)), rng.uniform(-1, 1, (n, 1))
    return slope * _POSITION - curvature * _POSITION**2 - bend * np.maximum(_POSITION - where, 0)

"""Simulated spectra of CRISM pixels, from which the network learns.

A view of a mineral is what an image could show of it. It is one of its specimens, with bands that are stronger or weaker, as grain
size makes them, and mixed with a little of something else. It lies on real or concave ground, is seen through an imperfect
atmospheric correction, has noise, and its continuum is removed like any pixel's. The discriminator must find two views of one
mineral alike.

Everything runs in torch on the device that trains. Otherwise a graphics card would wait for its spectra nearly all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

import numpy as np
import torch
from torch import Tensor

from ..libraries.absorption import AbsorptionLibrary
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.smoothing import savitzky_golay_matrix
from .ground import DeviceGround
from .hull import upper_hull
from .random_numbers import RandomNumbers

_CHANNELS = WAVELENGTHS_NM.size

#: Share of a batch's minerals that are the library's; of the others, shares that are look-alikes of those, and joined of two.
_KNOWN, _DISPLACED, _JOINED = 0.5, 0.5, 0.3

#: Share of the backgrounds that are real ground's, and of the pixels without any mineral.
_REAL, _REAL_BLAND = 0.7, 2 / 3

#: Of a uniform number: 1 would make the depths' logarithms uniform; this leaves one in thirteen shallower than 1.5 %.
_DEEPER = 0.45

#: Largest noise on real ground without minerals, relative.
_GROUND_NOISE = 0.006


@dataclass(frozen=True)
class Nuisance:
    """How much views of one mineral differ. The amplitudes of admixture, ends and noise are shares of the deepest band's depth.

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
        What the correction of the atmosphere leaves on smooth backgrounds, relative to what was measured; real ground has its own.
    noise
        Largest standard deviation of the noise.
    shift
        Largest shift, in channels.
    depths
        Of the deepest band, from and to: a mineral of bands of 35 %, present with a share of 1 to 100 %. Deeper ones are likelier.
    """

    strength: float = 0.3
    power: float = 0.2
    admixture: float = 0.3
    ends: float = 0.15
    gas: float = 1.0
    noise: float = 0.4
    shift: float = 0.7
    depths: tuple[float, float] = (0.0035, 0.35)


#: Modelled spectra, as a denoiser gives them: free of noise and residuals.
CLEAN = Nuisance(ends=0.05, gas=0.0, noise=0.0, shift=0.0)


@dataclass(frozen=True)
class DeviceLibrary:
    """An `AbsorptionLibrary` on the device that trains, the spectra of one mineral side by side.

    Attributes
    ----------
    absorption
        (m, 240) float32.
    start, count
        (g,) place of each mineral's first spectrum, and how many it has.
    always
        Numbers of those minerals that every batch holds.
    """

    absorption: Tensor
    start: Tensor
    count: Tensor
    always: Tensor

    @staticmethod
    def of(library: AbsorptionLibrary, device: str, always: Sequence[str] = ()) -> DeviceLibrary:
        names = list(dict.fromkeys(library.minerals))
        counts = [len(members) for members in library.members]
        order = np.concatenate(library.members)
        wanted = [number for number, name in enumerate(names) if name in set(always)]
        return DeviceLibrary(
            torch.from_numpy(library.absorption[order].astype(np.float32)).to(device),
            torch.from_numpy(np.cumsum([0, *counts[:-1]])).to(device),
            torch.tensor(counts, device=device),
            torch.tensor(wanted, dtype=torch.long, device=device),
        )

    def any_spectra(self, count: int, random: RandomNumbers) -> Tensor:
        """(count, 240) spectra, each as likely as any other."""
        total = len(self.absorption)
        return self.absorption[random.below(torch.full((count,), total, device=self.absorption.device))]

    def specimens(self, minerals: Tensor, random: RandomNumbers) -> Tensor:
        """A random specimen of each of the given minerals (numbers of any shape)."""
        return self.absorption[self.start[minerals] + random.below(self.count[minerals])]


def random_minerals(count: int, random: RandomNumbers) -> Tensor:
    """Invented minerals of 1 to 6 bands anywhere, so that the network does not only know what libraries hold.

    Returns
    -------
    (count, 240) absorption, the deepest channel 1, but less where all bands lie at the edge of the range.
    """
    bands = 6
    wavelengths = _constants(random.device).wavelengths
    centre = random.uniform(WAVELENGTHS_NM[0] - 50, WAVELENGTHS_NM[-1] + 50, count, bands, 1)
    width = random.uniform(np.log(8), np.log(160), count, bands, 1).exp()
    has = torch.arange(bands, device=random.device)[:, None] < 1 + random.below(
        torch.full((count, 1, 1), bands, device=random.device)
    )
    depth = random.uniform(0.1, 1, count, bands, 1) * has
    absorption = (depth * _bell((wavelengths - centre) / width)).sum(1)
    return absorption / _deepest(absorption, 1e-3)


def views(
    absorption: Tensor, others: Tensor, nuisance: Nuisance, random: RandomNumbers, ground: Optional[DeviceGround] = None
) -> Tensor:
    """One simulated, continuum-removed spectrum for each given mineral spectrum.

    Parameters
    ----------
    absorption
        (n, 240) −ln ratio of the mineral, any scale.
    others
        (n, 240) −ln ratio of what is mixed in.
    ground
        Real ground, which most backgrounds are drawn from; None: all are smooth and concave.

    Returns
    -------
    (n, 240) continuum-removed ratio; before the continuum is removed the deepest band is as deep as `Nuisance.depths` say.
    """
    n = len(absorption)
    relative = _vary_bands(absorption, nuisance, random)
    relative = relative + nuisance.admixture * random.uniform(0, 1, n, 1) ** 2 * others / _deepest(others)
    relative = relative / _deepest(relative) + nuisance.ends * random.exponential(n, 2) @ _constants(random.device).ends
    shallowest, deepest = nuisance.depths
    depth = shallowest * (deepest / shallowest) ** random.uniform(0, 1, n, 1) ** _DEEPER
    reflectance = (_background(n, nuisance.gas, random, ground) - depth * relative).exp()
    noise = nuisance.noise * depth * random.uniform(0, 1, n, 1) ** 4  # denoised pixels are many, noisy ones few
    return reflectance / upper_hull(reflectance) + noise * _white(n, random, ground)


def bland(count: int, random: RandomNumbers, ground: Optional[DeviceGround] = None) -> Tensor:
    """Pixels without any mineral: noise alone, and real ground; continuum removed as a map without a model cube does it.

    Scaled to a common depth, noise and ground are as deep as any band. A network that never saw them takes them for the nearest
    mineral.

    Parameters
    ----------
    ground
        Model of ground; None gives noise alone.

    Returns
    -------
    (count, 240) ratio, at most 1, a third of them noise.
    """
    real = 0 if ground is None else round(_REAL_BLAND * count)
    flat = _noise(count - real, random, ground)
    if ground is None:
        return flat
    spectra = ground.draw(real, random).exp()
    noise = _GROUND_NOISE * random.uniform(0, 1, real, 1) ** 2 * _white(real, random, ground)
    return torch.cat([flat, _ratio(spectra * (1 + noise)).clamp_max(1)])


def _noise(count: int, random: RandomNumbers, ground: Optional[DeviceGround]) -> Tensor:
    """(count, 240) ratio of flat pixels: white noise, or noise that neighbouring channels share.

    Half are single pixels, a quarter each means of 9 and of 25.
    """
    sizes = {1: count - 2 * (count // 4), 9: count // 4, 25: count // 4}
    pixels = [size * number for size, number in sizes.items()]
    noise = _white(sum(pixels), random, ground)
    shared = (noise.roll(1, 1) + noise + noise.roll(-1, 1)) / np.sqrt(3)
    is_shared = torch.cat([(random.uniform(0, 1, n, 1) < 0.25).repeat_interleave(size, 0) for size, n in sizes.items()])
    ratio = _ratio(1 + 0.005 * torch.where(is_shared, shared, noise))
    means = [part.reshape(-1, size, _CHANNELS).mean(1) for size, part in zip(sizes, ratio.split(pixels))]
    return torch.cat(means).clamp_max(1)


def _ratio(spectra: Tensor) -> Tensor:
    """Spectra divided by the hull of the smoothed spectra."""
    return spectra / upper_hull(spectra @ _constants(spectra.device.type).smoothing)


def displaced(absorption: Tensor, random: RandomNumbers) -> Tensor:
    """Look-alikes that are no longer the same minerals. The bands of every spectrum are moved, by up to 2.5 to 7 channels.

    Minerals of one family differ in this way. Only a network that places bands exactly tells them apart.

    Parameters
    ----------
    absorption
        (n, 240).

    Returns
    -------
    (n, 240).
    """
    constants = _constants(random.device)
    move = random.normal(len(absorption), len(constants.knots)) @ constants.knots
    move = move * random.uniform(2.5, 7, len(absorption), 1) / move.abs().amax(1, keepdim=True)
    place = (torch.arange(_CHANNELS, device=random.device) + move).clamp(0, _CHANNELS - 1.001)
    left = place.long()
    return torch.lerp(absorption.gather(1, left), absorption.gather(1, left + 1), place - left)


def joined(absorption: Tensor, others: Tensor, random: RandomNumbers) -> Tensor:
    """Minerals that no library has, with the bands of minerals: those of two of them, displaced and laid over each other.

    Parameters
    ----------
    absorption, others
        (n, 240), any scale; the second gets 0.3 to 1 times the strength of the first.

    Returns
    -------
    (n, 240), the deepest channel at least 1, but for what displacing cuts off.
    """
    one, other = (displaced(part / _deepest(part), random) for part in (absorption, others))
    return one + random.uniform(0.3, 1, len(one), 1) * other


def draw(library: DeviceLibrary, minerals: int, copies: int, random: RandomNumbers) -> tuple[Tensor, Tensor]:
    """Minerals for one batch, every mineral equally often: half from the library; look-alikes, joined and invented ones.

    Those that are not from the library are new in every batch, so the network cannot know them by heart and must compare.

    Returns
    -------
    (minerals × copies, 240) absorption, the library's from random specimens, and (minerals × copies,) the mineral's number; those
    that every batch holds (as many as fit) come first.
    """
    known = min(round(_KNOWN * minerals), len(library.count))
    rank = random.uniform(0, 1, len(library.count))
    chosen = rank.index_add(0, library.always, -torch.ones_like(library.always, dtype=rank.dtype)).argsort()[:known]
    made = minerals - known
    moved, both = min(round(_DISPLACED * made), known), round(_JOINED * made)
    new = [
        displaced(library.specimens(chosen[random.order(known)[:moved]], random), random),
        joined(library.any_spectra(both, random), library.any_spectra(both, random), random),
        random_minerals(made - moved - both, random),
    ]
    known_ones = library.specimens(chosen.repeat_interleave(copies), random)
    absorption = torch.cat([known_ones, torch.cat(new).repeat_interleave(copies, 0)])
    return absorption, torch.arange(minerals, device=random.device).repeat_interleave(copies)


@dataclass(frozen=True)
class _Constants:
    """Smooth functions along the range: bells for band strengths and displacements, ends; and the smoothing of maps."""

    wavelengths: Tensor
    position: Tensor
    bells: Tensor
    knots: Tensor
    ends: Tensor
    smoothing: Tensor


@lru_cache
def _constants(device: str) -> _Constants:
    position = np.linspace(-1, 1, _CHANNELS)
    twelve, six = np.linspace(-1, 1, 12)[:, None], np.linspace(-1, 1, 6)[:, None]
    arrays = (
        WAVELENGTHS_NM,
        position,
        np.exp(-0.5 * ((position - twelve) / 0.15) ** 2),
        np.exp(-0.5 * ((position - six) / 0.3) ** 2),
        np.array([np.exp(-(position + 1) / 0.15), np.exp(-(1 - position) / 0.15)]),
        savitzky_golay_matrix(_CHANNELS),  # under the hull of a map without a model cube
    )
    return _Constants(*(torch.from_numpy(np.array(array, np.float32)).to(device) for array in arrays))


def _deepest(absorption: Tensor, least: float = 1e-6) -> Tensor:
    return absorption.amax(1, keepdim=True).clamp_min(least)


def _bell(x: Tensor) -> Tensor:
    return (-0.5 * x**2).exp()


def _vary_bands(absorption: Tensor, nuisance: Nuisance, random: RandomNumbers) -> Tensor:
    n, bells = len(absorption), _constants(random.device).bells
    shifted = _shift(absorption, nuisance.shift * random.uniform(-1, 1, n, 1))
    relative = (shifted / _deepest(shifted)).clamp_min(0) ** random.uniform(1 - nuisance.power, 1 + nuisance.power, n, 1)
    return relative * (nuisance.strength * random.normal(n, len(bells)) @ bells).exp()


def _shift(spectra: Tensor, channels: Tensor) -> Tensor:
    """Linear interpolation by up to one channel either way."""
    ahead = torch.cat([spectra[:, 1:], spectra[:, -1:]], 1)
    behind = torch.cat([spectra[:, :1], spectra[:, :-1]], 1)
    return torch.lerp(spectra, torch.where(channels > 0, ahead, behind), channels.abs())


def _white(n: int, random: RandomNumbers, ground: Optional[DeviceGround]) -> Tensor:
    """(n, 240) white noise, with ground as strong in each channel as measured."""
    noise = random.normal(n, _CHANNELS)
    return noise if ground is None else noise * ground.noise


def _background(n: int, gas: float, random: RandomNumbers, ground: Optional[DeviceGround]) -> Tensor:
    """ln of a background: real ground's, or concave, with slope, curvature and a bend."""
    position = _constants(random.device).position
    slope, curvature = 0.15 * random.normal(n, 1), 0.08 * random.exponential(n, 1)
    bend, where = 0.1 * random.exponential(n, 1), random.uniform(-1, 1, n, 1)
    concave = slope * position - curvature * position**2 - bend * (position - where).clamp_min(0)
    if ground is None:
        return concave
    concave = concave + gas * ground.draw_air(n, random)
    return torch.where(random.uniform(0, 1, n, 1) < _REAL, ground.draw(n, random), concave)

"""The denoiser's rounds. Each fits all spectra of a column, and learns the transmission and the bad entries from what is left.

Rounds and thresholds are those of Itoh & Parente (2019, 2021). The logarithm of I/F is the surface's absorption, plus
path times log transmission (common to the column's spectra), plus a concave background, plus a heavy-tailed rest.

Two things are known about the atmosphere that a free fit does not use, and both keep the surface's own absorptions out of it. A
transmission differs from the volcano scan that it began with in narrow features (gas lines), or in one column and not in the next
(the detector's stripes); what is broad and common to neighbouring columns could as well be rock. And the path follows the terrain,
so that neighbouring pixels have nearly the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from .admm import NEVER, Background, Columns, Fit, State, make_background, solve
from .local_line import local_line

if TYPE_CHECKING:
    from torch import Tensor

#: What changes of a transmission are too broad to be told from rock: Gaussian standard deviation, channels.
BROAD_CHANNELS = 6.0

#: Over how many columns such a change is the same: Gaussian standard deviation.
COMMON_COLUMNS = 8.0

#: Over how many lines and columns the path is taken together: Gaussian standard deviation. 4 pixels are some 70-150 m of ground.
PATH_PIXELS = 4.0

#: A smaller contribution, log units times the square root of channels, is none.
PRESENT = 1e-3

#: A path below this says nothing about the transmission.
SHORTEST_PATH = 0.05


@dataclass(frozen=True)
class Settings:
    """Settings of the rounds.

    Attributes
    ----------
    rounds
        Number of rounds of fitting and learning the transmission, before the last fit.
    sparsity
        λ in units of an absorption's Euclidean norm: how many standard deviations of noise an absorption must stand out. The last
        fit has only the absorptions that were found, and no λ, so that they get their full depth (relaxed lasso, Meinshausen 2007).
    significant
        A spectrum whose whole absorption, its Euclidean norm over the channels, is not so many standard deviations of its noise has
        none: a mixture fitted to noise alone seldom reaches three.
    iterations, tolerance
        Limits of each fit; see `admm.solve`.
    first_tolerance
        Of the first of several rounds, which only shows where spikes are and about how much air there is.
    first_spike, spike
        A residual above this, log units, marks a bad entry: in the first round, and later.
    spike_sigma
        In a noisy channel the limit is this many of its robust standard deviations, if that is more.
    left_out
        A spectrum with a larger share of bad or missing entries is not used.
    common
        Whether the spectra of a column share a transmission, as those of a detector column do.
    corrected
        Whether the image is corrected for the atmosphere already, so that only the detector's artefacts are to be learned where
        there is no transmission to begin with.
    """

    rounds: int = 3
    sparsity: float = 1.0
    significant: float = 4.5
    iterations: int = 200
    tolerance: float = 5e-3
    first_tolerance: float = 1e-2
    first_spike: float = 0.1
    spike: float = 0.015
    spike_sigma: float = 4.0
    left_out: float = 0.8
    common: bool = True
    corrected: bool = False


@dataclass(frozen=True)
class Solution:
    """The parts of columns, as torch tensors: c columns of l spectra of n channels.

    Attributes
    ----------
    absorption, background
        (c, l, n) of the surface, log units.
    path
        (c, l) multiples of the transmission.
    transmission
        (c, n) its logarithm, for path 1.
    bad
        (c, l, n) bool: entries that are no measurement of the surface, or missing.
    left_out
        (c, l) bool.
    iterations
        (c,) int NumPy.
    """

    absorption: Tensor
    background: Tensor
    path: Tensor
    transmission: Tensor
    bad: Tensor
    left_out: Tensor
    iterations: IntArray


def run_rounds(
    spectra: Tensor,
    valid: Tensor,
    absorption: Tensor,
    transmissions: Tensor,
    wavelengths_nm: FloatArray,
    settings: Settings,
    check: Callable[[], None] = lambda: None,
) -> Solution:
    """Denoise some columns, neighbours in their order.

    Parameters
    ----------
    spectra
        (c, l, n) float32 ln I/F; any finite number where not valid.
    valid
        (c, l, n) bool.
    absorption
        (c, n, m) float64 ln of the library's spectra, at most 0.
    transmissions
        (c, n, k) float64 ln of the transmissions to begin with; k may be 0.
    wavelengths_nm
        (c, n).
    check
        A function that is called now and then. An error that it raises ends the work.
    """
    import torch

    problem = _Problem(spectra, absorption, make_background(wavelengths_nm, str(spectra.device)), settings, check)
    usable = valid & ((~valid).float().mean(-1, keepdim=True) <= settings.left_out)
    air = _Air.begin(transmissions, spectra)
    norm = absorption.norm(dim=1)[:, None].float()
    penalty = settings.sparsity * norm
    state: Optional[State] = None
    used = np.zeros(len(spectra), int)
    for number in range(settings.rounds):
        tolerance = settings.first_tolerance if number == 0 and settings.rounds > 1 else settings.tolerance
        fit, rest, air = problem.fit_and_learn(usable, air, penalty, state, tolerance, robust=number == 0)
        used += fit.iterations
        limit = settings.first_spike if number == 0 else settings.spike
        usable, left_out = _sound(rest - air.log_gas(), valid, usable, limit, settings)
        usable = usable & ~left_out[..., None]
        state = _go_on(fit.state, air, absorption.shape[-1])
    assert state is not None  # there is a round at least
    found = fit.coefficients[..., : absorption.shape[-1]] * norm > PRESENT
    found &= _is_significant(fit.absorption, rest - air.log_gas(), usable, settings.significant)
    penalty = torch.where(found, torch.zeros_like(penalty), torch.full_like(penalty, NEVER))
    if air.fitted or settings.common:  # λ kept the absorptions small, and the air took what was missing: it is found once more
        fit, _, air = problem.fit_and_learn(usable, air, penalty, state, settings.tolerance, robust=False)
        used += fit.iterations
        state = _go_on(fit.state, air, absorption.shape[-1])
    last = replace(state, copy=state.copy[..., : absorption.shape[-1]])
    fit, _ = problem.fit(usable, replace(air, fitted=False), penalty, last, settings.tolerance)
    residual = spectra - fit.absorption - fit.background - air.log_gas()
    sound, left_out = _sound(residual, valid, usable, settings.spike, settings)
    return Solution(fit.absorption, fit.background, air.path, air.one, ~sound, left_out, used + fit.iterations)


@dataclass(frozen=True)
class _Air:
    """The atmosphere, and what the detector does to all of a column.

    ``transmissions`` (c, n, k) ln, ``path`` (c, l) of the one transmission there is when k is 1, ``first`` the one it was before it
    was changed by what the image tells, ``fitted`` whether paths are fitted or known.
    """

    transmissions: Tensor
    path: Tensor
    first: Tensor
    fitted: bool

    @staticmethod
    def begin(transmissions: Tensor, spectra: Tensor) -> _Air:
        import torch

        known = transmissions.shape[-1] > 0
        start = transmissions if known else transmissions.new_zeros((*transmissions.shape[:2], 1))
        return _Air(start, torch.ones_like(spectra[..., 0]), None, known)

    @property
    def one(self) -> Tensor:
        """(c, n) ln transmission for path 1."""
        return self.transmissions[..., 0]

    def log_gas(self) -> Tensor:
        """(c, l, n) path times log transmission."""
        return self.path[..., None] * self.one[:, None].float()

    def with_paths(self, paths: Tensor, rest: Tensor, usable: Tensor) -> _Air:
        """After a fit, with the paths (c, l, k) that it found: several transmissions become one, of mean path 1."""
        if not self.fitted:
            return self
        one, length = self.transmissions, paths[..., 0]
        if one.shape[-1] > 1:
            one = self.transmissions @ shares_of_scans(self.transmissions, rest, usable)
            along = paths.double() @ (self.transmissions.transpose(1, 2) @ one)
            length = (along / (one * one).sum(1, keepdim=True).clamp(min=1e-12))[..., 0].float()
        length = smooth_path(length, usable.any(-1).float()).clamp(min=SHORTEST_PATH)
        return replace(self, transmissions=one, path=length)

    def learn(self, rest: Tensor, usable: Tensor, robust: bool, corrected: bool) -> _Air:
        """With the transmission that leaves the least of the rest (c, l, n): absolute while spikes are in it, else squared."""
        weights = self.path[..., None] * usable
        if robust:
            learned = weighted_median(rest / self.path[..., None], weights)
        else:
            power = (weights * self.path[..., None]).sum(1)
            learned = ((weights * rest).sum(1) / power.clamp(min=1e-6)).double()
        if self.first is None and not self.fitted and not corrected:  # nothing was known of an atmosphere that is there
            return replace(self, transmissions=learned[..., None], first=learned, fitted=True)
        first = self.one if self.first is None else self.first
        return replace(self, transmissions=_near(first, learned)[..., None], first=first)


def shares_of_scans(transmissions: Tensor, rest: Tensor, usable: Tensor) -> Tensor:
    """How much of each transmission is in an image, by least squares over all columns, in narrow features alone.

    Volcano scans are so much alike that a spectrum's own fit spreads over all of them. The mean of many spectra shows what
    distinguishes them. Broad features may be background.

    Parameters
    ----------
    transmissions
        (c, n, k) float64, logarithms.
    rest
        (c, l, n) spectra without surface and background, log units.
    usable
        (c, l, n) bool.

    Returns
    -------
    (k, 1) float64; of transmissions that are the same, the share is divided.
    """
    import torch

    count, lines = usable.sum(1), usable.any(-1).sum(1, keepdim=True)
    mean = ((rest * usable).sum(1) / count.clamp(min=1)).double()
    known = (count > lines / 2).double()
    narrow = [(known * (v - local_line(v, known, BROAD_CHANNELS))).ravel() for v in (mean, *transmissions.unbind(-1))]
    target, parts = narrow[0], torch.stack(narrow[1:], 1)
    return (torch.linalg.pinv(parts.T @ parts, hermitian=True, rcond=1e-9) @ (parts.T @ target))[:, None]


def smooth_path(path: Tensor, weights: Tensor) -> Tensor:
    """Paths smoothed along each column and, but for the columns' own means, across them; all (c, l), weights ≥ 0."""
    path = local_line(path, weights, PATH_PIXELS)
    mean = ((path * weights).sum(1, keepdim=True) / weights.sum(1, keepdim=True).clamp(min=1)).clamp(min=SHORTEST_PATH)
    return mean * local_line((path / mean).T.contiguous(), weights.T.contiguous(), PATH_PIXELS).T


def _near(first: Tensor, learned: Tensor) -> Tensor:
    """(c, n) the learned transmission, but for broad changes from the first one that neighbouring columns have in common."""
    import torch

    first = first * (first * learned).sum(1, keepdim=True) / (first * first).sum(1, keepdim=True).clamp(min=1e-12)
    broad = local_line(learned - first, torch.ones_like(learned), BROAD_CHANNELS)
    return learned - local_line(broad.T.contiguous(), torch.ones_like(broad.T), COMMON_COLUMNS).T


@dataclass(frozen=True)
class _Problem:
    spectra: Tensor
    absorption: Tensor
    background: Background
    settings: Settings
    check: Callable[[], None]

    def fit(self, usable: Tensor, air: _Air, penalty: Tensor, start: Optional[State], tolerance: float) -> tuple[Fit, Tensor]:
        """The fit, whose absorption is that of the surface alone, and the path of each transmission (c, l, k)."""
        import torch

        count, spectra, atoms = self.absorption.shape[-1], self.spectra, self.absorption
        if air.fitted:
            atoms = torch.cat([atoms, air.transmissions], -1)
            free = penalty.new_zeros((*penalty.shape[:2], air.transmissions.shape[-1]))
            penalty = torch.cat([penalty, free], -1)
        else:
            spectra = spectra - air.log_gas()
        columns = Columns(spectra, usable.float(), atoms, penalty)
        most = self.settings.iterations
        fit = solve(columns, self.background, iterations=most, tolerance=tolerance, start=start, check=self.check)
        if not air.fitted:
            return fit, air.path[..., None]
        surface = fit.coefficients[..., :count] @ self.absorption.transpose(1, 2).float()
        return replace(fit, absorption=surface), fit.coefficients[..., count:]

    def fit_and_learn(
        self, usable: Tensor, air: _Air, penalty: Tensor, start: Optional[State], tolerance: float, robust: bool
    ) -> tuple[Fit, Tensor, _Air]:
        """The fit, the rest (c, l, n) without surface and background, and the air with what both tell of it."""
        fit, paths = self.fit(usable, air, penalty, start, tolerance)
        rest = self.spectra - fit.absorption - fit.background
        air = air.with_paths(paths, rest, usable)
        if self.settings.common:
            air = air.learn(rest, usable, robust, self.settings.corrected)
        return fit, rest, air


def _sound(residual: Tensor, valid: Tensor, usable: Tensor, limit: float, settings: Settings) -> tuple[Tensor, Tensor]:
    """(c, l, n) entries that are measurements of the surface, and (c, l) spectra with too few of them."""
    sound = valid & ~is_spike(residual, usable, limit, settings.spike_sigma)
    return sound, (~sound).float().mean(-1) > settings.left_out


def _is_significant(absorption: Tensor, residual: Tensor, usable: Tensor, limit: float) -> Tensor:
    """(c, l, 1) bool: spectra whose absorption stands out from their noise, which is told by the mean absolute residual."""
    size = (residual.abs() * usable).sum(-1, keepdim=True) / usable.sum(-1, keepdim=True).clamp(min=1)
    return absorption.norm(dim=-1, keepdim=True) > limit * math.sqrt(math.pi / 2) * size


def _go_on(state: State, air: _Air, atoms: int) -> State:
    """The state for the next round, in which one path has taken the place of those of all transmissions."""
    import torch

    copy = state.copy[..., :atoms]
    return replace(state, copy=torch.cat([copy, air.path[..., None]], -1) if air.fitted else copy)


def weighted_median(values: Tensor, weights: Tensor) -> Tensor:
    """(c, l, n), (c, l, n) ≥ 0 → (c, n) float64, the t that minimises Σ_l weight |value − t|; 0 where all weights are 0."""
    import torch

    ordered, order = values.transpose(1, 2).contiguous().sort(-1)
    sums = weights.transpose(1, 2).expand_as(ordered).gather(-1, order).cumsum(-1)
    half = sums[..., -1:] / 2
    place = torch.searchsorted(sums, half).clamp(max=ordered.shape[-1] - 1)
    found = ordered.gather(-1, place)
    return torch.where(half > 0, found, torch.zeros_like(found))[..., 0].double()


def is_spike(residual: Tensor, usable: Tensor, limit: float, sigma: float) -> Tensor:
    """(c, l, n) bool: residuals beyond the limit, or beyond the noise of their channel and column where that is larger."""
    size = residual.abs().masked_fill(~usable, float("nan"))
    noise = 1.4826 * size.nanmedian(1, keepdim=True).values.nan_to_num(0.0)
    return residual.abs() > (sigma * noise).clamp(min=limit)

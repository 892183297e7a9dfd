"""The denoiser's rounds: fit all spectra of a column, learn the column's transmission and its bad entries from what is left, again.

After Itoh & Parente (2019, 2021), whose rounds and thresholds these are. The logarithm of I/F is the surface's absorption, plus
path times log transmission (common to the column's spectra), plus a concave background, plus a heavy-tailed rest.

Two things are known about the atmosphere that a free fit does not use, and both keep the surface's own absorptions out of it: how a
transmission differs from the volcano scan that it began with shows in narrow features (gas lines, the detector's stripes; what is
broad could as well be rock), and the path follows the terrain, so that neighbouring lines have nearly the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Optional

import numpy as np

from .admm import Background, Columns, Fit, State, make_background, solve
from .local_line import local_line

FloatArray = np.ndarray

#: What changes of a transmission are too broad to be told from rock: Gaussian standard deviation, channels.
BROAD_CHANNELS = 12.0

#: Over how many lines the path is taken together: Gaussian standard deviation. 4 lines are some 70-150 m of ground.
PATH_LINES = 4.0

#: A path below this says nothing about the transmission.
SHORTEST_PATH = 0.05


@dataclass(frozen=True)
class Settings:
    """How thoroughly to work.

    Attributes
    ----------
    rounds
        Of fitting and learning the transmission, before the last fit.
    sparsity
        λ to begin with: log units of residual that one whole library spectrum must save.
    iterations, tolerance
        Of each fit; see `admm.solve`.
    first_spike, spike
        A residual above this, log units, marks a bad entry: in the first round, and later.
    spike_sigma
        Unless the channel is so noisy that this many of its robust standard deviations are more.
    left_out
        A spectrum with a larger share of bad or missing entries is not used.
    """

    rounds: int = 3
    sparsity: float = 0.03
    iterations: int = 200
    tolerance: float = 5e-3
    first_spike: float = 0.1
    spike: float = 0.015
    spike_sigma: float = 4.0
    left_out: float = 0.8


@dataclass(frozen=True)
class Solution:
    """What columns are made of: torch tensors, c columns of l spectra of n channels.

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

    absorption: Any
    background: Any
    path: Any
    transmission: Any
    bad: Any
    left_out: Any
    iterations: np.ndarray


def run_rounds(
    spectra: Any, valid: Any, absorption: Any, transmissions: Any, wavelengths_nm: FloatArray, settings: Settings
) -> Solution:
    """Denoise some columns.

    Parameters
    ----------
    spectra
        (c, l, n) float32 ln I/F; any finite number where not valid.
    valid
        (c, l, n) bool.
    absorption
        (c, n, m) float64 ln of the library's spectra, at most 0.
    transmissions
        (c, n, k) float64 ln of the transmissions to begin with. k = 0: the image is corrected already, and only what all spectra
        of a column have in common, narrow in wavelength, is taken for the detector's.
    wavelengths_nm
        (c, n).
    """
    import torch

    problem = _Problem(spectra, absorption, make_background(wavelengths_nm, str(spectra.device)), wavelengths_nm, settings)
    usable = valid & ((~valid).float().mean(-1, keepdim=True) <= settings.left_out)
    known = transmissions.shape[-1] > 0
    transmission = transmissions if known else absorption.new_zeros((*absorption.shape[:2], 1))
    path = None if known else torch.ones_like(spectra[..., 0])
    first: Any = None
    state: Optional[State] = None
    sparsity, size, used = settings.sparsity, 0.0, np.zeros(len(spectra), int)
    for number in range(settings.rounds):
        fit, paths = problem.fit(usable, transmission, path, sparsity, state)
        used += fit.iterations
        transmission, length = _as_one(transmission, paths)
        first = transmission if first is None else first
        if known:
            length = local_line(length, usable.any(-1).float(), PATH_LINES).clamp(min=SHORTEST_PATH)
        rest = spectra - fit.absorption - fit.background
        transmission = _learn(rest, usable, length, first)
        residual = rest - _log_gas(length, transmission)
        usable, left_out = _sound(residual, valid, usable, settings.first_spike if number == 0 else settings.spike, settings)
        usable = usable & ~left_out[..., None]
        state = _go_on(fit.state, length, known, absorption.shape[-1])
        now = float((residual.abs() * usable).sum() / usable.sum().clamp(min=1))
        sparsity, size = sparsity * (now / size if size else 1.0), now
    if first is None:  # no rounds at all
        raise ValueError("at least one round is needed")
    if state is not None and known:
        state = replace(state, copy=state.copy[..., : absorption.shape[-1]])
    fit, _ = problem.fit(usable, transmission, length, sparsity, state)
    residual = spectra - fit.absorption - fit.background - _log_gas(length, transmission)
    sound, left_out = _sound(residual, valid, usable, settings.spike, settings)
    return Solution(fit.absorption, fit.background, length, transmission[..., 0], ~sound, left_out, used + fit.iterations)


@dataclass(frozen=True)
class _Problem:
    spectra: Any
    absorption: Any
    background: Background
    wavelengths_nm: FloatArray
    settings: Settings

    def fit(self, usable: Any, transmission: Any, path: Any, sparsity: float, start: Optional[State]) -> tuple[Fit, Any]:
        """The fit, whose absorption is that of the surface alone, and the path of each transmission (c, l, k).

        ``path`` (c, l): a path that is known; None: it is fitted too.
        """
        import torch

        count = self.absorption.shape[-1]
        penalty = torch.full((count,), sparsity, device=self.spectra.device)
        if path is not None:
            spectra, atoms = self.spectra - _log_gas(path, transmission), self.absorption
        else:
            spectra, atoms = self.spectra, torch.cat([self.absorption, transmission], -1)
            penalty = torch.cat([penalty, penalty.new_zeros(transmission.shape[-1])])
        columns = Columns(spectra, usable.float(), atoms, penalty, self.wavelengths_nm)
        fit = solve(columns, self.background, iterations=self.settings.iterations, tolerance=self.settings.tolerance, start=start)
        if path is not None:
            return fit, path[..., None]
        surface = fit.coefficients[..., :count] @ self.absorption.transpose(1, 2).float()
        return replace(fit, absorption=surface), fit.coefficients[..., count:]


def _log_gas(path: Any, transmission: Any) -> Any:
    """(c, l), (c, n, 1) → (c, l, n) path times log transmission."""
    return path[..., None] * transmission[..., 0][:, None].float()


def _as_one(transmission: Any, paths: Any) -> tuple[Any, Any]:
    """Several transmissions with their paths as one, (c, n, 1), of mean path 1, and the paths (c, l) that come nearest."""
    if transmission.shape[-1] == 1:
        return transmission, paths[..., 0]
    one = transmission @ paths.double().mean(1)[..., None]
    along = paths.double() @ (transmission.transpose(1, 2) @ one)
    return one, (along / (one * one).sum(1, keepdim=True).clamp(min=1e-12))[..., 0].float()


def _learn(rest: Any, usable: Any, path: Any, first: Any) -> Any:
    """(c, n, 1) the transmission that leaves the least absolute residual, but for what differs broadly from the first one."""
    import torch

    learned = weighted_median(rest / path[..., None], path[..., None] * usable)
    start = first[..., 0]
    start = start * (start * learned).sum(1, keepdim=True) / (start * start).sum(1, keepdim=True).clamp(min=1e-12)
    change = learned - start
    broad = local_line(change, torch.ones_like(change), BROAD_CHANNELS)
    return (start + change - broad)[..., None]


def _sound(residual: Any, valid: Any, usable: Any, limit: float, settings: Settings) -> tuple[Any, Any]:
    """(c, l, n) entries that are measurements of the surface, and (c, l) spectra with too few of them."""
    sound = valid & ~is_spike(residual, usable, limit, settings.spike_sigma)
    return sound, (~sound).float().mean(-1) > settings.left_out


def _go_on(state: State, path: Any, known: bool, atoms: int) -> State:
    """The state for the next round, in which one path has taken the place of those of all transmissions."""
    import torch

    return replace(state, copy=torch.cat([state.copy[..., :atoms], path[..., None]], -1)) if known else state


def weighted_median(values: Any, weights: Any) -> Any:
    """(c, l, n), (c, l, n) ≥ 0 → (c, n) float64, the t that minimises Σ_l weight |value − t|; 0 where all weights are 0."""
    import torch

    ordered, order = values.transpose(1, 2).contiguous().sort(-1)
    sums = weights.transpose(1, 2).expand_as(ordered).gather(-1, order).cumsum(-1)
    half = sums[..., -1:] / 2
    place = torch.searchsorted(sums, half).clamp(max=ordered.shape[-1] - 1)
    found = ordered.gather(-1, place)
    return torch.where(half > 0, found, torch.zeros_like(found))[..., 0].double()


def is_spike(residual: Any, usable: Any, limit: float, sigma: float) -> Any:
    """(c, l, n) bool: residuals beyond the limit, or beyond the noise of their channel and column where that is larger."""
    size = residual.abs().masked_fill(~usable, float("nan"))
    noise = 1.4826 * size.nanmedian(1, keepdim=True).values.nan_to_num(0.0)
    return residual.abs() > (sigma * noise).clamp(min=limit)

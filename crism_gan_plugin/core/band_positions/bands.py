"""How many absorptions a spectrum shows inside a window, and where they are.

Bands are added one at a time. One is accepted if it explains more than white noise lets any band explain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..spectra.continuum import upper_hull
from ..spectra.smoothing import savitzky_golay_matrix
from .gaussians import BAND, LINE, Limits, MatchedFilter, fit_gaussians, residuals

#: Fewer channels tell no band from noise.
FEWEST_CHANNELS = 10

#: Channels of a window that a spectrum may lack, as a share.
_MOST_MISSING = 0.1

#: One spectrum of noise in so many may show a band.
_FALSE_ONE_IN = 1000

#: Spectra that are fitted together.
_AT_ONCE = 2048

#: Spectra of white noise that tell what is accepted; and how many are fitted together: a second passes before a run is cancelled,
#: at most.
_TRIALS, _TRIALS_AT_ONCE = 4096, 512

#: A further band is tried where a filter sees so much of the threshold. What one band leaves of two is no Gaussian.
_LIKELY = 0.2

#: A band of less depth is rounding.
_LEAST_DEPTH = 1e-4

#: Windows of the smoothing below the continuum, channels.
_SMOOTHING = 7


def _go_on() -> None:
    """Nobody asks to stop."""


class FoundBands(NamedTuple):
    """Bands of spectra, (n, most) each, the deepest first; NaN where there are fewer.

    Attributes
    ----------
    centre_nm
        Where they are deepest.
    depth
        Share of the continuum that is missing there.
    sigma_nm
        Standard deviation of the Gaussian.
    """

    centre_nm: FloatArray
    depth: FloatArray
    sigma_nm: FloatArray


@dataclass(frozen=True)
class BandFinder:
    """Finds bands inside a window.

    Attributes
    ----------
    wavelengths_nm
        (m,) channels of the window, ascending.
    most
        Bands that are looked for at most.
    sigma_nm
        Smallest and largest standard deviation of a band; None: from a channel to a third of the window.
    check
        Called now and then; it raises what should end the search.
    """

    wavelengths_nm: FloatArray
    most: int = 2
    sigma_nm: Optional[tuple[float, float]] = None
    check: Callable[[], None] = _go_on

    def __call__(self, spectra: FloatArray, own_nm: Optional[FloatArray] = None) -> FoundBands:
        """Bands of spectra.

        Parameters
        ----------
        spectra
            (n, m) I/F or reflectance, NaN where missing.
        own_nm
            (n, m) wavelengths of each spectrum where they depart from `wavelengths_nm`, as those of detector columns do.
        """
        found = self._nothing(len(spectra))
        ratio, known = self._ratio(spectra)
        enough = np.flatnonzero(known.mean(1) >= 1 - _MOST_MISSING)
        for first in range(0, enough.size, _AT_ONCE):
            some = enough[first : first + _AT_ONCE]
            own = None if own_nm is None else own_nm[some]
            for into, part in zip(found, self._find(ratio[some], known[some], own)):
                into[some] = part
        return found

    def _nothing(self, count: int) -> FoundBands:
        return FoundBands(*(np.full((count, self.most), np.nan) for _ in range(3)))

    def _ratio(self, spectra: FloatArray) -> tuple[FloatArray, BoolArray]:
        """(n, m) ratio to the upper hull of the smoothed spectrum, less 1, with 0 where it is missing; and where it is not."""
        known = np.isfinite(spectra)
        partly = np.flatnonzero(~known.all(1) & (known.mean(1) >= 1 - _MOST_MISSING))
        filled = spectra.astype(np.float64)
        for row in partly:
            gap = ~known[row]
            filled[row, gap] = np.interp(self.wavelengths_nm[gap], self.wavelengths_nm[~gap], filled[row, ~gap])
        hull = upper_hull(filled @ self._smoothing, self.wavelengths_nm)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = filled / np.where(hull > 0, hull, np.nan) - 1
        known &= np.isfinite(ratio)
        ratio[~known] = 0
        return ratio, known

    def _find(self, ratio: FloatArray, known: BoolArray, own_nm: Optional[FloatArray]) -> FoundBands:
        nm = np.broadcast_to(self.wavelengths_nm, ratio.shape) if own_nm is None else own_nm
        places, weights = (nm - self._middle) / self._half, known.astype(np.float64)
        fitted = _Fitted.without_bands(ratio, weights, places)
        found = self._nothing(len(ratio))
        for number in range(1, self.most + 1):
            self.check()
            fitted = self._one_more(fitted, number)
            if not fitted.row.size:
                break
            bands = fitted.parameters[:, LINE:].reshape(-1, number, BAND)
            order = np.argsort(-bands[:, :, 2], axis=1)
            centre, width, depth = np.take_along_axis(bands, order[..., None], 1).transpose(2, 0, 1)
            found.centre_nm[fitted.row, :number] = self._middle + self._half * centre
            found.sigma_nm[fitted.row, :number] = self._half * np.exp(width)
            found.depth[fitted.row, :number] = depth
        return found

    def _one_more(self, fitted: _Fitted, number: int) -> _Fitted:
        """The spectra that show one band more than those of ``fitted``, with it."""
        start, explained = self._filter(fitted.residuals(), fitted.places)
        free = fitted.weights.sum(1) - LINE - BAND * number
        likely = explained * free > _LIKELY * self.threshold * np.maximum(fitted.cost - explained, 0)
        some, start, free = fitted.take(likely), start[likely], free[likely]
        if not likely.any():
            return some
        starts = [np.concatenate([some.parameters, start], 1)]
        if number > 1:
            starts.append(_split(some.parameters))
        parameters, cost = _best_fit(some, starts, self._limits)
        bands = parameters[:, LINE:].reshape(-1, number, BAND)
        low, high = self._limits.centre
        inside = ((bands[..., 0] > low) & (bands[..., 0] < high) & (bands[..., 2] > _LEAST_DEPTH)).all(1)
        accepted = inside & ((some.cost - cost) * free > self.threshold * cost)
        return _Fitted(some.row, some.ratio, some.weights, some.places, parameters, cost).take(accepted)

    @cached_property
    def threshold(self) -> float:
        """How much more than a degree of freedom of what is left a band must explain.

        White noise shows so much once in `_FALSE_ONE_IN` spectra.
        """
        noise = np.random.default_rng(1).normal(size=(_TRIALS, self.wavelengths_nm.size))
        ratio, known = self._ratio(1 + 1e-3 * noise)
        most = []
        for first in range(0, _TRIALS, _TRIALS_AT_ONCE):
            self.check()
            some = slice(first, first + _TRIALS_AT_ONCE)
            places = np.broadcast_to((self.wavelengths_nm - self._middle) / self._half, ratio[some].shape)
            flat = _Fitted.without_bands(ratio[some], known[some].astype(np.float64), places)
            start, _ = self._filter(flat.residuals(), places)
            _, cost = _best_fit(flat, [np.concatenate([flat.parameters, start], 1)], self._limits)
            most.append((flat.cost - cost) / cost)
        return float(np.quantile(np.concatenate(most), 1 - 1 / _FALSE_ONE_IN)) * (self.wavelengths_nm.size - LINE - BAND)

    @cached_property
    def _smoothing(self) -> FloatArray:
        return savitzky_golay_matrix(self.wavelengths_nm.size, min(_SMOOTHING, self.wavelengths_nm.size - 1 | 1))

    @property
    def _middle(self) -> float:
        return float(self.wavelengths_nm[0] + self.wavelengths_nm[-1]) / 2

    @property
    def _half(self) -> float:
        return float(self.wavelengths_nm[-1] - self.wavelengths_nm[0]) / 2

    @cached_property
    def _limits(self) -> Limits:
        """Centres within the window, a channel from its ends."""
        places = (self.wavelengths_nm - self._middle) / self._half
        widths = float(np.median(np.diff(places))), 2 / 3
        if self.sigma_nm is not None:
            widths = self.sigma_nm[0] / self._half, self.sigma_nm[1] / self._half
        return Limits((float(places[1]), float(places[-2])), widths)

    @cached_property
    def _filter(self) -> MatchedFilter:
        return MatchedFilter.of((self.wavelengths_nm - self._middle) / self._half, self._limits)


@dataclass(frozen=True)
class _Fitted:
    """Spectra with what was fitted to them; ``row`` is their number in the batch."""

    row: IntArray
    ratio: FloatArray
    weights: FloatArray
    places: FloatArray
    parameters: FloatArray
    cost: FloatArray

    @staticmethod
    def without_bands(ratio: FloatArray, weights: FloatArray, places: FloatArray) -> _Fitted:
        """With a straight line alone."""
        unlimited = Limits((-1, 1), (1, 1))
        parameters, cost = fit_gaussians(ratio, weights, places, np.zeros((len(ratio), LINE)), unlimited)
        return _Fitted(np.arange(len(ratio)), ratio, weights, places, parameters, cost)

    def take(self, which: BoolArray) -> _Fitted:
        return _Fitted(*(array[which] for array in vars(self).values()))

    def residuals(self) -> FloatArray:
        """(n, m) what the fit leaves, below 0 where an absorption is missing."""
        return residuals(self.ratio, self.weights, self.places, self.parameters)


def _best_fit(fitted: _Fitted, starts: list[FloatArray], limits: Limits) -> tuple[FloatArray, FloatArray]:
    """The best of the fits from several starts."""
    parameters, cost = fit_gaussians(fitted.ratio, fitted.weights, fitted.places, starts[0], limits)
    for start in starts[1:]:
        other, other_cost = fit_gaussians(fitted.ratio, fitted.weights, fitted.places, start, limits)
        better = other_cost < cost
        parameters[better], cost[better] = other[better], other_cost[better]
    return parameters, cost


def _split(parameters: FloatArray) -> FloatArray:
    """The same with the widest band as two, side by side."""
    bands = parameters[:, LINE:].reshape(len(parameters), -1, BAND)
    widest = np.take_along_axis(bands, bands[:, :, 1].argmax(1)[:, None, None], 1)[:, 0]
    rows, number = np.arange(len(parameters)), bands[:, :, 1].argmax(1)
    halves = [
        widest + np.stack([side * 0.9 * np.exp(widest[:, 1]), np.full(len(widest), np.log(0.6)), 0 * widest[:, 2]], 1)
        for side in (-1, 1)
    ]
    kept = bands.copy()
    kept[rows, number] = halves[0]
    return np.concatenate([parameters[:, :LINE], kept.reshape(len(parameters), -1), halves[1]], 1)

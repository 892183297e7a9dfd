"""Gaussian absorptions on a straight line, fitted to many spectra at once.

The fit is that of Levenberg (1944) and Marquardt (1963). Each spectrum has a damping of its own, and leaves when it does not
improve any more. All that is left is worked on together, so the cost of Python does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray

#: Parameters of the line, and of each band: centre, logarithm of the width, depth.
LINE, BAND = 2, 3

#: Weight of the line's two parameters against the channels, each of weight 1: where a band is as wide as the window, line and band
#: could not be told apart without it.
_RIDGE = 0.25

#: Steps at most, and the share of the sum of squares by which a step that ends the fit improves it.
_STEPS, _ENOUGH = 20, 1e-5

#: Damping at first, its change after a step that fails or succeeds, and where it gives up.
_DAMPING, _HARDER, _EASIER, _HOPELESS = 0.1, 3.0, 0.3, 1e7


@dataclass(frozen=True)
class Limits:
    """Where centres and widths of bands may lie, in the unit of the places.

    Attributes
    ----------
    centre
        First and last.
    width
        Smallest and largest standard deviation.
    """

    centre: tuple[float, float]
    width: tuple[float, float]

    def clip(self, parameters: FloatArray) -> None:
        """Bring centres, widths and depths within their limits, in place."""
        bands = parameters[:, LINE:]
        np.clip(bands[:, 0::BAND], *self.centre, out=bands[:, 0::BAND])
        low, high = (float(np.log(width)) for width in self.width)
        np.clip(bands[:, 1::BAND], low, high, out=bands[:, 1::BAND])
        np.clip(bands[:, 2::BAND], 0, 2, out=bands[:, 2::BAND])


def fit_gaussians(
    spectra: FloatArray, weights: FloatArray, places: FloatArray, start: FloatArray, limits: Limits
) -> tuple[FloatArray, FloatArray]:
    """Fit a straight line less Gaussians.

    Parameters
    ----------
    spectra
        (n, m) ratio to the continuum, less 1: 0 without absorptions.
    weights
        (n, m) 1 for channels that count, 0 for others.
    places
        (n, m) place of each channel, within about ±1.
    start
        (n, 2 + 3 k) height and slope of the line; of each of the k bands centre, logarithm of the standard deviation, and depth.
    limits
        Where bands may lie.

    Returns
    -------
    (n, 2 + 3 k) parameters of the least sum of squares, and (n,) that sum.
    """
    found = start.copy()
    limits.clip(found)
    cost = _cost(residuals(spectra, weights, places, found), found)
    damping = np.full(len(spectra), _DAMPING)
    left = np.arange(len(spectra))
    for _ in range(_STEPS):
        if not left.size:
            break
        data = spectra[left], weights[left], places[left]
        trial = found[left] + _step(*data, found[left], damping[left])
        limits.clip(trial)
        trial_cost = _cost(residuals(*data, trial), trial)
        better = trial_cost < cost[left]
        settled = better & (cost[left] - trial_cost <= _ENOUGH * cost[left])
        won = left[better]
        found[won], cost[won] = trial[better], trial_cost[better]
        damping[left] *= np.where(better, _EASIER, _HARDER)
        left = left[~settled & (damping[left] < _HOPELESS)]
    return found, cost


def residuals(spectra: FloatArray, weights: FloatArray, places: FloatArray, parameters: FloatArray) -> FloatArray:
    """(n, m) what the line and the bands leave; parameters as in `fit_gaussians`."""
    rest = spectra - parameters[:, :1] - parameters[:, 1:2] * places
    for first in range(LINE, parameters.shape[1], BAND):
        centre, width, depth = _columns(parameters, first)
        rest += depth * np.exp(-0.5 * ((places - centre) * np.exp(-width)) ** 2)
    rest *= weights
    return rest


def _cost(residuals: FloatArray, parameters: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nm,nm->n", residuals, residuals) + _RIDGE * (parameters[:, :LINE] ** 2).sum(1))


def _step(spectra: FloatArray, weights: FloatArray, places: FloatArray, parameters: FloatArray, damping: FloatArray) -> FloatArray:
    """The damped step of Gauss and Newton. Slopes are of single precision, twice as fast: the step is only a trial."""
    count = parameters.shape[1]
    slopes = np.empty((len(spectra), count, spectra.shape[1]), np.float32)  # of the model, by each parameter
    slopes[:, 0], slopes[:, 1] = weights, weights * places
    rest = (spectra - parameters[:, :1] - parameters[:, 1:2] * places).astype(np.float32)
    places, weights, single = places.astype(np.float32), weights.astype(np.float32), parameters.astype(np.float32)
    for first in range(LINE, count, BAND):
        centre, width, depth = _columns(single, first)
        scale = np.exp(-width)
        apart = (places - centre) * scale
        shape = np.exp(-0.5 * apart**2)
        rest += depth * shape
        shape *= weights
        slopes[:, first + 2] = -shape
        shape *= -depth * apart
        slopes[:, first] = shape * scale
        slopes[:, first + 1] = shape * apart
    normal = (slopes @ slopes.transpose(0, 2, 1)).astype(np.float64)
    downhill = (slopes @ rest[..., None])[..., 0].astype(np.float64)
    downhill[:, :LINE] -= _RIDGE * parameters[:, :LINE]
    diagonal = np.einsum("nii->ni", normal)
    diagonal[:, :LINE] += _RIDGE
    diagonal *= 1 + damping[:, None]
    diagonal += 1e-12  # where a band has no depth, its place makes no difference
    return np.asarray(np.linalg.solve(normal, downhill[..., None])[..., 0])


def _columns(parameters: FloatArray, first: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(n, 1) centre, logarithm of the width, and depth of a band."""
    return parameters[:, first : first + 1], parameters[:, first + 1 : first + 2], parameters[:, first + 2 : first + 3]


@dataclass(frozen=True)
class MatchedFilter:
    """Where a Gaussian absorption would explain most of a spectrum, and how wide it would be: the start of a fit.

    Attributes
    ----------
    weights
        (m, candidates) filters, orthogonal to any straight line, of length 1.
    channel, width, depth
        (candidates,) channel of the centre, standard deviation, and depth for a response of 1.
    """

    weights: FloatArray
    channel: IntArray
    width: FloatArray
    depth: FloatArray

    @staticmethod
    def of(places: FloatArray, limits: Limits) -> MatchedFilter:
        """Filters for channels at these places (m,)."""
        line = np.linalg.qr(np.stack([np.ones(places.size), places], 1))[0]
        low, high = limits.width
        widths = np.geomspace(low * 1.2, high * 0.9, 7)
        inside = np.flatnonzero((places >= limits.centre[0]) & (places <= limits.centre[1]))
        shapes = np.exp(-0.5 * ((places - places[inside, None]) / widths[:, None, None]) ** 2).reshape(-1, places.size)
        free = shapes - shapes @ line @ line.T
        length = np.linalg.norm(free, axis=1)
        kept = length > 0.2 * np.linalg.norm(shapes, axis=1)  # the others are lines themselves
        channel, width = np.tile(inside, widths.size), np.repeat(widths, inside.size)
        return MatchedFilter((free[kept] / length[kept, None]).T.copy(), channel[kept], width[kept], 1 / length[kept])

    def __call__(self, rest: FloatArray, places: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(n, 3) centre, logarithm of the width and depth of the best candidate for (n, m), and (n,) what squares it explains."""
        response = -(rest @ self.weights)
        best = response.argmax(1)
        most = np.maximum(np.take_along_axis(response, best[:, None], 1)[:, 0], 0)
        centre = np.take_along_axis(places, self.channel[best][:, None], 1)[:, 0]
        return np.stack([centre, np.log(self.width[best]), most * self.depth[best]], 1), np.square(most)

"""How good a denoised image is: one small function for each figure of the proof. Arrays in, numbers out.

Spectra are (lines, columns, bands) I/F with NaN for no data; wavelengths (columns, bands) nm are each column's own.
"""

from __future__ import annotations

import warnings
from typing import Optional

import measure  # noqa: F401 - puts the repository on the path
import numpy as np
from scipy.ndimage import convolve1d

from crism_gan_plugin.core.spectra.continuum import upper_hull

#: Bands that minerals are told by, nm: where their deepest channel lies.
DIAGNOSTIC_NM = {"1.9": (1890.0, 1990.0), "2.2": (2150.0, 2260.0), "2.3": (2275.0, 2390.0), "2.5": (2440.0, 2560.0)}

#: A band of the truth that is shallower is no band to be judged.
JUDGED_DEPTH = 0.02

#: Where the truth's absorption is shallower, a band is invented.
NO_BAND = 0.002

#: CO2: its strongest lines, and the ground beside them, nm.
GAS_NM = (1995.0, 2025.0)
BESIDE_GAS_NM = ((1850.0, 1900.0), (2120.0, 2200.0))

#: Kaolinite's doublet: its two bands, the rise between them, and the shoulders, nm.
DOUBLET_NM = (2165.7, 2205.4, 2185.6, 2122.0, 2251.6)


def _mean(values: np.ndarray, axis: Optional[int] = None) -> np.ndarray:
    """Mean of what is finite; NaN, without a warning, where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values, axis=axis)


def _median(values: np.ndarray, axis: Optional[int] = None) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=axis)


def relative_rmse(found: np.ndarray, truth: np.ndarray) -> float:
    """Root mean square of found / truth - 1 over all entries that both have."""
    return float(np.sqrt(_mean((found / truth - 1) ** 2)))


def missing_share(found: np.ndarray, truth: np.ndarray) -> float:
    """Share of the truth's entries for which nothing was found."""
    wanted = np.isfinite(truth)
    return float((wanted & ~np.isfinite(found)).sum() / wanted.sum())


def patch_means(ratio: np.ndarray, patch: np.ndarray) -> np.ndarray:
    """(patches, bands) mean of each patch's pixels; ``patch`` (lines, columns) counts from 0, -1 is no patch."""
    return np.array([_mean(ratio[patch == number], 0) for number in range(patch.max() + 1)])


def systematic_error(found: np.ndarray, truth: np.ndarray, patch: np.ndarray) -> float:
    """What is left of found / truth - 1 when the pixels of equal truth are averaged: root mean square over patches and bands."""
    return float(np.sqrt(_mean((patch_means(found / truth, patch) - 1) ** 2)))


def gas_residual(ratio: np.ndarray, wavelengths_nm: np.ndarray) -> np.ndarray:
    """(n,) departure of (n, bands) spectra in the strongest lines of CO2 from a line over the ground beside them, as a share of it.

    For known truth of found / truth; a line would miss a mineral's own curve.
    """
    nm = wavelengths_nm
    beside = np.logical_or(*((nm > low) & (nm < high) for low, high in BESIDE_GAS_NM))
    inside = (nm > GAS_NM[0]) & (nm < GAS_NM[1])
    fit = np.polynomial.polynomial.polyfit(nm[beside] - 2000, ratio[:, beside].T, 1)
    line = np.polynomial.polynomial.polyval(nm[inside] - 2000, fit)
    return (ratio[:, inside] / line).mean(1) - 1


def stripes(ratio: np.ndarray) -> float:
    """Robust standard deviation over columns and bands of what a column's mean has beyond that of its six neighbours.

    Parameters
    ----------
    ratio
        (lines, columns, bands), of found over truth, or of spectra over their scene's typical spectrum.
    """
    columns = _mean(ratio, 0)
    columns = columns[np.isfinite(columns).any(1)]
    neighbours = np.array([1, 1, 1, 0, 1, 1, 1]) / 6
    rest = (columns - convolve1d(columns, neighbours, axis=0))[3:-3] / np.sqrt(7 / 6)
    return float(1.4826 * _median(np.abs(rest - _median(rest))))


def second_difference_scatter(spectra: np.ndarray) -> float:
    """Robust noise of a channel relative to its level, from the second differences along the spectrum."""
    differences = np.diff(spectra, 2, axis=-1) / spectra[..., 1:-1]
    return float(1.4826 * _median(np.abs(differences)) / np.sqrt(6))


def over_hull(spectra: np.ndarray, wavelengths_nm: np.ndarray) -> np.ndarray:
    """Spectra over their own upper hull, each column on its own wavelengths."""
    out = np.full(spectra.shape, np.nan)
    for column, nm in enumerate(wavelengths_nm):
        if np.isfinite(nm).all():
            out[:, column] = spectra[:, column] / upper_hull(spectra[:, column], nm)
    return out


def depth_errors(
    found: np.ndarray, truth: np.ndarray, wavelengths_nm: np.ndarray, patch: np.ndarray
) -> dict[tuple[int, str], float]:
    """Errors of the depths of a patch's own diagnostic bands: (patch, band) → median over its pixels of |found - true| / true.

    Parameters
    ----------
    found, truth
        Spectra over their hulls (`over_hull`). Depth is read in the channel where the truth's band is deepest.
    """
    errors = {}
    for number in np.unique(patch[patch >= 0]):
        line, column = np.nonzero(patch == number)
        nm = wavelengths_nm[column]
        for name, (low, high) in DIAGNOSTIC_NM.items():
            inside = np.where((nm > low) & (nm < high), truth[line, column], np.inf)
            channel = inside.argmin(1)
            true = 1 - inside.min(1)
            edge = (channel == np.isfinite(inside).argmax(1)) | (
                channel + 1 == inside.shape[1] - np.isfinite(inside[:, ::-1]).argmax(1)
            )
            if np.median(true) >= JUDGED_DEPTH and not edge.any():
                depth = 1 - found[line, column, channel]
                errors[int(number), name] = float(_median(np.abs(depth / true - 1)))
    return errors


def invented_depths(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(lines, columns) depth of the deepest band of ``found`` where ``truth`` has none; both over their hulls; NaN without data."""
    extra = np.where(truth > 1 - NO_BAND, truth - found, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmax(extra, -1)


def spikes_found(bad: np.ndarray, spikes: np.ndarray, dead: np.ndarray) -> tuple[float, float]:
    """Share of the spikes that were flagged, and share of the sound entries that were; dead ones are neither."""
    sound = ~spikes & ~dead
    return float(bad[spikes].mean()), float(bad[sound].mean())


def doublet(spectrum: np.ndarray, wavelengths_nm: np.ndarray) -> tuple[float, float, float]:
    """Kaolinite's doublet: depths of its two bands below the line over their shoulders, and the rise between them.

    The rise is how far the spectrum, over that line, lies between the bands above the mean of both; a single band has less than
    none.
    """
    first, second, between, low, high = DOUBLET_NM
    level = np.interp([first, second, between, low, high], wavelengths_nm, spectrum)
    over_line = level[:3] / np.interp([first, second, between], [low, high], level[3:])
    return float(1 - over_line[0]), float(1 - over_line[1]), float(over_line[2] - over_line[:2].mean())


def recall_at_precision(score: np.ndarray, right: np.ndarray, wanted: int, precision: float) -> float:
    """The largest share of wanted pixels that are named right while, of all pixels that score as high, this share is.

    Parameters
    ----------
    score
        (n,) of all pixels, of whatever is best in each.
    right
        (n,) bool, whether that is what lies there.
    wanted
        Number of pixels that have something to be named.
    """
    order = np.argsort(-score, kind="stable")
    named = np.cumsum(right[order])
    good = named / np.arange(1, order.size + 1) >= precision
    last_of_its_score = np.append(np.diff(score[order]) < 0, True)
    return float(named[good & last_of_its_score].max(initial=0) / wanted)

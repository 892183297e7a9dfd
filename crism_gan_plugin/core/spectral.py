"""The spectral axis: which wavelength each channel has, and how spectra get on to the network's 240 channels.

Wavelengths are nanometres, ascending, everywhere inside the core. Channels are found by wavelength, never by number: band counts
differ between CRISM products and between cubes of one product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from .errors import InputError

FloatArray = np.ndarray

#: The network's grid: 240 channels of the CRISM infrared detector at its sweet spot (mean over columns 270-369 of the wavelength
#: table CDR WA, whose four epochs are identical). Shape (240,), nm.
WAVELENGTHS_NM: FloatArray = np.array(
    [
        1027.55,
        1034.10,
        1040.65,
        1047.20,
        1053.75,
        1060.30,
        1066.85,
        1073.41,
        1079.96,
        1086.51,
        1093.07,
        1099.62,
        1106.17,
        1112.73,
        1119.28,
        1125.84,
        1132.39,
        1138.95,
        1145.51,
        1152.06,
        1158.62,
        1165.18,
        1171.73,
        1178.29,
        1184.85,
        1191.41,
        1197.97,
        1204.53,
        1211.09,
        1217.65,
        1224.21,
        1230.77,
        1237.33,
        1243.89,
        1250.45,
        1257.01,
        1263.57,
        1270.14,
        1276.70,
        1283.26,
        1289.83,
        1296.39,
        1302.95,
        1309.52,
        1316.08,
        1322.65,
        1329.21,
        1335.78,
        1342.34,
        1348.91,
        1355.48,
        1362.05,
        1368.61,
        1375.18,
        1381.75,
        1388.32,
        1394.89,
        1401.45,
        1408.02,
        1414.59,
        1421.16,
        1427.73,
        1434.31,
        1440.88,
        1447.45,
        1454.02,
        1460.59,
        1467.16,
        1473.74,
        1480.31,
        1486.88,
        1493.46,
        1500.03,
        1506.61,
        1513.18,
        1519.76,
        1526.33,
        1532.91,
        1539.48,
        1546.06,
        1552.64,
        1559.21,
        1565.79,
        1572.37,
        1578.95,
        1585.52,
        1592.10,
        1598.68,
        1605.26,
        1611.84,
        1618.42,
        1625.00,
        1631.58,
        1638.16,
        1644.74,
        1651.33,
        1657.91,
        1664.49,
        1671.07,
        1677.66,
        1684.24,
        1690.82,
        1697.41,
        1703.99,
        1710.58,
        1717.16,
        1723.75,
        1730.33,
        1736.92,
        1743.51,
        1750.09,
        1756.68,
        1763.27,
        1769.85,
        1776.44,
        1783.03,
        1789.62,
        1796.21,
        1802.80,
        1809.39,
        1815.98,
        1822.57,
        1829.16,
        1835.75,
        1842.34,
        1848.93,
        1855.52,
        1862.12,
        1868.71,
        1875.30,
        1881.90,
        1888.49,
        1895.08,
        1901.68,
        1908.27,
        1914.87,
        1921.46,
        1928.06,
        1934.65,
        1941.25,
        1947.85,
        1954.44,
        1961.04,
        1967.64,
        1974.24,
        1980.84,
        1987.43,
        1994.03,
        2000.63,
        2007.23,
        2013.83,
        2020.43,
        2027.03,
        2033.63,
        2040.24,
        2046.84,
        2053.44,
        2060.04,
        2066.64,
        2073.25,
        2079.85,
        2086.45,
        2093.06,
        2099.66,
        2106.27,
        2112.87,
        2119.48,
        2126.08,
        2132.69,
        2139.30,
        2145.90,
        2152.51,
        2159.12,
        2165.72,
        2172.33,
        2178.94,
        2185.55,
        2192.16,
        2198.77,
        2205.38,
        2211.99,
        2218.60,
        2225.21,
        2231.82,
        2238.43,
        2245.04,
        2251.65,
        2258.27,
        2264.88,
        2271.49,
        2278.10,
        2284.72,
        2291.33,
        2297.95,
        2304.56,
        2311.18,
        2317.79,
        2324.41,
        2331.02,
        2337.64,
        2344.26,
        2350.87,
        2357.49,
        2364.11,
        2370.72,
        2377.34,
        2383.96,
        2390.58,
        2397.20,
        2403.82,
        2410.44,
        2417.06,
        2423.68,
        2430.30,
        2436.92,
        2443.54,
        2450.17,
        2456.79,
        2463.41,
        2470.03,
        2476.66,
        2483.28,
        2489.90,
        2496.53,
        2503.12,
        2509.72,
        2516.32,
        2522.92,
        2529.51,
        2536.11,
        2542.71,
        2549.31,
        2555.91,
        2562.51,
        2569.11,
        2575.71,
        2582.31,
        2588.91,
        2595.51,
        2602.12,
    ]
)
WAVELENGTHS_NM.setflags(write=False)

#: The infrared filter boundary: an artefact of up to 2 % sits here in every product; the MICA team left the channels out too.
FILTER_BOUNDARY_NM = (1650.0, 1666.0)

#: A cube must cover this range; its first channels may be missing up to the lower figure (infrared-only cubes).
REQUIRED_RANGE_NM = (1050.0, 2600.0)

#: The widest gap between channels that is bridged: the join of the two detectors, 1010-1047 nm, and the filter boundary.
WIDEST_GAP_NM = 45.0

#: Images that end below this are visible ones, as those of CRISM's S detector, 0.36-1.06 µm.
_LAST_VISIBLE_NM = 1100.0

#: A spectrum with this share of its channels missing, or more, is no-data; below, they are interpolated within the spectrum.
MISSING_LIMIT = 0.10


@dataclass(frozen=True)
class SpectralAxis:
    """The wavelengths of a cube's channels.

    Attributes
    ----------
    wavelengths_nm
        (bands,) float64, nm, ascending. For a sensor with spectral smile: the sweet spot's.
    fwhm_nm
        (bands,) full width at half maximum, nm, or None when unknown.
    good
        (bands,) bool, False where the cube's own list says that the band is bad.
    by_column_nm
        (columns, bands) nm: the wavelengths of each detector column, or None when all columns share `wavelengths_nm`. NaN in
        columns that see no scene.
    marked_by
        Who says which bands are good, in words, for messages.
    """

    wavelengths_nm: FloatArray
    fwhm_nm: Optional[FloatArray] = None
    good: Optional[np.ndarray] = None
    by_column_nm: Optional[FloatArray] = None
    marked_by: str = ""

    def __post_init__(self) -> None:
        if self.wavelengths_nm.ndim != 1 or np.any(np.diff(self.wavelengths_nm) <= 0):
            raise ValueError("wavelengths_nm must be one-dimensional and ascending")

    @property
    def bands(self) -> int:
        return self.wavelengths_nm.size

    @property
    def usable(self) -> np.ndarray:
        """(bands,) bool: good, and not in the filter boundary."""
        low, high = FILTER_BOUNDARY_NM
        inside = (self.wavelengths_nm > low) & (self.wavelengths_nm < high)
        return ~inside if self.good is None else self.good & ~inside


@dataclass(frozen=True)
class GridResampler:
    """Linear interpolation of a cube's spectra to the network's grid.

    Made by `resampler_to_grid`. `bands` says which of the cube's bands have to be read; `__call__` takes spectra of these bands.

    Attributes
    ----------
    bands
        (needed,) indices into the cube's axis, ascending.
    wavelengths_nm
        (needed,) nm, the sweet spot's, for filling gaps.
    lower, weight
        (240,) or (columns, 240): the channel below each grid channel, and the share of the channel above it.
    """

    bands: np.ndarray
    wavelengths_nm: FloatArray
    lower: np.ndarray
    weight: FloatArray

    def __call__(self, spectra: FloatArray) -> FloatArray:
        """(..., columns, needed) → (..., columns, 240) in the same precision; NaN only in spectra that are no-data."""
        filled = fill_missing(spectra, self.wavelengths_nm)
        weight = self.weight.astype(filled.dtype)
        if self.lower.ndim == 1:
            below, above = filled[..., self.lower], filled[..., self.lower + 1]
        else:
            lower = np.broadcast_to(self.lower, filled.shape[:-1] + self.lower.shape[-1:])
            below, above = np.take_along_axis(filled, lower, -1), np.take_along_axis(filled, lower + 1, -1)
        above -= below
        above *= weight
        above += below
        return above


def resampler_to_grid(axis: SpectralAxis, name: str = "the cube") -> GridResampler:
    """How to bring a cube with this axis on to `WAVELENGTHS_NM`.

    Parameters
    ----------
    axis
        The cube's axis.
    name
        The cube's name, for error messages.

    Raises
    ------
    InputError
        If the axis misses part of 1050-2600 nm, or has a gap there wider than 45 nm.
    """
    usable = np.flatnonzero(axis.usable)
    wavelengths = axis.wavelengths_nm[usable]
    _check_coverage(axis, wavelengths, name)
    # two channels more than the sweet spot needs: the spectral smile shifts the outer columns by up to 10 nm
    first = max(np.searchsorted(wavelengths, WAVELENGTHS_NM[0], "right") - 3, 0)
    last = min(np.searchsorted(wavelengths, WAVELENGTHS_NM[-1], "left") + 3, wavelengths.size)
    needed, wavelengths = usable[first:last], wavelengths[first:last]
    if axis.by_column_nm is None:
        lower, weight = _interpolation(wavelengths)
    else:
        by_column = axis.by_column_nm[:, needed]
        by_column = np.where(np.isfinite(by_column).all(1, keepdims=True), by_column, wavelengths)
        pairs = [_interpolation(column) for column in by_column]
        lower, weight = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    return GridResampler(needed, wavelengths, lower, weight)


def _interpolation(wavelengths: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Lower neighbour and upper neighbour's share for every grid channel; the ends are held, not extrapolated."""
    lower = np.clip(np.searchsorted(wavelengths, WAVELENGTHS_NM, "right") - 1, 0, wavelengths.size - 2)
    weight = (WAVELENGTHS_NM - wavelengths[lower]) / (wavelengths[lower + 1] - wavelengths[lower])
    return lower, np.clip(weight, 0.0, 1.0)


def _check_coverage(axis: SpectralAxis, wavelengths: FloatArray, name: str) -> None:
    """Raise `InputError` if the usable wavelengths miss part of the range, with what is missing and why."""
    low, high = REQUIRED_RANGE_NM
    inside = wavelengths[(wavelengths > low - WIDEST_GAP_NM) & (wavelengths < high + WIDEST_GAP_NM)]
    must = f"{name}: its wavelengths must cover {low:.0f}-{high:.0f} nm, but"
    if inside.size < 2 or inside[-1] <= low or inside[0] >= high:
        have = f"{wavelengths[0]:.0f}-{wavelengths[-1]:.0f} nm" if wavelengths.size else "no usable band"
        raise InputError(f"{must} it has {have}: all of the range is missing; {_advice(axis, [(low, high)])}")
    missing = []
    if inside[0] > low:
        missing.append((low, inside[0]))
    steps = np.diff(inside)
    missing += [(inside[k], inside[k + 1]) for k in np.flatnonzero(steps > WIDEST_GAP_NM)]
    if inside[-1] < high:
        missing.append((inside[-1], high))
    if missing:
        text = ", ".join(f"{start:.0f}-{stop:.0f} nm" for start, stop in missing)
        raise InputError(f"{must} {text} is missing; {_advice(axis, missing)}")


def _advice(axis: SpectralAxis, missing: list[tuple[float, float]]) -> str:
    """Why these parts of the range are missing, and what to do about it."""
    nm = axis.wavelengths_nm
    if not nm.size:
        return "give the right wavelength table"
    if nm[-1] < _LAST_VISIBLE_NM:
        return (
            "give the infrared image of the place (of CRISM the L or joined J product), for minerals are told from it, and this "
            f"one ends at {nm[-1]:.0f} nm; or give the right wavelength table"
        )
    bad = np.zeros(nm.shape, bool) if axis.good is None else ~axis.good
    marked = int(sum(np.count_nonzero(bad & (nm > start) & (nm < stop)) for start, stop in missing))
    if marked:
        who = axis.marked_by or "a list of bad bands"
        return f"{marked} bands there are marked bad by {who}: correct that list, or give the wavelengths as a file without it"
    return (
        f"the image has {nm.size} bands from {nm[0]:.0f} to {nm[-1]:.0f} nm: if these are its true wavelengths, it cannot be "
        "mapped; if not, give the right wavelength table"
    )


def fill_missing(spectra: FloatArray, wavelengths_nm: FloatArray, limit: float = MISSING_LIMIT) -> FloatArray:
    """Interpolate missing (NaN) channels within each spectrum, linearly in wavelength; never across spectra.

    Parameters
    ----------
    spectra
        (..., bands); not changed.
    wavelengths_nm
        (bands,) nm.
    limit
        A spectrum of which this share is missing, or more, becomes all NaN. Missing ends take the nearest value.

    Returns
    -------
    (..., bands) in the same precision.
    """
    flat = spectra.reshape(-1, spectra.shape[-1])
    missing = np.isnan(flat)
    count = missing.sum(1)
    if not count.any():
        return spectra.copy()
    out = flat.copy()
    lost = count >= limit * flat.shape[1]
    out[lost] = np.nan
    some = np.flatnonzero((count > 0) & ~lost)
    out[some] = _interpolate_rows(out[some], missing[some], np.asarray(wavelengths_nm, out.dtype))
    return out.reshape(spectra.shape)


def _interpolate_rows(rows: FloatArray, missing: np.ndarray, wavelengths: FloatArray) -> FloatArray:
    bands = rows.shape[1]
    position = np.arange(bands)
    before = np.maximum.accumulate(np.where(missing, -1, position), 1)
    after = np.minimum.accumulate(np.where(missing, bands, position)[:, ::-1], 1)[:, ::-1]
    before, after = np.where(before < 0, after, before), np.where(after == bands, before, after)
    low, high = np.take_along_axis(rows, before, 1), np.take_along_axis(rows, after, 1)
    span = wavelengths[after] - wavelengths[before]
    share = np.divide(wavelengths - wavelengths[before], span, out=np.zeros_like(rows), where=span > 0)
    return np.where(missing, low + share * (high - low), rows)


def savitzky_golay_matrix(channels: int, window: int = 11, order: int = 2) -> FloatArray:
    """The smoothing of Savitzky & Golay (1964, Anal. Chem. 36, 1627) as a (channels, channels) matrix ``S``: ``spectra @ S``.

    Each value is replaced by that of the least-squares polynomial through its window; the first and last half windows take the
    polynomial of the first and last whole window. A matrix, since one product smooths a whole block at the machine's full rate.
    """
    half = window // 2
    powers = np.vander(np.arange(-half, half + 1), order + 1, increasing=True).astype(float)
    fit = powers @ np.linalg.pinv(powers)  # (window, window): data -> fitted values
    matrix = np.zeros((channels, channels))
    for channel in range(channels):
        start = min(max(channel - half, 0), channels - window)
        matrix[start : start + window, channel] = fit[channel - start]
    return matrix

"""How spectra get on to the network's grid, and how their missing channels are filled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import InputError
from ..instrument.mapping_filters import MAPPING_FILTERS, MappingFilter, mapping_filter_of
from .axis import CRISM, FILTER_BOUNDARY_NM, SpectralAxis
from .few_channels import FewChannels
from .grid import WAVELENGTHS_NM

#: A cube must cover this range; its first channels may be missing up to the lower figure (infrared-only cubes).
REQUIRED_RANGE_NM = (1050.0, 2600.0)

#: The widest gap between channels that is bridged: the join of the two detectors, 1010-1047 nm, and the filter boundary.
WIDEST_GAP_NM = 45.0

#: Images that end below this are visible ones, as those of CRISM's S detector, 0.36-1.06 µm.
_LAST_VISIBLE_NM = 1100.0

#: A spectrum with this share of its channels missing, or more, is no-data; below, they are interpolated within the spectrum.
MISSING_LIMIT = 0.10


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
    channels
        Of mapping data, whose few channels all that is compared with them has to go through; else None.
    """

    bands: IntArray
    wavelengths_nm: FloatArray
    lower: IntArray
    weight: FloatArray
    channels: Optional[FewChannels] = None

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

    def columns(self, samples: slice) -> GridResampler:
        """The resampler for some of the image's columns."""
        return self if self.lower.ndim == 1 else replace(self, lower=self.lower[samples], weight=self.weight[samples])


def resampler_to_grid(axis: SpectralAxis, name: str = "the cube", *, mapping_data: bool = False) -> GridResampler:
    """How to bring a cube with this axis on to `WAVELENGTHS_NM`.

    Parameters
    ----------
    axis
        The cube's axis.
    name
        The cube's name, for error messages.
    mapping_data
        Whether the caller knows what to do with the few channels of mapping data. Their gaps are as wide as their filter has them.

    Raises
    ------
    InputError
        If the axis misses part of 1050-2600 nm, or has a gap there wider than 45 nm.
    """
    usable = np.flatnonzero(axis.usable)
    found = mapping_filter_of(axis.wavelengths_nm[usable])
    wavelengths = axis.wavelengths_nm[usable]
    _check_coverage(axis, wavelengths, name, found)
    if found is not None and not mapping_data:
        raise InputError(
            f"{name}: is mapping data, with {wavelengths.size} channels of {found}, which CRISM GAN Map takes, but not this; give "
            "a hyperspectral image of the place"
        )
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
    channels = None if found is None else FewChannels.of(found, wavelengths)
    return GridResampler(needed, wavelengths, lower, weight, channels)


def _interpolation(wavelengths: FloatArray) -> tuple[IntArray, FloatArray]:
    """Lower neighbour and upper neighbour's share for every grid channel; the ends are held, not extrapolated."""
    lower = np.clip(np.searchsorted(wavelengths, WAVELENGTHS_NM, "right") - 1, 0, wavelengths.size - 2)
    weight = (WAVELENGTHS_NM - wavelengths[lower]) / (wavelengths[lower + 1] - wavelengths[lower])
    return lower, np.clip(weight, 0.0, 1.0)


def _check_coverage(axis: SpectralAxis, wavelengths: FloatArray, name: str, found: Optional[MappingFilter]) -> None:
    """Raise `InputError` if the usable wavelengths miss part of the range, with what is missing and why."""
    low, high = REQUIRED_RANGE_NM
    must = f"{name}: its wavelengths must cover {low:.0f}-{high:.0f} nm, but"
    missing = missing_ranges(wavelengths, found)
    if missing == [(low, high)]:
        have = f"{wavelengths[0]:.0f}-{wavelengths[-1]:.0f} nm" if wavelengths.size else "no usable band"
        raise InputError(f"{must} it has {have}: all of the range is missing; {_advice(axis, missing)}")
    if missing:
        text = ", ".join(f"{start:.0f}-{stop:.0f} nm" for start, stop in missing)
        raise InputError(f"{must} {text} is missing; {_advice(axis, missing)}")


def missing_ranges(wavelengths_nm: FloatArray, found: Optional[MappingFilter] = None) -> list[tuple[float, float]]:
    """The parts (nm) of 1050-2600 nm that ascending wavelengths do not cover; gaps up to 45 nm, or a filter's own, are bridged."""
    low, high = REQUIRED_RANGE_NM
    inside = wavelengths_nm[(wavelengths_nm > low - WIDEST_GAP_NM) & (wavelengths_nm < high + WIDEST_GAP_NM)]
    if inside.size < 2 or inside[-1] <= low or inside[0] >= high:
        return [(low, high)]
    missing = [(low, float(inside[0]))] if inside[0] > low else []
    gaps = [(float(inside[k]), float(inside[k + 1])) for k in np.flatnonzero(np.diff(inside) > WIDEST_GAP_NM)]
    missing += [gap for gap in gaps if found is None or not found.neighbours(*gap, FILTER_BOUNDARY_NM)]
    return [*missing, (float(inside[-1]), high)] if inside[-1] < high else missing


def _advice(axis: SpectralAxis, missing: list[tuple[float, float]]) -> str:
    """Text that says why these parts of the range are missing, and what to do about it."""
    nm = axis.wavelengths_nm
    if not nm.size:
        return "give the right wavelength table"
    if nm[-1] < _LAST_VISIBLE_NM:
        return (
            "give the infrared image of the place (of CRISM the L or joined J product), for minerals are told from it, and this "
            f"one ends at {nm[-1]:.0f} nm; or give the right wavelength table"
        )
    who = axis.sensor or "the image"
    instead = f"{who} cannot be mapped, but Remove Continuum and Band Positions work within a range that it has"
    bad = np.zeros(nm.shape, bool) if axis.good is None else ~axis.good
    marked = int(sum(np.count_nonzero(bad & (nm > start) & (nm < stop)) for start, stop in missing))
    if marked:
        wrong = "correct that list, or give the wavelengths as a file without it"
        text = f"{marked} bands there are marked bad by {axis.marked_by or 'a list of bad bands'}: "
        return text + (wrong if axis.sensor in ("", CRISM) else f"if they show no ground, {instead}; if they do, {wrong}")
    if axis.sensor.startswith(f"{CRISM}, "):
        known = " and ".join(f"{each.number} ({len(each.rows)} infrared channels)" for each in MAPPING_FILTERS)
        return (
            f"{axis.sensor} is none of the filters of mapping data that are known, {known}; if the image is of one of these, give "
            "its wavelength table"
        )
    return (
        f"{who} has {nm.size} bands from {nm[0]:.0f} to {nm[-1]:.0f} nm: if these are its true wavelengths, {instead}; if not, "
        "give the right wavelength table"
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


def _interpolate_rows(rows: FloatArray, missing: BoolArray, wavelengths: FloatArray) -> FloatArray:
    bands = rows.shape[1]
    position = np.arange(bands)
    before = np.maximum.accumulate(np.where(missing, -1, position), 1)
    after = np.minimum.accumulate(np.where(missing, bands, position)[:, ::-1], 1)[:, ::-1]
    before, after = np.where(before < 0, after, before), np.where(after == bands, before, after)
    low, high = np.take_along_axis(rows, before, 1), np.take_along_axis(rows, after, 1)
    span = wavelengths[after] - wavelengths[before]
    share = np.divide(wavelengths - wavelengths[before], span, out=np.zeros_like(rows), where=span > 0)
    return np.where(missing, low + share * (high - low), rows)

"""A measured spectrum, wherever it comes from, and its way to the network's grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..spectra.axis import SpectralAxis
from ..spectra.continuum import remove_continuum
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import REQUIRED_RANGE_NM, WIDEST_GAP_NM, missing_ranges, resampler_to_grid

#: Numbers that stand for no reflectance: USGS's −1.23e34 and its like, and what no surface reflects.
LARGEST_REFLECTANCE = 100.0

#: Many spectrometers end at 2.5 µm. A spectrum that reaches so far keeps its last value up to the grid's end. Of 27 laboratory
#: spectra cut there, all score 0.985 or more with themselves uncut (docs/decisions/093-spectra-may-end-at-2500-nm.md).
LAST_NEEDED_NM = 2490.0

#: Steps in which it does so.
_STEP_NM = 10.0

#: A spectrum whose deepest absorption is below this counts as flat, see `network.discriminator.normalise_bands`.
SHALLOWEST = 1e-6


@dataclass(frozen=True)
class MeasuredSpectrum:
    """A spectrum of reflectance, I/F or a ratio of these, as its file has it.

    Attributes
    ----------
    name
        What the file calls it.
    subject
        What it shows, in words: the name of a class, if it is to be one of its own.
    source
        Where it comes from, in words.
    file
        Where it was read, for messages.
    wavelengths_nm, values
        (n,) nm in any order, and values; what is no value above 0 is missing.
    on_ground
        Whether it shows, besides its mineral, the ground of a scene on Mars.
    """

    name: str
    subject: str
    source: str
    file: str
    wavelengths_nm: FloatArray
    values: FloatArray
    on_ground: bool = False

    def on_grid(self) -> tuple[FloatArray, str]:
        """See `ratio_on_grid`; `InputError` also where the spectrum has no absorption."""
        what = f"{self.file}, spectrum {self.name}"
        ratio, note = ratio_on_grid(self.wavelengths_nm, self.values, what)
        if not ratio.min() < 1 - SHALLOWEST:
            raise InputError(
                f"{what}: has no absorption at {WAVELENGTHS_NM[0]:.0f}-{WAVELENGTHS_NM[-1]:.0f} nm, so that nothing can be found "
                "with it; leave it out"
            )
        return ratio, note


def ratio_on_grid(wavelengths_nm: FloatArray, values: FloatArray, what: str) -> tuple[FloatArray, str]:
    """A spectrum over its continuum on the network's grid, and words for what was not measured but taken.

    Parameters
    ----------
    wavelengths_nm, values
        (n,) in any order. Values that are not finite, not above 0 or not below 100 are missing.
    what
        The spectrum's file and name, for messages.

    Returns
    -------
    (240,) at most 1, and a text, empty if nothing is to be said.

    Raises
    ------
    InputError
        If a wavelength is there twice, or 1050-2490 nm is not covered without gaps wider than 45 nm.
    """
    nm, reflectance = _valid(wavelengths_nm, values, what)
    notes = []
    wanted = (wavelengths_nm > REQUIRED_RANGE_NM[0]) & (wavelengths_nm < REQUIRED_RANGE_NM[1])
    missing = int(wanted.sum() - ((nm > REQUIRED_RANGE_NM[0]) & (nm < REQUIRED_RANGE_NM[1])).sum())
    if missing:
        notes.append(f"{missing} missing channel{'s' if missing > 1 else ''} interpolated")
    if LAST_NEEDED_NM <= nm[-1] < REQUIRED_RANGE_NM[1]:
        notes.append(f"beyond {nm[-1]:.0f} nm its last value")
        more = np.arange(nm[-1] + _STEP_NM, WAVELENGTHS_NM[-1] + _STEP_NM, _STEP_NM)
        nm, reflectance = np.append(nm, more), np.append(reflectance, np.full(more.size, reflectance[-1]))
    gaps = ", ".join(f"{start:.0f}-{stop:.0f} nm" for start, stop in missing_ranges(nm))
    if gaps:
        low, high = REQUIRED_RANGE_NM[0], LAST_NEEDED_NM
        raise InputError(
            f"{what}: must cover {low:.0f}-{high:.0f} nm without gaps wider than {WIDEST_GAP_NM:.0f} nm, but {gaps} is missing: "
            f"its {nm.size} valid channels reach from {nm[0]:.0f} to {nm[-1]:.0f} nm; give another, or correct its wavelengths"
        )
    resample = resampler_to_grid(SpectralAxis(nm), what)
    ratio = np.minimum(remove_continuum(resample(reflectance[np.newaxis, resample.bands]), WAVELENGTHS_NM)[0], 1)
    return ratio, "; ".join(notes)


def _valid(wavelengths_nm: FloatArray, values: FloatArray, what: str) -> tuple[FloatArray, FloatArray]:
    """Wavelengths, ascending, and values of the channels that are measured."""
    valid = np.isfinite(values) & (values > 0) & (values < LARGEST_REFLECTANCE) & np.isfinite(wavelengths_nm)
    if valid.sum() < 2:
        raise InputError(
            f"{what}: has {int(valid.sum())} values above 0 and below {LARGEST_REFLECTANCE:g}, of {values.size}; give reflectances"
        )
    order = np.argsort(wavelengths_nm[valid], kind="stable")
    nm, spectrum = wavelengths_nm[valid][order], np.asarray(values[valid][order], np.float64)
    again = np.flatnonzero(np.diff(nm) <= 0)
    if again.size:
        raise InputError(f"{what}: the wavelength {nm[again[0]]:g} nm is there twice; keep one of the two")
    return nm, spectrum

"""The plain volcano-scan correction: I/F divided by the scan's transmission to the power that a pair of wavelengths tells.

Source: McGuire et al. 2009, Planet. Space Sci. 57, 809; the pairs are those of the instrument team's analysis toolkit (CAT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import ParameterError
from .artifact import artifact_multiples, remove_artifact
from .records import Transmission


@dataclass(frozen=True)
class ScalingPair:
    """Wavelengths in nm: in the gas band, beside it, and two that tell the slope of the continuum between them, if it counts."""

    band: float
    shoulder: float
    slope: Optional[tuple[float, float]] = None


#: CAT's pairs by name. Pelkey's bracket half of the gas band, so the slope of the continuum is taken out.
PAIRS = {"mcguire": ScalingPair(2007.0, 1980.0), "pelkey": ScalingPair(2011.0, 1899.0, (1299.0, 2527.0))}

#: Where a channel of a pair is missing in a spectrum, another within so many nm stands in for it.
_NEAR_NM = 15.0

#: No view of Mars looks through more air than this, in units of a volcano scan's: the depths of Hellas under a low sun.
_LONGEST_PATH = 5.0


def check_pair(pair: str) -> None:
    """Raise `ParameterError` if there is no such pair."""
    if pair not in PAIRS:
        raise ParameterError(f"pair of scaling wavelengths {pair!r} is unknown; use one of {', '.join(PAIRS)}")


def volcano_scan_correction(
    spectra: FloatArray,
    transmission: Transmission,
    pair: str = "mcguire",
    *,
    patch: bool = True,
    multiples: Optional[FloatArray] = None,
) -> FloatArray:
    """I/F without the atmosphere: R / T^b, and without what that leaves at 2 µm.

    Parameters
    ----------
    spectra
        (lines, columns, bands) I/F on the transmission's columns and channels. What is not finite or not positive is no data.
    transmission
        The transmission on the image's columns.
    pair
        ``"mcguire"`` (2007 and 1980 nm) or ``"pelkey"`` (2011 and 1899 nm).
    patch
        Whether the record's artifact is removed too (see `remove_artifact`).
    multiples
        (columns,) multiples of the artifact, where an image is corrected block by block. They are found once with
        `artifact_multiples`, in lines from everywhere. If None, they are found in these lines.

    Returns
    -------
    (lines, columns, bands) in the spectra's precision. NaN where the spectrum has no data or the transmission is not known, and in
    spectra whose path cannot be told because no channel of the pair has data.
    """
    check_pair(pair)
    spectra = _valid(spectra)
    path = air_path(spectra, transmission, pair).astype(spectra.dtype)
    air = path[..., np.newaxis] * np.log(transmission.by_column).astype(spectra.dtype)
    corrected = np.exp(np.negative(air, out=air), out=air)
    corrected *= spectra
    if not patch:
        return corrected
    multiples = artifact_multiples(corrected, transmission, pair) if multiples is None else multiples
    return remove_artifact(corrected, transmission, pair, multiples)


def air_path(spectra: FloatArray, transmission: Transmission, pair: str = "mcguire") -> FloatArray:
    """How much air each spectrum was seen through, in units of the volcano scan's: the exponent b of its transmission.

    b = ln(R_band / R_shoulder) / ln(T_band / T_shoulder), for Pelkey's pair after taking out the slope of the continuum. Where a
    channel has no data, the nearest within 15 nm that has stands in.

    Returns
    -------
    (lines, columns) float64, 0 … 5; NaN where it cannot be told.
    """
    check_pair(pair)
    wanted = PAIRS[pair]
    spectra = _valid(spectra)
    band, shoulder = (_AtWavelength.near(nm, spectra, transmission) for nm in (wanted.band, wanted.shoulder))
    depth = band.log_level - shoulder.log_level
    if wanted.slope is not None:
        low, high = (_AtWavelength.near(nm, spectra, transmission) for nm in wanted.slope)
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = (high.log_level - low.log_level) / (high.nm - low.nm)
        depth = depth - slope * (band.nm - shoulder.nm)
    gas = band.log_transmission - shoulder.log_transmission
    path = np.divide(depth, gas, out=np.full(depth.shape, np.nan), where=gas < 0)
    return np.clip(path, 0.0, _LONGEST_PATH)


def _valid(spectra: FloatArray) -> FloatArray:
    """The spectra with NaN for what is no I/F, since their logarithm is taken."""
    return np.where(np.isfinite(spectra) & (spectra > 0), spectra, np.asarray(np.nan, spectra.dtype))


@dataclass(frozen=True)
class _AtWavelength:
    """Every spectrum at one wavelength: (lines, columns) wavelength in nm, ln I/F and ln transmission; NaN where there is none."""

    nm: FloatArray
    log_level: FloatArray
    log_transmission: FloatArray

    @staticmethod
    def near(nm: float, spectra: FloatArray, transmission: Transmission) -> _AtWavelength:
        """Spectra at the channel nearest to ``nm`` that has data and a known transmission."""
        away = np.abs(transmission.wavelengths_nm - nm)
        away = np.where(np.isfinite(away) & np.isfinite(transmission.by_column), away, np.inf)
        bands = np.flatnonzero((away <= _NEAR_NM).any(0))
        if not bands.size:
            return _AtWavelength(*np.full((3, *spectra.shape[:2]), np.nan))
        distance = np.where(np.isnan(spectra[..., bands]), np.inf, away[:, bands])
        best = distance.argmin(-1)[..., np.newaxis]
        missing = ~(np.take_along_axis(distance, best, -1)[..., 0] <= _NEAR_NM)

        def at(values: FloatArray) -> FloatArray:
            chosen = np.take_along_axis(np.broadcast_to(values[..., bands], distance.shape), best, -1)[..., 0]
            return np.where(missing, np.nan, chosen.astype(np.float64))

        return _AtWavelength(at(transmission.wavelengths_nm), np.log(at(spectra)), np.log(at(transmission.by_column)))

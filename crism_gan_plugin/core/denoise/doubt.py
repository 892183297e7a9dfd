"""Whether an image's spectra at 2.0-2.1 µm depend on the volcano scan.

No image's gas band has quite the shape of a scan's. What a scan leaves at 2 µm on ground without a band there looks like low-Ca
pyroxene or monohydrated sulfate, and another scan leaves something else. The typical spectrum of the image's bland ground tells how
much that is: its air, below a straight line over carbon dioxide's lines at 2 µm, is compared with each scan's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray

#: Where the scan decides, nm: carbon dioxide's strongest lines.
DOUBTFUL_NM = (1925.0, 2125.0)

#: More than this is in doubt, root mean square, log units. MICA's bland ground departs from the line by 0.006 (median).
SURE = 0.01

#: Transmissions below this are as good as opaque.
_DARKEST = 0.01

#: Scans that leave up to so many times what the best one leaves fit about as well as it.
ABOUT_AS_WELL = 1.5


def doubt(air: FloatArray, scans: Sequence[FloatArray], wavelengths_nm: FloatArray) -> float:
    """How much of the typical spectrum at 2 µm comes from the choice of scan.

    Parameters
    ----------
    air
        (n,) ln transmission of the air that bland ground was seen through, as the image alone tells it (`ground`).
    scans
        (n,) each: ln transmission of the scans.
    wavelengths_nm
        (n,).

    Returns
    -------
    Root mean square over `DOUBTFUL_NM`, log units: of what the best scan leaves, or of the difference between what two scans leave
    that fit about as well, whichever is more. Infinite without scans.
    """
    if not scans:
        return float("inf")
    inside = (wavelengths_nm > DOUBTFUL_NM[0]) & (wavelengths_nm < DOUBTFUL_NM[1])
    if np.count_nonzero(inside) < 2:
        return 0.0
    left = [_left_by(air, scan, wavelengths_nm, inside) for scan in scans]
    sizes = [_size(rest) for rest in left]
    good = [rest for rest, size in zip(left, sizes) if size <= ABOUT_AS_WELL * min(sizes)]
    return max(min(sizes), *(_size(one - other) for one in good for other in good))


def typical_scan(transmission: FloatArray, own_nm: FloatArray, columns: IntArray, axis_nm: FloatArray) -> FloatArray:
    """A scan as the typical spectrum of some pixels shows it.

    Parameters
    ----------
    transmission
        (c, n), NaN where it is not known: there it is taken for clear.
    own_nm
        (c, n) wavelengths of the columns.
    columns
        (m,) columns of the pixels, since the effect of interpolation on a narrow band depends on them.
    axis_nm
        (n,) to interpolate to.

    Returns
    -------
    (n,) ln.
    """
    total, count = np.zeros(len(axis_nm)), 0
    for column, pixels in zip(*np.unique(columns, return_counts=True)):
        known = np.clip(np.nan_to_num(transmission[column], nan=1.0), _DARKEST, None)
        total += pixels * np.log(np.interp(axis_nm, own_nm[column], known))
        count += pixels
    return total / max(count, 1)


def doubt_warnings(amount: float) -> list[str]:
    """Warnings that a reader of the image's maps needs."""
    if amount <= SURE:
        return []
    left = f"{100 * amount:.1f} % of bland ground's light is in doubt there" if np.isfinite(amount) else "none is given"
    return [
        f"what the image shows at {DOUBTFUL_NM[0]:g}-{DOUBTFUL_NM[1]:g} nm hangs on the volcano scan chosen ({left}): in maps, "
        "what is told by these channels alone (low-Ca pyroxene, monohydrated sulfate) is no identification, but a guess"
    ]


def _left_by(air: FloatArray, scan: FloatArray, wavelengths_nm: FloatArray, inside: BoolArray) -> FloatArray:
    """The air that the best multiple of a scan leaves, both below the straight line over the channels inside."""
    seen, known = (curve - np.interp(wavelengths_nm, wavelengths_nm[~inside], curve[~inside]) for curve in (air, scan))
    seen, known = seen[inside], known[inside]
    return seen - known * (seen @ known) / max(float(known @ known), 1e-12)


def _size(curve: FloatArray) -> float:
    return float(np.sqrt(np.mean(curve**2)))

"""Sequential maximum angle convex cone: a few of the spectra, of which all are made (Gruninger et al. 2004, Proc. SPIE 5425, 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Cone:
    """Spectra as sums of some of them: ``spectra = shares @ spectra[chosen] + rest``.

    Attributes
    ----------
    chosen
        (k,) rows, in the order in which they were chosen.
    shares
        (n, k) at least 0.
    rest
        (n, channels) what the chosen ones do not explain; 0 for these.
    """

    chosen: IntArray
    shares: FloatArray
    rest: FloatArray


def smacc(spectra: FloatArray, count: int, check: Callable[[], None] = lambda: None) -> Cone:
    """
    Choose spectra until the rest is explained.

    Next is always the one of which most is left. It is taken out of all others as far as they contain it, and no further than lets
    their shares of the earlier ones stay at least 0.

    Parameters
    ----------
    spectra
        (n, channels).
    count
        How many are chosen; fewer where nothing is left.
    check
        Called before each choice; it may raise to stop.
    """
    rest = np.array(spectra, np.float64)
    shares = np.zeros((len(rest), 0))
    chosen: list[int] = []
    nothing = 1e-12 * float(np.einsum("ij,ij->i", rest, rest).max(initial=0))
    while len(chosen) < min(count, len(rest)):
        check()
        left = np.einsum("ij,ij->i", rest, rest)
        left[chosen] = 0
        best = int(left.argmax())
        if not left[best] > nothing:
            break
        direction, own = rest[best].copy(), shares[best].copy()
        part = np.maximum(rest @ (direction / left[best]), 0)
        part[chosen] = 0  # nothing is left of them
        used = own > 0
        if used.any():
            part = np.minimum(part, (shares[:, used] / own[used]).min(1))
        part[best] = 1
        rest -= part[:, None] * direction
        shares = np.column_stack([np.maximum(shares - part[:, None] * own, 0), part])
        rest[best] = 0
        chosen.append(best)
    return Cone(np.array(chosen, np.intp), shares, rest)

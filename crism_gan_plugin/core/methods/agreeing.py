"""Where methods agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import BoolArray, IntArray
from ..mapping.legend import RAMP, Patch, paletted_qml
from ..mapping.levels import NO_DATA

#: The bands of the raster of agreement.
AGREEMENT_BANDS = ("methods that agree on the class of most", "code of that class", "methods that name any mineral")


def agreement(named: Sequence[IntArray], valid: BoolArray) -> IntArray:
    """What the maps of several methods have in common.

    Parameters
    ----------
    named
        For each method (lines, samples) uint8 code of the class that each pixel is named, 0 for none.
    valid
        (lines, samples) whether a pixel has data.

    Returns
    -------
    (3, lines, samples) uint8, the bands of `AGREEMENT_BANDS`; 0 where no method names a mineral, 255 for no data. Where two classes
    have as many methods, the one with the lower code stands.
    """
    maps = np.stack(named)
    most, of_most = np.zeros((2, *valid.shape), np.uint8)
    for code in np.unique(maps[maps > 0]):
        count = (maps == code).sum(0, dtype=np.uint8)
        more = count > most
        most[more], of_most[more] = count[more], code
    found = np.stack([most, of_most, (maps > 0).sum(0, dtype=np.uint8)])
    return np.where(valid, found, NO_DATA).astype(np.uint8)


def agreement_qml(methods: int) -> str:
    """The style of the first band: the brighter, the more methods agree; clear where none names a mineral."""
    shades = np.linspace(0, len(RAMP) - 1, methods).round().astype(int)
    patches = [Patch(0, (255, 255, 255), 0, "no method")]
    for count, shade in enumerate(shades.tolist(), 1):
        patches.append(Patch(count, RAMP[shade], 255, f"{count} of {methods} methods"))
    return paletted_qml(patches)

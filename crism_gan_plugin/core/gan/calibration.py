"""A monotone curve from a network's cosines to the score, so that the paper's three numbers keep their meaning.

How far apart cosines of different minerals lie differs from one training to the next. In the published network 30 of the 351 pairs
among 27 MICA minerals score above 0.707, 7 above 0.85 and none above 0.95 (measured with the authors' released weights). The
curve is laid so that the same numbers of pairs exceed the same scores here.
"""

from __future__ import annotations

import numpy as np

from ..errors import ParameterError
from ..exemplars.library import ExemplarLibrary
from .discriminator import Discriminator

#: Score → share of pairs of different minerals above it, in the published network.
PUBLISHED = {0.707: 30 / 351, 0.85: 7 / 351}

#: The score that no pair of different minerals exceeds, and how much of the way from the closest pair to 1 it lies.
_IDENTIFICATION, _MARGIN = 0.95, 0.1

#: MICA classes whose bands lie outside 1.0-2.6 µm, or that are ices: not among the 27.
_LEFT_OUT = {"chloride", "hematite", "H2O ice", "CO2 ice"}


def cross_mineral_cosines(discriminator: Discriminator, library: ExemplarLibrary, view: str = "numerator") -> np.ndarray:
    """Cosines of all pairs of different minerals among the library's spectra of one view, descending."""
    names = [library.classes[place].name for place in library.class_index]
    rows = [
        row
        for row, (name, spectrum) in enumerate(zip(names, library.names))
        if view in spectrum and name not in _LEFT_OUT and "mixture" not in name
    ]
    spectra = library.spectra[rows]
    cosines = discriminator.cosines(spectra, discriminator.features(spectra))
    return np.sort(cosines[np.triu_indices(len(rows), 1)])[::-1]


def calibration_curve(cosines: np.ndarray) -> dict[str, list[float]]:
    """Knots of the curve.

    Parameters
    ----------
    cosines
        Cosines of pairs of different minerals, descending.

    Raises
    ------
    ParameterError
        If they are so alike that no ascending curve exists: the network does not tell minerals apart.
    """
    knots = [(-1.0, -1.0), (0.0, 0.0)]
    for score, share in PUBLISHED.items():
        above = round(share * cosines.size)
        knots.append((float(cosines[above - 1 : above + 1].mean()), score))
    knots.append((float(cosines[0] + _MARGIN * (1 - cosines[0])), _IDENTIFICATION))
    knots.append((1.0, 1.0))
    curve = {"cosine": [round(knot[0], 6) for knot in knots], "score": [knot[1] for knot in knots]}
    if (np.diff(curve["cosine"]) <= 0).any():
        raise ParameterError("calibration: these weights do not tell minerals apart; train longer")
    return curve

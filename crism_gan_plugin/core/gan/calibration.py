"""A monotone curve from a network's cosines to the score, so that the paper's three numbers keep their meaning.

How far apart cosines of different minerals lie differs from one training to the next. In the published network 30 of the 351 pairs
among 27 MICA minerals score above 0.707, 7 above 0.85 and none above 0.95 (measured with the authors' released weights). The
curve is laid so that the same numbers of pairs exceed the same scores here, and so that an identification means no less: whatever
the views, no two spectra of different minerals that a map shows by default score above 0.95. Nor may noise or bland ground be
guessed as a mineral: of pixels without any, no more than one in a thousand scores above 0.85.
"""

from __future__ import annotations

import numpy as np

from ..background.files import load_background
from ..errors import ParameterError
from ..exemplars.library import ExemplarLibrary
from .discriminator import Discriminator

#: Score → share of pairs of different minerals above it, in the published network.
PUBLISHED = {0.707: 30 / 351, 0.85: 7 / 351}

#: The score that no pair of different minerals exceeds, and how much of the way from the closest pair to 1 it lies.
_IDENTIFICATION, _MARGIN = 0.95, 0.02

#: Spectra of noise or bland ground that the share above a score is counted among.
_NOISE_SPECTRA = 5000

#: MICA classes whose bands lie outside 1.0-2.6 µm, or that are ices: not among the 27.
_LEFT_OUT = {"chloride", "hematite", "H2O ice", "CO2 ice"}


def cross_mineral_cosines(discriminator: Discriminator, library: ExemplarLibrary, view: str = "numerator") -> np.ndarray:
    """Cosines of all pairs of different minerals among the library's spectra of one view, descending."""
    rows = [row for row in minerals_of(library) if view in library.names[row]]
    return np.sort(_cosines(discriminator, library.spectra[rows])[np.triu_indices(len(rows), 1)])[::-1]


def closest_pair(discriminator: Discriminator, library: ExemplarLibrary) -> float:
    """The largest cosine of two spectra of different minerals that are on by default, of whatever views."""
    rows = [row for row in minerals_of(library) if library.classes[library.class_index[row]].default_on]
    mineral = library.class_index[rows]
    return float(_cosines(discriminator, library.spectra[rows])[mineral[:, None] != mineral].max())


def noise_cosine(discriminator: Discriminator, library: ExemplarLibrary, share: float = 1e-3, seed: int = 0) -> float:
    """The cosine that the best match of so many spectra without any mineral exceeds, among the classes that are on by default."""
    from .dice import Dice  # needs torch, which mapping must do without
    from .ground import DeviceGround
    from .synthetic import bland

    noise = bland(_NOISE_SPECTRA, Dice("cpu", seed), DeviceGround.of(load_background(), "cpu")).numpy()
    cosines = discriminator.cosines(noise, discriminator.features(library.defaults().spectra))
    return float(np.quantile(cosines.max(1), 1 - share))


def calibration_curve(cosines: np.ndarray, closest: float, noise: float) -> dict[str, list[float]]:
    """Knots of the curve.

    Parameters
    ----------
    cosines
        Cosines of pairs of different minerals, descending.
    closest
        A cosine that is no identification yet; nor is the first of ``cosines``.
    noise
        A cosine that is no guess yet.

    Raises
    ------
    ParameterError
        If they are so alike that no ascending curve exists: the network does not tell minerals apart.
    """
    knots = [(-1.0, -1.0), (0.0, 0.0)]
    for score, share in PUBLISHED.items():
        above = round(share * cosines.size)
        knots.append((float(cosines[above - 1 : above + 1].mean()), score))
    knots[-1] = (max(knots[-1][0], noise), knots[-1][1])
    highest = max(float(cosines[0]), closest, noise)
    knots.append((highest + _MARGIN * (1 - highest), _IDENTIFICATION))
    knots.append((1.0, 1.0))
    curve = {"cosine": [round(knot[0], 6) for knot in knots], "score": [knot[1] for knot in knots]}
    if (np.diff(curve["cosine"]) <= 0).any():
        raise ParameterError("calibration: these weights do not tell minerals apart; train longer")
    return curve


def match_rates(
    discriminator: Discriminator, curve: dict[str, list[float]], library: ExemplarLibrary, noise: float, seed: int = 0
) -> dict[str, dict[str, float]]:
    """What the paper's three thresholds let through: for the model card.

    Queries are the library's spectra with white noise; each is compared with the clean spectra of the other view, numerators with
    ratios and the reverse.

    Parameters
    ----------
    noise
        Standard deviation on the ratio.

    Returns
    -------
    For each threshold the share of pairs of one mineral above it ("true"), and of pairs of different minerals ("false").
    """
    rows = np.array(minerals_of(library))
    classes = library.class_index[rows]
    is_numerator = np.array(["numerator" in library.names[row] for row in rows])
    clean = library.spectra[rows]
    noisy = np.minimum(clean + np.random.default_rng(seed).normal(0, noise, clean.shape), 1)
    scores = np.interp(discriminator.cosines(noisy, discriminator.features(clean)), curve["cosine"], curve["score"])
    other_view = is_numerator[:, None] != is_numerator
    same = classes[:, None] == classes
    return {
        f"{threshold:g}": {
            "true": round(float((scores[other_view & same] > threshold).mean()), 4),
            "false": round(float((scores[other_view & ~same] > threshold).mean()), 5),
        }
        for threshold in (*PUBLISHED, _IDENTIFICATION)
    }


def _cosines(discriminator: Discriminator, spectra: np.ndarray) -> np.ndarray:
    """(n, 240) → (n, n), of each with each."""
    return discriminator.cosines(spectra, discriminator.features(spectra))


def minerals_of(library: ExemplarLibrary, mixtures: bool = False) -> list[int]:
    """The places of the spectra of the 27 minerals that thresholds are derived from; ``mixtures``: and of the mixture."""
    names = [library.classes[place].name for place in library.class_index]
    return [row for row, name in enumerate(names) if name not in _LEFT_OUT and (mixtures or "mixture" not in name)]

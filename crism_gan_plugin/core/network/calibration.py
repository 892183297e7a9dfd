"""Monotone curves from cosines to scores, so that the paper's three numbers mean the same for every network and noise.

How far apart cosines of different minerals lie differs from one training to the next, and from one noise to the other. In the
published network 30 of the 351 pairs among 27 MICA minerals score above 0.707, 7 above 0.85 and none above 0.95 (measured with the
authors' released weights). The curve is laid so that the same shares of pairs exceed the same scores here, and so that an
identification means no less: whatever the views, no two spectra of different minerals that a map shows by default score above 0.95.
Nor may noise or bland ground be taken for minerals: so few of their spectra score above 0.85 and 0.95 as `GROUND` says.

The paper's cosine has one curve. The cosine that knows bland ground has one for each of `NOISES`: where there is noise, a spectrum
of one mineral with it is compared with the clean spectra of all others, and so few exceed 0.95 as `_FALSE` says.

Mapping data have curves of their own, for each wavelength filter, made of spectra that went through its channels. Pairs of classes
that cannot be told apart there are left out: if they counted, hardly a mineral would be identified. A map names them instead. And
so few of plain ground, of ratioed ground and of noise, each by itself, are taken for minerals: straight lines make ratioed ground
more like minerals than plain ground is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Callable, Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..background.files import load_background
from ..background.model import absorption_of_spectra
from ..errors import ParameterError
from ..instrument.mapping_filters import MAPPING_FILTERS
from ..libraries.exemplars import ExemplarLibrary
from ..options.mapping import BEST_GUESS, GUESS, IDENTIFICATION
from ..spectra.axis import SpectralAxis
from ..spectra.few_channels import FewChannels
from ..spectra.resampling import resampler_to_grid
from .cosine import GroundCosine
from .discriminator import Discriminator
from .similarity import calibrate, calibrate_at

#: Score → share of pairs of different minerals above it, in the published network.
PUBLISHED = {BEST_GUESS: 30 / 351, GUESS: 7 / 351}

#: No pair of different minerals scores above an identification, whose cosine lies so much of the way from the closest pair's to 1.
_MARGIN = 0.02

#: Scores of a curve's knots.
SCORES = (-1.0, 0.0, *PUBLISHED, IDENTIFICATION, 1.0)

#: Score → share of bland spectra, whether real ground's or noise, whose best match may exceed it.
GROUND = {GUESS: 4e-3, IDENTIFICATION: 1e-4}

#: Standard deviations of the noise on the ratio for which there are curves.
NOISES = (0.0, 0.0025, 0.005, 0.01, 0.02, 0.04)

#: Likewise of mapping data.
FILTER_NOISES = NOISES[::2]

#: Bland spectra that shares are counted among, and draws of noise on each spectrum of a mineral.
_BLAND, _DRAWS = 10000, 10

#: With noise: share of pairs of different minerals above the identification.
_FALSE = 1e-3

#: MICA classes whose bands lie outside 1.0-2.6 µm, or that are ices: not among the 27.
_LEFT_OUT = {"chloride", "hematite", "H2O ice", "CO2 ice"}


#: (n, 240) spectra, and the standard deviation of their noise → (n, m) cosines with the exemplars of some library.
Cosine = Callable[[FloatArray, float], FloatArray]


def paper_calibration(discriminator: Discriminator, library: ExemplarLibrary) -> dict[str, list[float]]:
    """The curve of the paper's cosine, of features alone.

    Raises
    ------
    ParameterError
        If no ascending curve exists: the network does not tell minerals apart.
    """
    knots = _knots(paper_cosine(discriminator, library), library, 0.0)
    return {"cosine": _ascending(knots), "score": list(SCORES)}


def ground_calibration(discriminator: Discriminator, library: ExemplarLibrary) -> dict[str, Any]:
    """The curves of the cosine that knows bland ground: "cosine", a list for each of "noise", and "score", common to all.

    Raises
    ------
    ParameterError
        For the same reasons as `paper_calibration`.
    """
    cosine = GroundCosine(discriminator, load_background(), library.spectra)
    curves = [_ascending(_knots(cosine, library, noise)) for noise in NOISES]
    return {"noise": list(NOISES), "cosine": curves, "score": list(SCORES)}


def filter_calibrations(discriminator: Discriminator, library: ExemplarLibrary, curves: dict[str, Any]) -> dict[str, Any]:
    """The curves for mapping data, by the number of the wavelength filter.

    Parameters
    ----------
    curves
        "calibration" and "ground_calibration" where spectra are known at all channels. They tell which pairs are left out.

    Raises
    ------
    ParameterError
        For the same reasons as `paper_calibration`.
    """
    found = {}
    for each in MAPPING_FILTERS:
        channels = resampler_to_grid(SpectralAxis(each.wavelengths_nm), str(each), mapping_data=True).channels
        assert channels is not None
        seen = replace(library, spectra=channels.ratio_seen(library.spectra))
        paper = paper_cosine(discriminator, seen)
        apart = _told_apart(calibrate(paper(seen.spectra, 0.0), curves["calibration"]), seen)
        knots = _knots(paper, seen, 0.0, channels, apart)
        ground = GroundCosine(discriminator, load_background(), seen.spectra)
        apart = _told_apart(calibrate_at(ground(seen.spectra, 0.0), 0.0, curves["ground_calibration"]), seen)
        on_ground = [_ascending(_knots(ground, seen, noise, channels, apart)) for noise in FILTER_NOISES]
        found[each.number] = {
            "calibration": {"cosine": _ascending(knots), "score": list(SCORES)},
            "ground_calibration": {"noise": list(FILTER_NOISES), "cosine": on_ground, "score": list(SCORES)},
        }
    return found


def _told_apart(scores: FloatArray, library: ExemplarLibrary) -> BoolArray:
    """(m, m) bool: False for pairs of spectra of two classes that have any pair scoring above an identification."""
    classes = range(len(library.classes))
    rows = [library.class_index == k for k in classes]
    alike = np.array([[k != j and bool((scores[rows[k]][:, rows[j]] > IDENTIFICATION).any()) for j in classes] for k in classes])
    either = alike | alike.T
    return ~either[library.class_index][:, library.class_index]


def paper_cosine(discriminator: Discriminator, library: ExemplarLibrary) -> Cosine:
    """The cosine of features, which does not depend on the noise."""
    features = discriminator.features(library.spectra)
    return lambda spectra, noise: discriminator.cosines(spectra, features)


def false_cosines(
    cosine: Cosine,
    library: ExemplarLibrary,
    rows: Sequence[int],
    noise: float,
    seed: int = 0,
    channels: Optional[FewChannels] = None,
    counted: Optional[BoolArray] = None,
) -> FloatArray:
    """Cosines of all pairs of different minerals among some of the library's spectra, descending.

    Parameters
    ----------
    rows
        Rows of the library.
    noise
        Standard deviation of white noise on one spectrum of each pair; several draws of it.
    channels
        Those that have the noise, if they are few.
    counted
        (m, m) bool of the library's spectra: the pairs that count; None: all.
    """
    clean, mineral = library.spectra[rows], library.class_index[rows]
    rng = np.random.default_rng(seed)
    draws = [np.minimum(_with_noise(clean, noise, rng, channels), 1) for _ in range(_DRAWS if noise else 1)]
    found = cosine(np.concatenate(draws), noise)[:, rows].reshape(len(draws), len(rows), len(rows))
    wanted = mineral[:, np.newaxis] != mineral
    if counted is not None:
        wanted &= counted[np.ix_(rows, rows)]
    return np.sort(found[:, wanted], axis=None)[::-1]


def bland_cosines(
    cosine: Cosine, library: ExemplarLibrary, noise: float, seed: int = 0, channels: Optional[FewChannels] = None
) -> FloatArray:
    """Best cosines of bland spectra with the default classes; bland are real ground and, where there is noise, noise alone."""
    bland = load_background().draw(_BLAND // 2, 0.0 if channels else noise, seed)
    rng = np.random.default_rng([seed, 1])
    if channels is not None:
        bland = channels.between(channels.at(bland) * (1 + noise * rng.normal(size=(len(bland), channels.wavelengths_nm.size))))
    if noise:
        bland = np.concatenate([bland, _with_noise(np.ones_like(bland), noise, rng, channels)])
    shown = [library.classes[place].default_on for place in library.class_index]
    return cosine(1 - absorption_of_spectra(bland), noise)[:, shown].max(1)


def _with_noise(spectra: FloatArray, noise: float, rng: np.random.Generator, channels: Optional[FewChannels]) -> FloatArray:
    """Spectra with white noise in all channels, or in the few that there are."""
    if channels is None:
        return spectra + noise * rng.normal(size=spectra.shape)
    values = channels.at(spectra)
    return channels.between(values + noise * rng.normal(size=values.shape))


def _knots(
    cosine: Cosine,
    library: ExemplarLibrary,
    noise: float,
    channels: Optional[FewChannels] = None,
    counted: Optional[BoolArray] = None,
) -> dict[float, float]:
    """Score → the cosine that has it."""
    rows = np.array(minerals_of(library))
    numerators = np.array(["numerator" in library.names[row] for row in rows])
    shown = np.array([library.classes[library.class_index[row]].default_on for row in rows])
    published, usual = (
        false_cosines(cosine, library, rows[which], noise, channels=channels, counted=counted) for which in (numerators, shown)
    )
    bland = bland_cosines(cosine, library, noise, channels=channels)
    kinds = [bland] if channels is None else np.split(bland, len(bland) // (_BLAND // 2))
    knots = {score: _exceeded_by(share, published) for score, share in PUBLISHED.items()}
    allowed = _FALSE if noise else 0.0
    knots[IDENTIFICATION] = max(_exceeded_by(allowed, published), _exceeded_by(allowed, usual))
    for score, share in GROUND.items():
        knots[score] = max(knots[score], *(_exceeded_by(share, np.sort(kind)[::-1]) for kind in kinds))
    knots[IDENTIFICATION] = max(knots[IDENTIFICATION], knots[GUESS])
    knots[IDENTIFICATION] += _MARGIN * (1 - knots[IDENTIFICATION])
    return knots


def _exceeded_by(share: float, cosines: FloatArray) -> float:
    """What this share of the cosines, descending, exceeds; half way to the next one."""
    above = round(share * cosines.size)
    return float(cosines[max(above - 1, 0) : above + 1].mean())


def _ascending(knots: dict[float, float]) -> list[float]:
    """The cosines of `SCORES`, made to ascend."""
    cosines = [-1.0, 0.0, *(round(knots[score], 6) for score in SCORES[2:-1]), 1.0]
    if (np.diff(cosines) <= 0).any():
        raise ParameterError("calibration: these weights do not tell minerals apart; train longer")
    return cosines


def match_rates(score: Cosine, library: ExemplarLibrary, noise: float, seed: int = 0) -> dict[str, dict[str, float]]:
    """What the paper's three thresholds let through: for the model card.

    Queries are the library's spectra with white noise; each is compared with the clean spectra of the other view, numerators with
    ratios and the reverse.

    Parameters
    ----------
    score
        The calibrated cosine with the library's exemplars, that is `similarity`.
    noise
        Standard deviation on the ratio.

    Returns
    -------
    For each threshold the share of pairs of one mineral above it ("true"), and of pairs of different minerals ("false").
    """
    rows = np.array([row for row in minerals_of(library) if library.names[row].endswith(("(numerator)", "(ratio)"))])
    classes = library.class_index[rows]
    is_numerator = np.array(["numerator" in library.names[row] for row in rows])
    clean = library.spectra[rows]
    noisy = np.minimum(clean + np.random.default_rng(seed).normal(0, noise, clean.shape), 1)
    scores = score(noisy, noise)[:, rows]
    other_view = is_numerator[:, None] != is_numerator
    same = classes[:, None] == classes
    return {
        f"{threshold:g}": {
            "true": round(float((scores[other_view & same] > threshold).mean()), 4),
            "false": round(float((scores[other_view & ~same] > threshold).mean()), 5),
        }
        for threshold in SCORES[2:-1]
    }


def minerals_of(library: ExemplarLibrary, mixtures: bool = False) -> list[int]:
    """The places of the spectra of the 27 minerals that thresholds are derived from; ``mixtures``: and of the mixture."""
    names = [library.classes[place].name for place in library.class_index]
    return [row for row, name in enumerate(names) if name not in _LEFT_OUT and (mixtures or "mixture" not in name)]

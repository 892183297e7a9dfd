"""From scores to identifications and guesses (paper, sections 3.3.4 and 3.3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import ParameterError
from ..libraries.exemplars import ExemplarLibrary
from ..options.mapping import MapOptions

NOTHING, GUESS, IDENTIFICATION = 0, 1, 2

#: Codes of the class raster: identification k, guess 100 + k.
GUESS_OFFSET = 100
NO_DATA = 255

#: Codes of what is no mineral of the library: an artefact of the instrument, and an absorption that matches no class.
ARTEFACT, UNLISTED = 97, 98


@dataclass(frozen=True)
class Thresholds:
    """The scores that a class needs.

    Attributes
    ----------
    best_guess
        Below this a spectrum resembles no exemplar: 0.707 is an angle of 45° (paper, section 3.3.4).
    guess, identification
        (classes,) scores above which the best guess counts as a guess, as an identification.
    lead
        What an identification's score must be above that of every other class, or it is a guess.
    """

    best_guess: float
    guess: FloatArray
    identification: FloatArray
    lead: float = MapOptions.lead


def make_thresholds(
    library: ExemplarLibrary,
    identification: float = MapOptions.identification,
    guess: float = MapOptions.guess,
    best_guess: float = MapOptions.best_guess,
    overrides: Optional[Mapping[str, tuple[float, float]]] = None,
    lead: float = MapOptions.lead,
) -> Thresholds:
    """Thresholds of every class of a library.

    Classes of low confidence need the identification score for a guess, and half the remaining way to 1 for an identification
    (0.95 and 0.975: the authors' released scripts). An override sets a class's own (guess, identification).

    Raises
    ------
    ParameterError
        If thresholds are not in order 0 ≤ best guess ≤ guess ≤ identification ≤ 1, the lead is not within 0 … 1, or an override
        names no class of the library.
    """
    if not 0 <= lead <= 1:
        raise ParameterError(f"lead: must be from 0 to 1, not {lead:g}")
    _check_order("thresholds", best_guess, guess, identification)
    low = np.array([mineral.low_confidence for mineral in library.classes], bool)
    guesses = np.where(low, identification, guess)
    identifications = np.where(low, 1 - (1 - identification) / 2, identification)
    for name, (own_guess, own_identification) in (overrides or {}).items():
        known = [mineral.name.casefold() for mineral in library.classes]
        if name.strip().casefold() not in known:
            raise ParameterError(f"class thresholds: '{name}' is not among the classes to map; check its spelling")
        _check_order(f"class thresholds of '{name}'", 0.0, own_guess, own_identification)
        place = known.index(name.strip().casefold())
        guesses[place], identifications[place] = own_guess, own_identification
    # scores are float32: a score of 0.85 must not exceed a threshold of 0.85
    return Thresholds(float(np.float32(best_guess)), guesses.astype(np.float32), identifications.astype(np.float32), lead)


def _check_order(what: str, best_guess: float, guess: float, identification: float) -> None:
    if not 0 <= best_guess <= guess <= identification <= 1:
        raise ParameterError(
            f"{what}: must be in order 0 ≤ best guess ≤ guess ≤ identification ≤ 1, "
            f"not {best_guess:g}, {guess:g}, {identification:g}"
        )


@dataclass(frozen=True)
class Detection:
    """The best guess of each spectrum; all arrays have one shape.

    Attributes
    ----------
    exemplar
        int16 row of the best exemplar, −1 for flat spectra.
    mineral
        int16 place of its class in the library, −1 for flat spectra.
    score
        float32 its similarity; NaN for no data.
    other_mineral, other_score
        The best of any other class, likewise; −1 and 0 where the library has one class only.
    level
        uint8 `NOTHING`, `GUESS` or `IDENTIFICATION`.
    size
        uint8 smoothing, in pixels.
    """

    exemplar: IntArray
    mineral: IntArray
    score: FloatArray
    other_mineral: IntArray
    other_score: FloatArray
    level: IntArray
    size: IntArray

    def where(self, chosen: BoolArray, other: Detection) -> Detection:
        """This detection where ``chosen``, the other elsewhere."""
        return Detection(*(np.where(chosen, getattr(self, f.name), getattr(other, f.name)) for f in fields(self)))


def detect(scores: FloatArray, library: ExemplarLibrary, thresholds: Thresholds, size: int) -> Detection:
    """The best guess of each spectrum and what it is worth.

    Parameters
    ----------
    scores
        (n, m) similarities, NaN in rows of no data; a row of zeros is a flat spectrum.
    size
        The smoothing that these spectra had.

    Returns
    -------
    Arrays of shape (n,).
    """
    rows = np.arange(len(scores))
    no_data = np.isnan(scores[:, 0])
    scores = np.where(no_data[:, None], 0, scores)
    exemplar = scores.argmax(1)
    by_class = np.stack([scores[:, library.class_index == k].max(1) for k in range(len(library.classes))], 1)
    mineral = library.class_index[exemplar]
    score = scores[rows, exemplar]
    by_class[rows, mineral] = -np.inf
    other = by_class.argmax(1)
    other_score = by_class[rows, other]
    alone = np.isneginf(other_score)  # a library of one class
    level = level_of(score, other_score, mineral, thresholds)
    empty = no_data | ~scores.any(1)
    return Detection(
        exemplar=np.where(empty, -1, exemplar).astype(np.int16),
        mineral=np.where(empty, -1, mineral).astype(np.int16),
        score=np.where(no_data, np.nan, score).astype(np.float32),
        other_mineral=np.where(empty | alone, -1, other).astype(np.int16),
        other_score=np.where(no_data, np.nan, np.where(empty | alone, 0, other_score)).astype(np.float32),
        level=np.where(empty, NOTHING, level).astype(np.uint8),
        size=np.full(len(scores), size, np.uint8),
    )


def level_of(score: FloatArray, other_score: FloatArray, mineral: IntArray, thresholds: Thresholds) -> IntArray:
    """(n,) uint8 levels of best guesses.

    Parameters
    ----------
    score, other_score
        (n,) of the best class, and of the best other one.
    mineral
        (n,) the best class's place.
    """
    is_guess = (score >= thresholds.best_guess) & (score > thresholds.guess[mineral])
    is_sure = (score > thresholds.identification[mineral]) & (score - other_score >= thresholds.lead)
    return is_guess.astype(np.uint8) + (is_guess & is_sure)


def codes(detection: Detection, library: ExemplarLibrary) -> IntArray:
    """Class codes, uint8: 0 nothing, k identification, 100 + k guess, 255 no data; the detection's shape."""
    class_codes = np.array([mineral.code for mineral in library.classes], np.uint8)
    code = class_codes[np.maximum(detection.mineral, 0)]
    value = np.select([detection.level == IDENTIFICATION, detection.level == GUESS], [code, code + GUESS_OFFSET], 0)
    return np.where(np.isnan(detection.score), NO_DATA, value).astype(np.uint8)

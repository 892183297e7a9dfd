"""How far each class of the map can be trusted, by what simulated pixels of all classes are taken for.

Pixels of every class are simulated as in training, but pure, since confusion is measured, not dilution. They are matched with the
whole library, as a map's pixels are. A class is of low confidence if too many of the pixels that would be guessed as it are of
another family of minerals, or too many that would be identified as it are of another class. The map then asks for higher scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Callable

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..libraries.absorption import from_exemplars
from ..libraries.exemplars import ExemplarLibrary, MineralClass
from ..libraries.families import OTHER, family_of
from ..network.calibration import Cosine, minerals_of
from ..options.mapping import BEST_GUESS, GUESS, IDENTIFICATION

#: What scores spectra, and their noise, with the exemplars of a library.
MatcherOf = Callable[[ExemplarLibrary], Cosine]

#: A map's three numbers.
THRESHOLDS = (BEST_GUESS, GUESS, IDENTIFICATION)

#: Standard deviations on the ratio at which rates are told.
RATED_NOISES = (0.0, 0.005, 0.01, 0.02)

#: Simulated pixels a class.
_PIXELS = 100

#: Depths of their deepest bands.
_DEPTHS = (0.015, 0.35)

#: Of the pixels given a level, all classes being equally common, so many may be another's before the class's confidence is low.
_WRONG = 0.1


@dataclass(frozen=True)
class ClassRates:
    """What simulated pixels of some classes, equally many of each, are taken for at one noise.

    Attributes
    ----------
    classes
        (k,).
    taken
        (k, k, 3) share of the first class's pixels whose best match is the second, with a score above each of `THRESHOLDS`.
    """

    classes: Sequence[MineralClass]
    taken: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(mineral.name for mineral in self.classes)

    @property
    def true(self) -> FloatArray:
        """(k, 3) share of a class's own pixels that are taken for it."""
        return np.einsum("kkt->kt", self.taken)

    @property
    def false(self) -> FloatArray:
        """(k, 3) share of all other classes' pixels that are taken for it."""
        return (self.taken.sum(0) - self.true) / (len(self.classes) - 1)

    @property
    def wrong(self) -> FloatArray:
        """(k, 3) share of others' pixels among those taken for a class."""
        return self._share(np.eye(len(self.classes), dtype=bool))

    @property
    def foreign(self) -> FloatArray:
        """(k, 3) share of other families' pixels among those taken for a class."""
        family = np.array([_family(mineral) for mineral in self.classes])
        return self._share(family[:, None] == family)

    def _share(self, right: BoolArray) -> FloatArray:
        return np.where(right[..., None], 0, self.taken).sum(0) / np.maximum(self.taken.sum(0), 1e-9)


def _family(mineral: MineralClass) -> str:
    """Its family; a class of no family is one of its own."""
    family = family_of(mineral.code)
    return mineral.name if family == OTHER else family


def class_rates(match: MatcherOf, library: ExemplarLibrary, noise: float, seed: int = 0) -> ClassRates:
    """What pixels of each class are matched with.

    Parameters
    ----------
    match
        What scores spectra with a library.
    noise
        Standard deviation of white noise on the ratio.
    """
    import torch  # which mapping must do without

    from .random_numbers import RandomNumbers
    from .synthetic import Nuisance, views

    rng, random = np.random.default_rng(seed), RandomNumbers("cpu", seed)
    judged = dict.fromkeys(library.class_names[library.class_index[row]] for row in minerals_of(library, mixtures=True))
    library = library.select(judged)
    owner, count = library.class_index, len(library.classes)
    truth = np.repeat(np.arange(count), _PIXELS)
    origins = np.array([rng.choice(np.flatnonzero(owner == mineral)) for mineral in truth])
    absorption = torch.from_numpy(from_exemplars(library).absorption[origins].astype(np.float32))
    pixels = views(
        absorption, torch.zeros_like(absorption), replace(Nuisance(), noise=0.0, admixture=0.0, depths=_DEPTHS), random
    ).numpy()
    pixels = np.minimum(pixels + rng.normal(0, noise, pixels.shape), 1)
    scores = match(library)(pixels, noise)
    found, best = owner[scores.argmax(1)], scores.max(1)
    matched = (found[:, None] == np.arange(count))[..., None] & (best[:, None] > THRESHOLDS)[:, None]
    return ClassRates(library.classes, matched.reshape(count, _PIXELS, count, len(THRESHOLDS)).mean(1))


def rates_card(rates: Sequence[ClassRates]) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """class → noise → threshold → true and false, for the model card; ``rates`` at each of `RATED_NOISES`."""
    return {
        name: {
            f"{noise:g}": {
                f"{threshold:g}": {"true": round(float(rate.true[k, t]), 3), "false": round(float(rate.false[k, t]), 5)}
                for t, threshold in enumerate(THRESHOLDS)
            }
            for noise, rate in zip(RATED_NOISES, rates)
        }
        for k, name in enumerate(rates[0].names)
    }


def low_confidence(rates: Sequence[ClassRates]) -> list[str]:
    """The classes of which, averaged over the noise levels, more than a tenth of the guesses are of another family, or more than a
    tenth of the identifications of another class.
    """
    foreign, wrong = (np.mean([getattr(rate, kind) for rate in rates], 0) for kind in ("foreign", "wrong"))
    low = (foreign[:, THRESHOLDS.index(GUESS)] > _WRONG) | (wrong[:, THRESHOLDS.index(IDENTIFICATION)] > _WRONG)
    return [name for name, is_low in zip(rates[0].names, low) if is_low]


def classes_of_low_confidence(match: MatcherOf, library: ExemplarLibrary) -> list[str]:
    """The library's classes of low confidence: one that is on by default is judged among those that are; any other among all."""
    usual, every = (
        low_confidence([class_rates(match, compared, noise) for noise in RATED_NOISES])
        for compared in (library.defaults(), library)
    )
    return [one.name for one in library.classes if one.name in (usual if one.default_on else every)]

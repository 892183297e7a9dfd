"""What endmembers resemble: the classes of a library, bland ground, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..background import BackgroundModel, load_background
from ..background.refine import LEAST_PIXELS, refined
from ..files.names import PathLike
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.cube import MapCube
from ..network.discriminator import Discriminator, load_discriminator
from ..network.similarity import Matcher
from ..neutral import Blandness
from ..options.mapping import GUESS, IDENTIFICATION
from ..spectra.noise import noise_of
from ..spectra.ratio import is_flat

#: What is said of an endmember: the library has it, may have it, lacks it; or there is nothing to have.
KNOWN, DOUBTFUL, LACKING = "in the library", "perhaps in the library", "lacking"
BLAND, FLAT = "like bland ground", "no absorption"

#: What nobody has to look for.
NOTHING = (BLAND, FLAT)

#: Strength of known bland ground.
_GROUND = 1.0


@dataclass(frozen=True)
class Lookalike:
    """What an endmember resembles.

    Attributes
    ----------
    verdict
        One of `KNOWN`, `DOUBTFUL`, `LACKING`, `BLAND`, `FLAT`.
    mineral, exemplar, score
        The class that it resembles most, the spectrum of it, and the score of the maps.
    strength
        Of its absorptions: that of bland ground is 1 or less.
    other, other_score
        The next class; None in a library of one.
    """

    verdict: str
    mineral: str
    exemplar: str
    score: float
    strength: float
    other: Optional[str]
    other_score: Optional[float]


@dataclass(frozen=True)
class Judge:
    """What compares endmembers: the network, and the ground of the image."""

    discriminator: Discriminator
    background: BackgroundModel

    @staticmethod
    def of(cube: MapCube, weights: Optional[PathLike], engine: str) -> Judge:
        background, sampled = load_background(), cube.sample()
        if len(sampled) >= LEAST_PIXELS:
            background = refined(background, np.minimum(sampled, 1), noise_of(sampled))
        return Judge(load_discriminator(weights, engine), background)

    def scores(self, spectra: FloatArray, library: ExemplarLibrary) -> FloatArray:
        """(n, m) scores of the maps."""
        rows = spectra.astype(np.float32)
        return Matcher(self.discriminator, library, self.background)(rows, noise_of(rows))

    def lookalikes(self, spectra: FloatArray, library: ExemplarLibrary) -> list[Lookalike]:
        """What each of (n, 240) spectra resembles most."""
        scores = self.scores(spectra, library)
        rows = spectra.astype(np.float32)
        flat, strength = is_flat(rows, None).tolist(), Blandness(self.background)(rows, noise_of(rows)).tolist()
        return [_lookalike(own, library, *more) for own, *more in zip(scores, strength, flat)]


def _lookalike(scores: FloatArray, library: ExemplarLibrary, strength: float, flat: bool) -> Lookalike:
    best = int(scores.argmax())
    own = library.class_index[best]
    others = np.flatnonzero(library.class_index != own)
    other = int(others[scores[others].argmax()]) if others.size else None
    score = float(scores[best])
    if flat:
        verdict = FLAT
    elif score > GUESS:
        verdict = KNOWN if score > IDENTIFICATION else DOUBTFUL
    else:
        verdict = BLAND if strength <= _GROUND else LACKING
    return Lookalike(
        verdict,
        library.classes[own].name,
        library.names[best],
        score,
        strength,
        None if other is None else library.classes[library.class_index[other]].name,
        None if other is None else float(scores[other]),
    )

"""Which classes of a library the network cannot tell from each other, by the calibrated score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..background.model import BackgroundModel
from ..libraries.exemplars import ExemplarLibrary
from ..options.mapping import GUESS, IDENTIFICATION
from .discriminator import Discriminator
from .similarity import Matcher


@dataclass(frozen=True)
class Likeness:
    """Two classes of which one is taken for the other.

    Attributes
    ----------
    name, other
        The classes.
    spectrum, other_spectrum
        Their spectra that are most alike.
    score
        How much: the score to which the thresholds of maps apply.
    """

    name: str
    other: str
    spectrum: str
    other_spectrum: str
    score: float

    @property
    def is_identified(self) -> bool:
        """Whether a clean pixel of the one is identified as the other: they cannot be told apart."""
        return self.score > IDENTIFICATION

    def __str__(self) -> str:
        said = "cannot be told from" if self.is_identified else "may be guessed as"
        return f"{self.name} {said} {self.other} (similarity {self.score:.3f} of {self.spectrum!r} and {self.other_spectrum!r})"


def likenesses(
    discriminator: Discriminator, library: ExemplarLibrary, rows: Sequence[int], background: Optional[BackgroundModel] = None
) -> list[Likeness]:
    """The classes of some spectra, each with every other class that one of these spectra scores as a guess with; most alike first.

    Parameters
    ----------
    rows
        Rows of the library. Of two that are both among them, their classes are told once.
    background
        As in `similarity`: bland ground, for the score that maps have by default; None for the paper's.

    Raises
    ------
    InputError
        With a background, if the weights' card has no calibration for it.
    """
    scores = Matcher(discriminator, library, background)(library.spectra)
    scores = np.maximum(scores, scores.T)
    best: dict[tuple[int, ...], tuple[float, int, int]] = {}
    for row in rows:
        own = int(library.class_index[row])
        for other in range(len(library.classes)):
            theirs = np.flatnonzero(library.class_index == other)
            column = int(theirs[scores[row, theirs].argmax()])
            pair, score = tuple(sorted((own, other))), float(scores[row, column])
            if other != own and score > max(GUESS, best[pair][0] if pair in best else 0.0):
                best[pair] = score, row, column
    names = [library.class_names[place] for place in library.class_index]
    found = [Likeness(names[row], names[column], library.names[row], library.names[column], s) for s, row, column in best.values()]
    return sorted(found, key=lambda each: -each.score)

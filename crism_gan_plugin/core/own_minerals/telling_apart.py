"""Whether the shipped network tells new classes from the others of a library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from ..background.files import load_background
from ..files.names import PathLike
from ..libraries.editing import doubt_class, folded
from ..libraries.exemplars import ExemplarLibrary
from ..network.discriminator import load_discriminator
from ..network.likeness import Likeness, likenesses
from ..options.mapping import GUESS, IDENTIFICATION


def taken_for(library: ExemplarLibrary, count: int, weights: Optional[PathLike] = None) -> list[Likeness]:
    """Which other classes the last spectra of a library, the new ones, are taken for, by the score that maps have by default.

    Parameters
    ----------
    count
        How many are new.
    weights
        None: the plugin's.
    """
    rows = range(len(library.names) - count, len(library.names))
    return likenesses(load_discriminator(weights, "numpy"), library, rows, load_background())


def with_doubt(library: ExemplarLibrary, new: Sequence[str], found: Sequence[Likeness]) -> ExemplarLibrary:
    """The library whose new classes need higher scores where they cannot be told from another."""
    doubtful = {name for each in found if each.is_identified for name in (each.name, each.other)}
    for name in new:
        if name in doubtful:
            library = doubt_class(library, name, True)
    return library


def thresholds_of(library: ExemplarLibrary, name: str) -> str:
    """The scores that a class needs, in words."""
    mineral = next(each for each in library.classes if folded(each.name) == folded(name))
    low, high = (IDENTIFICATION, 1 - (1 - IDENTIFICATION) / 2) if mineral.low_confidence else (GUESS, IDENTIFICATION)
    why = ", for it is easily mistaken" if mineral.low_confidence else ""
    return f"{mineral.name} (code {mineral.code}): a guess above {low:g}, an identification above {high:g}{why}"

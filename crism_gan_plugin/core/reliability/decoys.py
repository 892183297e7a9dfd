"""Decoys: absorption spectra as mineral-like as a library's that match no mineral of it.

A map that finds a decoy is wrong by construction. Decoys that compete with minerals on the same ground, at the same noise, tell how
often chance and artefacts alone look like a mineral (target-decoy competition: Elias & Gygi 2007, Nature Methods 4, 207).

Decoys are made of the library's own absorptions, so that numbers, widths and depths of bands stay. One half keeps the absorptions
of one class, displaced along the wavelengths. The other joins a part of them to a part of another class's. A continuum-removed
spectrum begins and ends at its continuum, so what leaves the range at one end enters at the other. All spectra of a class are
changed alike: the decoy has as many, and they are as much alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import ParameterError
from ..libraries.absorption import log_absorption_of
from ..libraries.exemplars import ExemplarLibrary
from ..spectra.continuum import remove_continuum
from ..spectra.grid import WAVELENGTHS_NM

#: Decoys of a library.
COUNT = 240

#: Candidates that are tried for each decoy before it is said that none can be made.
_TRIES = 20

#: Share of the decoys that are joined of two classes; the others are displaced.
_JOINED_SHARE = 0.5

#: How far absorptions are displaced, channels. Parts that are joined may be displaced by almost any number of channels.
_DISPLACED = (6, 60)

#: With which probability displaced absorptions, and parts that are joined, are turned from right to left.
_MIRRORED, _MIRRORED_PARTS = 0.25, 0.5

#: Where two parts are joined, share of the range; width of the join, channels.
_JOINED, _JOIN = (0.25, 0.75), 3.0


@dataclass(frozen=True)
class Decoys:
    """Decoys, each of one or more spectra, as a class is.

    Attributes
    ----------
    spectra
        (m, 240) continuum-removed.
    starts
        (decoys,) the first row of each decoy's spectra, which lie together.
    """

    spectra: FloatArray
    starts: IntArray

    def best(self, scores: FloatArray) -> FloatArray:
        """(n, m) → (n, decoys): the best of each decoy's spectra."""
        return np.asarray(np.maximum.reduceat(scores, self.starts, axis=1))


def make_decoys(library: ExemplarLibrary, matches: Callable[[FloatArray], BoolArray], count: int = COUNT, seed: int = 0) -> Decoys:
    """Make decoys of a library.

    Parameters
    ----------
    library
        All classes that a decoy must not match.
    matches
        (n, 240) spectra → (n,) whether one scores as a guess or more with any class.
    count
        How many.
    seed
        The same seed gives the same decoys.

    Raises
    ------
    ParameterError
        If so many cannot be made.
    """
    kept: list[FloatArray] = []
    candidates = _candidates(library, np.random.default_rng(seed))
    for _ in range(_TRIES):
        made = [next(candidates) for _ in range(count)]
        starts = np.cumsum([0, *(len(each) for each in made[:-1])])
        taken = np.maximum.reduceat(matches(np.concatenate(made)), starts)
        kept += [each for each, like in zip(made, taken) if not like]
        if len(kept) >= count:
            kept = kept[:count]
            return Decoys(np.concatenate(kept), np.cumsum([0, *(len(each) for each in kept[:-1])]))
    raise ParameterError(
        f"reliability: only {len(kept)} of {_TRIES * count} decoys made of this library's absorptions match none of its minerals, "
        f"and {count} are needed; raise the guess threshold, or map without it (RELIABILITY, --reliability)"
    )


def _candidates(library: ExemplarLibrary, rng: np.random.Generator) -> Iterator[FloatArray]:
    """(spectra of one class, 240), one decoy after the other, whether or not it matches a mineral."""
    absorption = log_absorption_of(np.asarray(library.spectra))
    members = [np.flatnonzero(library.class_index == place) for place in range(len(library.classes))]
    while True:
        place = int(rng.integers(len(members)))
        rows = members[place]
        others = [each for each in range(len(members)) if each != place]
        if others and rng.random() < _JOINED_SHARE:
            mates = members[others[int(rng.integers(len(others)))]]
            made = _joined(absorption[rows], absorption[np.resize(mates, rows.size)], rng)
        else:
            made = _turned(absorption[rows], int(rng.integers(*_DISPLACED)) * (1 if rng.random() < 0.5 else -1), rng, _MIRRORED)
        yield np.minimum(remove_continuum(np.exp(-made), WAVELENGTHS_NM), 1)


def _turned(absorption: FloatArray, channels: int, rng: np.random.Generator, mirrored: float) -> FloatArray:
    """Displaced, and with some probability from right to left."""
    turned = np.roll(absorption, channels, axis=1)
    return turned[:, ::-1] if rng.random() < mirrored else turned


def _joined(own: FloatArray, other: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One part of each, both displaced; the other is made as deep as the own."""
    size = own.shape[1]
    far = size // 16
    first, second = (_turned(each, int(rng.integers(far, size - far)), rng, _MIRRORED_PARTS) for each in (own, other))
    deepest = np.maximum(second.max(1, keepdims=True), 1e-6)
    second = second * (first.max(1, keepdims=True) / deepest)
    share = 1 / (1 + np.exp((np.arange(size) - rng.uniform(*_JOINED) * size) / _JOIN))
    return share * first + (1 - share) * second

"""How good a discriminator is while it is trained: it must find other specimens of a mineral, under noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .discriminator import Discriminator
from .libraries import AbsorptionLibrary

FloatArray = np.ndarray


@dataclass(frozen=True)
class Retrieval:
    """Attributes: ``top1`` share of queries whose nearest neighbour is the same mineral; ``auc`` over all pairs pooled."""

    top1: float
    auc: float


def split_minerals(
    library: AbsorptionLibrary, share: float, seed: int, always: Sequence[str] = ()
) -> tuple[AbsorptionLibrary, AbsorptionLibrary]:
    """Training and validation libraries that share no mineral.

    Only minerals of two to ten specimens validate, and none of ``always``: there may be none at all.
    """
    groups = library.groups
    counts = np.bincount(groups)
    several = np.flatnonzero((counts >= 2) & (counts <= 10))
    names = list(dict.fromkeys(library.minerals))
    wanted = set(always)
    candidates = np.array([group for group in several if names[group] not in wanted], int)
    chosen = np.random.default_rng(seed).permutation(candidates)[: max(2, round(share * candidates.size))]
    held_out = np.isin(groups, chosen)
    return library.only(~held_out), library.only(held_out)


def retrieve(discriminator: Discriminator, library: AbsorptionLibrary, noise: float, seed: int = 0) -> Retrieval:
    """Look every spectrum up, with white noise on its continuum-removed form, among the clean spectra of all others.

    Parameters
    ----------
    noise
        Standard deviation of the noise on the ratio.
    """
    clean = np.exp(-library.absorption)
    noisy = np.minimum(clean + np.random.default_rng(seed).normal(0, noise, clean.shape), 1)
    scores = discriminator.cosines(noisy, discriminator.features(clean))
    groups = library.groups
    same, other = groups[:, None] == groups, ~np.eye(len(groups), dtype=bool)
    nearest = np.where(other, scores, -np.inf).argmax(1)
    return Retrieval(float((groups[nearest] == groups).mean()), area_under_curve(scores[same & other], scores[~same]))


def area_under_curve(matches: FloatArray, others: FloatArray) -> float:
    """The chance that a matching pair scores above another pair (Mann-Whitney; ties count half)."""
    ranked = np.sort(others)
    below = np.searchsorted(ranked, matches, "left") + np.searchsorted(ranked, matches, "right")
    return float(below.mean() / 2 / ranked.size)

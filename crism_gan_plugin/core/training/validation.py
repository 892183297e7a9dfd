"""How good a discriminator is: how well it finds other specimens of a mineral, under noise, and faint minerals on bland ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from ..background.model import KINDS, BackgroundModel, absorption_of_spectra
from ..libraries.absorption import AbsorptionLibrary
from ..libraries.exemplars import ExemplarLibrary
from ..network.calibration import Cosine
from ..network.discriminator import Discriminator

#: Pixels of each exemplar, and of bland ground for each of them; depths of their deepest bands, and their noise.
_PIXELS, _BLAND, _DEPTHS, _NOISE = 20, 60, (0.01, 0.08), 0.002

#: Share of the bland pixels above the score that counts as found.
_BLAND_FOUND = 0.01


@dataclass(frozen=True)
class Retrieval:
    """Attributes: ``top1`` share of queries whose nearest neighbour is the same mineral; ``auc`` over all pairs pooled."""

    top1: float
    auc: float


def split_minerals(
    library: AbsorptionLibrary, share: float, seed: int, always: Sequence[str] = ()
) -> tuple[AbsorptionLibrary, AbsorptionLibrary]:
    """Training and validation libraries that share no mineral.

    Only minerals of two to ten specimens validate, and none of ``always``. There may be none at all.
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


def found_on_ground(
    match: Cosine, library: ExemplarLibrary, background: BackgroundModel, noise: float = _NOISE, seed: int = 0
) -> dict[str, float]:
    """Share of faint minerals on simulated ground that are named rightly, where 1 % of bland ground is named at all.

    Parameters
    ----------
    match
        The score with the library's exemplars.
    background
        Draws the ground.

    Returns
    -------
    The result for plain ground, and that for ratioed ground.
    """
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(len(library.names)), _PIXELS)
    bands = -np.log(np.clip(library.spectra[rows], 1e-3, 1))
    shallowest, deepest = np.log(_DEPTHS)
    depth = np.exp(rng.uniform(shallowest, deepest, (len(rows), 1)))
    bands *= depth / bands.max(1, keepdims=True)
    found = {}
    for kind in KINDS:
        ground = getattr(background, kind).draw(len(rows) + _BLAND * len(library.names), rng)
        ground[: len(rows)] *= np.exp(-bands)
        scores = match(1 - absorption_of_spectra(ground * (1 + noise * rng.normal(size=ground.shape))), noise)
        best, named = scores.max(1), library.class_index[scores.argmax(1)]
        needed = np.quantile(best[len(rows) :], 1 - _BLAND_FOUND)
        right = named[: len(rows)] == library.class_index[rows]
        found[kind] = float((right & (best[: len(rows)] > needed)).mean())
    return found

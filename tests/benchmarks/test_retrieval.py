"""The retrieval benchmark's measures, against plain counting over pairs."""

from __future__ import annotations

import numpy as np
import pytest
from retrieval import DRAWS, Measures, Pairs, bootstrap, pool, white
from views import View

MINERALS = ("a", "b", "c", "d")


def views() -> list[View]:
    rng = np.random.default_rng(0)
    channel = np.arange(240)
    bands = 0.2 * np.exp(-0.5 * ((channel - np.array([40, 90, 150, 200])[:, None]) / 6) ** 2)
    one = View("one", MINERALS, 1 - bands)
    other = View("other", MINERALS[:3], 1 - bands[:3] - 0.05 * rng.random((3, 240)))
    return [one, other]


def cosine(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    a, b = ((1 - v) / np.linalg.norm(1 - v, axis=1, keepdims=True) for v in (queries, gallery))
    return (a @ b.T).round(2)  # rounded: ties


def pairs() -> Pairs:
    return pool(views(), cosine, white(0.05))


def test_pairs_are_those_of_both_orders_and_all_seeds() -> None:
    found = pairs()
    assert found.scores.shape == (2 * 5 * 4 * 3,)
    assert found.match.sum() == 2 * 5 * 3
    assert found.hits.shape == (5 * (3 + 3),)  # d has no answer among the others
    assert set(found.asked) == {0, 1, 2}


@pytest.mark.parametrize("counts", [[1, 1, 1, 1], [2, 0, 1, 1], [0, 3, 1, 0]])
def test_measures_equal_counting_copies_of_minerals(counts: list[int]) -> None:
    found, counts = pairs(), np.array(counts)
    matches, others = [], []
    for score, query, gallery in zip(found.scores, found.query, found.gallery):
        if query == gallery:
            matches += [score] * counts[query]  # a copy meets itself alone
        else:
            others += [score] * (counts[query] * counts[gallery])
    wins = np.mean([1.0 if m > o else 0.5 if m == o else 0.0 for m in matches for o in others])
    top1, auc, at_1e2, _ = Measures(found)(counts)
    hits = [hit for hit, asked in zip(found.hits, found.asked) for _ in range(counts[asked])]
    assert top1 == pytest.approx(np.mean(hits))
    assert auc == pytest.approx(wins)
    threshold = next(s for s in np.unique(found.scores) if np.mean(np.array(others) > s) <= 1e-2)
    assert at_1e2 == pytest.approx(np.mean(np.array(matches) > threshold))


def test_the_bootstrap_draws_as_many_minerals_as_there_are() -> None:
    draws = bootstrap(7)
    assert draws.shape == (1 + DRAWS, 7)
    assert (draws[0] == 1).all()
    assert (draws.sum(1) == 7).all()
    assert abs(draws[1:].mean() - 1) < 0.05

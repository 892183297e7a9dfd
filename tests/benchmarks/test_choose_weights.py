"""Which of several trainings is shipped. Needs PyTorch."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import choose_weights

from crism_gan_plugin.core.network.weights import DiscriminatorWeights, load_weights

NOISES = ("0", "0.01")


def candidate(seed: int, unseen: float, named: float) -> DiscriminatorWeights:
    """Shipped weights with a card of its own: ``unseen`` for every retrieval, ``named`` for every share of pixels."""
    found = {"top1": unseen, "auc": unseen}
    rates = {noise: {key: {"true": named, "false": 0.0} for key in choose_weights.LEVELS.values()} for noise in NOISES}
    log = [{"step": 0, "clean": {"top1": 1, "auc": 1}, "noisy": {"top1": 1, "auc": 1}}, {"step": 7, "clean": found, "noisy": found}]
    weights = load_weights()
    training = {**weights.card["training"], "seed": seed, "best_step": 7}
    card = {**weights.card, "training": training, "log": log, "match_rates_by_class": {"talc": rates, "gypsum": rates}}
    return replace(weights, card=card)


def test_minerals_never_seen_and_those_of_the_map_both_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_weights, "score_card", lambda weights: {"megaflop_per_spectrum": 1.0})
    monkeypatch.setattr(choose_weights, "found_on_ground", lambda *given: {"plain": 0.6, "ratioed": 0.7})
    monkeypatch.setattr(choose_weights, "labelled", lambda weights: {"labelled, plain": 0.4, "labelled, ratio": 0.5})
    candidates = [candidate(1, 0.80, 0.70), candidate(2, 0.84, 0.50), candidate(3, 0.82, 0.69)]
    card = choose_weights.chosen(candidates).card
    assert card["training"]["seed"] == 3
    assert list(card["validation_by_seed"]) == ["1", "2", "3"]
    assert card["validation_by_seed"]["2"] == pytest.approx(
        {
            **{"clean auc": 0.84, "noisy auc": 0.84, "guessed": 0.5, "identified": 0.5},
            **{"on plain ground": 0.6, "on ratioed ground": 0.7, "labelled, plain": 0.4, "labelled, ratio": 0.5},
        }
    )
    assert card["spread_over_seeds"]["guessed"]["mean"] == pytest.approx(0.63)
    assert card["spread_over_seeds"]["clean auc"]["sd"] == pytest.approx(np.std([0.8, 0.84, 0.82], ddof=1))


@pytest.mark.parametrize("which", ["found_on_ground", "labelled"])
def test_what_is_found_on_ground_counts(monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    monkeypatch.setattr(choose_weights, "score_card", lambda weights: {})
    for name in ("found_on_ground", "labelled"):
        found = iter([0.5, 0.9, 0.7] if name == which else [0.5, 0.5, 0.5])
        monkeypatch.setattr(choose_weights, name, lambda *given, found=found: dict.fromkeys(("plain", "ratioed"), next(found)))
    assert choose_weights.chosen([candidate(seed, 0.8, 0.7) for seed in (1, 2, 3)]).card["training"]["seed"] == 2


def test_the_shipped_card_tells_of_five_seeds_and_is_the_best() -> None:
    card = load_weights().card
    sums = {seed: sum(found.values()) for seed, found in card["validation_by_seed"].items()}
    assert len(sums) >= 5
    assert max(sums, key=lambda seed: sums[seed]) == str(card["training"]["seed"])

"""One step of both networks: its losses equal plain ones, and a step depends on its number alone. Needs PyTorch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from crism_gan_plugin.core import load_exemplars  # noqa: E402
from crism_gan_plugin.core.background import load_background  # noqa: E402
from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary, from_exemplars  # noqa: E402
from crism_gan_plugin.core.training import adversarial as game_module  # noqa: E402
from crism_gan_plugin.core.training.adversarial import BLAND, NetworkPair, supervised_contrastive_loss, unclear_pairs  # noqa: E402
from crism_gan_plugin.core.training.plan import TrainingPlan  # noqa: E402

TINY = TrainingPlan(steps=6, minerals=4, copies=2, batch=4, every=3, filters=(2, 4, 4, 6), features=5, seed=3)
GROUND = load_background()


@pytest.fixture(scope="module")
def library() -> AbsorptionLibrary:
    return from_exemplars(load_exemplars())


def parameters(pair: NetworkPair) -> list[torch.Tensor]:
    return [p.detach().cpu().clone() for net in (pair.discriminator, pair.generator) for p in net.parameters()]


def test_a_step_depends_on_its_number_and_not_on_what_was_drawn_before(library: AbsorptionLibrary) -> None:
    one, other = NetworkPair(TINY, library, (), GROUND), NetworkPair(TINY, library, (), GROUND)
    other.sample(5, 9)
    losses = one.step(2), other.step(2)
    torch.testing.assert_close(*losses, rtol=0, atol=0)
    for a, b in zip(parameters(one), parameters(other)):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert (NetworkPair(TINY, library, (), GROUND).step(3) != losses[0]).all()


def test_other_ground_teaches_something_else(library: AbsorptionLibrary) -> None:
    flat = replace(GROUND, plain=replace(GROUND.plain, components=0 * GROUND.plain.components))
    assert NetworkPair(TINY, library, (), flat).step(2)[0] != NetworkPair(TINY, library, (), GROUND).step(2)[0]


def test_a_step_moves_both_networks_by_a_rate_that_falls_to_zero(library: AbsorptionLibrary) -> None:
    moves = []
    for number in (0, TINY.steps):
        pair = NetworkPair(TINY, library, (), GROUND)
        before = parameters(pair)
        pair.step(number)
        moves.append(max(float((a - b).abs().max()) for a, b in zip(before, parameters(pair))))
    assert moves[0] == pytest.approx(TINY.rate, rel=0.01)  # Adam's first step
    assert moves[1] == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA graphics card")
def test_a_recorded_step_does_what_another_one_does(library: AbsorptionLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = NetworkPair(replace(TINY, steps=20), library, (), GROUND)
    losses = torch.stack([recorded.step(number) for number in range(12)])
    monkeypatch.setattr(game_module, "_WARM_UP", 100)
    plain = NetworkPair(replace(TINY, steps=20), library, (), GROUND)
    expected = torch.stack([plain.step(number) for number in range(12)])
    torch.testing.assert_close(losses, expected, rtol=0.02, atol=0.02)
    assert (losses[5:].diff(dim=0) != 0).all()  # every replay has random numbers of its own


def test_noise_is_a_kind_of_its_own_in_every_batch(library: AbsorptionLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def spy(features: torch.Tensor, labels: torch.Tensor, temperature: float, unsure: torch.Tensor) -> torch.Tensor:
        asked.append((features.shape[0], labels.tolist(), unsure))
        return supervised_contrastive_loss(features, labels, temperature, unsure)

    monkeypatch.setattr(game_module, "supervised_contrastive_loss", spy)
    all_unclear = torch.ones((8, 8), dtype=torch.bool).to("cuda" if torch.cuda.is_available() else "cpu")
    monkeypatch.setattr(game_module, "unclear_pairs", lambda slopes, mineral, known: all_unclear)
    monkeypatch.setattr(game_module, "bland", lambda count, random, ground: torch.full((count, 240), 0.9, device=random.device))
    pair = NetworkPair(TINY, library, (), GROUND)
    pair.step(0), pair.step(1)
    minerals = [0, 0, 1, 1, 2, 2, 3, 3]
    for count, labels, unsure in asked:
        assert labels == minerals + [4] * BLAND
        assert count == len(labels)
        assert not unsure[len(minerals) :].any() and not unsure[:, len(minerals) :].any()  # noise is surely no mineral
    assert len(asked) == 2


def contrastive_loss_by_hand(features: np.ndarray, labels: list[int], temperature: float, unsure: np.ndarray) -> float:
    total = 0.0
    for i, own in enumerate(features):
        others = [k for k in range(len(features)) if k != i and not unsure[i, k]]
        denominator = sum(np.exp(own @ features[k] / temperature) for k in others)
        alike = [k for k in others if labels[k] == labels[i]]
        total += -np.mean([np.log(np.exp(own @ features[k] / temperature) / denominator) for k in alike])
    return total / len(features)


@pytest.mark.parametrize(("temperature", "apart"), [(0.1, ()), (1.0, ()), (0.1, ((0, 2), (3, 4)))])
def test_the_contrastive_loss_equals_a_plain_loop(temperature: float, apart: tuple[tuple[int, int], ...]) -> None:
    rng = np.random.default_rng(0)
    labels = [0, 0, 1, 2, 1, 2, 2]
    unsure = np.zeros((7, 7), bool)
    for i, k in apart:
        unsure[i, k] = unsure[k, i] = True
    features = rng.normal(size=(7, 5))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    inside = torch.tensor(features, requires_grad=True)
    loss = supervised_contrastive_loss(inside, torch.tensor(labels), temperature, torch.tensor(unsure) if apart else None)
    assert loss.item() == pytest.approx(contrastive_loss_by_hand(features, labels, temperature, unsure))
    loss.backward()
    assert torch.isfinite(inside.grad).all()


def test_spectra_that_look_one_but_are_named_two_are_unclear() -> None:
    channel = np.arange(240)
    rows = np.exp(-0.5 * ((channel - np.array([60, 60, 61, 120])[:, None]) / 8) ** 2)
    slopes, mineral = torch.from_numpy(np.gradient(rows, axis=1)), torch.tensor([5, 5, 6, 7])
    found = unclear_pairs(slopes, mineral, known=0)
    expected = np.zeros((4, 4), bool)
    expected[:2, 2] = expected[2, :2] = True
    np.testing.assert_array_equal(found, expected)
    assert not unclear_pairs(slopes, mineral, known=7).any()  # sure to be two


def test_the_contrastive_loss_is_least_where_labels_agree() -> None:
    eye = torch.eye(4, dtype=torch.float64).repeat_interleave(2, 0)
    labels = torch.arange(4).repeat_interleave(2)
    agree = supervised_contrastive_loss(eye, labels, 0.1)
    assert agree < 0.01
    assert supervised_contrastive_loss(eye, labels[torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])], 0.1) > 5

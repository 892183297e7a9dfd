"""The settings of one training run."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True)
class TrainingPlan:
    """What one training run does.

    Attributes
    ----------
    steps
        Number of steps, each with one update of the discriminator and one of the generator.
    minerals, copies
        Size of a contrastive batch: number of minerals, and of views of each.
    batch
        Number of real spectra in the adversarial batch, and of generated ones.
    adversarial
        Weight of the adversarial loss of the discriminator; 0 switches it off.
    contrastive
        Weight of the contrastive loss; 0 switches it off.
    temperature
        Temperature of the contrastive loss.
    rate
        Adam's learning rate; falls to zero along a half cosine.
    every
        Steps between two validations, each followed by a checkpoint.
    patience
        Validations in a row without a new best after which training stops; 0: it never stops early.
    seed
        Seed of all random numbers.
    filters, features
        Filters of the discriminator's convolutions, and outputs of its dense layer (0: there is none).
    whitened
        Whether the discriminator sees the absorption where bland ground is white, too.
    """

    steps: int = 6000
    minerals: int = 96
    copies: int = 4
    batch: int = 128
    adversarial: float = 0.1
    contrastive: float = 1.0
    temperature: float = 0.1
    rate: float = 2e-3
    every: int = 500
    patience: int = 0
    seed: int = 0
    filters: tuple[int, ...] = (16, 32, 64, 96)
    features: int = 128
    whitened: bool = True

    def __post_init__(self) -> None:
        if self.steps < 1 or self.every < 1 or self.minerals < 2 or self.copies < 2 or self.batch < 2:
            raise ParameterError("training plan: steps, every must be ≥ 1; minerals, copies and batch ≥ 2")
        if self.seed < 0 or self.patience < 0:
            raise ParameterError(f"training plan: seed ({self.seed}) and patience ({self.patience}) must not be negative")
        if self.adversarial <= 0 and self.contrastive <= 0:
            raise ParameterError("training plan: the adversarial and the contrastive loss are both switched off; nothing to learn")

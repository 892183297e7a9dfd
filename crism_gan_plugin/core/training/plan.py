"""What one training run does."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True)
class TrainingPlan:
    """What one training run does.

    Attributes
    ----------
    steps
        Steps, each with one update of the discriminator and one of the generator.
    minerals, copies
        A contrastive batch: so many minerals, so many views of each.
    batch
        Real spectra, and generated ones, in the adversarial batch.
    adversarial
        Weight of the adversarial loss of the discriminator; 0 switches it off.
    contrastive
        Weight of the contrastive loss; 0 switches it off.
    temperature
        Of the contrastive loss.
    rate
        Adam's learning rate; falls to zero along a half cosine.
    every
        Steps between two validations, each followed by a checkpoint.
    patience
        Validations in a row without a new best after which training stops; 0: it never stops early.
    seed
        Of everything random.
    filters, features
        Of the discriminator's convolutions, and of its dense layer (0: none).
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

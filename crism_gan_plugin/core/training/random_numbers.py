"""Random numbers on one device, for simulation and training."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class RandomNumbers:
    """Random numbers on one device.

    Parameters
    ----------
    device
        "cpu" or "cuda".
    seed
        One or more numbers: the same give the same ones.
    """

    def __init__(self, device: str, *seed: int) -> None:
        self.device, self.generator = device, torch.Generator(device)
        self.seed(*seed)

    def seed(self, *seed: int) -> None:
        self.generator.manual_seed(int(np.random.SeedSequence(seed).generate_state(1, np.uint32)[0]))

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.device)

    def exponential(self, *shape: int) -> Tensor:
        return torch.empty(shape, device=self.device).exponential_(generator=self.generator)

    def below(self, counts: Tensor) -> Tensor:
        """A whole number from 0 to below each of ``counts``."""
        return (self.uniform(0, 1, *counts.shape) * counts).long().clamp_max(counts - 1)

    def order(self, count: int) -> Tensor:
        return self.uniform(0, 1, count).argsort()

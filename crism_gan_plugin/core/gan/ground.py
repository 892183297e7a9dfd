"""Bland ground on the device that trains: backgrounds for simulated minerals, and pixels without any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..background.model import FREEDOM, BackgroundModel
from .dice import Dice


@dataclass(frozen=True)
class DeviceGround:
    """A `BackgroundModel` as tensors; plain ground, then ratioed.

    Attributes
    ----------
    mean
        (2, 240) of ln I/F.
    components
        (2, k, 240).
    """

    mean: Tensor
    components: Tensor

    @staticmethod
    def of(background: BackgroundModel, device: str) -> DeviceGround:
        kinds = (background.plain, background.ratioed)
        mean, components = (np.array([getattr(kind, part) for kind in kinds], np.float32) for part in ("mean", "components"))
        return DeviceGround(torch.from_numpy(mean).to(device), torch.from_numpy(components).to(device))

    def draw(self, count: int, dice: Dice) -> Tensor:
        """(count, 240) ln I/F about its mean, plain and ratioed ground equally likely, of heavy tails."""
        heavy = ((FREEDOM - 2) / (dice.normal(count, FREEDOM) ** 2).sum(1, keepdim=True)).sqrt()
        numbers = heavy * dice.normal(count, self.components.shape[1])
        plain, ratioed = (mean + numbers @ components for mean, components in zip(self.mean, self.components))
        return torch.where(dice.uniform(0, 1, count, 1) < 0.5, plain, ratioed)

"""Bland ground on the device that trains: backgrounds for simulated minerals, and pixels without any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..arrays import FloatArray
from ..background.metric import ground_metric, metric_share
from ..background.model import FREEDOM, BackgroundModel
from .random_numbers import RandomNumbers

#: Standard deviation of a usual pixel's noise, on the ratio.
_NOISE = 0.004

#: Largest share of the metric in the cosine that the network learns in. Maps take less (`background.metric`): where an image's own
#: ground is known, the metric has little to say of what is common there, minerals included.
_LARGEST_SHARE = 0.65


def whitening_of(background: BackgroundModel) -> FloatArray:
    """(240, 240) float32: makes the absorptions of ground with a usual pixel's noise white."""
    return ground_metric(background).whitening(_NOISE).astype(np.float32)


@dataclass(frozen=True)
class DeviceGround:
    """A `BackgroundModel` as tensors; plain ground, then ratioed.

    Attributes
    ----------
    mean
        (2, 240) mean of ln I/F.
    components
        (2, k, 240).
    whitening
        (240, 240): makes the absorptions of ground with a usual pixel's noise white.
    air, noise
        (k, 240), (240,) `Residuals`.
    """

    mean: Tensor
    components: Tensor
    whitening: Tensor
    air: Tensor
    noise: Tensor

    @staticmethod
    def of(background: BackgroundModel, device: str) -> DeviceGround:
        kinds = (background.plain, background.ratioed)
        mean, components = (np.array([getattr(kind, part) for kind in kinds], np.float32) for part in ("mean", "components"))
        residuals = [np.array(part, np.float32) for part in (background.residuals.air, background.residuals.noise)]
        arrays = (mean, components, whitening_of(background), *residuals)
        return DeviceGround(*(torch.from_numpy(array).to(device) for array in arrays))

    def draw(self, count: int, random: RandomNumbers) -> Tensor:
        """(count, 240) ln I/F about its mean, plain and ratioed ground equally likely, of heavy tails.

        It was measured on corrected spectra, so what the correction of the atmosphere leaves is in it.
        """
        heavy = ((FREEDOM - 2) / (random.normal(count, FREEDOM) ** 2).sum(1, keepdim=True)).sqrt()
        numbers = heavy * random.normal(count, self.components.shape[1])
        plain, ratioed = (mean + numbers @ components for mean, components in zip(self.mean, self.components))
        return torch.where(random.uniform(0, 1, count, 1) < 0.5, plain, ratioed)

    def draw_air(self, count: int, random: RandomNumbers) -> Tensor:
        """(count, 240) ln I/F that corrections of the atmosphere leave: from none to that of any volcano scan's."""
        return random.uniform(0, 1, count, 1) * (random.normal(count, len(self.air)) @ self.air)

    def beside(self, features: Tensor, ratio: Tensor) -> Tensor:
        """Vectors whose cosines are those that know ground (`background.cosine`), at a usual pixel's noise.

        Parameters
        ----------
        features
            (n, d) of the spectra, of length 1.
        ratio
            (n, 240) the spectra, continuum removed.

        Returns
        -------
        (n, d + 240) of length 1.
        """
        white = (1 - ratio).clamp_min(0) @ self.whitening
        length = white.norm(dim=1, keepdim=True)
        share = metric_share(length, _LARGEST_SHARE)
        return torch.cat([features * (1 - share).sqrt(), white * (share.sqrt() / length.clamp_min(1e-9))], 1)

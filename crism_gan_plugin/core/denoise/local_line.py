"""Smoothing by straight lines. It gives the broad part of a curve without the bias of a running mean at its ends."""

from __future__ import annotations

from typing import Any


def local_line(values: Any, weights: Any, sigma: float) -> Any:
    """At each place, the value of the straight line fitted with Gaussian weights around it.

    Source: Cleveland 1979, J. Am. Stat. Assoc. 74, 829, here with Gaussian weights.

    Parameters
    ----------
    values, weights
        (c, n) torch tensors; weights ≥ 0.
    sigma
        Standard deviation of the Gaussian, in places.

    Returns
    -------
    (c, n) in the precision of ``values``; the value itself where no weights are near.
    """
    import torch

    reach = int(4 * sigma + 0.5)
    offset = torch.arange(-reach, reach + 1, dtype=torch.float64, device=values.device)
    gauss = torch.exp(-0.5 * (offset / sigma) ** 2)
    kernels = torch.stack([gauss, gauss * offset, gauss * offset**2])[:, None]
    weights, original = weights.double(), values
    moments = torch.nn.functional.conv1d(weights[:, None], kernels, padding=reach)
    products = torch.nn.functional.conv1d((weights * values.double())[:, None], kernels[:2], padding=reach)
    spread = moments[:, 0] * moments[:, 2] - moments[:, 1] ** 2
    line = (moments[:, 2] * products[:, 0] - moments[:, 1] * products[:, 1]) / spread
    return torch.where(spread > 1e-9, line, original.double()).to(original.dtype)

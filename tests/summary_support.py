"""Spectra for tests of summary parameters."""

from __future__ import annotations

import numpy as np

from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.summary_parameters.plan import ParameterPlan
from crism_gan_plugin.core.summary_parameters.table import FORMULAS

#: A joined axis as the archive's, but without jitter.
AXIS = np.concatenate([np.arange(436.13, 632, 6.51), np.arange(709.68, 1011, 6.53), np.arange(1047.2, 2656, 6.57)])
AXIS = np.concatenate([AXIS, np.arange(2800.35, 3900, 6.65)])


def parameters(spectrum: np.ndarray, axis: np.ndarray = AXIS) -> dict[str, float]:
    plan = ParameterPlan.of(SpectralAxis(axis), FORMULAS)
    return dict(zip(plan.names, plan.compute(spectrum[plan.numbers].astype(np.float32)[:, None])[:, 0].tolist()))


def gaussian(centre: float, depth: float, width: float) -> np.ndarray:
    return depth * np.exp(-((AXIS - centre) ** 2) / (2 * width**2))

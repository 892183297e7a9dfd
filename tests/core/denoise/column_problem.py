"""A small convex problem as the denoiser has it, and its solution by linear programming, as the oracle."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from crism_gan_plugin.core.denoise import surface_library
from crism_gan_plugin.core.denoise.background import tent_matrix

WAVELENGTHS = np.arange(1000.0, 2650.0, 11.0)


def make_spectra(lines: int, seed: int, noise: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """(lines, n) ln I/F of random mixtures on concave backgrounds with spikes, and (n, m) the absorptions they are made of."""
    rng = np.random.default_rng(seed)
    atoms = surface_library().on(WAVELENGTHS)
    mixture = np.zeros((lines, atoms.shape[1]))
    for row in mixture:
        row[rng.integers(0, row.size, 3)] = rng.uniform(0.2, 1.0, 3)
    place = np.linspace(-1, 1, WAVELENGTHS.size)
    background = np.log(0.2) + rng.uniform(-0.3, 0.3, (lines, 1)) * place - rng.uniform(0, 0.1, (lines, 1)) * place**2
    spectra = mixture @ atoms.T + background + rng.normal(0, noise, (lines, place.size))
    spikes = rng.random(spectra.shape) < 0.01
    return spectra + 0.15 * spikes, atoms


def objective(
    spectra: np.ndarray, atoms: np.ndarray, penalty: np.ndarray, weight: np.ndarray, mixture: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """(lines,) what is to be minimised."""
    return (weight * np.abs(spectra - mixture @ atoms.T - background)).sum(1) + mixture @ penalty


def solve_exactly(spectra: np.ndarray, atoms: np.ndarray, penalty: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(lines,) smallest values of the objective, each by a linear programme of its own."""
    channels, count = atoms.shape
    tents = sparse.csr_matrix(tent_matrix(WAVELENGTHS))
    eye = sparse.eye(channels)
    equal = sparse.hstack([sparse.csr_matrix(atoms), eye, eye, -eye]).tocsr()
    concave = sparse.hstack([sparse.csr_matrix((channels - 2, count)), -tents, sparse.csr_matrix((channels - 2, 2 * channels))])
    bounds = [(0, None)] * count + [(None, None)] * channels + [(0, None)] * (2 * channels)
    values = []
    for spectrum, row in zip(spectra, weight):
        cost = np.concatenate([penalty, np.zeros(channels), row, row])
        values.append(linprog(cost, concave.tocsr(), np.zeros(channels - 2), equal, spectrum, bounds=bounds, method="highs").fun)
    return np.array(values)

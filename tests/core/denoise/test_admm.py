from __future__ import annotations

import numpy as np
import pytest
import torch
from column_problem import WAVELENGTHS, make_spectra, objective, solve_exactly

from crism_gan_plugin.core.denoise import admm
from crism_gan_plugin.core.denoise.admm import NEVER, Columns, Fit, make_background, solve
from crism_gan_plugin.core.denoise.background import tent_matrix

SPARSITY = 0.02


def fit(spectra: np.ndarray, atoms: np.ndarray, weight: np.ndarray | None = None, start=None, barred=(), **how) -> Fit:
    """Of (c, l, n) spectra with one set of atoms for all columns, some of which are barred."""
    count = len(spectra)
    nm = np.broadcast_to(WAVELENGTHS, (count, WAVELENGTHS.size))
    columns = Columns(
        torch.tensor(spectra, dtype=torch.float32),
        torch.ones(spectra.shape) if weight is None else torch.tensor(weight, dtype=torch.float32),
        torch.tensor(np.broadcast_to(atoms, (count, *atoms.shape)).copy()),
        torch.full((count, 1, atoms.shape[1]), SPARSITY).index_fill_(-1, torch.tensor(barred, dtype=torch.long), NEVER),
    )
    how = {"iterations": 3000, "tolerance": 2e-4, **how}
    return solve(columns, make_background(nm), start=start, **how)


def value(found: Fit, column: int, spectra: np.ndarray, atoms: np.ndarray, weight: np.ndarray) -> np.ndarray:
    mixture, background = (array[column].double().numpy() for array in (found.coefficients, found.background))
    return objective(spectra, atoms, np.full(atoms.shape[1], SPARSITY), weight, mixture, background)


@pytest.mark.parametrize("seed", [0, 1])
def test_as_good_as_linear_programming(seed: int):
    spectra, atoms = make_spectra(6, seed)
    weight = np.ones_like(spectra)
    best = solve_exactly(spectra, atoms, np.full(atoms.shape[1], SPARSITY), weight)
    found = fit(spectra[None], atoms)
    assert value(found, 0, spectra, atoms, weight) == pytest.approx(best, rel=1e-3)
    assert found.coefficients.min() >= 0
    assert (tent_matrix(WAVELENGTHS) @ found.background[0].double().numpy().T).min() > -1e-3


def test_missing_entries_do_not_count():
    spectra, atoms = make_spectra(5, 2)
    weight = (np.random.default_rng(0).random(spectra.shape) > 0.1).astype(float)
    best = solve_exactly(spectra, atoms, np.full(atoms.shape[1], SPARSITY), weight)
    spoilt = np.where(weight > 0, spectra, spectra + 0.5)
    found = fit(spoilt[None], atoms, weight[None])
    assert value(found, 0, spectra, atoms, weight) == pytest.approx(best, rel=1e-3)


def test_columns_stop_for_themselves_and_do_not_touch_each_other():
    easy, atoms = make_spectra(4, 3, noise=0.0005)
    hard, _ = make_spectra(4, 4, noise=0.02)
    together = fit(np.stack([easy, hard, easy]), atoms)
    alone = [fit(spectra[None], atoms) for spectra in (easy, hard)]
    assert together.iterations.tolist() == [int(alone[k].iterations[0]) for k in (0, 1, 0)]
    assert len(set(together.iterations.tolist())) == 2
    for column, k in enumerate((0, 1, 0)):
        assert together.background[column].numpy() == pytest.approx(alone[k].background[0].numpy(), abs=1e-5)
        assert together.state.residual[column].numpy() == pytest.approx(alone[k].state.residual[0].numpy(), abs=1e-5)


def test_goes_on_where_it_stopped():
    spectra, atoms = make_spectra(4, 5)
    whole = fit(spectra[None], atoms, iterations=60, tolerance=0)
    half = fit(spectra[None], atoms, iterations=30, tolerance=0)
    rest = fit(spectra[None], atoms, iterations=30, tolerance=0, start=half.state)
    assert rest.background.numpy() == pytest.approx(whole.background.numpy(), abs=1e-5)
    solved = fit(spectra[None], atoms)
    assert fit(spectra[None], atoms, start=solved.state).iterations[0] <= solved.iterations[0] / 10


def test_barred_atoms_might_as_well_not_be_there():
    spectra, atoms = make_spectra(4, 6)
    barred = [0, 3, atoms.shape[1] - 1]
    found, without = fit(spectra[None], atoms, barred=barred), fit(spectra[None], np.delete(atoms, barred, 1))
    assert not found.coefficients[..., barred].any()
    assert not found.state.copy[..., barred].any()
    kept = np.delete(found.coefficients.numpy(), barred, -1)
    np.testing.assert_array_equal(kept, without.coefficients.numpy())
    np.testing.assert_array_equal(found.background.numpy(), without.background.numpy())


def test_an_atom_may_be_barred_from_some_spectra_only():
    """The others get what they get where it is free."""
    spectra, atoms = make_spectra(3, 7)
    free = fit(spectra[None], atoms)
    atom = int(free.coefficients[0, 1].argmax())
    penalty = torch.full((1, 3, atoms.shape[1]), SPARSITY)
    penalty[0, 1, atom] = NEVER
    columns = Columns(
        torch.tensor(spectra[None], dtype=torch.float32), torch.ones(1, *spectra.shape), torch.tensor(atoms[None]), penalty
    )
    found = solve(columns, make_background(WAVELENGTHS[None]), iterations=3000, tolerance=2e-4)
    assert found.coefficients[0, 1, atom] == 0
    assert found.absorption[0, ::2].numpy() == pytest.approx(free.absorption[0, ::2].numpy(), abs=2e-3)


@pytest.mark.parametrize("at_once", [2, 6, 14])
def test_what_is_computed_together_does_not_matter(monkeypatch, at_once: int):
    """7 lines of 3 columns: in pieces of lines, or two columns together."""
    spectra = np.stack([make_spectra(7, seed, noise)[0] for seed, noise in ((8, 0.0005), (9, 0.02), (10, 0.0005))])
    atoms = make_spectra(7, 8)[1]
    monkeypatch.setattr(admm, "_SPECTRA_AT_ONCE", {"cpu": 1000})
    whole = fit(spectra, atoms, tolerance=2e-3)
    monkeypatch.setattr(admm, "_SPECTRA_AT_ONCE", {"cpu": at_once})
    found = fit(spectra, atoms, tolerance=2e-3)
    assert len(set(whole.iterations.tolist())) > 1
    assert found.iterations.tolist() == pytest.approx(whole.iterations.tolist(), abs=2 * admm.CHECK_EVERY)
    for name in ("absorption", "background"):
        assert getattr(found, name).numpy() == pytest.approx(getattr(whole, name).numpy(), abs=1e-3)
    assert found.state.residual.numpy() == pytest.approx(whole.state.residual.numpy(), abs=1e-3)

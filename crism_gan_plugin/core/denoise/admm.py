"""The convex problem of the denoiser, solved for many detector columns at once.

For each spectrum y (natural logarithm of I/F) of a column

    minimise  Σ_i w_i |y − A x − b|_i + Σ_j λ_j x_j    over x ≥ 0 and concave b

by the alternating direction method of multipliers (Boyd et al. 2011, Found. Trends Mach. Learn. 3, 1) with the splitting
r = y − A x − b, u = x, v = T b (T: heights of tents, `background.tent_rows`), r in L1, u and v ≥ 0, scaled duals and
over-relaxation (their section 3.4.3). Eliminating b from the least-squares step leaves, for each column, products with constant
matrices: P = (I + TᵀT)⁻¹, which smooths, and S = (Aᵀ(I − P)A + σ I)⁻¹, which is as small as the library. All spectra of a column
share them, so that an iteration is four matrix products and a few passes over arrays that stay in the processor's cache.

The three thresholding steps need no arrays of their own: with z the point that is thresholded, clip(z) is the dual and z − clip(z)
the primal variable, so z alone is the state from which an iteration, or a later solution, goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from .background import tent_matrix, tent_rows

if TYPE_CHECKING:
    from torch import Tensor

#: Step of the L1 term: about the size of the residuals, log units.
STEP = 0.01

#: Weight of the copy of x, relative to those of the residual and of the tents, which are alike.
COPY_WEIGHT = 0.05

RELAXATION = 1.7

#: Spectra computed together: on a CPU so few that their arrays stay in its cache, on a graphics card many.
_SPECTRA_AT_ONCE = {"cpu": 1000, "cuda": 20000}

#: Iterations between two looks at the residuals.
CHECK_EVERY = 10


@dataclass(frozen=True)
class Columns:
    """The data of some columns, torch tensors of one device; c columns, l spectra each, n channels, k atoms.

    Attributes
    ----------
    spectra
        (c, l, n) float32 ln I/F, finite everywhere, also where ``weight`` is 0.
    weight
        (c, l, n) float32: 1 where the channel counts, 0 where it is missing or bad.
    atoms
        (c, n, k) float64: curves of which multiples ≥ 0 are added.
    penalty
        (c, l or 1, k) float32 λ of each atom.
    """

    spectra: Tensor
    weight: Tensor
    atoms: Tensor
    penalty: Tensor

    def part(self, some: slice) -> Columns:
        return Columns(self.spectra[some], self.weight[some], self.atoms[some], self.penalty[some])


@dataclass(frozen=True)
class Background:
    """What depends on the wavelengths alone: (c, n, n) float64 smoothing P, and the tents' rows (c, 3, n − 2) float32."""

    smoothing: Tensor
    tents: Tensor

    def part(self, some: slice) -> Background:
        return Background(self.smoothing[some], self.tents[some])


@dataclass(frozen=True)
class State:
    """Points before thresholding: residual (c, l, n), coefficients (c, l, k), tents (c, l, n − 2)."""

    residual: Tensor
    copy: Tensor
    tents: Tensor


@dataclass(frozen=True)
class Fit:
    """A solution.

    Attributes
    ----------
    coefficients
        (c, l, k) ≥ 0.
    absorption
        (c, l, n) A x.
    background
        (c, l, n) concave b up to the tolerance.
    state
        State from which another solution can go on.
    iterations
        (c,) int NumPy, the number for each column.
    """

    coefficients: Tensor
    absorption: Tensor
    background: Tensor
    state: State
    iterations: IntArray


def make_background(wavelengths_nm: FloatArray, device: str = "cpu") -> Background:
    """The background problem for (c, n) wavelengths, nm."""
    import torch

    matrix = torch.as_tensor(tent_matrix(wavelengths_nm), device=device)
    identity = torch.eye(matrix.shape[-1], dtype=torch.float64, device=device)
    smoothing = _inverse(identity + matrix.transpose(1, 2) @ matrix)
    return Background(smoothing, torch.as_tensor(tent_rows(wavelengths_nm), dtype=torch.float32, device=device))


def solve(
    columns: Columns,
    background: Background,
    *,
    iterations: int,
    tolerance: float,
    start: Optional[State] = None,
    check: Callable[[], None] = lambda: None,
) -> Fit:
    """Minimise until each column's residuals are small, or for a number of iterations.

    Parameters
    ----------
    columns, background
        The problem.
    iterations
        Largest number of iterations.
    tolerance
        A column is done when the mean gap between the residual and its copy, and the mean change of the copy between two
        iterations, are both below this share of the mean absolute residual.
    start
        State of an earlier solution with as many atoms; None: from nothing.
    check
        A function that is called now and then, in any thread. An error that it raises ends the solution.
    """
    import torch

    count, lines = columns.spectra.shape[:2]
    kind = columns.spectra.device.type
    at_once = max(1, _SPECTRA_AT_ONCE[kind] // lines)

    def solve_some(first: int) -> Fit:
        some = slice(first, first + at_once)
        begin = None if start is None else State(start.residual[some], start.copy[some], start.tents[some])
        return _solve_together(columns.part(some), background.part(some), iterations, tolerance, begin, check)

    fits = _on_all_cores(solve_some, range(0, count, at_once)) if kind == "cpu" else list(map(solve_some, range(0, count, at_once)))
    if len(fits) == 1:
        return fits[0]
    cat = [torch.cat([getattr(fit, name) for fit in fits]) for name in ("coefficients", "absorption", "background")]
    state = [torch.cat([getattr(fit.state, name) for fit in fits]) for name in ("residual", "copy", "tents")]
    return Fit(cat[0], cat[1], cat[2], State(*state), np.concatenate([fit.iterations for fit in fits]))


def _on_all_cores(task: Callable[[int], Fit], items: Sequence[int]) -> list[Fit]:
    """The result for each item, with one thread an item.

    PyTorch's threads within one operation wait for each other after each of a thousand small operations. On busy cores this takes
    several times as long as the work. So each column has one thread. Several threads at a time pay where the matrix products are
    MKL's. OpenBLAS has threads of its own in each product, and makes callers wait for each other.
    """
    import torch

    threads = torch.get_num_threads()
    workers = threads if torch.backends.mkl.is_available() else 1
    torch.set_num_threads(1)
    try:
        if workers == 1:
            return [task(item) for item in items]
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(task, items))
    finally:
        torch.set_num_threads(threads)


def _solve_together(
    columns: Columns,
    background: Background,
    iterations: int,
    tolerance: float,
    start: Optional[State],
    check: Callable[[], None],
) -> Fit:
    """Solve columns whose arrays stay in the processor's cache together."""
    import torch

    solver = _Solver(columns, background)
    state = start or solver.zero()
    used = np.zeros(len(columns.spectra), int)
    open_ = np.arange(len(used))  # columns that are not done
    done: dict[int, tuple[Tensor, ...]] = {}
    for iteration in range(1, iterations + 1):
        look = iteration % CHECK_EVERY == 0 or iteration == iterations
        state, gap = solver.step(state, look)
        if not look:
            continue
        check()
        finished = np.asarray((gap < tolerance).cpu()) | (iteration == iterations)
        used[open_[finished]] = iteration
        if finished.all() and not done:
            return solver.fit(state, used)
        if finished.any():
            solver, state, rest = _retire(solver, state, finished, open_, done)
            open_ = open_[~finished]
            if not rest:
                break
    pieces = [done[number] for number in range(len(used))]
    joined = [torch.cat(parts) for parts in zip(*pieces)]
    return Fit(joined[0], joined[1], joined[2], State(*joined[3:]), used)


def _retire(
    solver: _Solver, state: State, finished: BoolArray, open_: IntArray, done: dict[int, tuple[Tensor, ...]]
) -> tuple[_Solver, State, bool]:
    """Put finished columns aside, and go on with the others only."""
    fit = solver.take(finished).fit(_take(state, finished), open_[finished])
    parts = (fit.coefficients, fit.absorption, fit.background, fit.state.residual, fit.state.copy, fit.state.tents)
    for place, number in enumerate(open_[finished]):
        done[int(number)] = tuple(part[place : place + 1] for part in parts)
    return solver.take(~finished), _take(state, ~finished), bool((~finished).any())


def _take(state: State, which: BoolArray) -> State:
    import torch

    index = torch.as_tensor(np.flatnonzero(which), device=state.residual.device)
    return State(state.residual[index], state.copy[index], state.tents[index])


def _inverse(matrix: Tensor) -> Tensor:
    """The inverse of symmetric positive definite matrices, by Cholesky factors."""
    import torch

    return torch.cholesky_inverse(torch.linalg.cholesky(matrix))


class _Solver:
    """The constant matrices of some columns, and one iteration with them."""

    def __init__(self, columns: Columns, background: Background) -> None:
        import torch

        atoms, smooth = columns.atoms, background.smoothing
        smoothed = smooth @ atoms
        rough = atoms - smoothed
        eye = torch.eye(atoms.shape[-1], dtype=torch.float64, device=atoms.device)
        small = _inverse(atoms.transpose(1, 2) @ rough + COPY_WEIGHT * eye)
        self.level = columns.spectra.mean(-1, keepdim=True)  # concavity knows no level: without it, less rounding
        self.spectra = columns.spectra - self.level
        self.weight = columns.weight
        self.threshold = columns.penalty * (STEP / COPY_WEIGHT)
        self.smooth = smooth.float()
        self.project = (atoms @ small).float()
        self.small = (COPY_WEIGHT * small).float()
        self.rough = rough.transpose(1, 2).contiguous().float()
        self.smoothed = smoothed.transpose(1, 2).contiguous().float()
        self.tents = background.tents[:, :, None, :]
        self.atoms = atoms.transpose(1, 2).contiguous().float()

    def take(self, which: BoolArray) -> _Solver:
        """The solver for some of the columns."""
        import torch

        index = torch.as_tensor(np.flatnonzero(which), device=self.spectra.device)
        part = object.__new__(_Solver)
        for name, value in vars(self).items():
            setattr(part, name, value[index])
        return part

    def zero(self) -> State:
        count, lines, channels = self.spectra.shape
        atoms = self.atoms.shape[1]
        new = self.spectra.new_zeros
        return State(new((count, lines, channels)), new((count, lines, atoms)), new((count, lines, channels - 2)))

    def step(self, state: State, look: bool) -> tuple[State, Tensor]:
        """One iteration; it gives the columns' relative residuals where these are asked for, else None."""
        dual, residual = self._split_residual(state.residual)
        copy_dual, copy = self._split_copy(state.copy)
        tent = state.tents.clamp(min=0)
        target = self.spectra + dual
        target -= residual
        pulled = self._tents_transposed(state.tents.abs())
        pulled += target
        smooth = pulled @ self.smooth
        target -= smooth
        x = _add_product((copy - copy_dual) @ self.small, target, self.project)
        misfit = _add_product(self.spectra - smooth, x, self.rough, -1)
        background = _add_product(smooth, x, self.smoothed, -1)
        heights = self._tents(background)
        new = State(
            _relax(misfit, residual).add_(dual),
            _relax(x, copy).add_(copy_dual),
            _relax(heights, tent).add_(state.tents).sub_(tent),
        )
        return new, self._gap(new, residual, misfit) if look else None

    def fit(self, state: State, iterations: IntArray) -> Fit:
        """The solution at a state: coefficients that are ≥ 0 exactly, and the background that goes with them."""
        dual, residual = self._split_residual(state.residual)
        _, copy = self._split_copy(state.copy)
        absorption = copy @ self.atoms
        target = self.spectra + dual - residual - absorption + self._tents_transposed(state.tents.abs())
        return Fit(copy, absorption, target @ self.smooth + self.level, state, iterations)

    def _split_residual(self, point: Tensor) -> tuple[Tensor, Tensor]:
        dual = point.clamp(-STEP, STEP)
        dual *= self.weight
        return dual, point - dual

    def _split_copy(self, point: Tensor) -> tuple[Tensor, Tensor]:
        copy = (point - self.threshold).clamp_(min=0)
        return point - copy, copy

    def _tents(self, background: Tensor) -> Tensor:
        heights = self.tents[:, 0] * background[..., :-2]
        heights.addcmul_(self.tents[:, 1], background[..., 1:-1])
        return heights.addcmul_(self.tents[:, 2], background[..., 2:])

    def _tents_transposed(self, heights: Tensor) -> Tensor:
        spectra = heights.new_zeros((*heights.shape[:-1], heights.shape[-1] + 2))
        for offset in range(3):
            spectra[..., offset : offset + heights.shape[-1]].addcmul_(self.tents[:, offset], heights)
        return spectra

    def _gap(self, new: State, residual_before: Tensor, misfit: Tensor) -> Tensor:
        """(c,) the larger of primal and dual residual, relative to the size of the residual itself."""
        _, residual = self._split_residual(new.residual)
        size = (misfit.abs() * self.weight).mean((1, 2)) + 1e-12
        primal = ((misfit - residual).abs() * self.weight).mean((1, 2))
        dual = ((residual - residual_before).abs() * self.weight).mean((1, 2))
        import torch

        return torch.maximum(primal, dual) / size


def _relax(value: Tensor, before: Tensor) -> Tensor:
    import torch

    return torch.lerp(before, value, RELAXATION)


def _add_product(add: Tensor, left: Tensor, right: Tensor, factor: float = 1.0) -> Tensor:
    """add + factor · left @ right, into ``add``."""
    return add.baddbmm_(left, right, alpha=factor)

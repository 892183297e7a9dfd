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

What an iteration does is limited by the products and by passes over arrays. So it has as few passes as can be, over few spectra at
a time, and columns are shared by the processor's cores. An atom that no spectrum of a column may have has no part in the products.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Callable, Optional

import numpy as np

from ..arrays import AnyArray, BoolArray, FloatArray, IntArray
from ..compute.cores import one_thread_a_product
from ..compute.memory import keep_freed_memory
from .background import tent_matrix, tent_rows

if TYPE_CHECKING:
    from torch import Tensor

#: Step of the L1 term: about the size of the residuals, log units.
STEP = 0.01

#: Weight of the copy of x, relative to those of the residual and of the tents, which are alike.
COPY_WEIGHT = 0.05

RELAXATION = 1.7

#: Spectra computed together: on a CPU so few that their arrays stay in the cache of a core, on a graphics card many.
_SPECTRA_AT_ONCE = {"cpu": 240, "cuda": 20000}

#: Iterations between two looks at the residuals.
CHECK_EVERY = 10

#: A penalty of so much, or more, keeps an atom out of a spectrum.
NEVER = 1e3


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

    def lines(self, some: slice) -> Columns:
        penalty = self.penalty if self.penalty.shape[1] == 1 else self.penalty[:, some]
        return Columns(self.spectra[:, some], self.weight[:, some], self.atoms, penalty)


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

    @staticmethod
    def zero(columns: Columns) -> State:
        count, lines, channels = columns.spectra.shape
        new = columns.spectra.new_zeros
        return State(new((count, lines, channels)), new((count, lines, columns.atoms.shape[-1])), new((count, lines, channels - 2)))

    def part(self, some: slice) -> State:
        return State(self.residual[some], self.copy[some], self.tents[some])

    def lines(self, some: slice) -> State:
        """A copy of that of some lines."""
        return State(self.residual[:, some].clone(), self.copy[:, some].clone(), self.tents[:, some].clone())


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
    keep_freed_memory()
    begin = State.zero(columns) if start is None else start
    count, lines = columns.spectra.shape[:2]
    kind = columns.spectra.device.type
    at_once = max(1, _SPECTRA_AT_ONCE[kind] // lines)

    def solve_some(first: int) -> Fit:
        some = slice(first, first + at_once)
        return _without_barred_atoms(columns.part(some), background.part(some), begin.part(some), iterations, tolerance, check)

    firsts = range(0, count, at_once)
    return _joined(_on_all_cores(solve_some, firsts) if kind == "cpu" else list(map(solve_some, firsts)), 0)


def _joined(fits: Sequence[Fit], axis: int) -> Fit:
    """Of columns (axis 0), or of lines of the same columns (axis 1)."""
    import torch

    if len(fits) == 1:
        return fits[0]
    cat = [torch.cat([getattr(fit, name) for fit in fits], axis) for name in ("coefficients", "absorption", "background")]
    state = [torch.cat([getattr(fit.state, name) for fit in fits], axis) for name in ("residual", "copy", "tents")]
    used = np.concatenate([fit.iterations for fit in fits]) if axis == 0 else fits[0].iterations
    return Fit(cat[0], cat[1], cat[2], State(*state), used)


def _on_all_cores(task: Callable[[int], Fit], items: Sequence[int]) -> list[Fit]:
    """The result for each item, with one thread an item.

    PyTorch's threads within one operation wait for each other after each of a thousand small operations. On busy cores this takes
    several times as long as the work. So each column has one thread. The products' library has to keep to it, too: MKL is told so
    by PyTorch, and OpenBLAS by `one_thread_a_product`.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with one_thread_a_product() as cores:
            workers = min(threads if torch.backends.mkl.is_available() else cores, len(items))
            if workers < 2:
                return [task(item) for item in items]
            with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                return list(pool.map(task, items))
    finally:
        torch.set_num_threads(threads)


def _without_barred_atoms(
    columns: Columns, background: Background, start: State, iterations: int, tolerance: float, check: Callable[[], None]
) -> Fit:
    """The solution with those atoms alone that some of the spectra may have: the others' coefficients are 0."""
    import torch

    allowed = torch.nonzero((columns.penalty < NEVER).flatten(0, 1).any(0))[:, 0]
    if len(allowed) == columns.atoms.shape[-1]:
        return _solve_together(columns, background, start, iterations, tolerance, check)
    fewer = replace(columns, atoms=columns.atoms[..., allowed], penalty=columns.penalty[..., allowed])
    fit = _solve_together(fewer, background, replace(start, copy=start.copy[..., allowed]), iterations, tolerance, check)
    coefficients, copy = (
        torch.zeros_like(start.copy).index_copy_(-1, allowed, part) for part in (fit.coefficients, fit.state.copy)
    )
    return replace(fit, coefficients=coefficients, state=replace(fit.state, copy=copy))


def _solve_together(
    columns: Columns, background: Background, start: State, iterations: int, tolerance: float, check: Callable[[], None]
) -> Fit:
    """Solve some columns piece by piece of their lines. A piece stays in the processor's cache until residuals are looked at."""
    count, lines = columns.spectra.shape[:2]
    height = max(1, _SPECTRA_AT_ONCE[columns.spectra.device.type] // count)
    parts = [slice(first, first + height) for first in range(0, lines, height)]
    matrices = _Matrices.of(columns.atoms, background)
    pieces = [_Piece(columns.lines(part), start.lines(part)) for part in parts]
    open_ = np.arange(count)  # columns that are not done
    done: list[Fit] = []
    order: list[IntArray] = []
    for iteration in range(CHECK_EVERY, iterations + CHECK_EVERY, CHECK_EVERY):
        steps = CHECK_EVERY - max(iteration - iterations, 0)
        check()
        gap = _gap(sum(piece.run(matrices, steps) for piece in pieces))
        finished = np.asarray((gap < tolerance).cpu()) | (iteration >= iterations)
        if not finished.any():
            continue
        used = np.full(np.count_nonzero(finished), min(iteration, iterations))
        retired = matrices.take(finished)
        done.append(_joined([piece.take(finished).fit(retired, used) for piece in pieces], 1))
        order.append(open_[finished])
        if finished.all():
            break
        open_, matrices, pieces = open_[~finished], matrices.take(~finished), [piece.take(~finished) for piece in pieces]
    return _in_order(_joined(done, 0), np.argsort(np.concatenate(order)))


def _in_order(fit: Fit, order: IntArray) -> Fit:
    if (np.diff(order) > 0).all():
        return fit
    state = State(*(_take(part, order) for part in (fit.state.residual, fit.state.copy, fit.state.tents)))
    coefficients, absorption, background = (_take(part, order) for part in (fit.coefficients, fit.absorption, fit.background))
    return Fit(coefficients, absorption, background, state, fit.iterations[order])


def _take(values: Tensor, which: AnyArray) -> Tensor:
    """Of the columns, by their numbers or by whether they are wanted."""
    import torch

    index = np.flatnonzero(which) if which.dtype == bool else which
    return values[torch.as_tensor(index, device=values.device)]


def _gap(sums: Tensor) -> Tensor:
    """(c,) the larger of primal and dual residual, relative to the size of the residual itself, from `_Piece.run`."""
    size, primal, dual = sums
    return primal.maximum(dual) / size.clamp(min=1e-12)


def _inverse(matrix: Tensor) -> Tensor:
    """The inverse of symmetric positive definite matrices, by Cholesky factors."""
    import torch

    return torch.cholesky_inverse(torch.linalg.cholesky(matrix))


@dataclass(frozen=True)
class _Matrices:
    """The constant matrices of some columns, float32."""

    smooth: Tensor
    project: Tensor
    small: Tensor
    rough: Tensor
    smoothed: Tensor
    atoms: Tensor
    tents: Tensor

    @staticmethod
    def of(atoms: Tensor, background: Background) -> _Matrices:
        import torch

        smoothed = background.smoothing @ atoms
        rough = atoms - smoothed
        eye = torch.eye(atoms.shape[-1], dtype=torch.float64, device=atoms.device)
        small = _inverse(atoms.transpose(1, 2) @ rough + COPY_WEIGHT * eye)
        wide = [each.transpose(1, 2).contiguous().float() for each in (rough, smoothed, atoms)]
        return _Matrices(
            smooth=background.smoothing.float(),
            project=(atoms @ small).float(),
            small=(COPY_WEIGHT * small).float(),
            rough=wide[0],
            smoothed=wide[1],
            atoms=wide[2],
            tents=background.tents[:, :, None, :],
        )

    def take(self, which: BoolArray) -> _Matrices:
        """Those of some of the columns."""
        return _Matrices(*(_take(getattr(self, field.name), which) for field in fields(self)))


class _Piece:
    """Some lines of some columns, and the state that their solution has reached."""

    def __init__(self, columns: Columns, state: State) -> None:
        self.level = columns.spectra.mean(-1, keepdim=True)  # concavity knows no level: without it, less rounding
        self.spectra = columns.spectra - self.level
        self.limit = STEP * columns.weight
        self.threshold = columns.penalty * (STEP / COPY_WEIGHT)
        self.residual, self.copy, self.tents = state.residual, state.copy, state.tents

    def take(self, which: BoolArray) -> _Piece:
        """The piece of some of the columns."""
        part = object.__new__(_Piece)
        for name, value in vars(self).items():
            setattr(part, name, _take(value, which))
        return part

    def run(self, matrices: _Matrices, steps: int) -> Tensor:
        """So many iterations; (3, c) what the last one tells of the gap: sums over the residual, and both changes of its copy."""
        import torch

        for _ in range(steps - 1):
            self._step(matrices)
        before = self.residual - self._dual()
        misfit = self._step(matrices)
        residual = self.residual - self._dual()
        counts = self.limit > 0
        return torch.stack([(each.abs() * counts).sum((1, 2)) for each in (misfit, misfit - residual, residual - before)])

    def _dual(self) -> Tensor:
        return self.residual.clamp(-self.limit, self.limit)

    def _step(self, matrices: _Matrices) -> Tensor:
        """One iteration; gives what is left of the spectra without absorption and background."""
        import torch

        dual = self._dual()
        target = (self.spectra - self.residual).add_(dual, alpha=2)
        heights = self.tents.abs()
        smooth = self._pulled(target, heights, matrices) @ matrices.smooth
        target -= smooth
        copy = (self.copy - self.threshold).clamp_(min=0)
        x = (torch.lerp(self.copy, copy, 2) @ matrices.small).baddbmm_(target, matrices.project)
        misfit = torch.sub(self.spectra, smooth, out=target).baddbmm_(x, matrices.rough, alpha=-1)
        background = smooth.baddbmm_(x, matrices.smoothed, alpha=-1)
        # each point moves on by the relaxed difference between the new value and its copy
        self.residual.lerp_(misfit + dual, RELAXATION)
        self.copy.add_(x.sub_(copy), alpha=RELAXATION)
        self.tents.mul_(1 - RELAXATION / 2).add_(heights, alpha=-RELAXATION / 2)  # of a point t, the copy is (t + |t|) / 2
        for offset in range(3):
            self.tents.addcmul_(matrices.tents[:, offset], background[..., offset : offset + heights.shape[-1]], value=RELAXATION)
        return misfit

    def _pulled(self, target: Tensor, heights: Tensor, matrices: _Matrices) -> Tensor:
        """What the background is pulled to: the target, and the tents of these heights."""
        pulled = target.clone()
        for offset in range(3):
            pulled[..., offset : offset + heights.shape[-1]].addcmul_(matrices.tents[:, offset], heights)
        return pulled

    def fit(self, matrices: _Matrices, iterations: IntArray) -> Fit:
        """The solution at the state: coefficients that are ≥ 0 exactly, and the background that goes with them."""
        copy = (self.copy - self.threshold).clamp_(min=0)
        absorption = copy @ matrices.atoms
        target = (self.spectra - self.residual).add_(self._dual(), alpha=2).sub_(absorption)
        background = self._pulled(target, self.tents.abs(), matrices) @ matrices.smooth + self.level
        return Fit(copy, absorption, background, State(self.residual, self.copy, self.tents), iterations)

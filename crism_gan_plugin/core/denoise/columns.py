"""The denoising of detector columns, from arrays to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Optional

import numpy as np

from ..arrays import AnyArray, BoolArray, FloatArray, IntArray
from ..background.files import load_background
from ..options.denoising import DenoiseOptions
from ..packages import load
from ..progress import Progress
from ..spectra.resampling import fill_missing
from .ground import ImageGround, learn_ground, no_ground, some_of
from .rounds import Settings, Solution, run_rounds
from .surface import SurfaceLibrary

if TYPE_CHECKING:
    from torch import Tensor

DEFAULTS = Settings()

#: Columns that learn their transmissions together.
COLUMNS_AT_ONCE = 32

#: A column with fewer valid spectra than this says nothing about its transmission.
FEWEST_LINES = 3

#: A channel of a column counts only if it is valid in this share of its valid spectra, or more: else it is dead.
_ALIVE = 0.5

#: Transmissions below this are as good as opaque; noise makes them up.
_DARKEST = 0.01


@dataclass(frozen=True)
class Denoised:
    """What a block of columns is made of; l lines, c columns, n channels; NaN where there is no data.

    Attributes
    ----------
    corrected
        (l, c, n) float32 I/F without atmosphere and detector artefacts, bad entries replaced by the model; its noise is kept.
    model
        (l, c, n) float32 noise-free I/F: absorption and background.
    background
        (l, c, n) float32 I/F of the background alone: a concave curve, on the image's ground.
    path
        (l, c) float32 multiples of the transmission.
    transmission
        (c, n) float32 of the atmosphere and the detector for path 1.
    bad
        (l, c, n) bool: entries that were replaced.
    iterations
        (c,) int, 0 for columns without data.
    ground
        What bland ground has beyond a concave curve; see `ground`.
    """

    corrected: FloatArray
    model: FloatArray
    background: FloatArray
    path: FloatArray
    transmission: FloatArray
    bad: BoolArray
    iterations: IntArray
    ground: ImageGround


def denoise_columns(
    i_over_f: FloatArray,
    wavelengths_nm: FloatArray,
    transmissions: Sequence[FloatArray],
    library: SurfaceLibrary,
    settings: Settings = DEFAULTS,
    *,
    ground: Optional[ImageGround] = None,
    device: str = DenoiseOptions.device,
    progress: Optional[Progress] = None,
) -> Denoised:
    """Separate surface, atmosphere and artefacts of detector columns.

    Parameters
    ----------
    i_over_f
        (l, c, n) I/F; what is not finite or not positive is missing.
    wavelengths_nm
        (c, n) each column's own, ascending.
    transmissions
        (c, n) each: volcano scans to begin with, NaN where unknown. None: of an image that is not corrected, the ground's air.
    library
        Absorptions that the surface may have.
    ground
        Ground of the whole image, if these columns are a part of it. If None and without a transmission, it is learned from these
        columns.
    device
        "cpu", "cuda", or "auto": CUDA where there is one.
    progress
        Object that is told the share of columns done, and may cancel.

    Returns
    -------
    The parts. A column with fewer than three usable spectra is NaN throughout.

    Raises
    ------
    MissingDependencyError
        If there is no PyTorch.
    """
    device = choose_device(device)
    progress = progress or Progress()
    valid = np.isfinite(i_over_f) & (i_over_f > 0)
    columns = np.flatnonzero(_usable_spectra(valid, settings).sum(0) >= FEWEST_LINES)
    if ground is None and not transmissions:
        ground = ground_of_columns(i_over_f, wavelengths_nm, library, settings)
    elif ground is None:
        ground = no_ground(wavelengths_nm[0])
    if not transmissions and ground.has_air:
        transmissions = [ground.air_on(wavelengths_nm)]
    parts = _empty(i_over_f.shape, ground)
    if not columns.size:
        return parts
    for some in np.array_split(columns, -(-columns.size // COLUMNS_AT_ONCE)):
        progress.check()
        starts = [transmission[some] for transmission in transmissions]
        _denoise_batch(
            parts, some, i_over_f[:, some], valid[:, some], wavelengths_nm[some], starts, library, settings, device, progress.check
        )
        done = np.count_nonzero(columns <= some[-1])
        progress.report(done / columns.size, f"denoised {done} of {columns.size} columns")
    return parts


def ground_of_columns(i_over_f: FloatArray, wavelengths_nm: FloatArray, library: SurfaceLibrary, settings: Settings) -> ImageGround:
    """The ground that an image's columns have in common, on their mean wavelengths."""
    known = np.isfinite(wavelengths_nm).all(1)
    if not known.any():
        return no_ground(np.arange(wavelengths_nm.shape[1], dtype=float))
    shared = wavelengths_nm[known].mean(0)
    line, column = np.nonzero(_usable_spectra(np.isfinite(i_over_f) & (i_over_f > 0), settings) & known)
    some = some_of(line.size)
    spectra = on_axis(i_over_f[line[some], column[some]], wavelengths_nm[column[some]], shared)
    return learn_ground(spectra, shared, library, load_background(), settings.corrected)


def on_axis(spectra: FloatArray, wavelengths_nm: FloatArray, axis_nm: FloatArray) -> FloatArray:
    """(m, n) spectra, each on its own wavelengths (m, n), interpolated to one axis (n,); NaN beside what is missing."""
    return np.array([np.interp(axis_nm, own, spectrum) for own, spectrum in zip(wavelengths_nm, spectra)]).reshape(spectra.shape)


def choose_device(device: str = DenoiseOptions.device) -> str:
    """The torch device to compute on; `MissingDependencyError` where PyTorch is missing."""
    torch = load("torch", "denoising needs PyTorch", instead="or choose the quick mode")
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def _usable_spectra(valid: BoolArray, settings: Settings) -> BoolArray:
    return valid.mean(-1) > 1 - settings.left_out


def _empty(shape: tuple[int, ...], ground: ImageGround) -> Denoised:
    lines, columns, channels = shape
    corrected, model, background = (np.full(shape, np.nan, np.float32) for _ in range(3))
    path, transmission = np.full((lines, columns), np.nan, np.float32), np.full((columns, channels), np.nan, np.float32)
    bad, iterations = np.zeros(shape, bool), np.zeros(columns, int)
    return Denoised(corrected, model, background, path, transmission, bad, iterations, ground)


def _denoise_batch(
    parts: Denoised,
    columns: IntArray,
    i_over_f: FloatArray,
    valid: BoolArray,
    wavelengths_nm: FloatArray,
    transmissions: list[FloatArray],
    library: SurfaceLibrary,
    settings: Settings,
    device: str,
    check: Callable[[], None],
) -> None:
    """Denoise some columns and put the result in its place."""
    import torch

    spectra, valid = _log_spectra(i_over_f, valid, wavelengths_nm, settings)
    ground = torch.as_tensor(parts.ground.on(wavelengths_nm), dtype=torch.float32, device=device)[:, None]
    whole = torch.as_tensor(spectra, device=device)
    solution = run_rounds(
        whole - ground,
        torch.as_tensor(valid, device=device),
        torch.as_tensor(np.stack([library.on(column) for column in wavelengths_nm]), device=device),
        torch.as_tensor(_log_transmissions(transmissions, wavelengths_nm), device=device),
        wavelengths_nm,
        settings,
        check,
    )
    _put(parts, columns, whole, replace(solution, background=solution.background + ground))


def _log_spectra(
    i_over_f: FloatArray, valid: BoolArray, wavelengths_nm: FloatArray, settings: Settings
) -> tuple[FloatArray, BoolArray]:
    """(c, l, n) float32 ln I/F, interpolated within each spectrum where it is missing, and (c, l, n) what counts."""
    usable = _usable_spectra(valid, settings)
    alive = (valid & usable[..., None]).sum(0) >= _ALIVE * np.maximum(usable.sum(0), 1)[:, None]
    valid = valid & usable[..., None] & alive
    logs = np.log(np.where(valid, i_over_f, np.nan), dtype=np.float32).transpose(1, 0, 2)
    filled = [fill_missing(column, axis, limit=1.0) for column, axis in zip(logs, wavelengths_nm)]
    return np.nan_to_num(np.stack(filled)), np.ascontiguousarray(valid.transpose(1, 0, 2))


def _log_transmissions(transmissions: list[FloatArray], wavelengths_nm: FloatArray) -> FloatArray:
    """(c, n, k) ln of the transmissions; where a scan knows nothing, the air counts as clear."""
    known = [np.clip(np.nan_to_num(np.asarray(scan, float), nan=1.0), _DARKEST, None) for scan in transmissions]
    return np.log(np.stack(known, -1)) if known else np.zeros((*wavelengths_nm.shape, 0))


def _put(parts: Denoised, columns: IntArray, spectra: Tensor, solution: Solution) -> None:
    import torch

    surface = torch.exp(solution.absorption + solution.background)
    gas = solution.path[..., None] * solution.transmission[:, None].float()
    corrected = torch.where(solution.bad, surface, torch.exp(spectra - gas))
    lost = solution.left_out.cpu().numpy().T

    def lines_first(values: Tensor) -> AnyArray:
        array = values.float().cpu().numpy().swapaxes(0, 1)
        array[lost] = np.nan
        return array

    parts.corrected[:, columns] = lines_first(corrected)
    parts.model[:, columns] = lines_first(surface)
    parts.background[:, columns] = lines_first(torch.exp(solution.background))
    parts.path[:, columns] = lines_first(solution.path)
    parts.bad[:, columns] = solution.bad.cpu().numpy().swapaxes(0, 1) & ~lost[..., None]
    parts.transmission[columns] = torch.exp(solution.transmission).float().cpu().numpy()
    parts.iterations[columns] = solution.iterations

"""Figures of a training run, drawn by Matplotlib: its loss curves, and generated beside real spectra (paper, fig. 15)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import FloatArray, IntArray
from ..packages import load
from ..spectra.grid import WAVELENGTHS_NM

LOSSES = ("contrastive", "discriminator", "generator")
_COLOURS = {"contrastive": "#1b7837", "discriminator": "#2166ac", "generator": "#b2182b", "clean": "#333333", "noisy": "#999999"}

#: Loss curves have about so many points.
_POINTS = 1000


def mean_losses(losses: FloatArray) -> tuple[IntArray, FloatArray]:
    """Losses averaged over as many steps as leave about a thousand points.

    Parameters
    ----------
    losses
        (steps, k).

    Returns
    -------
    (points,) the last step of each mean, from 1, and (points, k) the means.
    """
    starts = np.arange(0, len(losses), max(1, len(losses) // _POINTS))
    ends = np.append(starts[1:], len(losses))
    return ends, np.add.reduceat(losses, starts) / (ends - starts)[:, np.newaxis]


def draw_curves(losses: FloatArray, validations: dict[str, list[float]], path: Path) -> None:
    """Losses by step, and below them what the validations found.

    Parameters
    ----------
    losses
        (steps, 3), in the order of `LOSSES`; a loss that is 0 throughout was switched off and is not drawn.
    validations
        "step", and the curves "AUC" and "AUC with noise".
    """
    figure = _figure(6.3, 4.6)
    above, below = figure.subplots(2, 1, sharex=True)
    steps, means = mean_losses(losses)
    for name, curve in zip(LOSSES, means.T):
        if curve.any():
            above.plot(steps, curve, color=_COLOURS[name], linewidth=0.9, label=name)
    above.set_ylabel("loss")
    for name, colour in (("AUC", _COLOURS["clean"]), ("AUC with noise", _COLOURS["noisy"])):
        below.plot(validations["step"], validations[name], color=colour, linewidth=1.1, marker=".", label=name)
    below.set_ylabel("validation")
    below.set_xlabel("step (0: random weights)")
    for panel in (above, below):
        panel.legend(frameon=False, fontsize=7)
        _plain(panel)
    figure.savefig(path, dpi=200, metadata={"Software": None})


def draw_generated(real: FloatArray, generated: FloatArray, path: Path, columns: int = 5) -> None:
    """Real spectra above, the most similar generated ones below.

    Parameters
    ----------
    real, generated
        (n, 240) continuum-removed, deepest channels alike.
    """
    figure = _figure(7.2, 2.9)
    panels = figure.subplots(2, columns, sharex=True, sharey=True)
    micrometres = WAVELENGTHS_NM / 1000
    for (above, below), (one, other, likeness) in zip(panels.T, similar_pairs(real, generated, columns)):
        above.plot(micrometres, real[one], color=_COLOURS["discriminator"], linewidth=0.9)
        below.plot(micrometres, generated[other], color=_COLOURS["generator"], linewidth=0.9)
        below.set_title(f"r = {likeness:.3f}", fontsize=7, pad=2)
        below.set_xlabel("wavelength (µm)")
        for panel in (above, below):
            _plain(panel)
    panels[0, 0].set_ylabel("modelled")
    panels[1, 0].set_ylabel("generated")
    figure.savefig(path, dpi=200, metadata={"Software": None})


def similar_pairs(real: FloatArray, generated: FloatArray, count: int) -> list[tuple[int, int, float]]:
    """Pairs of a real and the generated spectrum most like it, alike in themselves and unlike each other.

    Returns
    -------
    Row of the real spectrum, row of the generated one, their correlation; from short to long wavelength of the deepest band.
    """
    ours, theirs = (_standardised(1 - spectra) for spectra in (real, generated))
    likeness = ours @ theirs.T
    partner, best = likeness.argmax(1), likeness.max(1)
    chosen = [int(best.argmax())]
    nearest = ours @ ours[chosen[0]]
    while len(chosen) < min(count, len(real)):
        chosen.append(int((best - nearest).argmax()))
        nearest = np.maximum(nearest, ours @ ours[chosen[-1]])
    return [(row, int(partner[row]), float(best[row])) for row in sorted(chosen, key=lambda row: int(real[row].argmin()))]


def _standardised(spectra: FloatArray) -> FloatArray:
    centred = spectra - spectra.mean(1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)


def _figure(width: float, height: float) -> Any:
    """A Matplotlib figure without a window: safe in any thread of any program."""
    matplotlib = load("matplotlib", "figures need Matplotlib", "backends.backend_agg", "figure")
    figure = matplotlib.figure.Figure((width, height), layout="constrained")
    matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    return figure


def _plain(panel: Any) -> None:
    panel.tick_params(labelsize=7, width=0.5)
    panel.xaxis.label.set_size(8)
    panel.yaxis.label.set_size(8)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)

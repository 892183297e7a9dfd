"""Curves as a picture; needs Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..packages import load
from .curves import SHARES
from .tables import ClassLimits

_COLUMNS = 4


def draw_curves(path: Path, found: Sequence[ClassLimits]) -> None:
    """A panel a class: part of the implants found (lines) and identified (broken lines) against share, a colour a width.

    Raises
    ------
    MissingDependencyError
        Without Matplotlib.
    """
    matplotlib = load("matplotlib", "the picture of the curves needs Matplotlib", "backends.backend_agg", "figure")
    names = list(dict.fromkeys(each.mineral.name for each in found))
    patches = sorted({each.patch for each in found})
    rows = -(-len(names) // _COLUMNS)
    columns = min(_COLUMNS, len(names))
    figure = matplotlib.figure.Figure((2.6 * columns + 0.6, 1.7 * rows + 0.8), layout="constrained")
    matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    percent = [100 * share for share in SHARES]
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    for panel, name in zip(panels, names):
        for each in (each for each in found if each.mineral.name == name):
            colour, curve = f"C{patches.index(each.patch)}", each.curves[0]
            panel.semilogx(percent, 100 * curve.found, colour, linewidth=1.2, label=f"{each.patch} × {each.patch} pixels")
            panel.semilogx(percent, 100 * curve.identified, colour, linewidth=0.8, linestyle="--")
        panel.axhline(90, color="0.8", linewidth=0.6, zorder=0)
        panel.set_title(name, fontsize=8)
        panel.tick_params(labelsize=7)
    panels[0].legend(fontsize=6, frameon=False)
    figure.supxlabel("share of the mineral, %", fontsize=8)
    figure.supylabel("pixels found (lines) and identified (broken), %", fontsize=8)
    figure.savefig(path, dpi=150)

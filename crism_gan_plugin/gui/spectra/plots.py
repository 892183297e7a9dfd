"""Spectra drawn with Matplotlib: what the dock shows and saves. Nothing of Qt is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ...core.inspection import PixelEvidence
from ...core.inspection.absorptions import COMMON
from ...core.inspection.table import scale_name
from ...core.spectra.grid import WAVELENGTHS_NM
from .picked import Picked

#: What is drawn of I/F: beyond are thermal emission and channels without signal.
RANGE_UM = (1.0, 2.65)

_GREY, _INK = "#8a8a8a", "#222222"


@dataclass(frozen=True)
class Axes:
    """The plots: I/F, continuum removed, ratio (None where none is asked for), scores; and whether absorptions are labelled."""

    iof: Any
    removed: Any
    ratio: Optional[Any]
    scores: Any
    labelled: bool

    @property
    def of_wavelength(self) -> list[Any]:
        """The plots that share the axis of wavelengths."""
        return [axes for axes in (self.iof, self.removed, self.ratio) if axes is not None]


def draw(
    figure: Any,
    shown: Sequence[Picked],
    current: Optional[Picked],
    ratio: Optional[tuple[Picked, Picked]] = None,
    labelled: bool = False,
) -> Axes:
    """Draw spectra on a Matplotlib figure, which is cleared.

    Parameters
    ----------
    shown
        All that are drawn; the current one with model, hull, scales, exemplar and scores.
    ratio
        Numerator and denominator.
    labelled
        Whether to label common absorptions.
    """
    figure.clear()
    of_ground = current is not None and current.evidence.ground is not None
    iof = figure.add_subplot()
    removed = figure.add_subplot(sharex=iof)
    third = figure.add_subplot(sharex=iof) if ratio is not None or of_ground else None
    axes = Axes(iof, removed, third, figure.add_subplot(), labelled)
    lay_out(figure, axes)
    for each in shown:
        _draw_iof(axes.iof, each, each is current)
        _draw_removed(axes.removed, each, each is current)
    if third is not None:
        _draw_ratio(third, ratio, current)
    _draw_scores(axes.scores, current)
    _dress(axes, bool(shown))
    return axes


def lay_out(figure: Any, axes: Axes) -> None:
    """Give each plot its place on a figure of any size.

    Matplotlib's own layouts measure all texts, which takes longer than drawing.
    """
    width, height = figure.get_size_inches()
    left, right, high, gap, low = (
        0.68 / width,
        1 - 0.12 / width,
        (0.72 if axes.labelled else 0.12) / height,
        0.10 / height,
        0.48 / height,
    )
    plots = [(axes.iof, 3.0), (axes.removed, 4.0), *([] if axes.ratio is None else [(axes.ratio, 2.4)]), (axes.scores, 3.4)]
    free = 1 - high - 2 * low - gap * (len(plots) - 2)
    top, total = 1 - high, sum(share for _, share in plots)
    for each, share in plots:
        own = max(free, 0.1) * share / total
        each.set_position([left, top - own, right - left, own])
        top -= own + (low if each is axes.of_wavelength[-1] else gap)


def _draw_iof(axes: Any, each: Picked, is_current: bool) -> None:
    found = each.evidence
    nm, values = found.iof.wavelengths_nm, found.iof.values
    axes.plot(nm / 1000, values, color=each.colour, lw=1.1, label=f"{each.name}: I/F" if is_current else each.name)
    if found.spread is not None:
        low, high = values - found.spread, values + found.spread
        axes.fill_between(
            nm / 1000, low, high, color=each.colour, alpha=0.15, lw=0, label="± standard deviation" if is_current else None
        )
    if not is_current:
        return
    if found.model is not None:
        axes.plot(found.model.wavelengths_nm / 1000, found.model.values, color=_INK, lw=0.9, label="model")
    axes.plot(WAVELENGTHS_NM / 1000, found.continuum, color=_GREY, lw=1, ls="--", label="continuum")
    if found.ground is not None:
        axes.plot(WAVELENGTHS_NM / 1000, found.ground.denominator, color=_GREY, lw=1, ls=":", label="denominator (neutral ground)")


def _draw_removed(axes: Any, each: Picked, is_current: bool) -> None:
    found = each.evidence
    um = WAVELENGTHS_NM / 1000
    if not is_current:
        axes.plot(um, found.deciding.spectrum, color=each.colour, lw=1, label=each.name)
        return
    styles = {1: ":", 3: "--", 5: "-."}
    for scale in found.scales:
        name = scale_name(scale.size, found.place.pixels)
        if scale.decides:
            axes.plot(um, scale.spectrum, color=each.colour, lw=1.8, label=f"{each.name}: {name}, decides", zorder=3)
        else:
            note = " (contradicted)" if scale.contradicted else ""
            style = styles.get(scale.size, ":")
            axes.plot(um, scale.spectrum, color=each.colour, lw=0.7, ls=style, alpha=0.8, label=f"{name}{note}")
    if found.exemplar is not None:
        name = found.best[0].exemplar if found.best else "exemplar"
        axes.plot(um, _as_deep_as(found.exemplar, found.deciding.spectrum), color=_INK, lw=1, label=f"{name}, scaled", zorder=2.5)


def _as_deep_as(exemplar: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """An exemplar with the depth of a spectrum: in depth the two may differ as they like, it is shapes that are compared."""
    depth, wanted = 1 - exemplar.min(), 1 - float(np.nanmin(_smooth(spectrum)))
    return exemplar if not (depth > 0 and wanted > 0) else 1 - (1 - exemplar) * wanted / depth


def _smooth(spectrum: np.ndarray) -> np.ndarray:
    return np.convolve(spectrum, np.ones(5) / 5, "valid")


def _draw_ratio(axes: Any, ratio: Optional[tuple[Picked, Picked]], current: Optional[Picked]) -> None:
    if ratio is not None:
        above, below = ratio
        nm, values = ratio_of(above.evidence, below.evidence)
        axes.plot(nm / 1000, values, color=above.colour, lw=1.1, label=f"{above.name} / {below.name}")
    elif current is not None and current.evidence.ground is not None:
        label = f"{current.name} / neutral ground"
        axes.plot(WAVELENGTHS_NM / 1000, current.evidence.ground.ratio, color=current.colour, lw=1.1, label=label)
    axes.set_ylabel("ratio", fontsize="small")
    axes.legend(loc="best", fontsize="x-small", frameon=False)


def ratio_of(above: PixelEvidence, below: PixelEvidence) -> tuple[np.ndarray, np.ndarray]:
    """Wavelengths, nm, of the first one's bands, and its I/F over the other's, which is interpolated where its bands differ."""
    nm, values = above.iof.wavelengths_nm, above.iof.values
    other_nm, other = below.iof.wavelengths_nm, below.iof.values
    if nm.shape != other_nm.shape or not np.array_equal(nm, other_nm):
        other = np.interp(nm, other_nm, other, left=np.nan, right=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return nm, values / other


def _draw_scores(axes: Any, current: Optional[Picked]) -> None:
    """Bars with the name above each; the scores that its class needs as a dotted line (guess) and a full one (identification)."""
    best = current.evidence.best if current is not None else ()
    for place, each in enumerate(best):
        axes.barh(place, each.score, color=tuple(channel / 255 for channel in each.rgb), edgecolor=_INK, lw=0.5, height=0.36)
        for at, style in ((each.guess, ":"), (each.identification, "-")):
            axes.plot([at, at], [place - 0.32, place + 0.32], color=_INK, lw=1.4, ls=style)
        axes.text(0, place - 0.24, f"{each.name}  {each.score:.3f}", va="bottom", fontsize="x-small", color=_INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(max(len(best), 1) - 0.6, -0.85)
    axes.set_yticks([])
    axes.set_xlabel("similarity (dotted: guess above, line: identification above)", fontsize="small")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _dress(axes: Axes, anything: bool) -> None:
    axes.iof.set_xlim(*RANGE_UM)
    axes.iof.set_ylabel("I/F", fontsize="small")
    axes.removed.set_ylabel("continuum removed", fontsize="small")
    for each in axes.of_wavelength:
        each.tick_params(labelbottom=each is axes.of_wavelength[-1], labelsize="small")
        each.grid(True, color="#e4e4e4", lw=0.6)
        each.set_axisbelow(True)
        _fit_height(each)
    axes.of_wavelength[-1].set_xlabel("wavelength (µm)", fontsize="small")
    axes.scores.tick_params(labelsize="small")
    if anything:
        for each in (axes.iof, axes.removed):
            each.legend(loc="best", fontsize="x-small", framealpha=0.75, edgecolor="none", borderpad=0.2, labelspacing=0.25)
    else:
        axes.iof.text(0.5, 0.5, "click on a mineral map or an image", ha="center", va="center", transform=axes.iof.transAxes)
    if axes.labelled:
        _label_absorptions(axes)


def _fit_height(axes: Any) -> None:
    """Fit the height to the values within the range of wavelengths."""
    values = [line.get_ydata()[_within(line.get_xdata())] for line in axes.get_lines()]
    all_values = np.concatenate(values) if values else np.empty(0)
    all_values = all_values[np.isfinite(all_values)]
    if all_values.size:
        low, high = np.percentile(all_values, [0.1, 99.9])
        margin = 0.08 * max(high - low, 1e-3)
        axes.set_ylim(low - margin, high + margin)


def _within(um: np.ndarray) -> np.ndarray:
    um = np.asarray(um)
    return (um >= RANGE_UM[0]) & (um <= RANGE_UM[1])


def _label_absorptions(axes: Axes) -> None:
    for nm, text in COMMON:
        for each in axes.of_wavelength:
            each.axvline(nm / 1000, color="#c46a3e", lw=0.7, ls=(0, (2, 2)), zorder=0)
        axes.iof.annotate(
            f"{nm / 1000:.2f} {text}",
            (nm / 1000, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            rotation=38,
            fontsize="xx-small",
            color="#7d2610",
            annotation_clip=True,
        )

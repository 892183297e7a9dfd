"""Spectra of deposits over their exemplar, and histograms of scores, as figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..inspection.absorptions import COMMON
from ..spectra.axis import FILTER_BOUNDARY_NM
from ..spectra.grid import WAVELENGTHS_NM
from . import svg
from .axes import Panel, nice_ticks
from .class_scores import EDGES
from .listed import LevelDeposits
from .samples import DepositSpectra
from .text import rgb

#: Told apart by people who see few colours, too (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73")

#: Dashes of a class's exemplars.
_DASHES = ("", "6 3", "2 2")

_WIDTH, _HEIGHT = 352.0, 172.0
_LEFT, _TOP, _GAP, _BELOW = 52.0, 20.0, 60.0, 48.0
_FROM_UM, _TO_UM = 1.0, 2.65

Exemplars = Sequence[tuple[str, FloatArray]]


def spectra_figure(
    identified: Optional[LevelDeposits],
    guessed: Optional[LevelDeposits],
    spectra: Mapping[str, DepositSpectra],
    exemplars: Exemplars,
    wavelengths_nm: FloatArray,
) -> str:
    """Four panels: I/F above, continuum-removed below; identified spectra on the left, guessed ones on the right.

    Parameters
    ----------
    exemplars
        Names and (240,) spectra.
    wavelengths_nm
        (bands,) wavelengths of I/F.
    """
    levels = (identified, guessed)
    found = [
        [] if level is None else [(each.label, spectra[each.label]) for each in level.shown if each.label in spectra]
        for level in levels
    ]
    there = [of for both in found for _, of in both]
    if not there:
        return ""
    iof = _limits([curve for of in there for curve in (of.iof.low, of.iof.high)], within(wavelengths_nm))
    removed = _limits(
        [*(of.removed.low for of in there), *(of.removed.high for of in there), *(spectrum for _, spectrum in exemplars)]
    )

    def parts() -> Iterator[str]:
        for column, (level, title) in enumerate(zip(found, ("identified", "guessed"))):
            left = _LEFT + column * (_WIDTH + _GAP)
            for row, (limits, what) in enumerate(((iof, "I/F"), (removed, "I/F over continuum"))):
                panel = Panel(left, _TOP + row * (_HEIGHT + _BELOW), _WIDTH, _HEIGHT, (_FROM_UM, _TO_UM), limits)
                yield from panel.frame("wavelength [µm]", what, f"{title}: {what}", nice_ticks(1.0, 2.6, 8), nice_ticks(*limits))
                if not level:
                    yield svg.text(left + _WIDTH / 2, panel.top + _HEIGHT / 2, "none", "middle", ' fill="#777"')
                if row == 1:
                    yield from _absorptions(panel)
                curves = [(name, of.iof if row == 0 else of.removed) for name, of in level]
                axis = wavelengths_nm if row == 0 else WAVELENGTHS_NM
                for number, (_, of) in enumerate(curves):
                    yield svg.path(
                        svg.area_path(_across(panel, axis), panel.down(of.low), panel.down(of.high)),
                        f'fill="{COLOURS[number]}" fill-opacity="0.16"',
                    )
                if row == 1:
                    for number, (_, spectrum) in enumerate(exemplars):
                        style = f'fill="none" stroke="#000" stroke-width="14" stroke-dasharray="{_dash(number)}"'
                        yield svg.path(svg.line_path(_across(panel, axis), panel.down(spectrum)), style)
                for number, (_, of) in enumerate(curves):
                    style = f'fill="none" stroke="{COLOURS[number]}" stroke-width="12"'
                    yield svg.path(svg.line_path(_across(panel, axis), panel.down(of.middle)), style)
                if row == 0:
                    yield from _legend(panel, [(f"{name}, {of.pixels} px", COLOURS[n], "") for n, (name, of) in enumerate(level)])
        bottom = _TOP + 2 * (_HEIGHT + _BELOW)
        names = [(name, "#000", _DASHES[number]) for number, (name, _) in enumerate(exemplars)]
        yield from _keys(_LEFT, bottom + 2, names, (2 * _WIDTH + _GAP) / 3)

    return svg.figure(2 * _WIDTH + _GAP + _LEFT + 8, _TOP + 2 * (_HEIGHT + _BELOW) + 14, parts(), "spectra of the largest deposits")


def histogram_figure(
    counts: IntArray, colour: tuple[int, int, int], guess: Optional[float], identification: Optional[float]
) -> str:
    """How many pixels have which score, on a logarithmic axis; thresholds as lines.

    Parameters
    ----------
    counts
        (bins,) between `EDGES`.
    """
    low = first_edge(counts, guess)
    most = max(int(counts.max()), 1)
    top = 10.0 ** max(np.ceil(np.log10(most)), 1)
    panel = Panel(_LEFT, _TOP, _WIDTH, 130.0, (low, 1.0), (np.log10(0.5), np.log10(top)))

    def parts() -> Iterator[str]:
        ticks = [float(power) for power in range(int(np.log10(top)) + 1)]
        yield from panel.frame("score", "", "pixels by score", nice_ticks(low, 1.0, 6), [])
        for tick in ticks:
            place = float(panel.down(np.array(tick)))
            yield svg.line(_LEFT - 3, place, _LEFT, place, 'stroke="#444"') + svg.text(
                _LEFT - 5, place + 3.5, f"{10**tick:,.0f}", "end"
            )
        wanted = np.flatnonzero((counts > 0) & (EDGES[:-1] >= low - 1e-9))
        x = panel.across(EDGES)
        y = panel.down(np.log10(np.maximum(counts, 0.5)))
        bars = "".join(
            f"M{x[k]:.1f} {panel.top + panel.height:.1f}V{y[k]:.1f}H{x[k + 1]:.1f}V{panel.top + panel.height:.1f}z" for k in wanted
        )
        yield f'<path d="{bars}" fill="{rgb(colour)}" stroke="#555" stroke-width="0.3"/>'
        for row, (value, name) in enumerate(((identification, "identification"), (guess, "guess"))):
            if value is not None and low <= value <= 1:
                place = float(panel.across(np.array(value)))
                yield svg.line(place, panel.top, place, panel.top + panel.height, 'stroke="#b00" stroke-dasharray="4 2"')
                yield svg.text(place - 3, panel.top + 11 + 11 * row, name, "end", ' fill="#b00" font-size="9"')

    return svg.figure(_WIDTH + _LEFT + 14, 130 + _TOP + 32, parts(), "histogram of scores")


def within(wavelengths_nm: FloatArray) -> BoolArray:
    """(bands,) bool: those that figures show."""
    return (wavelengths_nm >= 1000 * _FROM_UM) & (wavelengths_nm <= 1000 * _TO_UM)


def first_edge(counts: IntArray, guess: Optional[float]) -> float:
    """Where a histogram begins: at 0.5, or further up if no score is so low, or further down if the threshold is."""
    there = np.flatnonzero(counts)
    lowest = max(float(EDGES[there[0]]) if there.size else 0.5, 0.5)
    return float(np.floor(min(lowest, 0.8 if guess is None else max(guess - 0.05, 0)) * 20) / 20)


def _limits(curves: Sequence[FloatArray], shown: Optional[BoolArray] = None) -> tuple[float, float]:
    values = np.concatenate([curve if shown is None else curve[shown] for curve in curves])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if values.size > 100:  # single spikes do not make the rest flat
        low, high = (float(each) for each in np.percentile(values, (0.2, 99.8)))
    room = max(high - low, 1e-3) * 0.06
    return low - room, high + room


def _across(panel: Panel, wavelengths_nm: FloatArray) -> FloatArray:
    """(bands,) places of wavelengths; NaN beyond the panel and between the filters."""
    x = panel.across(wavelengths_nm / 1000)
    between = (wavelengths_nm > FILTER_BOUNDARY_NM[0]) & (wavelengths_nm < FILTER_BOUNDARY_NM[1])
    return np.where(within(wavelengths_nm) & ~between, x, np.nan)


def _dash(number: int) -> str:
    """Dashes in the units of paths."""
    return " ".join(f"{10 * int(length)}" for length in _DASHES[number].split())


def _absorptions(panel: Panel) -> Iterator[str]:
    for wavelength_nm, _ in COMMON:
        place = float(panel.across(np.array(wavelength_nm / 1000)))
        yield svg.line(place, panel.top, place, panel.top + panel.height, 'stroke="#999" stroke-width="0.6" stroke-dasharray="1 3"')


def _legend(panel: Panel, names: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    yield from _keys(panel.left + 90, panel.top - 9, names, 86)


def _keys(x: float, y: float, names: Sequence[tuple[str, str, str]], step: float) -> Iterator[str]:
    for place, (name, colour, dash) in enumerate(names):
        left = x + place * step
        yield svg.line(left, y, left + 16, y, f'stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dash}"')
        yield svg.text(left + 20, y + 3.5, name)

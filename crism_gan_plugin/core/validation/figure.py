"""Reliability diagrams of several methods, as one picture (SVG)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..reports import svg
from ..reports.axes import Panel
from .calibration import ReliabilityDiagram
from .rows import AS_IS, HELD_OUT, MethodResult

_COLUMNS, _SIDE = 3, 200.0
_LEFT, _TOP, _ACROSS, _BELOW = 52.0, 22.0, 66.0, 84.0
_STYLE = "font-family:sans-serif;font-size:11px;background:#fff"
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

#: Colours of the kinds of diagrams, told apart by people who see few colours, too.
_COLOURS = {HELD_OUT: "#0072b2", AS_IS: "#d55e00"}

#: Radius of the smallest dot, and what the largest has more.
_DOT, _MORE = 2.0, 4.0


def reliability_figure(results: Sequence[MethodResult]) -> str:
    """A panel for each method: the share that is right over the share that scores say, of all images together.

    What lies on the diagonal can be believed. The area of a dot grows with the share of pixels in its bin.
    """

    def parts() -> Iterator[str]:
        for number, result in enumerate(results):
            row, column = divmod(number, _COLUMNS)
            left, top = _LEFT + column * (_SIDE + _ACROSS), _TOP + row * (_SIDE + _BELOW)
            panel = Panel(left, top, _SIDE, _SIDE, (0.0, 1.0), (0.0, 1.0))
            yield from panel.frame("share that the score says", "share that is right", result.method, _TICKS, _TICKS)
            yield svg.line(left, top + _SIDE, left + _SIDE, top, 'stroke="#999" stroke-width="0.8" stroke-dasharray="4 3"')
            whole = result.diagrams_of_all()
            if not whole:
                yield svg.text(left + _SIDE / 2, top + _SIDE / 2, "none", "middle", ' fill="#777"')
            for place, (kind, diagram) in enumerate(whole.items()):
                yield from _curve(panel, diagram, _COLOURS[kind])
                words = f"{kind}: error {diagram.error:.3f}"
                yield svg.text(left + _SIDE / 2, top + _SIDE + 41 + 14 * place, words, "middle", f' fill="{_COLOURS[kind]}"')

    rows, columns = -(-len(results) // _COLUMNS), min(len(results), _COLUMNS)
    size = _LEFT + columns * (_SIDE + _ACROSS) - _ACROSS + 12, _TOP + rows * (_SIDE + _BELOW) - 22
    return svg.figure(*size, parts(), "reliability diagrams", f"{_STYLE};max-width:{size[0]:g}px")


def _curve(panel: Panel, diagram: ReliabilityDiagram, colour: str) -> Iterator[str]:
    """A dot for each bin that has pixels, joined."""
    said, right = diagram.shares
    x, y = panel.across(said), panel.down(right)
    yield svg.path(svg.line_path(x, y), f'fill="none" stroke="{colour}" stroke-width="13"')
    pixels = diagram.pixels[diagram.pixels > 0]
    radii = np.hypot(_DOT, _MORE * np.sqrt(pixels / pixels.max()))
    for dot in zip(x.tolist(), y.tolist(), radii.tolist()):
        yield svg.circle(*dot, f'fill="{colour}" fill-opacity="0.75"')

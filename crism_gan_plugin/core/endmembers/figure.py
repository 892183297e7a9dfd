"""The spectra of endmembers, each over what it resembles most, as one picture (SVG)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..arrays import FloatArray
from ..reports import svg
from ..reports.axes import Panel, nice_ticks
from ..spectra.grid import WAVELENGTHS_NM
from .lookalikes import LACKING, NOTHING, Lookalike

_COLUMNS, _WIDTH, _HEIGHT = 3, 250.0, 110.0
_LEFT, _TOP, _ACROSS, _BELOW = 48.0, 22.0, 62.0, 56.0
_STYLE = "font-family:sans-serif;font-size:11px;background:#fff"

#: Colours of what is said: an endmember that the library lacks stands out.
_LACKING, _OTHERS = "#d55e00", "#0072b2"


def endmember_figure(spectra: FloatArray, alike: FloatArray, found: Sequence[Lookalike]) -> str:
    """
    A panel for each endmember.

    Parameters
    ----------
    spectra, alike
        (n, 240) endmembers, and the exemplars that they resemble most, which are scaled to the depth of the endmember.
    """

    def parts() -> Iterator[str]:
        for number, like in enumerate(found):
            row, column = divmod(number, _COLUMNS)
            lowest = min(float(spectra[number].min()), 0.98)
            limits = lowest - 0.1 * (1 - lowest), 1.0
            left, top = _LEFT + column * (_WIDTH + _ACROSS), _TOP + row * (_HEIGHT + _BELOW)
            panel = Panel(left, top, _WIDTH, _HEIGHT, (1.0, 2.65), limits)
            yield from panel.frame("wavelength [µm]", "", _title(number, like), nice_ticks(1.0, 2.6, 8), nice_ticks(*limits, 3))
            across = panel.across(WAVELENGTHS_NM / 1000)
            if like.verdict not in NOTHING:
                depth = (1 - lowest) / max(1 - float(alike[number].min()), 1e-6)
                scaled = panel.down(1 - depth * (1 - alike[number]))
                yield svg.path(svg.line_path(across, scaled), 'fill="none" stroke="#000" stroke-width="9" stroke-dasharray="40 30"')
            colour = _LACKING if like.verdict == LACKING else _OTHERS
            yield svg.path(svg.line_path(across, panel.down(spectra[number])), f'fill="none" stroke="{colour}" stroke-width="13"')

    rows = -(-len(found) // _COLUMNS)
    size = _LEFT + _COLUMNS * (_WIDTH + _ACROSS), _TOP + rows * (_HEIGHT + _BELOW)
    return svg.figure(*size, parts(), "endmembers over the exemplars that they resemble most", _STYLE)


def _title(number: int, like: Lookalike) -> str:
    said = like.verdict if like.verdict in NOTHING else f"{like.mineral} {np.floor(like.score * 100) / 100:.2f}"
    return f"{number + 1}: {'lacking; ' if like.verdict == LACKING else ''}{said}"

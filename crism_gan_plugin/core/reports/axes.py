"""A panel with two axes, in which curves are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray
from . import svg

_FRAME = 'stroke="#444" stroke-width="0.8" fill="none"'
_TICK = 'stroke="#444" stroke-width="0.8"'


@dataclass(frozen=True)
class Panel:
    """A rectangle of a picture, and the numbers at its edges.

    Attributes
    ----------
    left, top, width, height
        Place and size, in units of the picture.
    x, y
        Numbers at the left and right, and at the lower and upper edge.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, values: FloatArray) -> FloatArray:
        """(n,) places of x in the picture."""
        return self.left + (np.asarray(values, np.float64) - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def down(self, values: FloatArray) -> FloatArray:
        """(n,) places of y in the picture; beyond the edges they stay at the edges."""
        share = (np.asarray(values, np.float64) - self.y[0]) / (self.y[1] - self.y[0])
        return self.top + (1 - np.clip(share, 0, 1)) * self.height

    def frame(self, x_title: str, y_title: str, title: str, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> Iterator[str]:
        """The frame with its numbers and words."""
        bottom = self.top + self.height
        yield f'<rect x="{self.left:g}" y="{self.top:g}" width="{self.width:g}" height="{self.height:g}" {_FRAME}/>'
        for place, value in zip(self.across(np.array(x_ticks)).tolist(), x_ticks):
            yield svg.line(place, bottom, place, bottom + 3, _TICK) + svg.text(place, bottom + 13, f"{value:g}", "middle")
        for place, value in zip(self.down(np.array(y_ticks)).tolist(), y_ticks):
            yield svg.line(self.left - 3, place, self.left, place, _TICK) + svg.text(
                self.left - 5, place + 3.5, f"{value:g}", "end"
            )
        yield svg.text(self.left + self.width / 2, bottom + 26, x_title, "middle")
        middle = self.top + self.height / 2
        turned = f' transform="rotate(-90 {self.left - 36:.1f} {middle:.1f})"'
        yield svg.text(self.left - 36, middle, y_title, "middle", turned)
        yield svg.text(self.left + 6, self.top - 5, title, "start", ' font-weight="600"')


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between two others."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    step = nice_step(rough)
    first = int(np.ceil(low / step - 1e-9))
    return [round(step * k, 12) for k in range(first, int(np.floor(high / step + 1e-9)) + 1)]


def nice_step(rough: float) -> float:
    """The first of 1, 2, 5, 10, 20 … that is not less."""
    power = 10.0 ** np.floor(np.log10(rough))
    return float(power * next(step for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9)))

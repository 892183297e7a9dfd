"""Curves as SVG: paths of whole numbers, relative to each other, which makes them small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from .text import escaped

#: Units of paths in one unit of the picture.
_FINE = 10


def line_path(x: FloatArray, y: FloatArray) -> str:
    """(n,) points joined, with gaps where one is NaN."""
    return "".join(f"M{_points(x[part], y[part])}" for part in _stretches(np.isfinite(x) & np.isfinite(y)))


def area_path(x: FloatArray, low: FloatArray, high: FloatArray) -> str:
    """The area between two curves, with gaps where one is NaN."""
    parts = _stretches(np.isfinite(x) & np.isfinite(low) & np.isfinite(high))
    return "".join(
        f"M{_points(np.concatenate([x[part], x[part][::-1]]), np.concatenate([low[part], high[part][::-1]]))}z" for part in parts
    )


def path(points: str, style: str) -> str:
    """An element of a path."""
    return f'<path d="{points}" transform="scale({1 / _FINE:g})" {style}/>'


def text(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    """Words, escaped."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escaped(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>'


def circle(x: float, y: float, radius: float, style: str) -> str:
    """A dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {style}/>'


def figure(width: float, height: float, parts: Iterator[str], label: str, style: Optional[str] = None) -> str:
    """A whole picture, which is as wide as there is room."""
    limit = f' style="{style}"' if style else ""
    about = f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escaped(label)}"{limit}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {about}>{"".join(parts)}</svg>'


def _stretches(there: FloatArray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return [slice(start, stop) for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist()) if stop - start > 1]


def _points(x: FloatArray, y: FloatArray) -> str:
    """The first point, and the steps to the others."""
    fine = np.rint(np.stack([x, y], 1) * _FINE).astype(np.int64)
    steps = np.diff(fine, axis=0).tolist()
    return f"{fine[0, 0]} {fine[0, 1]}l" + "".join(f"{dx} {dy}" if n == 0 else _joined(dx, dy) for n, (dx, dy) in enumerate(steps))


def _joined(dx: int, dy: int) -> str:
    """A step after another; a minus needs no blank before it."""
    return f"{'' if dx < 0 else ' '}{dx}{'' if dy < 0 else ' '}{dy}"

"""Words and numbers of a page. Every text that comes from a file goes through `escaped`."""

from __future__ import annotations

from html import escape
from typing import Optional

import numpy as np

from ..errors import one_line

#: What stands for a number that is not known.
UNKNOWN = "–"

#: Most letters of a text that a file says.
_LONGEST = 300


def escaped(text: object) -> str:
    """A text of a file, in one line, as HTML and SVG write it."""
    return escape(one_line(str(text), _LONGEST), quote=True)


def number(value: Optional[float], digits: int = 4) -> str:
    """A number with so many digits, and all of it for programs (``<data value>``)."""
    if value is None or not np.isfinite(value):
        return UNKNOWN
    shown = f"{value:.{digits}g}"
    if "e" in shown:
        shown = f"{value:.0f}" if abs(value) >= 1 else f"{value:.{digits + 3}f}".rstrip("0")
    return f'<data value="{value:.9g}">{shown}</data>'


def fixed(value: Optional[float], places: int) -> str:
    """A number with so many decimal places."""
    if value is None or not np.isfinite(value):
        return UNKNOWN
    return f'<data value="{value:.9g}">{value:.{places}f}</data>'


def whole(value: Optional[int]) -> str:
    """A count, with narrow blanks between thousands."""
    return UNKNOWN if value is None else f'<data value="{value}">{value:,}</data>'.replace(",", "\u202f")


def degrees(longitude: float, latitude: float) -> str:
    """A place on Mars."""
    if not (np.isfinite(longitude) and np.isfinite(latitude)):
        return UNKNOWN
    return f"{abs(latitude):.4f}°\u202f{'N' if latitude >= 0 else 'S'}, {longitude % 360:.4f}°\u202fE"


def rgb(colour: tuple[int, int, int]) -> str:
    """A colour as CSS and SVG write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)

"""How footprints look in QGIS: outlines, by how far each product has come."""

from __future__ import annotations

from ..vectors.symbols import Category, categorized_qml

#: The first letters of a state, its name in the legend, and its colour.
_STATES = (("fetche", "fetched", "63,145,66"), ("not fe", "not fetched", "44,111,187"), ("failed", "failed", "201,48,44"))


def footprints_qml() -> str:
    """A complete QGIS style (QML); QGIS loads it by itself when it lies beside the layer."""
    categories = [Category(value, label, _outline(rgb)) for value, label, rgb in _STATES]
    return categorized_qml('left("state", 6)', "string", "fill", categories)


def _outline(rgb: str) -> dict[str, str]:
    return {
        "color": f"{rgb},40",
        "style": "solid",
        "outline_color": f"{rgb},255",
        "outline_style": "solid",
        "outline_width": "0.4",
    }

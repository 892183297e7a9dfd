"""How the layer of detections looks in QGIS: a point for each, in the colours of the maps' legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..vectors.symbols import Category, categorized_qml, in_colour

#: What a detection is called in the legend, as an expression of QGIS.
_LABEL = """concat("class", if("level" = 'guess', ' (guess)', ''))"""


@dataclass(frozen=True)
class DetectedClass:
    """A class and level that occur, and their colour."""

    name: str
    level: str
    rgb: tuple[int, int, int]

    @property
    def label(self) -> str:
        """What the legend calls it."""
        return f"{self.name} (guess)" if self.level == "guess" else self.name


def detections_qml(classes: Sequence[DetectedClass]) -> str:
    """A complete QGIS style (QML); QGIS loads it by itself when it lies beside the layer."""
    return categorized_qml(_LABEL, "string", "marker", [Category(each.label, each.label, _circle(each)) for each in classes])


def _circle(each: DetectedClass) -> dict[str, str]:
    size = "2.4" if each.level == "identification" else "1.8"
    return {"name": "circle", **in_colour(each.rgb), "size": size, "size_unit": "MM"}

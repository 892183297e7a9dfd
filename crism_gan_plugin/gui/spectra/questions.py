"""What was asked with the mouse: which layer it is about, and where on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Union

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ...core.inspection import are_deposits
from ...core.progress import Progress

if TYPE_CHECKING:
    from ...core.inspection import PixelEvidence
    from .task import Inspectors

#: Fewest bands of an image that has spectra.
_FEWEST_BANDS = 50


@dataclass(frozen=True)
class PixelQuestion:
    """A place of a map or an image, in its CRS: two corners of a rectangle, of a click the same one twice."""

    source: str
    x: tuple[float, float]
    y: tuple[float, float]

    def answer(self, inspectors: Inspectors, progress: Progress) -> Optional[PixelEvidence]:
        """None where there is no pixel of the image."""
        inspector = inspectors.get(self.source)
        progress.check()
        if self.x[0] == self.x[1] and self.y[0] == self.y[1]:
            return inspector.at(self.x[0], self.y[0], progress)
        return inspector.mean(self.x, self.y, progress)


@dataclass(frozen=True)
class DepositQuestion:
    """A deposit, by the fields of its layer."""

    fields: Mapping[str, Any]

    def answer(self, inspectors: Inspectors, progress: Progress) -> Optional[PixelEvidence]:
        return inspectors.deposits().evidence(self.fields)


@dataclass(frozen=True)
class Asked:
    """A question, and what is marked on the map: a geometry in a CRS."""

    question: Union[PixelQuestion, DepositQuestion]
    geometry: QgsGeometry
    crs: QgsCoordinateReferenceSystem


def ask(tool: Any, active: Optional[QgsMapLayer], layers: Sequence[QgsMapLayer], rectangle: QgsRectangle) -> Optional[Asked]:
    """What a click or a rectangle on the canvas is about: the active layer, else the topmost one, that has spectra there.

    Parameters
    ----------
    tool
        The map tool, which knows the canvas.
    layers
        Those that are visible, from the topmost on.
    """
    for layer in _candidates(active, layers):
        if isinstance(layer, QgsRasterLayer):
            found = _of_raster(tool, layer, rectangle)
        else:
            found = _of_deposit(tool, layer, rectangle)
        if found is not None:
            return found
    return None


def has_spectra(layer: Optional[QgsMapLayer], chosen: bool = False) -> bool:
    """Whether a layer is an image of many bands, one of deposits, or a mineral map: one band of codes, each with a colour.

    A layer that the user has ``chosen`` may be a map without its colours, too.
    """
    if isinstance(layer, QgsVectorLayer):
        is_polygons = layer.isValid() and layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry
        return is_polygons and are_deposits(layer.fields().names())
    if not isinstance(layer, QgsRasterLayer) or not layer.isValid() or layer.providerType() != "gdal":
        return False
    is_byte = layer.bandCount() == 1 and layer.dataProvider().dataType(1) == Qgis.DataType.Byte
    is_map = is_byte and (chosen or isinstance(layer.renderer(), QgsPalettedRasterRenderer))
    return is_map or layer.bandCount() >= _FEWEST_BANDS


def _candidates(active: Optional[QgsMapLayer], layers: Sequence[QgsMapLayer]) -> Iterator[QgsMapLayer]:
    if active is not None and has_spectra(active, chosen=True):
        yield active
    yield from (layer for layer in layers if has_spectra(layer) and (active is None or layer.id() != active.id()))


def _of_raster(tool: Any, layer: QgsRasterLayer, rectangle: QgsRectangle) -> Optional[Asked]:
    there = _on_layer(tool, layer, rectangle)
    if not layer.extent().contains(there.center()):
        return None
    x, y = (there.xMinimum(), there.xMaximum()), (there.yMinimum(), there.yMaximum())
    marked = QgsGeometry.fromPointXY(rectangle.center()) if rectangle.isEmpty() else QgsGeometry.fromRect(rectangle)
    return Asked(PixelQuestion(layer.source(), x, y), marked, tool.canvas().mapSettings().destinationCrs())


def _on_layer(tool: Any, layer: QgsMapLayer, rectangle: QgsRectangle) -> QgsRectangle:
    """A rectangle of the canvas, or a place, in the layer's CRS."""
    if not rectangle.isEmpty():
        return tool.toLayerCoordinates(layer, rectangle)
    point = tool.toLayerCoordinates(layer, rectangle.center())
    return QgsRectangle(point, point)


def _of_deposit(tool: Any, layer: QgsVectorLayer, rectangle: QgsRectangle) -> Optional[Asked]:
    """The smallest deposit below a click; a rectangle asks none."""
    if not rectangle.isEmpty():
        return None
    there = _on_layer(tool, layer, rectangle)
    place = QgsGeometry.fromPointXY(there.center())
    request = QgsFeatureRequest().setFilterRect(there.buffered(1e-9 * max(1.0, abs(there.xMinimum()))))
    found = [feature for feature in layer.getFeatures(request) if feature.geometry().intersects(place)]
    if not found:
        return None
    smallest = min(found, key=lambda feature: feature.geometry().area())
    return Asked(DepositQuestion(_fields_of(smallest)), QgsGeometry(smallest.geometry()), layer.crs())


def _fields_of(feature: QgsFeature) -> dict[str, Any]:
    """By their names, as Python has them; what is NULL is None."""
    values = {name: feature[name] for name in feature.fields().names()}
    return {name: value if isinstance(value, (str, int, float)) else None for name, value in values.items()}

"""The layers of basemap, graticule and landing sites: how they look, and where in a project they belong."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Optional

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsLabelLineSettings,
    QgsLayerTree,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsRuleBasedRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

from ..core.errors import OutputError
from ..core.mars.crs import GEOGRAPHIC
from ..core.mars.reference import STEPS
from .mars_crs import qgis_crs

#: Property of a layer that says which of ours it is, so that a second run replaces the layer instead of adding another.
ROLE = "crism_gan/mars_basemap"
BASEMAP, GRATICULE, SITES = "basemap", "graticule", "sites"

#: For each step of lines, n of the scale 1 : n above which the lines are drawn.
_DRAWN_BELOW = dict(zip(STEPS, (0.0, 60e6, 6e6, 6e5)))


def graticule_layer(file: Path) -> QgsVectorLayer:
    """A layer of thin lines. Each is drawn from a scale on at which it is useful, with its degrees at the map's edge."""
    layer = _reference_layer(file, "graticule", "Graticule (degrees)", GRATICULE)
    root = QgsRuleBasedRenderer.Rule(None)
    for step, scale in _DRAWN_BELOW.items():
        symbol = QgsLineSymbol.createSimple({"line_color": "40,40,40,110", "line_width": "0.15"})
        rule = QgsRuleBasedRenderer.Rule(symbol, filterExp=f'"step" = {step:g}', label=f"{step:g}°")
        rule.setMinimumScale(scale)
        root.appendChild(rule)
    layer.setRenderer(QgsRuleBasedRenderer(root))
    labels = _labels("label", 7, "#303030", halo=0.6)
    labels.placement = QgsPalLayerSettings.Placement.Line
    edge = QgsLabelLineSettings()
    edge.setLineAnchorPercent(0.02)
    labels.setLineSettings(edge)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
    layer.setLabelsEnabled(True)
    return layer


def sites_layer(file: Path) -> QgsVectorLayer:
    """A layer of landing sites, as white stars with their names."""
    layer = _reference_layer(file, "landing_sites", "Landing sites", SITES)
    star = {"name": "star", "size": "4.6", "color": "255,255,255", "outline_color": "0,0,0", "outline_width": "0.35"}
    layer.renderer().setSymbol(QgsMarkerSymbol.createSimple(star))
    labels = _labels("name", 8, "black", halo=0.9, bold=True)
    labels.dist = 2.5
    labels.priority = 10
    layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
    layer.setLabelsEnabled(True)
    return layer


def _reference_layer(file: Path, table: str, name: str, role: str) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{file}|layername={table}", name, "ogr")
    layer.setCrs(qgis_crs(GEOGRAPHIC))
    layer.setCustomProperty(ROLE, role)
    layer.setReadOnly(True)
    return layer


def _labels(field: str, size: float, colour: str, halo: float, bold: bool = False) -> QgsPalLayerSettings:
    text = QgsTextFormat()
    font = text.font()
    font.setBold(bold)
    text.setFont(font)
    text.setSize(size)
    text.setColor(QColor(colour))
    around = QgsTextBufferSettings()
    around.setEnabled(True)
    around.setSize(halo)
    around.setColor(QColor("white"))
    text.setBuffer(around)
    labels = QgsPalLayerSettings()
    labels.fieldName = field
    labels.setFormat(text)
    return labels


def put_in_place(project: QgsProject, layer: QgsMapLayer) -> None:
    """Move the basemap below all layers, and graticule and sites above. Remove an earlier run's layer of the same role."""
    role, layers = layer.customProperty(ROLE), project.mapLayers().values()
    if role:
        project.removeMapLayers([other.id() for other in layers if other.customProperty(ROLE) == role and other.id() != layer.id()])
    for role in (BASEMAP, GRATICULE, SITES):  # all of them each time: QGIS loads a run's layers in any order
        for ours in [other for other in project.mapLayers().values() if other.customProperty(ROLE) == role]:
            _move(project.layerTreeRoot(), ours, to_bottom=role == BASEMAP)


def _move(root: QgsLayerTree, layer: QgsMapLayer, to_bottom: bool) -> None:
    """Move a layer in the tree of layers. QGIS cannot move a node, so a copy takes the new place."""
    node = root.findLayer(layer.id())
    if node is not None:
        root.insertChildNode(len(root.children()) if to_bottom else 0, node.clone())
        node.parent().removeChildNode(node)
    if root.hasCustomLayerOrder():
        others = [other for other in root.customLayerOrder() if other.id() != layer.id()]
        root.setCustomLayerOrder([*others, layer] if to_bottom else [layer, *others])


def set_mars(project: QgsProject, crs: QgsCoordinateReferenceSystem) -> None:
    """Give a project a CRS of Mars."""
    project.setCrs(crs)
    project.setEllipsoid("NONE")  # lengths on the sphere of Mars come out as NaN, in QGIS 3.22 and 3.40


class InPlace(QgsProcessingLayerPostProcessorInterface):
    """Moves a layer to its place when QGIS has loaded it, and gives the project a CRS of Mars."""

    #: QGIS keeps no reference to a post-processor that was made in Python, and without one it is silently not run.
    _kept: ClassVar[dict[str, InPlace]] = {}

    def __init__(self, crs: QgsCoordinateReferenceSystem) -> None:
        super().__init__()
        self._crs = crs

    @classmethod
    def hand_over(cls, context: QgsProcessingContext, layer: QgsMapLayer, output: str, crs: QgsCoordinateReferenceSystem) -> None:
        """Have Processing load a layer into the project."""
        cls._kept[layer.id()] = cls(crs)
        details = QgsProcessingContext.LayerDetails(layer.name(), context.project(), output)
        details.setPostProcessor(cls._kept[layer.id()])
        context.temporaryLayerStore().addMapLayer(layer)
        context.addLayerToLoadOnCompletion(layer.id(), details)

    def postProcessLayer(self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> None:
        set_mars(context.project(), self._crs)
        put_in_place(context.project(), layer)


def write_project(file: Path, crs: QgsCoordinateReferenceSystem, layers: list[QgsMapLayer], maps: list[QgsRasterLayer]) -> None:
    """Write a new project that opens where the maps are. ``layers`` come from the lowest to the uppermost, ``maps`` among them.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    project = QgsProject()
    set_mars(project, crs)
    for layer in layers:
        project.addMapLayer(layer)  # each on top of those before it
    view = covered(maps, crs)
    if view is not None:
        view.scale(1.1)
        project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(view, crs))
    if not project.write(str(file)):
        raise OutputError(f"{file}: the project cannot be written ({project.error()}); choose another place")


def extent_in(layer: QgsRasterLayer, crs: QgsCoordinateReferenceSystem) -> QgsRectangle:
    """The extent of a layer, in another CRS."""
    return QgsCoordinateTransform(layer.crs(), crs, QgsCoordinateTransformContext()).transformBoundingBox(layer.extent())


def covered(maps: list[QgsRasterLayer], crs: QgsCoordinateReferenceSystem) -> Optional[QgsRectangle]:
    """The extent that maps cover together, in a CRS. None without maps."""
    whole: Optional[QgsRectangle] = None
    for layer in maps:
        box = extent_in(layer, crs)
        if whole is None:
            whole = box
        else:
            whole.combineExtentWith(box)
    return whole

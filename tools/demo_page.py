"""The printed page of the demo: title, map with a grid in degrees, legend, scale bar, north arrow and notes, as a print layout."""

from __future__ import annotations

import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayerTreeLayer,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutMeasurement,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsMapLayerStyle,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
    QgsRasterSymbolLegendNode,
    QgsRectangle,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QFont

from crism_gan_plugin.processing.mars_layers import GRATICULE, ROLE

MARS_RADIUS_M = 3_396_190
MARS_DEGREES = "IAU_2015:49900"

#: The page, A4 upright, and the map's frame on it: x, y, width, height, mm.
PAGE = (210.0, 297.0)
FRAME = (21.0, 31.0, 121.0, 228.0)
SIDE = 150.0  # where the column beside the map begins
BELOW_LEGEND = 33.0  # what north arrow and scale bar take of the column's height
DPI = 200

_MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters


def draw_page(
    project: QgsProject,
    shown: list[QgsMapLayer],
    maps: list[QgsRasterLayer],
    picture: Path,
    title: str,
    subtitle: str,
    notes: list[str],
) -> None:
    """Add the page to the project as a print layout, and save it as a picture.

    Parameters
    ----------
    shown
        The layers of the map, the uppermost first.
    maps
        The mineral maps among them; the first has the legend.
    """
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName("Mineral map")
    page = layout.pageCollection().page(0)
    page.setPageSize(QgsLayoutSize(*PAGE, _MM))
    _label(layout, title, (FRAME[0], 10, 175, 9), 17, bold=True)
    _label(layout, subtitle, (FRAME[0], 19, 175, 7), 10, colour="#555555")
    frame = _map(layout, shown, maps)
    _legend(layout, frame, maps[0])
    if maps[0].crs().isValid():
        _grid(frame)
        _north_arrow(layout, frame)
        _scale_bar(layout, frame)
        notes = [*notes, _projection_note(frame)]
    else:
        notes = [*notes, "Sensor space: without map projection there is no scale and no north."]
    _label(layout, "\n".join(notes), (FRAME[0], 269, 175, 24), 6.5, colour="#444444")
    project.layoutManager().addLayout(layout)
    if not QgsLayoutExporter(layout).renderPageToImage(0, dpi=DPI).save(str(picture)):
        sys.exit(f"{picture}: could not be written")


def _map(layout: QgsPrintLayout, shown: list[QgsMapLayer], maps: list[QgsRasterLayer]) -> QgsLayoutItemMap:
    item = QgsLayoutItemMap(layout)
    layout.addLayoutItem(item)
    _place(item, FRAME)
    item.setLayers(shown)
    item.setKeepLayerStyles(True)
    item.setLayerStyleOverrides({layer.id(): _without_labels(layer) for layer in shown if layer.customProperty(ROLE) == GRATICULE})
    item.setBackgroundColor(QColor("#f4f1ee"))
    item.setFrameEnabled(True)
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.3, _MM))
    if maps[0].crs().isValid():
        item.setCrs(_local_projection(maps))
    item.setExtent(_filling_frame(_extent(maps, item.crs())))
    return item


def _without_labels(layer: QgsMapLayer) -> str:
    """The layer's style for a page whose frame has the degrees."""
    layer.setLabelsEnabled(False)
    style = QgsMapLayerStyle()
    style.readFromLayer(layer)
    layer.setLabelsEnabled(True)
    return style.xmlData()


def _extent(layers: list[QgsRasterLayer], crs: QgsCoordinateReferenceSystem) -> QgsRectangle:
    """What the layers cover together."""
    boxes = [
        QgsCoordinateTransform(layer.crs(), crs, QgsProject.instance()).transformBoundingBox(layer.extent()) for layer in layers
    ]
    whole = boxes[0]
    for box in boxes[1:]:
        whole.combineExtentWith(box)
    return whole


def _local_projection(maps: list[QgsRasterLayer]) -> QgsCoordinateReferenceSystem:
    """Lambert's azimuthal equal-area projection about the maps' centre: the scale is true there in every direction."""
    degrees = QgsCoordinateReferenceSystem(MARS_DEGREES)
    centre = _extent(maps, degrees).center()
    return QgsCoordinateReferenceSystem.fromWkt(  # not from a PROJ string: that would not know that it is Mars
        f'PROJCS["Mars, local",{degrees.toWkt()},PROJECTION["Lambert_Azimuthal_Equal_Area"],'
        f'PARAMETER["latitude_of_center",{centre.y():.4f}],PARAMETER["longitude_of_center",{centre.x():.4f}],'
        'PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
    )


def _filling_frame(extent: QgsRectangle, margin: float = 1.06) -> QgsRectangle:
    """The extent with a margin, widened to the frame's shape."""
    shape = FRAME[2] / FRAME[3]
    width = max(extent.width(), extent.height() * shape) * margin
    height = width / shape
    centre = extent.center()
    return QgsRectangle(centre.x() - width / 2, centre.y() - height / 2, centre.x() + width / 2, centre.y() + height / 2)


def _grid(frame: QgsLayoutItemMap) -> None:
    degrees = QgsCoordinateReferenceSystem(MARS_DEGREES)
    to_degrees = QgsCoordinateTransform(frame.crs(), degrees, QgsProject.instance())
    extent = to_degrees.transformBoundingBox(frame.extent())
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30) if extent.height() / step <= 9)
    grid = QgsLayoutItemMapGrid("Degrees", frame)
    frame.grids().addGrid(grid)
    grid.setEnabled(True)
    grid.setCrs(degrees)
    grid.setIntervalX(step)
    grid.setIntervalY(step)
    grid.setStyle(QgsLayoutItemMapGrid.GridStyle.FrameAnnotationsOnly)  # the lines are a layer
    grid.setAnnotationEnabled(True)
    grid.setAnnotationFormat(QgsLayoutItemMapGrid.AnnotationFormat.CustomFormat)
    letter = "if(@grid_axis = 'x', if(@grid_number < 0, '° W', '° E'), if(@grid_number < 0, '° S', '° N'))"
    grid.setAnnotationExpression(f"format_number(abs(@grid_number), {2 if step < 0.1 else 1}) || {letter}")
    grid.setAnnotationTextFormat(_text(7))
    grid.setAnnotationFrameDistance(1.2)
    border, outside = QgsLayoutItemMapGrid.BorderSide, QgsLayoutItemMapGrid.AnnotationPosition.OutsideMapFrame
    hidden = QgsLayoutItemMapGrid.DisplayMode.HideAll
    for side, shows in (
        (border.Left, QgsLayoutItemMapGrid.DisplayMode.LatitudeOnly),
        (border.Bottom, QgsLayoutItemMapGrid.DisplayMode.LongitudeOnly),
        (border.Right, hidden),
        (border.Top, hidden),
    ):
        grid.setAnnotationDisplay(shows, side)
        grid.setAnnotationPosition(outside, side)


def _legend(layout: QgsPrintLayout, frame: QgsLayoutItemMap, layer: QgsRasterLayer) -> None:
    item = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(item)
    item.setLinkedMap(frame)
    item.setAutoUpdateModel(False)  # from here on the legend has a tree of its own
    tree = item.model().rootGroup()
    tree.clear()
    node = tree.addLayer(layer)
    node.setName("Minerals")
    entries = layer.renderer().classes()
    _keep_colour_patches(item, node)
    many = len(entries) > 30 or max(len(entry.label) for entry in entries) > 30
    for role, size in (
        (QgsLegendStyle.Style.Title, 11),
        (QgsLegendStyle.Style.Subgroup, 10),
        (QgsLegendStyle.Style.SymbolLabel, 6.5 if many else 8),
    ):
        _set_font(item, role, size)
    height = 2.4 if many else 3.4
    item.setSymbolHeight(height)
    row = (FRAME[3] - BELOW_LEGEND - 10) / len(entries)  # 10: the title's
    for role in (QgsLegendStyle.Style.Symbol, QgsLegendStyle.Style.SymbolLabel):
        _set_space_above(item, role, min(max(row - height, 0.2), 2.2))
    item.setSymbolWidth(5.5)
    item.attemptMove(QgsLayoutPoint(SIDE - 2, FRAME[1] - 2, _MM))
    item.adjustBoxSize()


def _keep_colour_patches(item: QgsLayoutItemLegend, node: QgsLayerTreeLayer) -> None:
    """Leave out the line that names the band."""
    nodes = item.model().layerOriginalLegendNodes(node)
    patches = [place for place, entry in enumerate(nodes) if isinstance(entry, QgsRasterSymbolLegendNode)]
    QgsMapLayerLegendUtils.setLegendNodeOrder(node, patches)
    item.model().refreshLayerLegend(node)


def _set_space_above(item: QgsLayoutItemLegend, role: QgsLegendStyle.Style, space: float) -> None:
    style = item.style(role)
    style.setMargin(QgsLegendStyle.Side.Top, space)
    item.setStyle(role, style)


def _set_font(item: QgsLayoutItemLegend, role: QgsLegendStyle.Style, size: float) -> None:
    style = item.style(role)
    if hasattr(style, "setTextFormat"):  # QGIS 3.30 and later
        style.setTextFormat(_text(size, bold=role != QgsLegendStyle.Style.SymbolLabel))
    else:
        style.setFont(_font(size, bold=role != QgsLegendStyle.Style.SymbolLabel))
    item.setStyle(role, style)


def _scale_bar(layout: QgsPrintLayout, frame: QgsLayoutItemMap) -> None:
    """In units of the map, which are true metres here: QGIS cannot measure on the sphere of Mars."""
    item = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(item)
    item.setStyle("Single Box")
    item.setLinkedMap(frame)
    kilometres = next(step for step in (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1) if step <= frame.extent().width() / 1000 / 4)
    item.setUnits(QgsUnitTypes.DistanceUnit.DistanceUnknownUnit)
    item.setMapUnitsPerScaleBarUnit(1000)
    item.setUnitLabel("km")
    item.setUnitsPerSegment(1000 * kilometres / 2)
    item.setNumberOfSegments(2)
    item.setNumberOfSegmentsLeft(0)
    item.setHeight(2)
    item.setTextFormat(_text(8))
    item.update()
    item.attemptMove(QgsLayoutPoint(SIDE - 1, FRAME[1] + FRAME[3] - 13, _MM))


def _north_arrow(layout: QgsPrintLayout, frame: QgsLayoutItemMap) -> None:
    item = QgsLayoutItemPicture(layout)
    layout.addLayoutItem(item)
    item.setPicturePath(str(Path(QgsApplication.pkgDataPath()) / "svg" / "arrows" / "NorthArrow_02.svg"))
    item.setLinkedMap(frame)
    item.setNorthMode(QgsLayoutItemPicture.NorthMode.TrueNorth)
    _place(item, (SIDE + 1, FRAME[1] + FRAME[3] - BELOW_LEGEND, 12, 16))


def _projection_note(frame: QgsLayoutItemMap) -> str:
    centre = QgsCoordinateTransform(frame.crs(), QgsCoordinateReferenceSystem(MARS_DEGREES), QgsProject.instance()).transform(
        frame.extent().center()
    )
    return (
        f"Lambert azimuthal equal-area projection about {centre.y():.2f}° N, {centre.x():.2f}° E, sphere of "
        f"{MARS_RADIUS_M / 1000:.2f} km; planetocentric latitude."
    )


def _label(layout: QgsPrintLayout, text: str, box: tuple, size: float, bold: bool = False, colour: str = "black") -> None:
    item = QgsLayoutItemLabel(layout)
    layout.addLayoutItem(item)
    item.setText(text)
    if hasattr(item, "setTextFormat"):  # QGIS 3.24 and later
        form = _text(size, bold)
        form.setColor(QColor(colour))
        item.setTextFormat(form)
    else:
        item.setFont(_font(size, bold))
        item.setFontColor(QColor(colour))
    item.setMarginX(0)
    item.setHAlign(Qt.AlignmentFlag.AlignLeft)
    item.setVAlign(Qt.AlignmentFlag.AlignTop)
    _place(item, box)


def _place(item: QgsLayoutItem, box: tuple) -> None:
    item.attemptMove(QgsLayoutPoint(box[0], box[1], _MM))
    item.attemptResize(QgsLayoutSize(box[2], box[3], _MM))


def _font(size: float, bold: bool = False) -> QFont:
    font = QFont("DejaVu Sans")
    font.setPointSizeF(size)
    font.setBold(bold)
    return font


def _text(size: float, bold: bool = False) -> QgsTextFormat:
    text = QgsTextFormat()
    text.setFont(_font(size, bold))
    text.setSize(size)
    return text

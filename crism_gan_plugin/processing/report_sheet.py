"""A map on a sheet to be printed, as QGIS lays it out: map, legend, scale bar, and the table of classes."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsLayout,
    QgsLayoutExporter,
    QgsLayoutFrame,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemManualTable,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutItemScaleBar,
    QgsLayoutMultiFrame,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsTableCell,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QFont

from ..core.errors import OutputError, ParameterError
from ..core.files.inputs import recorded_inputs
from ..core.files.outputs import AtomicOutputs, check_name
from ..core.mars.areas import pixel_width_km
from ..core.mosaic.maps import open_class_raster
from ..core.rasters.class_table import ClassRow
from ..core.reports.axes import nice_step

_MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters

#: Width and height of a page (A4), and its margin, mm.
_WIDTH, _HEIGHT, _MARGIN = 210, 297, 12

#: Height of the map; the legend takes what is left of the page.
_MAP_HEIGHT = 185

_HEAD = ("class", "level", "code", "pixels", "km²")


def check_sheet(output: str) -> Path:
    """``output`` as a `Path`, if it is the name of a PDF; else `ParameterError`."""
    path = Path(output)
    if path.suffix.lower() != ".pdf":
        raise ParameterError(f"OUTPUT_PDF: {path} is not the name of a PDF; let it end in .pdf")
    check_name(path.name, "OUTPUT_PDF")
    return path


@recorded_inputs()
def write_sheet(mineral_map: Path, target: Path) -> None:
    """Write the sheet of a map, whole or not at all; `OutputError` if it cannot be written."""
    opened = open_class_raster(mineral_map)
    rows = sorted(opened.table, key=lambda row: (row.value % 100, row.value))
    width_km = pixel_width_km(opened.georeference, opened.lines / 2, opened.samples / 2)
    project = QgsProject()
    layer = QgsRasterLayer(str(mineral_map), mineral_map.stem)
    project.addMapLayer(layer)
    project.setCrs(layer.crs())
    layout = laid_out(project, layer, rows, width_km)
    with AtomicOutputs(target.parent) as outputs:
        written = QgsLayoutExporter(layout).exportToPdf(str(outputs.place(target)), QgsLayoutExporter.PdfExportSettings())
        if written != QgsLayoutExporter.ExportResult.Success:
            raise OutputError(f"{target}: the sheet cannot be written; free some disk space or choose another folder")


def laid_out(project: QgsProject, layer: QgsRasterLayer, rows: list[ClassRow], width_km: float | None) -> QgsLayout:
    """The sheet of a map with these classes and pixels of this width; the project has the map's layer and CRS."""
    layout = QgsLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize("A4", QgsLayoutItemPage.Orientation.Portrait)
    _label(layout, f"Minerals: {layer.name()}", 16, (_MARGIN, _MARGIN, _WIDTH - 2 * _MARGIN, 9))
    shown = QgsLayoutItemMap(layout)
    layout.addLayoutItem(shown)
    _place(shown, (_MARGIN, _MARGIN + 11, _WIDTH - 2 * _MARGIN, _MAP_HEIGHT))
    shown.setLayers([layer])
    shown.setCrs(layer.crs())
    shown.setExtent(_filling(layer.extent(), (_WIDTH - 2 * _MARGIN) / _MAP_HEIGHT))
    shown.setFrameEnabled(True)
    if width_km is not None:
        _scale_bar(layout, shown, layer.rasterUnitsPerPixelX() / width_km)
    else:
        _label(layout, "Without a scale: the map's place on Mars is not known", 8, (_MARGIN, _MARGIN + _MAP_HEIGHT + 13, 120, 6))
    _legend(layout, shown)
    _table(layout, rows)
    return layout


def _filling(extent: QgsRectangle, shape: float) -> QgsRectangle:
    """The extent, widened to this width over height: an item would change its own shape instead."""
    width, height = max(extent.width(), extent.height() * shape), max(extent.height(), extent.width() / shape)
    return QgsRectangle.fromCenterAndSize(extent.center(), width, height)


def _scale_bar(layout: QgsLayout, shown: QgsLayoutItemMap, per_km: float) -> None:
    """A bar of round length, by so many units of the map in a kilometre: QGIS does not measure on every CRS of Mars."""
    bar = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(bar)
    bar.setLinkedMap(shown)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceUnknownUnit)
    bar.setMapUnitsPerScaleBarUnit(per_km)
    bar.setUnitLabel("km")
    bar.setUnitsPerSegment(per_km * nice_step(shown.extent().width() / per_km / 16))
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.attemptMove(QgsLayoutPoint(_MARGIN, _MARGIN + _MAP_HEIGHT + 13, _MM))


def _legend(layout: QgsLayout, shown: QgsLayoutItemMap) -> None:
    legend = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(legend)
    legend.setLinkedMap(shown)
    legend.setColumnCount(4)
    legend.setSplitLayer(True)
    for kind in (QgsLegendStyle.Style.Title, QgsLegendStyle.Style.Group, QgsLegendStyle.Style.Subgroup):
        legend.setStyleFont(kind, QFont("sans", 8))
    legend.setStyleFont(QgsLegendStyle.Style.SymbolLabel, QFont("sans", 6))
    legend.setSymbolHeight(2.4)
    legend.setSymbolWidth(4)
    legend.attemptMove(QgsLayoutPoint(_MARGIN, _MARGIN + _MAP_HEIGHT + 27, _MM))


def _table(layout: QgsLayout, rows: list[ClassRow]) -> None:
    """The table of classes, from the second page on."""
    page = QgsLayoutItemPage(layout)
    page.setPageSize("A4", QgsLayoutItemPage.Orientation.Portrait)
    layout.pageCollection().addPage(page)
    table = QgsLayoutItemManualTable.create(layout)
    layout.addMultiFrame(table)
    cells = [(row.name, row.level, str(row.value), f"{row.pixels:,}", _km2(row)) for row in rows]
    table.setTableContents([[QgsTableCell(value) for value in line] for line in (_HEAD, *cells)])
    table.setResizeMode(QgsLayoutMultiFrame.ResizeMode.ExtendToNextPage)
    frame = QgsLayoutFrame(layout, table)
    table.addFrame(frame)
    gap = layout.pageCollection().spaceBetweenPages()
    _place(frame, (_MARGIN, _HEIGHT + gap + _MARGIN, _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN))


def _km2(row: ClassRow) -> str:
    return "" if row.area_km2 is None else f"{row.area_km2:.4g}"


def _label(layout: QgsLayout, words: str, size: int, where: tuple[float, float, float, float]) -> None:
    label = QgsLayoutItemLabel(layout)
    label.setText(words)
    label.setFont(QFont("sans", size))
    layout.addLayoutItem(label)
    _place(label, where)


def _place(item: QgsLayoutItem, where: tuple[float, float, float, float]) -> None:
    """Left, top, width and height, mm."""
    item.attemptMove(QgsLayoutPoint(where[0], where[1], _MM))
    item.attemptResize(QgsLayoutSize(where[2], where[3], _MM))

"""The spectrum viewer: its action, map tool, dock and markers, put into QGIS's window and taken out again without a trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import (
    Qgis,
    QgsGeometry,
    QgsMapLayer,
    QgsPointXY,
    QgsRasterLayer,
    QgsRectangle,
    QgsSettings,
    QgsWkbTypes,
)
from qgis.gui import QgsRubberBand, QgsVertexMarker
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtGui import QColor, QIcon
from qgis.PyQt.QtWidgets import QAction, QFileDialog

from .. import paths
from ..core.errors import CrismError, MovedFileError
from .spectrum_task import Inspectors, OpeningTask, SpectrumTask, end_all, start
from .spectrum_tool import SpectrumTool

if TYPE_CHECKING:
    from ..core.inspection import PixelEvidence

TITLE = "CRISM Spectra"
SHORTCUT = "Ctrl+Alt+S"

#: Where settings are kept: where the dock was, and where moved files are.
_GEOMETRY, _AREA, _FLOATING, _MOVED = (f"crism_gan/spectra/{name}" for name in ("geometry", "area", "floating", "moved"))

#: Fewest bands of an image that has spectra.
_FEWEST_BANDS = 50


class SpectrumViewer(QObject):
    """Lives from the plugin's ``initGui`` to its ``unload``.

    Parameters
    ----------
    iface
        The QGIS window.
    menu
        Name of the plugin's menu below Raster.
    """

    def __init__(self, iface: Any, menu: str) -> None:
        super().__init__()
        self._iface, self._menu = iface, menu
        self.dock: Optional[Any] = None
        self.task: Optional[SpectrumTask] = None
        self.markers: dict[str, Any] = {}
        self.inspectors = Inspectors()
        self.inspectors.moved = dict(QgsSettings().value(_MOVED) or {})
        self._refused: set[str] = set()
        canvas = iface.mapCanvas()
        self.action = QAction(QIcon(str(paths.icon("spectra.svg"))), f"{TITLE}…", iface.mainWindow())
        self.action.setObjectName("crism_spectra")
        self.action.setCheckable(True)
        self.action.setToolTip("Click on a mineral map or an image: the spectra behind the pixel; drag: their mean")
        self.action.triggered.connect(self._toggle)
        self.tool = SpectrumTool(canvas)
        self.tool.setAction(self.action)
        self.tool.asked.connect(self.ask)
        iface.currentLayerChanged.connect(self._open_ahead)
        iface.registerMainWindowAction(self.action, SHORTCUT)
        iface.addPluginToRasterMenu(menu, self.action)
        iface.addRasterToolBarIcon(self.action)

    def unload(self) -> None:
        """Take everything out of the window again."""
        self._cancel()
        end_all()
        self._iface.currentLayerChanged.disconnect(self._open_ahead)
        canvas = self._iface.mapCanvas()
        if canvas.mapTool() is self.tool:
            canvas.unsetMapTool(self.tool)
        self.tool.deleteLater()
        for name in list(self.markers):
            self._unmark(name)
        if self.dock is not None:
            self._remember(self.dock)
            self._iface.removeDockWidget(self.dock)
            self.dock.close()
            self.dock.deleteLater()
            self.dock = None
        self._iface.removeRasterToolBarIcon(self.action)
        self._iface.removePluginRasterMenu(self._menu, self.action)
        self._iface.unregisterMainWindowAction(self.action)
        self.action.deleteLater()
        self.inspectors.close()
        self.deleteLater()

    # ---------------------------------------------------------------- the dock

    def _toggle(self, checked: bool = True) -> None:
        canvas = self._iface.mapCanvas()
        if not checked:
            canvas.unsetMapTool(self.tool)
            return
        try:
            self.show()
        except ImportError:
            self.action.setChecked(False)
            self._tell("spectra are drawn with Matplotlib, which is not installed; install it from the same source as QGIS")
            return
        canvas.setMapTool(self.tool)
        self._open_ahead()

    def show(self) -> Any:
        """The dock, made when it is first needed."""
        if self.dock is None:
            from .spectrum_dock import SpectrumDock

            self.dock = SpectrumDock(self._iface.mainWindow())
            self.dock.removed.connect(self._unmark)
            self._place(self.dock)
        self.dock.setVisible(True)
        self.dock.raise_()
        return self.dock

    def _place(self, dock: Any) -> None:
        """Where the dock was when it was last taken away; at first on the right."""
        settings, right = QgsSettings(), Qt.DockWidgetArea.RightDockWidgetArea
        areas = {str(number): area for number, area in enumerate(_AREAS)}
        self._iface.addDockWidget(areas.get(str(settings.value(_AREA)), right), dock)
        if str(settings.value(_FLOATING)) == "true":
            dock.setFloating(True)
            dock.restoreGeometry(settings.value(_GEOMETRY))

    def _remember(self, dock: Any) -> None:
        settings, area = QgsSettings(), self._iface.mainWindow().dockWidgetArea(dock)
        if area in _AREAS:
            settings.setValue(_AREA, str(_AREAS.index(area)))
        settings.setValue(_FLOATING, "true" if dock.isFloating() else "false")
        settings.setValue(_GEOMETRY, dock.saveGeometry())

    # ---------------------------------------------------------------- questions and answers

    def ask(self, rectangle: QgsRectangle) -> None:
        """Ask for what is at a place of the canvas, or within a rectangle; the question before this one is given up."""
        self._cancel()
        layer = self._layer_at(rectangle)
        if layer is None:
            self._tell("there is no mineral map and no image here: choose one among the layers", Qgis.MessageLevel.Info)
            return
        x, y = self._in_layer(layer, rectangle)

        def done(found: Optional[PixelEvidence], error: Optional[Exception]) -> None:
            self.task = None
            if isinstance(error, MovedFileError):
                self._ask_for(error, rectangle)
            elif error is not None:
                self._tell(str(error) if isinstance(error, CrismError) else f"{type(error).__name__}: {error}")
            elif found is None:
                self._tell("the map shows nothing of the image here", Qgis.MessageLevel.Info)
            else:
                self._mark(self.show().add(found), rectangle)

        self.task = SpectrumTask(self.inspectors, layer.source(), x, y, done)
        start(self.task)

    def _open_ahead(self, layer: Optional[QgsMapLayer] = None) -> None:
        """Open the active layer while the mouse is on its way, so that the first click is answered at once."""
        active = self._iface.activeLayer()
        if self._iface.mapCanvas().mapTool() is self.tool and _has_spectra(active):
            start(OpeningTask(self.inspectors, active.source()))

    def _in_layer(self, layer: QgsMapLayer, rectangle: QgsRectangle) -> tuple[tuple[float, float], tuple[float, float]]:
        """x and y of two corners, in the layer's CRS; of a click the same ones twice."""
        if rectangle.isEmpty():
            point = self.tool.toLayerCoordinates(layer, QgsPointXY(rectangle.xMinimum(), rectangle.yMinimum()))
            return (point.x(), point.x()), (point.y(), point.y())
        there = self.tool.toLayerCoordinates(layer, rectangle)
        return (there.xMinimum(), there.xMaximum()), (there.yMinimum(), there.yMaximum())

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def _layer_at(self, rectangle: QgsRectangle) -> Optional[QgsRasterLayer]:
        """The active layer where it has spectra, else the topmost visible one that has some there."""
        active = self._iface.activeLayer()
        if _has_spectra(active):
            return active
        centre = rectangle.center()
        for layer in self._iface.mapCanvas().layers():
            if _has_spectra(layer) and layer.extent().contains(self.tool.toLayerCoordinates(layer, centre)):
                return layer
        return None

    def _ask_for(self, error: MovedFileError, rectangle: QgsRectangle) -> None:
        """Where a file is now; once for each."""
        if error.path in self._refused:
            self._tell(str(error))
            return
        name = Path(error.path).name
        path, _ = QFileDialog.getOpenFileName(self._iface.mainWindow(), f"Where is {name} now?", name)
        if not path:
            self._refused.add(error.path)
            self._tell(str(error))
            return
        self.inspectors.moved[error.path] = path
        QgsSettings().setValue(_MOVED, self.inspectors.moved)
        self.ask(rectangle)

    def _tell(self, text: str, level: Any = Qgis.MessageLevel.Warning) -> None:
        self._iface.messageBar().pushMessage("CRISM", text, level, 8)

    # ---------------------------------------------------------------- markers

    def _mark(self, picked: Any, rectangle: QgsRectangle) -> None:
        """Show on the canvas where a spectrum is from, in its colour."""
        canvas = self._iface.mapCanvas()
        if rectangle.isEmpty():
            marker = QgsVertexMarker(canvas)
            marker.setCenter(rectangle.center())
            marker.setIconType(QgsVertexMarker.IconType.ICON_CROSS)
            marker.setIconSize(14)
            marker.setPenWidth(3)
            marker.setColor(QColor(picked.colour))
        else:
            marker = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
            marker.setToGeometry(QgsGeometry.fromRect(rectangle), None)
            marker.setStrokeColor(QColor(picked.colour))
            marker.setFillColor(QColor(0, 0, 0, 0))
            marker.setWidth(3)
        self.markers[picked.name] = marker

    def _unmark(self, name: str) -> None:
        marker = self.markers.pop(name, None)
        if marker is not None:
            self._iface.mapCanvas().scene().removeItem(marker)


_AREAS = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.TopDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


def _has_spectra(layer: Optional[QgsMapLayer]) -> bool:
    """Whether a layer is an image of many bands, or may be a mineral map: one band of codes."""
    if not isinstance(layer, QgsRasterLayer) or not layer.isValid() or layer.providerType() != "gdal":
        return False
    is_map = layer.bandCount() == 1 and layer.dataProvider().dataType(1) == Qgis.DataType.Byte
    return is_map or layer.bandCount() >= _FEWEST_BANDS

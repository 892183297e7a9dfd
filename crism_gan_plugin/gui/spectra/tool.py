"""The map tool: a click asks a pixel, a drag the mean of a rectangle."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle, QgsWkbTypes
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

#: Pixels of the screen that a mouse may move within a click.
_STILL = 4


class SpectrumTool(QgsMapTool):
    """Emits what was asked for, in coordinates of the canvas; a click is a rectangle without width and height."""

    asked = pyqtSignal(QgsRectangle)

    def __init__(self, canvas: Any) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._start: Optional[QPoint] = None
        self._band: Optional[QgsRubberBand] = None

    def canvasPressEvent(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = event.pos()

    def canvasMoveEvent(self, event: Any) -> None:
        if self._start is None or not self._is_drag(event.pos()):
            return
        if self._band is None:
            self._band = QgsRubberBand(self.canvas(), QgsWkbTypes.GeometryType.PolygonGeometry)
            self._band.setStrokeColor(QColor("#cf5a2c"))
            self._band.setFillColor(QColor(207, 90, 44, 50))
            self._band.setWidth(2)
        self._band.setToGeometry(QgsGeometry.fromRect(self._rectangle(event.pos())), None)

    def canvasReleaseEvent(self, event: Any) -> None:
        if self._start is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._is_drag(event.pos()):
            rectangle = self._rectangle(event.pos())
        else:
            point = self.toMapCoordinates(event.pos())
            rectangle = QgsRectangle(point, point)
        self._stop()
        self.asked.emit(rectangle)

    def deactivate(self) -> None:
        self._stop()
        super().deactivate()

    def _is_drag(self, end: QPoint) -> bool:
        return self._start is not None and (end - self._start).manhattanLength() > _STILL

    def _rectangle(self, end: QPoint) -> QgsRectangle:
        assert self._start is not None
        corners: tuple[QgsPointXY, ...] = tuple(self.toMapCoordinates(each) for each in (self._start, end))
        return QgsRectangle(*corners)

    def _stop(self) -> None:
        self._start = None
        if self._band is not None:
            self.canvas().scene().removeItem(self._band)
            self._band = None

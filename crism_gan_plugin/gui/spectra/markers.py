"""Markers on the canvas: where each spectrum is from, in its colour."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsWkbTypes
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QColor


class Markers(QObject):
    """A cross for a point, an outline for a rectangle or a deposit; they stay where they are on Mars when the map's CRS changes.

    Parameters
    ----------
    canvas
        Of the map.
    """

    def __init__(self, canvas: Any) -> None:
        super().__init__()
        self._canvas = canvas
        self._places: dict[str, tuple[QgsRubberBand, QgsGeometry, QgsCoordinateReferenceSystem]] = {}
        canvas.destinationCrsChanged.connect(self._place_all)

    @property
    def names(self) -> list[str]:
        """Of the spectra that have a marker."""
        return list(self._places)

    def geometry(self, name: str) -> QgsGeometry:
        """Where a marker is now, in the canvas's CRS."""
        return self._places[name][0].asGeometry()

    def add(self, name: str, colour: str, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
        """Mark a point or a polygon, given in a CRS; one that is not valid stands for the canvas's."""
        is_point = geometry.type() == QgsWkbTypes.GeometryType.PointGeometry
        kind = QgsWkbTypes.GeometryType.PointGeometry if is_point else QgsWkbTypes.GeometryType.PolygonGeometry
        band = QgsRubberBand(self._canvas, kind)
        band.setIcon(QgsRubberBand.IconType.ICON_CROSS)
        band.setIconSize(15)
        band.setWidth(3)
        band.setStrokeColor(QColor(colour))
        band.setSecondaryStrokeColor(QColor(255, 255, 255, 220))
        band.setFillColor(QColor(0, 0, 0, 0))
        self._places[name] = band, QgsGeometry(geometry), QgsCoordinateReferenceSystem(crs)
        band.setToGeometry(geometry, crs)

    def remove(self, name: str) -> None:
        if name in self._places:
            band, _, _ = self._places.pop(name)
            self._canvas.scene().removeItem(band)

    def close(self) -> None:
        """Take all of them off the canvas, for good."""
        self._canvas.destinationCrsChanged.disconnect(self._place_all)
        for name in self.names:
            self.remove(name)

    def _place_all(self) -> None:
        for band, geometry, crs in self._places.values():
            band.setToGeometry(geometry, crs)

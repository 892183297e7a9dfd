"""Where the dock was when it was last taken away: at which side of the window, or floating, and how large."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import Qt

_GEOMETRY, _AREA, _FLOATING = (f"crism_gan/spectra/{name}" for name in ("geometry", "area", "floating"))

_AREAS = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.TopDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


def restore(iface: Any, dock: Any) -> None:
    """Put the dock where it was; at first on the right."""
    settings, right = QgsSettings(), Qt.DockWidgetArea.RightDockWidgetArea
    areas = {str(number): area for number, area in enumerate(_AREAS)}
    iface.addDockWidget(areas.get(str(settings.value(_AREA)), right), dock)
    if str(settings.value(_FLOATING)) == "true":
        dock.setFloating(True)
        dock.restoreGeometry(settings.value(_GEOMETRY))


def remember(iface: Any, dock: Any) -> None:
    settings, area = QgsSettings(), iface.mainWindow().dockWidgetArea(dock)
    if area in _AREAS:
        settings.setValue(_AREA, str(_AREAS.index(area)))
    settings.setValue(_FLOATING, "true" if dock.isFloating() else "false")
    settings.setValue(_GEOMETRY, dock.saveGeometry())

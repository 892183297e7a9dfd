"""The few things of QGIS's window that the plugin touches."""

from __future__ import annotations

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QMainWindow, QMenu


class Window(QObject):
    """Stands for ``iface``; offscreen there is no QGIS window."""

    currentLayerChanged = pyqtSignal(object)

    def __init__(self):
        super().__init__()
        self._window = QMainWindow()
        self._window.resize(1200, 800)
        self._canvas = QgsMapCanvas(self._window)
        self._window.setCentralWidget(self._canvas)
        self._layer = None
        self.raster_menu = QMenu("Raster", self._window)
        self.toolbar = self._window.addToolBar("Raster")
        self.shortcuts = {}
        self.messages = []

    def mainWindow(self):
        return self._window

    def mapCanvas(self):
        return self._canvas

    def messageBar(self):
        return self

    def pushMessage(self, title, text, level, duration):
        self.messages.append(text)

    def activeLayer(self):
        return self._layer

    def setActiveLayer(self, layer, above=None):
        self._layer = layer
        self._canvas.setLayers([each for each in (layer, above) if each])
        if layer:
            self._canvas.setDestinationCrs(layer.crs())
            self._canvas.setExtent(layer.extent())
        self.currentLayerChanged.emit(layer)

    def addDockWidget(self, area, dock):
        self._window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):
        self._window.removeDockWidget(dock)

    def registerMainWindowAction(self, action, shortcut):
        action.setShortcut(shortcut)
        self.shortcuts[action.text()] = shortcut
        return True

    def unregisterMainWindowAction(self, action):
        del self.shortcuts[action.text()]
        return True

    def addRasterToolBarIcon(self, action):
        self.toolbar.addAction(action)

    def removeRasterToolBarIcon(self, action):
        self.toolbar.removeAction(action)

    def addPluginToRasterMenu(self, name, action):
        self._menu(name).addAction(action)

    def removePluginRasterMenu(self, name, action):
        menu = self._menu(name)
        menu.removeAction(action)
        if menu.isEmpty():
            self.raster_menu.removeAction(menu.menuAction())
            menu.deleteLater()

    def _menu(self, name):
        for action in self.raster_menu.actions():
            if action.text() == name:
                return action.menu()
        return self.raster_menu.addMenu(name)

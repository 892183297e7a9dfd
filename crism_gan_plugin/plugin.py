"""The plugin: adds the algorithms to Processing and to the Raster menu, and takes every trace of itself away again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import processing
from qgis.core import QgsApplication, QgsProcessingAlgorithm
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QMenu

from . import paths
from .processing.provider import CrismProvider

if TYPE_CHECKING:
    from .gui.library_manager import LibraryManager
    from .gui.spectra.viewer import SpectrumViewer

MENU = "CRISM"


class CrismGanPlugin:
    """What QGIS loads.

    Parameters
    ----------
    iface
        The QGIS window, or None where there is none (``qgis_process``, the server).
    """

    def __init__(self, iface: Optional[Any]) -> None:
        self.iface = iface
        self.provider: Optional[CrismProvider] = None
        self.actions: list[QAction] = []
        self.spectra: Optional[SpectrumViewer] = None
        self.libraries: Optional[LibraryManager] = None

    def initProcessing(self) -> None:
        """Register the algorithms; all that ``qgis_process`` calls."""
        self.provider = CrismProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)
        self.provider.refreshAlgorithms()  # once more, now that it is registered: the models need the algorithms

    def initGui(self) -> None:
        self.initProcessing()
        assert self.provider is not None
        for algorithm in sorted(self.provider.algorithms(), key=lambda algorithm: algorithm.displayName()):
            self._add_action(algorithm)
        self._add_action_of_libraries()
        from .gui.spectra.viewer import SpectrumViewer

        self.spectra = SpectrumViewer(self.iface, MENU)

    def unload(self) -> None:
        if self.spectra is not None:
            self.spectra.unload()
            self.spectra = None
        if self.libraries is not None:
            self.libraries.close()
            self.libraries.deleteLater()
            self.libraries = None
        for action in self.actions:
            assert self.iface is not None
            self.iface.removePluginRasterMenu(MENU, action)
            action.deleteLater()
        self.actions = []
        if self.iface is not None:
            _delete_empty_menus(self.iface.mainWindow())
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None

    def _add_action_of_libraries(self) -> None:
        assert self.iface is not None
        action = QAction(QIcon(str(paths.icon("library.svg"))), "CRISM Exemplar Libraries…", self.iface.mainWindow())
        action.triggered.connect(lambda checked=False: self.show_libraries())
        self.iface.addPluginToRasterMenu(MENU, action)
        self.actions.append(action)

    def show_libraries(self) -> None:
        """Show the window of exemplar libraries, as it was left."""
        from .gui.library_manager import LibraryManager

        if self.libraries is None:
            assert self.iface is not None
            self.libraries = LibraryManager(self.iface.mainWindow())
        self.libraries.show()
        self.libraries.raise_()

    def _add_action(self, algorithm: QgsProcessingAlgorithm) -> None:
        assert self.iface is not None
        action = QAction(algorithm.icon(), algorithm.displayName() + "…", self.iface.mainWindow())
        identifier = algorithm.id()
        action.triggered.connect(lambda checked=False: processing.execAlgorithmDialog(identifier, {}))
        self.iface.addPluginToRasterMenu(MENU, action)
        self.actions.append(action)


def _delete_empty_menus(window: Any) -> None:
    """QGIS takes a menu without entries out of its window, but keeps the object: one more each time that a plugin is reloaded."""
    for menu in window.findChildren(QMenu, MENU):
        if menu.isEmpty():
            menu.deleteLater()

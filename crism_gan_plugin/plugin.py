"""The plugin: adds the algorithms to Processing and to the Raster menu, and takes every trace of itself away again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import processing
from qgis.core import QgsApplication, QgsProcessingAlgorithm
from qgis.PyQt.QtWidgets import QAction

from .processing.provider import CrismProvider

if TYPE_CHECKING:
    from .gui.spectrum_viewer import SpectrumViewer

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
        from .gui.spectrum_viewer import SpectrumViewer

        self.spectra = SpectrumViewer(self.iface, MENU)

    def unload(self) -> None:
        if self.spectra is not None:
            self.spectra.unload()
            self.spectra = None
        for action in self.actions:
            assert self.iface is not None
            self.iface.removePluginRasterMenu(MENU, action)
            action.deleteLater()
        self.actions = []
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None

    def _add_action(self, algorithm: QgsProcessingAlgorithm) -> None:
        assert self.iface is not None
        action = QAction(algorithm.icon(), algorithm.displayName() + "…", self.iface.mainWindow())
        identifier = algorithm.id()
        action.triggered.connect(lambda checked=False: processing.execAlgorithmDialog(identifier, {}))
        self.iface.addPluginToRasterMenu(MENU, action)
        self.actions.append(action)

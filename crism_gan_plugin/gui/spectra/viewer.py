"""The spectrum viewer: its action, map tool, dock and markers, put into QGIS's window and taken out again without a trace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import Qgis, QgsMapLayer, QgsProject, QgsRasterLayer, QgsRectangle, QgsSettings
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QFileDialog

from ... import paths
from ...core.errors import CrismError, MovedFileError
from . import dock_place
from .library import AddingTask, Wanted, said
from .markers import Markers
from .questions import Asked, ask, has_spectra
from .task import Inspectors, OpeningTask, SpectrumTask, end_all, start
from .tool import SpectrumTool

if TYPE_CHECKING:
    from ...core.inspection import PixelEvidence
    from ...core.own_minerals.adding import Added

TITLE = "CRISM Spectra"
SHORTCUT = "Ctrl+Alt+S"

#: Where it is kept where moved files are.
_MOVED = "crism_gan/spectra/moved"


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
        self.inspectors = Inspectors()
        self.inspectors.moved = dict(QgsSettings().value(_MOVED) or {})
        self._refused: set[str] = set()
        self.markers = Markers(iface.mapCanvas())
        self.action = QAction(QIcon(str(paths.icon("spectra.svg"))), f"{TITLE}…", iface.mainWindow())
        self.action.setObjectName("crism_spectra")
        self.action.setCheckable(True)
        self.action.setToolTip(
            "Click on a mineral map, an image or a deposit: the spectra behind it; drag: the mean of a rectangle"
        )
        self.action.triggered.connect(self._toggle)
        self.tool = SpectrumTool(iface.mapCanvas())
        self.tool.setAction(self.action)
        self.tool.asked.connect(self.ask)
        iface.currentLayerChanged.connect(self._open_ahead)
        QgsProject.instance().cleared.connect(self._clear)
        iface.registerMainWindowAction(self.action, SHORTCUT)
        iface.addPluginToRasterMenu(menu, self.action)
        iface.addRasterToolBarIcon(self.action)

    def unload(self) -> None:
        """Take everything out of the window again."""
        self._cancel()
        end_all()
        self._iface.currentLayerChanged.disconnect(self._open_ahead)
        QgsProject.instance().cleared.disconnect(self._clear)
        canvas = self._iface.mapCanvas()
        if canvas.mapTool() is self.tool:
            canvas.unsetMapTool(self.tool)
        self.tool.deleteLater()
        self.markers.close()
        if self.dock is not None:
            dock_place.remember(self._iface, self.dock)
            self._iface.removeDockWidget(self.dock)
            self.dock.close()
            self.dock.deleteLater()
            self.dock = None
        self._iface.removeRasterToolBarIcon(self.action)
        self._iface.removePluginRasterMenu(self._menu, self.action)
        self._iface.unregisterMainWindowAction(self.action)
        self.action.deleteLater()
        self.inspectors.close()
        self.markers.deleteLater()
        self.deleteLater()

    def show(self) -> Any:
        """The dock, made when it is first needed."""
        if self.dock is None:
            from .dock import SpectrumDock

            self.dock = SpectrumDock(self._iface.mainWindow())
            self.dock.list.removed.connect(self.markers.remove)
            self.dock.failed.connect(self._tell)
            self.dock.wanted.connect(self._add_to_library)
            dock_place.restore(self._iface, self.dock)
        self.dock.setVisible(True)
        self.dock.raise_()
        return self.dock

    def ask(self, rectangle: QgsRectangle) -> None:
        """Ask for what is at a place of the canvas, or within a rectangle; the question before this one is given up."""
        self._cancel()
        asked = ask(self.tool, self._iface.activeLayer(), self._iface.mapCanvas().layers(), rectangle)
        if asked is None:
            self._tell("there is no mineral map, no image and no deposit here", Qgis.MessageLevel.Info)
            return
        self.task = SpectrumTask(asked.question, self.inspectors, partial(self._answered, asked))
        start(self.task)

    def _answered(self, asked: Asked, found: Optional[PixelEvidence], error: Optional[Exception]) -> None:
        self.task = None
        if isinstance(error, MovedFileError):
            self._ask_for(error, asked)
        elif error is not None:
            self._tell(str(error) if isinstance(error, CrismError) else f"{type(error).__name__}: {error}")
        elif found is None:
            self._tell("the map shows nothing of the image here", Qgis.MessageLevel.Info)
        else:
            picked = self.show().list.add(found)
            self.markers.add(picked.name, picked.colour, asked.geometry, asked.crs)

    def _ask_for(self, error: MovedFileError, asked: Asked) -> None:
        """Where a file is now; once for each."""
        path = ""
        if error.path not in self._refused:
            name = Path(error.path).name
            path, _ = QFileDialog.getOpenFileName(self._iface.mainWindow(), f"Where is {name} now?", name)
        if not path:
            self._refused.add(error.path)
            self._tell(str(error))
            return
        self.inspectors.moved[error.path] = path
        QgsSettings().setValue(_MOVED, self.inspectors.moved)
        self.task = SpectrumTask(asked.question, self.inspectors, partial(self._answered, asked))
        start(self.task)

    def _add_to_library(self, wanted: Wanted) -> None:
        start(AddingTask(wanted, self._added))

    def _added(self, added: Optional[Added], error: Optional[Exception]) -> None:
        self._tell(said(added, error), Qgis.MessageLevel.Warning if added is None else Qgis.MessageLevel.Success)

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

    def _open_ahead(self, layer: Optional[QgsMapLayer] = None) -> None:
        """Open the active layer while the mouse is on its way, so that the first click is answered at once."""
        active = self._iface.activeLayer()
        if self._iface.mapCanvas().mapTool() is self.tool and isinstance(active, QgsRasterLayer) and has_spectra(active, True):
            start(OpeningTask(self.inspectors, active.source()))

    def _clear(self) -> None:
        """Another project: the spectra were those of the layers before."""
        self._cancel()
        if self.dock is not None:
            self.dock.list.remove_all()

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def _tell(self, text: str, level: Any = Qgis.MessageLevel.Warning) -> None:
        self._iface.messageBar().pushMessage("CRISM", text, level, 8)

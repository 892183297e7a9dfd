"""The dock: spectra that were asked for in a list, their plots, and why each is what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAction, QFileDialog, QLabel, QSplitter, QToolBar, QVBoxLayout, QWidget

from ...core.errors import CrismError
from ...core.inspection import PixelEvidence
from ...core.mapping.levels import NO_DATA
from . import export, library
from .picked import Picked
from .plots import Axes, draw, lay_out
from .spectrum_list import SpectrumList
from .text import describe
from .wavelength_line import WavelengthLine


def make_canvas(figure: Any) -> Any:
    """A widget that shows a Matplotlib figure, for the Qt that this QGIS has."""
    try:
        from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    except ImportError:  # Matplotlib before 3.5
        from matplotlib.backends.backend_qt5agg import FigureCanvasQTAgg
    return FigureCanvasQTAgg(figure)


class SpectrumDock(QgsDockWidget):
    """Made at the first click, since Matplotlib takes its time.

    Signals are tied to methods: Qt keeps no hold of their object, as it would of what a lambda needs, so nothing outlives the dock.

    Attributes
    ----------
    list
        The spectra.
    failed
        Emitted with what could not be saved, and why.
    wanted
        Emitted with the spectrum that is to be added to a library, a `library.Wanted`.
    axes
        The plots as they are drawn.
    """

    failed = pyqtSignal(str)
    wanted = pyqtSignal(object)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        from matplotlib.figure import Figure

        super().__init__(parent)
        self.setObjectName("CrismSpectra")
        self.setWindowTitle(self.tr("CRISM Spectra"))
        self.figure = Figure(figsize=(5, 8))
        self.canvas = make_canvas(self.figure)
        self.canvas.setMinimumSize(QSize(280, 320))
        self.canvas.mpl_connect("resize_event", self._on_resize)
        self.line = WavelengthLine(self.canvas)
        self.list = SpectrumList()
        self.list.changed.connect(self.redraw)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QToolBar()
        self.labels = self._button(self.tr("Absorptions"), self.tr("Label common absorptions"), self.redraw)
        self.labels.setCheckable(True)
        self._button(self.tr("Remove"), self.tr("Remove the chosen spectrum"), self.list.remove_current)
        self._button(self.tr("Clear"), self.tr("Remove all spectra"), self.list.remove_all)
        self._button(self.tr("Copy"), self.tr("Copy the plots as an image, the numbers as CSV"), self.copy)
        self._button(self.tr("CSV…"), self.tr("Save the numbers of all spectra"), self._ask_csv)
        self._button(self.tr("Image…"), self.tr("Save the plots as PNG, SVG or PDF"), self._ask_image)
        self.more = self._button(
            self.tr("Find more like this…"), self.tr("CRISM Similarity Map of the chosen spectrum"), self.find_more
        )
        self.adding = self._button(
            self.tr("Add to library…"), self.tr("Make the chosen spectrum one of a mineral's"), self._ask_library
        )
        self._lay_out()
        self.redraw()

    def _lay_out(self) -> None:
        self.list.setMaximumHeight(6 * (self.list.fontMetrics().height() + 6))
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(4, 0, 4, 4)
        for part in (self.list, self.text, self.buttons):
            below.addWidget(part)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.canvas)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 1)
        self.setWidget(splitter)

    def _button(self, text: str, tip: str, clicked: Callable[..., None]) -> QAction:
        button = QAction(text, self)
        button.setToolTip(tip)
        button.triggered.connect(clicked)
        self.buttons.addAction(button)
        return button

    def add(self, evidence: PixelEvidence) -> Picked:
        """Show one more spectrum, and choose it."""
        return self.list.add(evidence)

    def redraw(self, *_: Any) -> None:
        """Draw anew; whatever a signal brings along does not matter."""
        current = self.list.current
        self.axes: Axes = draw(self.figure, self.list.shown, current, self.list.ratio, self.labels.isChecked())
        self.line.follow(self.axes.of_wavelength)
        self.text.setText("" if current is None else describe(current.name, current.evidence))
        self.more.setEnabled(current is not None)
        self.adding.setEnabled(current is not None and current.evidence.code != NO_DATA)
        self.canvas.draw_idle()

    def _on_resize(self, *_: Any) -> None:
        lay_out(self.figure, self.axes)

    def copy(self, *_: Any) -> None:
        export.copy(self.list.picked, self.canvas)

    def save_image(self, path: str) -> None:
        export.save_figure(self.figure, path)

    def save_table(self, path: str) -> None:
        Path(path).write_text(export.table(self.list.picked), encoding="utf-8")

    def find_more(self, *_: Any) -> None:
        if self.list.current is not None:
            export.find_more_like(self.list.current)

    def _ask_library(self, *_: Any) -> None:
        if self.list.current is None:
            return
        try:
            wanted = library.ask_where(self, self.list.current)
        except CrismError as error:
            self.failed.emit(str(error))
            return
        if wanted is not None:
            self.wanted.emit(wanted)

    def _ask_csv(self, *_: Any) -> None:
        self._ask(self.tr("Save the spectra"), "spectra.csv", "CSV (*.csv)", self.save_table)

    def _ask_image(self, *_: Any) -> None:
        self._ask(self.tr("Save the plots"), "spectra.png", export.PICTURES, self.save_image)

    def _ask(self, title: str, name: str, kinds: str, save: Callable[[str], None]) -> None:
        path, chosen = QFileDialog.getSaveFileName(self, title, name, kinds)
        if not path:
            return
        path = export.with_ending(path, chosen)
        try:
            save(path)
        except (OSError, ValueError) as error:  # Matplotlib does not know the ending
            self.failed.emit(f"{path}: cannot be written ({error}); choose another place or name")

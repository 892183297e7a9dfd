"""The dock: spectra that were asked for in a list, their plots, and why each is what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QMimeData, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QGuiApplication, QIcon, QPixmap
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..core.inspection import PixelEvidence, evidence_table
from .spectrum_plots import Axes, Picked, draw
from .spectrum_text import describe
from .wavelength_line import WavelengthLine

#: Colours of spectra, one after the other; they differ for the colour-blind (Okabe and Ito), too.
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7d2610", "#5b5b5b")

_SWATCH = 12


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
    picked
        The spectra in the order of the list.
    axes
        The plots as they are drawn.
    """

    removed = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        from matplotlib.figure import Figure

        super().__init__(parent)
        self.setObjectName("CrismSpectra")
        self.setWindowTitle(self.tr("CRISM Spectra"))
        self.picked: list[Picked] = []
        self._number = 0
        self.figure = Figure(figsize=(5, 8), layout="constrained")
        self.canvas = make_canvas(self.figure)
        self.canvas.setMinimumSize(QSize(280, 320))
        self._line = WavelengthLine(self.canvas)
        self.list = QListWidget()
        self.list.itemChanged.connect(self.redraw)
        self.list.currentRowChanged.connect(self.redraw)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.above, self.below = QComboBox(), QComboBox()
        for box in (self.above, self.below):
            box.currentIndexChanged.connect(self.redraw)
        self.labels = self._button(self.tr("Absorptions"), self.tr("Label common absorptions"), self.redraw)
        self.labels.setCheckable(True)
        self._lay_out()
        self.redraw()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (
            self.labels,
            self._button(self.tr("Remove"), self.tr("Remove the chosen spectrum"), self.remove_current),
            self._button(self.tr("Clear"), self.tr("Remove all spectra"), self.clear),
            self._button(self.tr("Copy"), self.tr("Copy the plots as an image, the numbers as CSV"), self.copy),
            self._button(self.tr("CSV…"), self.tr("Save the numbers of all spectra"), self._ask_csv),
            self._button(self.tr("Image…"), self.tr("Save the plots as PNG, SVG or PDF"), self._ask_image),
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        ratio = QHBoxLayout()
        for widget in (QLabel(self.tr("Ratio")), self.above, QLabel("/"), self.below):
            ratio.addWidget(widget)
        ratio.addStretch(1)
        self.list.setMaximumHeight(4 * (self.list.fontMetrics().height() + 6))
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(4, 0, 4, 4)
        for part in (ratio, self.list, self.text, buttons):
            below.addLayout(part) if isinstance(part, QHBoxLayout) else below.addWidget(part)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.canvas)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 1)
        self.setWidget(splitter)

    def _button(self, text: str, tip: str, clicked: Any) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.clicked.connect(clicked)
        return button

    @property
    def current(self) -> Optional[Picked]:
        """The chosen spectrum."""
        row = self.list.currentRow()
        return self.picked[row] if 0 <= row < len(self.picked) else None

    @property
    def shown(self) -> list[Picked]:
        """The spectra whose boxes are checked, and the chosen one."""
        checked = [self.list.item(row).checkState() == Qt.CheckState.Checked for row in range(self.list.count())]
        return [each for each, is_checked in zip(self.picked, checked) if is_checked or each is self.current]

    @property
    def ratio(self) -> Optional[tuple[Picked, Picked]]:
        """The spectra of which the ratio is asked for."""
        chosen = [box.currentIndex() - 1 for box in (self.above, self.below)]
        if min(chosen) < 0 or max(chosen) >= len(self.picked):
            return None
        return self.picked[chosen[0]], self.picked[chosen[1]]

    def next_colour(self) -> str:
        """The colour that the next spectrum gets: the first one that is free, or the next in turn."""
        used = {each.colour for each in self.picked}
        free = [colour for colour in COLOURS if colour not in used]
        return free[0] if free else COLOURS[self._number % len(COLOURS)]

    def add(self, evidence: PixelEvidence) -> Picked:
        """Show one more spectrum, and choose it."""
        colour = self.next_colour()
        self._number += 1
        picked = Picked(f"S{self._number}", colour, evidence)
        self.picked.append(picked)
        swatch = QPixmap(_SWATCH, _SWATCH)
        swatch.fill(QColor(colour))
        place = evidence.place
        item = QListWidgetItem(QIcon(swatch), f"{picked.name}  {evidence.title}, line {place.line}, sample {place.sample}")
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked)
        for widget in (self.list, self.above, self.below):
            widget.blockSignals(True)
        self.list.addItem(item)
        self._name_ratios()
        self.list.setCurrentItem(item)
        for widget in (self.list, self.above, self.below):
            widget.blockSignals(False)
        self.redraw()
        return picked

    def remove_current(self, *_: Any) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self._remove(row)

    def clear(self, *_: Any) -> None:
        while self.picked:
            self._remove(len(self.picked) - 1)

    def _remove(self, row: int) -> None:
        gone = self.picked.pop(row)
        for widget in (self.list, self.above, self.below):
            widget.blockSignals(True)
        self.list.takeItem(row)
        self._name_ratios()
        for widget in (self.list, self.above, self.below):
            widget.blockSignals(False)
        self.removed.emit(gone.name)
        self.redraw()

    def _name_ratios(self) -> None:
        for box in (self.above, self.below):
            chosen = box.currentText()
            box.clear()
            box.addItems(["–", *(each.name for each in self.picked)])
            box.setCurrentIndex(max(box.findText(chosen), 0))

    def redraw(self, *_: Any) -> None:
        """Draw anew; whatever a signal brings along does not matter."""
        current = self.current
        self.axes: Axes = draw(self.figure, self.shown, current, self.ratio, self.labels.isChecked())
        self._line.follow(self.axes.of_wavelength)
        self.text.setText("" if current is None else describe(current.name, current.evidence))
        self.canvas.draw_idle()

    def table(self) -> str:
        """CSV of all spectra."""
        return evidence_table((each.name, each.evidence) for each in self.picked)

    def copy(self, *_: Any) -> None:
        """Put the plots on the clipboard as an image, and the numbers as text."""
        content = QMimeData()
        content.setText(self.table())
        content.setImageData(self.canvas.grab().toImage())
        QGuiApplication.clipboard().setMimeData(content)

    def save_image(self, path: str) -> None:
        """PNG, SVG or PDF, as the name ends."""
        self.figure.savefig(path, dpi=200)

    def save_table(self, path: str) -> None:
        Path(path).write_text(self.table(), encoding="utf-8")

    def _ask_csv(self, *_: Any) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save the spectra"), "spectra.csv", "CSV (*.csv)")
        if path:
            self.save_table(path)

    def _ask_image(self, *_: Any) -> None:
        kinds = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"
        path, chosen = QFileDialog.getSaveFileName(self, self.tr("Save the plots"), "spectra.png", kinds)
        if path:
            ending = chosen.partition("*")[2].rstrip(")")
            self.save_image(path if Path(path).suffix else f"{path}{ending}")

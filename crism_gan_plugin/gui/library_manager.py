"""The window of exemplar libraries: which minerals are looked for, in which colours, by which spectra.

What it does to a library is done by functions of the core, each of which gives a new library. The window keeps the earlier ones, so
that every step can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Optional

import numpy as np
from qgis.PyQt.QtCore import QPointF, QRectF, Qt, QTimer
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from qgis.PyQt.QtWidgets import (
    QColorDialog,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..core.errors import CrismError
from ..core.libraries import (
    ExemplarLibrary,
    load_exemplars,
    recolour_class,
    remove_class,
    remove_exemplar,
    rename_class,
    save_exemplars,
    switch_class,
)
from ..core.own_minerals.adding import add_spectra_of
from ..core.spectra.grid import WAVELENGTHS_NM

_SWATCH = 14

#: Room around the plot for its numbers, pixels; and wavelengths that are written, nm.
_MARGIN, _TICKS = 34, (1200, 1400, 1600, 1800, 2000, 2200, 2400, 2600)

_LIBRARIES = "Exemplar libraries (*.json)"


class SpectraPlot(QWidget):
    """Spectra over their continuum, drawn by Qt alone."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(320, 220)
        self.spectra, self.colour = np.zeros((0, WAVELENGTHS_NM.size)), QColor("black")

    def show_spectra(self, spectra: np.ndarray, colour: QColor) -> None:
        """Draw (n, 240) spectra."""
        self.spectra, self.colour = spectra, colour
        self.update()

    def paintEvent(self, event: Optional[QPaintEvent]) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor("white"))
        area = QRectF(self.rect()).adjusted(_MARGIN, 8, -2 * _MARGIN / 3, -_MARGIN / 2)
        low = min(float(self.spectra.min()) if len(self.spectra) else 0.9, 0.99)
        first, last = float(WAVELENGTHS_NM[0]), float(WAVELENGTHS_NM[-1])

        def at(nm: float, ratio: float) -> QPointF:
            x = area.left() + area.width() * (nm - first) / (last - first)
            return QPointF(x, area.top() + area.height() * (1 - ratio) / (1 - low))

        painter.setPen(QPen(QColor("lightgray")))
        painter.drawRect(area)
        for nm in _TICKS:
            painter.setPen(QPen(QColor("lightgray")))
            painter.drawLine(at(nm, 1), at(nm, low))
            painter.setPen(QPen(QColor("black")))
            painter.drawText(QPointF(at(nm, low).x() - 12, self.height() - 3.0), f"{nm / 1000:.1f}")
        painter.drawText(QPointF(2, self.height() - 3.0), "µm")
        painter.drawText(QPointF(2, area.top() + 10), "1")
        painter.drawText(QPointF(2, area.bottom() - 3), f"{low:.2f}")
        for number, spectrum in enumerate(self.spectra):
            pen = QPen(self.colour if self.colour.lightness() < 200 else self.colour.darker(150), 1.6)
            pen.setStyle([Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine][number % 3])
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF([at(nm, ratio) for nm, ratio in zip(WAVELENGTHS_NM.tolist(), spectrum.tolist())]))
        painter.end()


class LibraryManager(QDialog):
    """The window.

    Attributes
    ----------
    library
        As it is now.
    path
        Its file; None for the plugin's own, which is never written to.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("CrismLibraryManager")
        self.resize(900, 560)
        self.path: Optional[Path] = None
        self.library = load_exemplars()
        self._earlier: list[ExemplarLibrary] = []
        self._saved = self.library
        self.tree, self.plot, self.told = QTreeWidget(), SpectraPlot(), QLabel()
        self.tree.setHeaderLabels([self.tr("Class, its spectra"), self.tr("Code")])
        self.tree.setColumnWidth(0, 320)
        self.tree.itemChanged.connect(self._take)
        self.tree.currentItemChanged.connect(self._draw)
        self.told.setWordWrap(True)
        self.undo_button = QPushButton(self.tr("Undo"))
        buttons = QHBoxLayout()
        for button, run in (
            (QPushButton(self.tr("Open…")), self._choose_library),
            (QPushButton(self.tr("Add from file…")), self._choose_spectra),
            (QPushButton(self.tr("Rename")), self._edit_name),
            (QPushButton(self.tr("Colour…")), self._choose_colour),
            (QPushButton(self.tr("Delete")), self.delete),
            (self.undo_button, self.undo),
            (QPushButton(self.tr("Save")), self._save),
            (QPushButton(self.tr("Save as…")), self._save_as),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(run)  # a bound method: what holds the window here would outlive it
            buttons.addWidget(button)
        split = QSplitter()
        split.addWidget(self.tree)
        split.addWidget(self.plot)
        split.setSizes([400, 500])
        layout = QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        self._show()

    def open(self, path: Path) -> None:
        """Show another library, or spectra of others as one."""
        try:
            library = load_exemplars(path)
        except CrismError as error:
            self.told.setText(str(error))
            return
        self.path = path if path.suffix.lower() == ".json" else None
        self.library, self._earlier, self._saved = library, [], library
        self._show()

    def add(self, path: Path) -> None:
        """Add the spectra of a file."""
        lines: list[str] = []

        def change(library: ExemplarLibrary) -> ExemplarLibrary:
            added, said = add_spectra_of(library, path)
            lines.extend(said)
            return added

        if self.change(change):
            self.told.setText("\n".join(lines[:8]))

    def rename(self, name: str, new_name: str) -> bool:
        return self.change(lambda library: rename_class(library, name, new_name))

    def recolour(self, name: str, rgb: tuple[int, int, int]) -> bool:
        return self.change(lambda library: recolour_class(library, name, rgb))

    def switch(self, name: str, on: bool) -> bool:
        return self.change(lambda library: switch_class(library, name, on))

    def delete(self) -> None:
        """Delete the class or spectrum that is chosen."""
        name, spectrum = self._chosen()
        if spectrum is not None:
            self.change(lambda library: remove_exemplar(library, spectrum))
        elif name is not None:
            self.change(lambda library: remove_class(library, name))

    def change(self, change: Callable[[ExemplarLibrary], ExemplarLibrary]) -> bool:
        """Show the library after a change; False, with the reason in words, if it cannot be made."""
        try:
            changed = change(self.library)
        except CrismError as error:
            self._show()
            self.told.setText(str(error))
            return False
        self._earlier.append(self.library)
        self.library = changed
        self._show()
        return True

    def undo(self) -> None:
        if self._earlier:
            self.library = self._earlier.pop()
            self._show()

    def save(self, path: Path) -> bool:
        """Write the library; False, with the reason in words, if it cannot be written."""
        if not self.library.names:
            self.told.setText(self.tr("The library is empty; add a spectrum first"))
            return False
        try:
            save_exemplars(self.library, path)
        except CrismError as error:
            self.told.setText(str(error))
            return False
        self.path, self._saved = path, self.library
        self._show()
        self.told.setText(self.tr("Saved: {}").format(path))
        return True

    def _save(self) -> None:
        if self.path is None:
            self._save_as()
        else:
            self.save(self.path)

    def _save_as(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save the library"), str(self.path or ""), _LIBRARIES)
        if name:
            self.save(Path(name) if name.lower().endswith(".json") else Path(f"{name}.json"))

    def _choose_library(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open a library"), str(self.path or ""), f"{_LIBRARIES};;All files (*)")
        if name and self._may_leave():
            self.open(Path(name))

    def _may_leave(self) -> bool:
        """Whether changes that are not saved may be lost; the user is asked if there are any."""
        if self.library is self._saved:
            return True
        question = self.tr("The changes of this library are not saved. Leave them?")
        return QMessageBox.question(self, self.windowTitle(), question) == QMessageBox.StandardButton.Yes

    def _choose_spectra(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Add spectra"), "", "All files (*)")
        for name in names:
            self.add(Path(name))

    def _choose_colour(self) -> None:
        name, _ = self._chosen()
        if name is not None:
            chosen = QColorDialog.getColor(self._colour(name), self, name)
            if chosen.isValid():
                self.recolour(name, (chosen.red(), chosen.green(), chosen.blue()))

    def _edit_name(self) -> None:
        item = self.tree.currentItem()
        if item is not None:
            self.tree.editItem(item if item.parent() is None else item.parent(), 0)

    def _chosen(self) -> tuple[Optional[str], Optional[str]]:
        """The class that is chosen, and the spectrum if one is."""
        item = self.tree.currentItem()
        if item is None:
            return None, None
        if item.parent() is None:
            return item.data(0, Qt.ItemDataRole.UserRole), None
        return item.parent().data(0, Qt.ItemDataRole.UserRole), item.data(0, Qt.ItemDataRole.UserRole)

    def _colour(self, name: str) -> QColor:
        return QColor(*self.library.classes[self.library.class_names.index(name)].rgb)

    def _take(self, item: QTreeWidgetItem) -> None:
        """Take over a name or a check mark that the user has changed, when the tree is done with its item: that is made anew."""
        name = item.data(0, Qt.ItemDataRole.UserRole)
        if item.parent() is not None or name not in self.library.class_names:
            return
        on = item.checkState(0) == Qt.CheckState.Checked
        if item.text(0) != name:
            text = item.text(0)
            QTimer.singleShot(0, lambda: self.rename(name, text))
        elif on != self.library.classes[self.library.class_names.index(name)].default_on:
            QTimer.singleShot(0, lambda: self.switch(name, on))

    def _show(self) -> None:
        chosen, open_ones = self._chosen(), self._expanded()
        self.tree.blockSignals(True)
        self.tree.clear()
        current = None
        for place, mineral in enumerate(self.library.classes):
            item = self._item(place)
            self.tree.addTopLevelItem(item)
            item.setExpanded(mineral.name in open_ones)
            for number in range(item.childCount()):
                if item.child(number).data(0, Qt.ItemDataRole.UserRole) == chosen[1]:
                    current = item.child(number)
            if chosen[1] is None and mineral.name == chosen[0]:
                current = item
        if current is not None:
            self.tree.setCurrentItem(current)
        self.tree.blockSignals(False)
        self.undo_button.setEnabled(bool(self._earlier))
        file = self.tr("the plugin's library") if self.path is None else self.path.name
        mark = "" if self.library is self._saved else " *"
        self.setWindowTitle(self.tr("Exemplar libraries: {}").format(file) + mark)
        on = len([mineral for mineral in self.library.classes if mineral.default_on])
        told = self.tr("{} classes, {} of them looked for by default; {} spectra")
        self.told.setText(told.format(len(self.library.classes), on, len(self.library.names)))
        self._draw()

    def _expanded(self) -> set[str]:
        items = (self.tree.topLevelItem(number) for number in range(self.tree.topLevelItemCount()))
        return {item.data(0, Qt.ItemDataRole.UserRole) for item in items if item.isExpanded()}

    def _item(self, place: int) -> QTreeWidgetItem:
        mineral = self.library.classes[place]
        item = QTreeWidgetItem([mineral.name, str(mineral.code)])
        item.setData(0, Qt.ItemDataRole.UserRole, mineral.name)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(0, Qt.CheckState.Checked if mineral.default_on else Qt.CheckState.Unchecked)
        swatch = QPixmap(_SWATCH, _SWATCH)
        swatch.fill(QColor(*mineral.rgb))
        item.setIcon(0, QIcon(swatch))
        for row in np.flatnonzero(self.library.class_index == place).tolist():
            child = QTreeWidgetItem([self.library.names[row]])
            child.setData(0, Qt.ItemDataRole.UserRole, self.library.names[row])
            child.setToolTip(0, self.library.sources[row])
            item.addChild(child)
        return item

    def _draw(self, *_: object) -> None:
        name, spectrum = self._chosen()
        if name is None or name not in self.library.class_names:
            self.plot.show_spectra(np.zeros((0, WAVELENGTHS_NM.size)), QColor("black"))
            return
        rows = self.library.class_index == self.library.class_names.index(name)
        if spectrum is not None:
            rows = np.array([each == spectrum for each in self.library.names])
        self.plot.show_spectra(self.library.spectra[rows], self._colour(name))

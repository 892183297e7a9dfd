"""The list of spectra: which are shown, which is told in full, and of which two the ratio is drawn."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from ...core.inspection import PixelEvidence
from .picked import Picked

#: Colours of spectra, one after the other; they differ for the colour-blind (Okabe and Ito), too.
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7d2610", "#5b5b5b")

#: Columns: a box shows the spectrum, or takes it as numerator or denominator.
SHOWN, ABOVE, BELOW = range(3)

_SWATCH = 12


class SpectrumList(QTreeWidget):
    """Emits ``changed`` where something is to be drawn anew, and ``removed`` with the name of each spectrum that goes.

    Attributes
    ----------
    picked
        The spectra in the order of the list.
    """

    changed = pyqtSignal()
    removed = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.picked: list[Picked] = []
        self._number = 0
        self.setRootIsDecorated(False)
        self.setHeaderLabels([self.tr("Spectrum"), "a", "b"])
        header, tips = (
            self.headerItem(),
            (self.tr("Shown"), self.tr("Numerator of a ratio a / b"), self.tr("Denominator of a ratio a / b")),
        )
        for column, tip in enumerate(tips):
            header.setToolTip(column, tip)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(SHOWN, QHeaderView.ResizeMode.Stretch)
        for column in (ABOVE, BELOW):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.itemChanged.connect(self._on_box)
        self.currentItemChanged.connect(self._on_current)

    @property
    def current(self) -> Optional[Picked]:
        """The chosen spectrum."""
        row = self.indexOfTopLevelItem(self.currentItem()) if self.currentItem() is not None else -1
        return self.picked[row] if 0 <= row < len(self.picked) else None

    @property
    def shown(self) -> list[Picked]:
        """Those whose boxes are checked, and the chosen one."""
        return [each for row, each in enumerate(self.picked) if self._is_checked(row, SHOWN) or each is self.current]

    @property
    def ratio(self) -> Optional[tuple[Picked, Picked]]:
        """The spectra of which the ratio is asked for."""
        above, below = (
            next((each for row, each in enumerate(self.picked) if self._is_checked(row, column)), None) for column in (ABOVE, BELOW)
        )
        return None if above is None or below is None else (above, below)

    def add(self, evidence: PixelEvidence) -> Picked:
        """One more spectrum, which becomes the chosen one."""
        self._number += 1
        picked = Picked(f"S{self._number}", self._next_colour(), evidence)
        swatch = QPixmap(_SWATCH, _SWATCH)
        swatch.fill(QColor(picked.colour))
        item = QTreeWidgetItem([picked.title, "", ""])
        item.setIcon(SHOWN, QIcon(swatch))
        item.setToolTip(SHOWN, picked.title)
        for column in (SHOWN, ABOVE, BELOW):
            item.setCheckState(column, Qt.CheckState.Checked if column == SHOWN else Qt.CheckState.Unchecked)
        self.blockSignals(True)
        self.picked.append(picked)
        self.addTopLevelItem(item)
        self.setCurrentItem(item)
        self.blockSignals(False)
        self.scrollToItem(item)
        self.changed.emit()
        return picked

    def check(self, row: int, column: int, checked: bool = True) -> None:
        """As a click on a box does."""
        self.topLevelItem(row).setCheckState(column, Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)

    def remove_current(self, *_: Any) -> None:
        current = self.current
        if current is not None:
            self._remove(self.picked.index(current))
            self.changed.emit()

    def remove_all(self, *_: Any) -> None:
        while self.picked:
            self._remove(len(self.picked) - 1)
        self.changed.emit()

    def _remove(self, row: int) -> None:
        gone = self.picked[row]
        self.blockSignals(True)
        self.takeTopLevelItem(row)
        self.picked.pop(row)
        self.blockSignals(False)
        self.removed.emit(gone.name)

    def _on_box(self, item: QTreeWidgetItem, column: int) -> None:
        """Of numerators and of denominators there is one at most."""
        if column != SHOWN and item.checkState(column) == Qt.CheckState.Checked:
            self.blockSignals(True)
            for row in range(self.topLevelItemCount()):
                if self.topLevelItem(row) is not item:
                    self.check(row, column, False)
            self.blockSignals(False)
        self.changed.emit()

    def _on_current(self, *_: Any) -> None:
        self.changed.emit()

    def _is_checked(self, row: int, column: int) -> bool:
        return bool(self.topLevelItem(row).checkState(column) == Qt.CheckState.Checked)

    def _next_colour(self) -> str:
        """The first colour that is free, or the next in turn."""
        used = {each.colour for each in self.picked}
        free = [colour for colour in COLOURS if colour not in used]
        return free[0] if free else COLOURS[self._number % len(COLOURS)]

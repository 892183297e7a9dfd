"""The list with a check box for each mineral, which the dialogs of Processing show for the parameter CLASSES.

The parameter is a string in models, scripts and batch rows. A dialog shows the classes of the chosen exemplar library instead.
QGIS makes the widget from the class that the parameter's metadata names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

from processing.gui.wrappers import WidgetWrapper
from qgis.core import QgsProcessingParameterDefinition
from qgis.gui import QgsAbstractProcessingParameterWidgetWrapper, QgsGui, QgsProcessingGui
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from ..core.errors import CrismError
from ..core.libraries.exemplar_files import load_exemplars
from ..core.libraries.exemplars import ALL, ExemplarLibrary

#: How many lines of the list are seen at once.
_LINES = 7

#: The most names that the line below the list tells.
_NAMED = 6

_SWATCH = 12


def names_in(text: str, library: ExemplarLibrary) -> list[str]:
    """The classes that a value of the parameter means, spelt as in the library. Names that the library lacks come last."""
    wanted = {name.strip().casefold(): name.strip() for name in text.split(",") if name.strip()}
    if not wanted:
        return library.defaults().class_names
    known = {name.casefold(): name for name in library.class_names}
    if list(wanted) == [ALL] and ALL not in known:
        return library.class_names
    return [name for key, name in known.items() if key in wanted] + [name for key, name in wanted.items() if key not in known]


def text_of(names: Iterable[str], library: ExemplarLibrary) -> str:
    """The shortest value of the parameter that means these classes: empty for the default ones, "all" for all, else their names."""
    chosen = list(names)
    if not chosen or set(chosen) == set(library.defaults().class_names):
        return ""
    if set(chosen) == set(library.class_names) and ALL not in {name.casefold() for name in chosen}:
        return ALL
    return ", ".join(chosen)


class MineralList(QWidget):
    """Check boxes of the classes with their colours, buttons for the default ones and all, and a line that counts those chosen."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._library: Optional[ExemplarLibrary] = None
        self._text = ""
        self.list = QListWidget()
        self.list.setFixedHeight(_LINES * (self.list.fontMetrics().height() + 4))
        self.list.itemChanged.connect(self._take)
        self.usual, self.all = QPushButton(self.tr("Default")), QPushButton(self.tr("All"))
        self.usual.clicked.connect(lambda: self._choose(""))
        self.all.clicked.connect(self._choose_all)
        self.told = QLabel()
        self.told.setWordWrap(True)
        below, layout = QHBoxLayout(), QVBoxLayout(self)
        below.addWidget(self.told, 1)
        for button in (self.usual, self.all):
            below.addWidget(button)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addLayout(below)
        self.read("")

    @property
    def text(self) -> str:
        """The value of the parameter."""
        return self._text

    def set_text(self, text: str) -> None:
        self._text = text
        self._show()

    def read(self, path: str) -> None:
        """Offer the classes of another library, or of the plugin's if ``path`` is empty. What was chosen stays chosen."""
        self._library = None
        try:
            self._library = load_exemplars(Path(path) if path else None)
        except CrismError as error:
            self._fault = str(error)
        self._show()

    def _choose(self, text: str) -> None:
        self.set_text(text)
        self.changed.emit()

    def _choose_all(self) -> None:
        assert self._library is not None  # the button is disabled else
        self._choose(text_of(self._library.class_names, self._library))

    def _take(self) -> None:
        """Take over what the user has checked."""
        assert self._library is not None  # the list is empty else
        items = (self.list.item(row) for row in range(self.list.count()))
        checked = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked]
        self._text = text_of(checked, self._library)
        self._tell(checked, self._library)
        self.changed.emit()

    def _show(self) -> None:
        for widget in (self.list, self.usual, self.all):
            widget.setEnabled(self._library is not None)
        self.list.blockSignals(True)
        self.list.clear()
        if self._library is None:
            self.told.setText(self._fault)
        else:
            chosen = names_in(self._text, self._library)
            colours = {mineral.name: QColor(*mineral.rgb) for mineral in self._library.classes}
            names = [*colours, *(name for name in chosen if name not in colours)]
            for name in names:
                self.list.addItem(self._item(name, colours.get(name), name in chosen))
            self.list.scrollToItem(self.list.item(min(map(names.index, chosen), default=0)))
            self._tell(chosen, self._library)
        self.list.blockSignals(False)

    def _item(self, name: str, colour: Optional[QColor], is_chosen: bool) -> QListWidgetItem:
        item = QListWidgetItem(name if colour else self.tr("{} (not in this library)").format(name))
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked)
        if colour:
            swatch = QPixmap(_SWATCH, _SWATCH)
            swatch.fill(colour)
            item.setIcon(QIcon(swatch))
        return item

    def _tell(self, chosen: list[str], library: ExemplarLibrary) -> None:
        known = sum(name in library.class_names for name in chosen)
        count = self.tr("{} of {}").format(known, len(library.classes))
        if not chosen:
            self.told.setText(self.tr("None is checked: those looked for by default"))
        elif not self._text:
            self.told.setText(self.tr("{}: those looked for by default").format(count))
        else:
            self.told.setText(count if len(chosen) > _NAMED else f"{count}: {self._text}")


class MineralsWrapper(WidgetWrapper):
    """The list as the widget of a dialog's parameter. It follows the parameter EXEMPLARS."""

    def createWidget(self) -> QWidget:
        minerals = MineralList()
        minerals.changed.connect(lambda: self.widgetValueHasChanged.emit(self))
        return minerals

    def setValue(self, value: Any) -> None:
        self.widget.set_text("" if value is None else str(value))

    def value(self) -> str:
        return self.widget.text

    def postInitialize(self, wrappers: list[QgsAbstractProcessingParameterWidgetWrapper]) -> None:
        for wrapper in wrappers:
            if wrapper.parameterDefinition().name() == "EXEMPLARS":
                wrapper.widgetValueHasChanged.connect(self._read)
                self._read(wrapper)

    def _read(self, exemplars: QgsAbstractProcessingParameterWidgetWrapper) -> None:
        self.widget.read(str(exemplars.parameterValue() or ""))


class MineralsWidget:
    """The widget that QGIS makes for the parameter: the list in a dialog, and QGIS's own text box in batch rows and models."""

    def __new__(cls, parameter: QgsProcessingParameterDefinition, dialog: Any, row: int = 0, column: int = 0) -> Any:
        registry, kind = QgsGui.processingGuiRegistry(), type(dialog).__name__
        if kind == "ModelerParametersDialog":
            wrapper = registry.createModelerParameterWidget(dialog.model, dialog.childId, parameter, dialog.context)
        elif kind == "BatchAlgorithmDialog":
            wrapper = registry.createParameterWidgetWrapper(parameter, QgsProcessingGui.WidgetType.Batch)
        else:
            return MineralsWrapper(parameter, dialog, row, column)
        wrapper.setDialog(dialog)
        return wrapper

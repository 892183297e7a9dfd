"""The window of exemplar libraries: each step changes the library, is drawn, can be undone, and is in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars


@pytest.fixture
def manager(qgis):
    from qgis.PyQt.QtCore import QCoreApplication, QEvent

    from crism_gan_plugin.gui.library_manager import LibraryManager

    window = LibraryManager()
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def item(manager, name: str):
    from qgis.PyQt.QtCore import Qt

    items = (manager.tree.topLevelItem(number) for number in range(manager.tree.topLevelItemCount()))
    return next(each for each in items if each.data(0, Qt.ItemDataRole.UserRole) == name)


def spectra_file(folder: Path) -> Path:
    nm = np.arange(1000, 2700, 5.0)
    file = folder / "odd one.csv"
    file.write_text("\n".join(f"{each},{0.5 - 0.2 * np.exp(-0.5 * ((each - 1750) / 25) ** 2)}" for each in nm))
    return file


def test_it_shows_the_plugins_library(manager):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtGui import QColor

    library = load_exemplars()
    assert manager.tree.topLevelItemCount() == len(library.classes)
    for mineral in library.classes:
        shown = item(manager, mineral.name)
        assert shown.text(1) == str(mineral.code)
        assert (shown.checkState(0) == Qt.CheckState.Checked) == mineral.default_on
        assert QColor(shown.icon(0).pixmap(8, 8).toImage().pixel(4, 4)).getRgb()[:3] == mineral.rgb
    assert "32 classes, 26 of them" in manager.told.text()


def test_every_step_is_shown_and_can_be_undone(manager, tmp_path):
    from qgis.PyQt.QtCore import QCoreApplication, Qt

    file = tmp_path / "mine.json"
    manager.add(spectra_file(tmp_path))
    assert "odd one (code 33)" in manager.told.text()
    item(manager, "odd one").setText(0, "my mineral")  # as an edit in the tree does
    QCoreApplication.processEvents()
    item(manager, "my mineral").setCheckState(0, Qt.CheckState.Unchecked)
    QCoreApplication.processEvents()
    assert manager.recolour("my mineral", (1, 2, 3))
    manager.tree.setCurrentItem(item(manager, "kaolinite"))
    manager.delete()
    assert manager.save(file) and not manager.windowTitle().endswith("*")
    library = load_exemplars(file)
    mine = library.classes[-1]
    assert (mine.code, mine.name, mine.rgb, mine.default_on) == (33, "my mineral", (1, 2, 3), False)
    assert "kaolinite" not in library.class_names and len(library.classes) == 32
    for _ in range(5):
        assert manager.undo_button.isEnabled()
        manager.undo()
    assert not manager.undo_button.isEnabled() and manager.windowTitle().endswith("*")
    assert manager.library.classes == load_exemplars().classes and item(manager, "kaolinite")


def test_the_plot_shows_what_is_chosen(manager):
    shipped = load_exemplars()
    manager.tree.setCurrentItem(item(manager, "talc"))
    assert len(manager.plot.spectra) == 2
    manager.tree.setCurrentItem(item(manager, "talc").child(1))
    np.testing.assert_array_equal(manager.plot.spectra[0], shipped.spectra[shipped.names.index("talc (ratio)")])
    image = manager.plot.grab().toImage()
    white = [image.pixelColor(x, y).name() == "#ffffff" for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    assert 0 < white.count(False) < len(white)


def test_what_cannot_be_done_is_said_and_changes_nothing(manager, tmp_path):
    before = manager.library
    assert not manager.rename("talc", "kaolinite") and "has a class 'kaolinite' already" in manager.told.text()
    (tmp_path / "bad.csv").write_text("no numbers\n")
    manager.add(tmp_path / "bad.csv")
    assert "bad.csv: has no lines of numbers" in manager.told.text()
    manager.open(tmp_path / "none.json")
    assert "no such file" in manager.told.text()
    assert not manager.save(tmp_path / "none" / "x.json") and "cannot be written" in manager.told.text()
    assert manager.library is before and not manager.undo_button.isEnabled()


def test_spectra_of_others_open_as_a_library(manager, tmp_path):
    manager.open(spectra_file(tmp_path))
    assert manager.library.class_names == ["odd one"] and manager.path is None
    manager.tree.setCurrentItem(item(manager, "odd one"))
    manager.delete()
    assert manager.library.names == []
    assert not manager.save(tmp_path / "x.json") and "is empty" in manager.told.text()


def test_buttons_and_a_question_before_changes_are_lost(manager, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QFileDialog, QMessageBox, QPushButton

    buttons = {button.text(): button for button in manager.findChildren(QPushButton)}
    manager.tree.setCurrentItem(item(manager, "talc"))
    buttons["Delete"].click()
    assert "talc" not in manager.library.class_names
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(spectra_file(tmp_path)), ""))
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    buttons["Open…"].click()
    assert len(manager.library.class_names) == 31
    buttons["Undo"].click()
    assert "talc" in manager.library.class_names
    manager.rename("talc", "soapstone")
    buttons["Open…"].click()
    assert manager.library.class_names == ["odd one"] and not answers
    buttons["Open…"].click()  # nothing to lose: nothing is asked, or there would be no answer


def test_the_plugin_opens_it_from_the_menu_and_takes_it_away(qgis):
    from qgis.PyQt.QtCore import QCoreApplication, QEvent
    from qgis.PyQt.QtWidgets import QDialog

    from crism_gan_plugin import classFactory
    from tests.gui.window import Window

    window = Window()
    plugin = classFactory(window)
    plugin.initGui()
    plugin.show_libraries()
    plugin.show_libraries()
    assert len(window.mainWindow().findChildren(QDialog, "CrismLibraryManager")) == 1
    plugin.unload()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not window.mainWindow().findChildren(QDialog, "CrismLibraryManager")

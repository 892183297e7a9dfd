"""The plugin in the window: what it adds, what its actions open, and that unloading leaves no trace."""

from __future__ import annotations

import pytest


@pytest.fixture
def window(qgis):
    from tests.gui.window import Window

    return Window()


@pytest.fixture
def plugin(window):
    from crism_gan_plugin import classFactory

    plugin = classFactory(window)
    plugin.initGui()
    yield plugin
    plugin.unload()


def entries(window):
    return [entry for menu in window.raster_menu.actions() for entry in menu.menu().actions()]


def by_title(plugin):
    return sorted(plugin.provider.algorithms(), key=lambda algorithm: algorithm.displayName())


def test_every_algorithm_has_an_entry_with_an_icon(plugin, window):
    (menu,) = window.raster_menu.actions()
    assert menu.text() == "CRISM"
    assert len(entries(window)) > 3
    titles = [f"{algorithm.displayName()}…" for algorithm in by_title(plugin)]
    assert [entry.text() for entry in entries(window)] == [*titles, "CRISM Exemplar Libraries…", "CRISM Spectra…"]
    assert not any(entry.icon().isNull() for entry in entries(window))


def test_each_entry_opens_its_own_algorithm(plugin, window, monkeypatch):
    import processing

    opened = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", lambda identifier, parameters: opened.append((identifier, parameters)))
    for entry in entries(window)[:-2]:
        entry.trigger()
    assert opened == [(algorithm.id(), {}) for algorithm in by_title(plugin)]


def test_unloading_removes_every_trace(window, qgis):
    from qgis.core import QgsApplication
    from qgis.PyQt.QtCore import QCoreApplication, QEvent
    from qgis.PyQt.QtWidgets import QAction

    from crism_gan_plugin import classFactory

    registry = QgsApplication.processingRegistry()
    providers = {provider.id() for provider in registry.providers()}
    for _ in range(2):  # loaded, unloaded, and once more, as a plugin reloader does
        plugin = classFactory(window)
        plugin.initGui()
        assert entries(window)
        plugin.unload()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert not window.raster_menu.actions()
        assert not window.mainWindow().findChildren(QAction, "crism")
        assert not [action for action in window.mainWindow().findChildren(QAction) if "CRISM" in action.text()]
        assert {provider.id() for provider in registry.providers()} == providers


@pytest.mark.parametrize("name", ["ganmap", "continuumremoval", "marsbasemap", "batchmap"])
def test_the_dialog_has_a_widget_for_every_parameter(plugin, name):
    """The window that the Toolbox opens, made by QGIS from the algorithm's parameters."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"crism:{name}")
    dialog = AlgorithmDialog(algorithm)
    panel = dialog.mainWidget()
    assert set(panel.wrappers) == {parameter.name() for parameter in algorithm.parameterDefinitions()}
    assert dialog.windowTitle().endswith(algorithm.displayName())
    dialog.close()

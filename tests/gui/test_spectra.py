"""The spectrum viewer: what is asked with the mouse is shown, saved and marked, and nothing of it stays behind."""

from __future__ import annotations

import csv
import gc
import time
import weakref

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.inspection import evidence_table, open_inspection
from tests.qgis_support import STRIP, read_cube, write_scene

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spectra")
    return map_scene(write_scene(folder / "scene.tif"), folder, engine="numpy")


@pytest.fixture
def window(qgis):
    from qgis.core import QgsProject, QgsSettings
    from qgis.PyQt.QtCore import QCoreApplication, QEvent

    from tests.gui.window import Window

    QgsSettings().remove("crism_gan")
    window = Window()
    window.mainWindow().show()
    yield window
    window.setActiveLayer(None)
    window.mainWindow().close()
    window.mainWindow().deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QgsProject.instance().clear()


@pytest.fixture
def viewer(window):
    from crism_gan_plugin.gui.spectra.viewer import SpectrumViewer

    viewer = SpectrumViewer(window, "CRISM")
    yield viewer
    viewer.unload()


@pytest.fixture
def layer(window, outputs):
    layer = load(outputs.classes)
    window.setActiveLayer(layer)
    return layer


def load(path):
    """A layer of the project, which keeps it while a test lasts, and no longer: none may outlive QGIS."""
    from qgis.core import QgsProject, QgsRasterLayer

    layer = QgsRasterLayer(str(path), path.stem)
    assert layer.isValid()
    return QgsProject.instance().addMapLayer(layer)


def wait(happened, seconds=120):
    from qgis.PyQt.QtCore import QCoreApplication

    start = time.monotonic()
    while not happened():
        assert time.monotonic() < start + seconds, "waited in vain"
        QCoreApplication.processEvents()
        time.sleep(0.005)


def settle(viewer):
    wait(lambda: viewer.task is None)


def rectangle_of(layer, line, sample, lines=0, samples=0):
    """Around the centre of a pixel, or from it to that of another so many further."""
    from qgis.core import QgsRectangle

    extent = layer.extent()
    x = [extent.xMinimum() + (each + 0.5) * extent.width() / layer.width() for each in (sample, sample + samples)]
    y = [extent.yMaximum() - (each + 0.5) * extent.height() / layer.height() for each in (line, line + lines)]
    return QgsRectangle(x[0], min(y), x[1], max(y))


def ask(viewer, layer, *place):
    viewer.ask(rectangle_of(layer, *place))
    settle(viewer)


def at_pixel(window, layer, line, sample):
    point = rectangle_of(layer, line, sample).center()
    return window.mapCanvas().getCoordinateTransform().transform(point).toQPointF().toPoint()


# ---------------------------------------------------------------- what is asked for


def test_a_click_shows_the_pixel_as_the_core_tells_it(viewer, window, layer, outputs):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    viewer.action.trigger()
    assert window.mapCanvas().mapTool() is viewer.tool
    assert viewer.dock.isVisible()
    QTest.mouseClick(window.mapCanvas().viewport(), Qt.MouseButton.LeftButton, pos=at_pixel(window, layer, 4, 3))
    wait(lambda: viewer.dock.list.picked)
    told = open_inspection(outputs.classes).pixel(4, 3)
    (picked,) = viewer.dock.list.picked
    assert (picked.evidence.place.line, picked.evidence.place.sample) == (4, 3)
    np.testing.assert_array_equal(picked.evidence.iof.values, told.iof.values)
    assert (picked.evidence.code, picked.evidence.map_code) == (told.code, told.code)
    assert viewer.dock.list.topLevelItem(0).text(0) == f"S1  kaolinite, {told.level}, line 4, sample 3"
    assert "kaolinite" in viewer.dock.text.text()
    assert "° N" in viewer.dock.text.text()
    assert viewer.markers.names == ["S1"]


def test_a_drag_is_the_mean_of_a_rectangle(viewer, window, layer, outputs):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    viewer.action.trigger()
    viewport, first, last = window.mapCanvas().viewport(), at_pixel(window, layer, 1, 2), at_pixel(window, layer, 3, 5)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=first)
    QTest.mouseMove(viewport, last)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=last)
    wait(lambda: viewer.dock.list.picked)
    evidence = viewer.dock.list.picked[0].evidence
    lines, samples = (each.ravel() for each in np.mgrid[1:4, 2:6])
    assert evidence.place.pixels == 12
    np.testing.assert_array_equal(evidence.iof.values, open_inspection(outputs.classes).mean_of(lines, samples).iof.values)


def test_the_next_click_gives_up_the_one_before(viewer, window, layer):
    for sample in (1, 9, 18):
        viewer.ask(rectangle_of(layer, 4, sample))
    wait(lambda: viewer.dock is not None and viewer.dock.list.picked)
    settle(viewer)
    assert [each.evidence.place.sample for each in viewer.dock.list.picked] == [18]


def test_the_window_does_not_wait_for_an_answer(viewer, layer, monkeypatch):
    import threading

    threads = []
    from crism_gan_plugin.gui.spectra.task import Inspectors

    get = Inspectors.get
    monkeypatch.setattr(Inspectors, "get", lambda self, source: threads.append(threading.current_thread()) or get(self, source))
    viewer.ask(rectangle_of(layer, 4, 3))
    settle(viewer)
    assert threads
    assert threading.main_thread() not in threads


def test_an_image_is_asked_too(viewer, window, outputs):
    window.setActiveLayer(load(outputs.classes.parent / "scene.tif"))
    ask(viewer, window.activeLayer(), 4, 3)
    assert viewer.dock.list.picked[0].evidence.map_code is None
    assert viewer.dock.list.picked[0].evidence.best[0].name == "kaolinite"


def test_what_cannot_be_asked_is_told_in_a_line(viewer, window, layer, outputs, tmp_path):
    viewer.ask(rectangle_of(layer, 400, 3))
    settle(viewer)
    window.setActiveLayer(None)
    viewer.ask(rectangle_of(layer, 4, 3))
    lonely = tmp_path / "lonely.tif"
    lonely.write_bytes(outputs.classes.read_bytes())
    window.setActiveLayer(load(lonely))
    ask(viewer, layer, 4, 3)
    beside, no_layer, no_record = window.messages
    assert beside == no_layer == "there is no mineral map, no image and no deposit here"
    assert "record" in no_record
    assert viewer.dock is None


def test_a_moved_image_is_asked_for_once(viewer, window, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QFileDialog

    outputs = map_scene(write_scene(tmp_path / "scene.tif"), tmp_path / "maps", engine="numpy")
    (tmp_path / "scene.tif").rename(tmp_path / "elsewhere.tif")
    asked, answers = [], ["", str(tmp_path / "elsewhere.tif")]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (asked.append(arguments[1]), (answers.pop(0), ""))[1])
    window.setActiveLayer(load(outputs.classes))
    for _ in range(2):  # the answer is no, and the question is not asked again
        ask(viewer, window.activeLayer(), 4, 3)
    assert len(asked) == 1
    assert all("show where it is now" in message for message in window.messages)
    viewer._refused.clear()
    ask(viewer, window.activeLayer(), 4, 3)
    wait(lambda: viewer.dock is not None and viewer.dock.list.picked)
    ask(viewer, window.activeLayer(), 5, 3)
    assert len(asked) == 2
    assert len(viewer.dock.list.picked) == 2


def test_a_deposit_shows_its_mean_and_spread(viewer, window, layer, outputs, tmp_path):
    pytest.importorskip("rasterio")
    from qgis.core import QgsProject, QgsVectorLayer

    from crism_gan_plugin.core.deposits.pipeline import make_deposits

    made = make_deposits(outputs.classes, tmp_path / "deposits.gpkg")
    deposits = QgsProject.instance().addMapLayer(QgsVectorLayer(str(made.deposits), "deposits"))
    window.setActiveLayer(deposits, above=layer)
    viewer.ask(rectangle_of(layer, 4, 3))
    settle(viewer)
    (picked,) = viewer.dock.list.picked
    lines, samples = np.nonzero(read_cube(outputs.classes)[0] == 15)
    cube = read_cube(outputs.classes.parent / "scene.tif")[:, lines, samples].astype(float)
    usable = np.isfinite(picked.evidence.iof.values)
    np.testing.assert_allclose(picked.evidence.iof.values[usable], cube.mean(1)[usable], rtol=1e-5)
    np.testing.assert_allclose(picked.evidence.spread[usable], cube.std(1)[usable], rtol=1e-3)
    assert picked.evidence.best[0].name == "kaolinite"
    assert picked.title.endswith(f"deposit of {lines.size} pixels")
    assert viewer.markers.geometry("S1").area() == pytest.approx(lines.size * 18 * 18)
    assert len(viewer.dock.axes.iof.collections) == 1  # the spread
    viewer.ask(rectangle_of(layer, 1, 1, 3, 3))  # a rectangle asks the map below
    settle(viewer)
    assert viewer.dock.list.current.evidence.place.line is not None


def test_a_composite_leads_to_the_map_below(viewer, window, outputs, tmp_path):
    pytest.importorskip("rasterio")
    from crism_gan_plugin.core import make_composite

    composite = make_composite([outputs.classes], tmp_path / "y.tif").composite
    window.setActiveLayer(load(composite))
    ask(viewer, load(outputs.classes), 4, 3)
    place = viewer.dock.list.picked[0].evidence.place
    assert (place.line, place.sample) == (4, 3)


def test_markers_stay_where_they_are_on_mars(viewer, window, layer):
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    ask(viewer, layer, 4, 3)
    ask(viewer, layer, 1, 2, 3, 2)
    before = [viewer.markers.geometry(name).boundingBox().center() for name in ("S1", "S2")]
    degrees = QgsCoordinateReferenceSystem("IAU_2015:49900")
    way = QgsCoordinateTransform(layer.crs(), degrees, QgsProject.instance())
    window.mapCanvas().setDestinationCrs(degrees)
    after = [viewer.markers.geometry(name).boundingBox().center() for name in ("S1", "S2")]
    for old, new in zip(before, after):
        assert way.transform(old).distance(new) < 1e-6
    ask_there = way.transform(rectangle_of(layer, 4, 9))
    viewer.ask(type(ask_there)(ask_there.center(), ask_there.center()))
    settle(viewer)
    assert viewer.dock.list.current.evidence.place.sample == 9


def test_another_project_has_no_spectra_yet(viewer, window, layer):
    from qgis.core import QgsProject

    ask(viewer, layer, 4, 3)
    window.setActiveLayer(None)
    QgsProject.instance().clear()
    assert viewer.dock.list.picked == []
    assert viewer.markers.names == []


# ---------------------------------------------------------------- what is shown


@pytest.fixture
def dock(viewer, layer):
    for line, sample in ((4, 3), (4, STRIP + 3), (4, 2 * STRIP + 3)):
        ask(viewer, layer, line, sample)
    return viewer.dock


def labels(axes):
    return [line.get_label() for line in axes.get_lines()]


def test_curves_are_those_of_the_evidence(dock):
    current = dock.list.current
    assert current.name == "S3"
    curves = {line.get_label(): line for line in dock.axes.iof.get_lines()}
    np.testing.assert_array_equal(curves["S3: I/F"].get_ydata(), current.evidence.iof.values)
    np.testing.assert_array_equal(curves["continuum"].get_ydata(), current.evidence.continuum)
    assert np.isnan(curves["S1"].get_ydata()).any()  # the filter boundary is a gap
    removed = {line.get_label(): line for line in dock.axes.removed.get_lines()}
    (decides,) = (label for label in removed if label.endswith("decides"))
    np.testing.assert_array_equal(removed[decides].get_ydata(), current.evidence.deciding.spectrum)
    assert any("gypsum" in label for label in removed)
    assert removed[decides].get_color() == current.colour
    assert len({each.colour for each in dock.list.picked}) == 3


def test_bars_are_the_five_best_scores_with_their_thresholds(dock):
    best = dock.list.current.evidence.best
    assert [patch.get_width() for patch in dock.axes.scores.patches] == [each.score for each in best]
    drawn = sorted(line.get_xdata()[0] for line in dock.axes.scores.get_lines())
    assert drawn == sorted([each.guess for each in best] + [each.identification for each in best])


def test_the_list_chooses_and_hides(dock):
    from crism_gan_plugin.gui.spectra.spectrum_list import SHOWN

    dock.list.setCurrentItem(dock.list.topLevelItem(0))
    assert dock.list.current.name == "S1"
    assert "kaolinite" in dock.text.text()
    dock.list.check(1, SHOWN, False)
    assert labels(dock.axes.iof)[:1] == ["S1: I/F"]
    assert "S2" not in labels(dock.axes.iof)


def test_the_ratio_of_any_two_by_a_click(dock):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    from crism_gan_plugin.gui.spectra.spectrum_list import ABOVE, BELOW

    def click(row, column):
        rectangle = dock.list.visualItemRect(dock.list.topLevelItem(row))
        place = rectangle.center()
        place.setX(dock.list.columnViewportPosition(column) + 10)
        QTest.mouseClick(dock.list.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert dock.axes.ratio is None
    click(1, ABOVE)
    assert dock.axes.ratio is None
    click(0, BELOW)
    (line, *_) = dock.axes.ratio.get_lines()
    one, two = (dock.list.picked[place].evidence.iof.values for place in (0, 1))
    np.testing.assert_allclose(line.get_ydata(), two / one)
    assert line.get_label() == "S2 / S1"
    click(2, ABOVE)  # there is one numerator
    assert [each.name for each in dock.list.ratio] == ["S3", "S1"]
    dock.list.setCurrentItem(dock.list.topLevelItem(0))
    dock.list.remove_current()
    assert dock.axes.ratio is None


def test_labels_of_absorptions_come_on_request(dock):
    def told():
        return [text.get_text() for text in dock.axes.iof.texts]

    assert not any("H₂O" in text for text in told())
    dock.labels.trigger()
    assert "1.93 H₂O" in told()
    assert "2.21 Al-OH, Si-OH" in told()


def test_the_wavelength_is_read_below_the_mouse(dock):
    from types import SimpleNamespace

    dock.canvas.draw()
    dock.line._follow(SimpleNamespace(inaxes=dock.axes.removed, xdata=2.205))
    assert dock.line.wavelength_um == 2.205
    assert dock.line._text.get_text().strip() == "2.205 µm"
    assert [line.get_xdata() for line in dock.line._lines] == [[2.205, 2.205]] * 2
    dock.line._follow(SimpleNamespace(inaxes=dock.axes.scores, xdata=0.5))
    assert dock.line.wavelength_um == 2.205
    dock.line._leave(None)
    assert dock.line.wavelength_um is None


def test_what_is_saved_and_copied(dock, tmp_path):
    from qgis.PyQt.QtGui import QGuiApplication, QImage

    dock.save_image(str(tmp_path / "x.png"))
    dock.save_image(str(tmp_path / "x.svg"))
    dock.save_table(str(tmp_path / "x.csv"))
    assert QImage(str(tmp_path / "x.png")).width() > 500
    assert (tmp_path / "x.svg").read_text().lstrip().startswith("<?xml")
    text = (tmp_path / "x.csv").read_text()
    assert text == evidence_table([(each.name, each.evidence) for each in dock.list.picked])
    rows = [row for row in csv.DictReader(text.splitlines()) if (row["spectrum"], row["curve"]) == ("S2", "I/F")]
    values = np.array([float(row["value"] or "nan") for row in rows])
    np.testing.assert_allclose(values, dock.list.picked[1].evidence.iof.values, rtol=1e-6)
    assert {row["class"] for row in rows} == {"Mg-carbonate"}
    dock.copy()
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == text
    assert not clipboard.image().isNull()


def test_what_cannot_be_saved_is_told(dock, window, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QFileDialog

    nowhere = str(tmp_path / "nowhere" / "x.csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (nowhere, "CSV (*.csv)"))
    dock._ask_csv()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(tmp_path / "x.doc"), "PNG (*.png)"))
    dock._ask_image()
    assert [message.partition(":")[0] for message in window.messages] == [nowhere, str(tmp_path / "x.doc")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(tmp_path / "y"), "PNG (*.png)"))
    dock._ask_image()
    assert (tmp_path / "y.png").is_file()


def test_more_like_a_spectrum_is_looked_for_with_it(dock, outputs, monkeypatch):
    import processing

    from crism_gan_plugin.core.search.pipeline import make_similarity_map

    opened = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", lambda name, parameters: opened.append((name, parameters)))
    dock.list.setCurrentItem(dock.list.topLevelItem(0))
    dock.more.trigger()
    ((name, parameters),) = opened
    assert name == "crism:similaritymap"
    found = make_similarity_map(
        parameters["INPUT"], outputs.classes.parent / "like.tif", spectrum_file=parameters["SPECTRUM_FILE"], metric="absorption"
    )
    scores = read_cube(found.similarity)[0]
    assert np.unravel_index(scores.argmax(), scores.shape) == (4, 3)  # the pixel itself is most like itself
    assert scores.max() > 0.999


def test_a_spectrum_becomes_one_of_a_library(dock, viewer, window, layer, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog

    from crism_gan_plugin.core.libraries import load_exemplars

    file, offered = tmp_path / "mine", []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(file), ""))
    monkeypatch.setattr(
        QInputDialog, "getItem", lambda *arguments: (offered.append(arguments[3][arguments[4]]), ("my clay", True))[1]
    )
    picked = dock.list.current
    dock.adding.trigger()
    wait(lambda: window.messages)
    library = load_exemplars(tmp_path / "mine.json")
    assert offered == [picked.evidence.deciding.mineral]
    assert library.classes[library.class_index[-1]].name == "my clay"
    np.testing.assert_allclose(library.spectra[-1], np.minimum(picked.evidence.deciding.spectrum, 1), atol=1e-4)
    assert "my clay" in window.messages[0]
    file = tmp_path / "no_library.json"
    file.write_text("[]")
    dock.adding.trigger()
    assert "no_library.json" in window.messages[1]


def test_removing_a_spectrum_removes_its_marker(dock, viewer):
    dock.list.setCurrentItem(dock.list.topLevelItem(1))
    dock.list.remove_current()
    assert viewer.markers.names == ["S1", "S3"]
    dock.list.remove_all()
    assert viewer.markers.names == []
    assert dock.list.topLevelItemCount() == 0


# ---------------------------------------------------------------- coming and going


def test_the_dock_remembers_its_place(window, layer):
    from qgis.PyQt.QtCore import Qt

    from crism_gan_plugin.gui.spectra.viewer import SpectrumViewer

    viewer = SpectrumViewer(window, "CRISM")
    dock = viewer.show()
    assert window.mainWindow().dockWidgetArea(dock) == Qt.DockWidgetArea.RightDockWidgetArea
    window.mainWindow().addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    viewer.unload()
    again = SpectrumViewer(window, "CRISM")
    assert window.mainWindow().dockWidgetArea(again.show()) == Qt.DockWidgetArea.BottomDockWidgetArea
    again.dock.setFloating(True)
    again.unload()
    once_more = SpectrumViewer(window, "CRISM")
    assert once_more.show().isFloating()
    once_more.unload()


def test_ten_reloads_leave_nothing(window, layer, qgis):
    from qgis.PyQt.QtCore import QCoreApplication, QEvent, QObject

    from crism_gan_plugin import classFactory

    def there():
        for _ in range(2):  # what is deleted later may delete its own later, too
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()
        gc.collect()
        main = window.mainWindow()
        items = len(window.mapCanvas().scene().items())
        return len(main.findChildren(QObject)), items, window.shortcuts, len(window.toolbar.actions()), window.mapCanvas().mapTool()

    def once():
        plugin = classFactory(window)
        plugin.initGui()
        viewer = plugin.spectra
        viewer.action.trigger()
        ask(viewer, layer, 4, 3)
        ask(viewer, layer, 2, 3, 3, 2)
        assert len(viewer.markers.names) == 2
        dock = viewer.dock
        kept.extend(
            map(weakref.ref, (plugin, viewer, viewer.tool, viewer.inspectors, dock, dock.canvas, dock.figure, dock.list.picked[0]))
        )
        plugin.unload()

    kept: list = []
    once()
    before = there()
    for _ in range(9):
        once()
    assert there() == before
    assert window.shortcuts == {}
    assert [reference() for reference in kept if reference() is not None] == []


def test_without_a_place_on_the_map_pixels_go_down(viewer, window, tmp_path):
    """QGIS shows such an image below y = 0."""
    from osgeo import gdal

    write_scene(tmp_path / "placed.tif")
    dataset = gdal.Open(str(tmp_path / "placed.tif"))
    bare = gdal.GetDriverByName("GTiff").Create(
        str(tmp_path / "bare.tif"), dataset.RasterXSize, dataset.RasterYSize, dataset.RasterCount, gdal.GDT_Float32
    )
    for band in range(1, dataset.RasterCount + 1):
        bare.GetRasterBand(band).WriteArray(dataset.GetRasterBand(band).ReadAsArray())
        bare.GetRasterBand(band).SetMetadata(dataset.GetRasterBand(band).GetMetadata())
    bare = None  # closes the file
    outputs = map_scene(tmp_path / "bare.tif", tmp_path / "maps", engine="numpy")
    window.setActiveLayer(load(outputs.classes))
    ask(viewer, window.activeLayer(), 2, 2 * STRIP + 1)
    place = viewer.dock.list.picked[0].evidence.place
    assert (place.line, place.sample, place.latitude) == (2, 2 * STRIP + 1, None)

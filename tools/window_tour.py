"""QGIS's real window, driven: a map is opened, pixels are clicked on, what the spectrum dock shows is saved, the plugin reloaded.

Outside of QGIS, `tour` starts it on a virtual screen (Xvfb) with the staged plugin and a profile of its own. Inside, QGIS runs this
file itself (``--code``).

    make stage
    python3 tools/window_tour.py FOLDER MAP LINE,SAMPLE…

MAP is a mineral map, or a project (.qgz) whose first raster is asked. FOLDER gets ``window.png``, ``dock.png``, ``spectra.png`` and
``spectra.csv`` (saved by the dock), and ``told.json``. LINE,SAMPLE are pixels of the map, from 0; LINE,SAMPLE,LINE,SAMPLE are
corners of a rectangle to drag.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[1] if "__file__" in globals() else Path()

#: Variable that tells a file that QGIS runs what it is asked for.
ASKED = "CRISM_WINDOW_TOUR"

#: Seconds that QGIS may take to start, to draw, to answer; on a busy machine.
_PATIENCE = 240.0

_INI = "[PythonPlugins]\ncrism_gan_plugin=true\n\n[qgis]\nshowTips=false\ncheckVersion=false\nfirstRunVersionFlag=99999\n"


def programs() -> tuple[str, str] | None:
    """The virtual screen and QGIS itself, without Debian's wrapper; None where one is not installed."""
    xvfb, qgis = shutil.which("Xvfb"), shutil.which("qgis.bin") or shutil.which("qgis")
    return None if xvfb is None or qgis is None else (xvfb, qgis)


def tour(
    folder: Path,
    mineral_map: Path,
    places: Sequence[Sequence[int]],
    labelled: bool = False,
    size: str = "1500x1000",
    reloads: int = 0,
) -> dict[str, Any]:
    """Drive the window, and give back what it told."""
    asked = {"map": str(mineral_map), "places": [list(each) for each in places], "labelled": labelled, "reloads": reloads}
    return in_window(Path(__file__), asked, folder, size)


def in_window(code: Path, asked: dict[str, Any], folder: Path, size: str) -> dict[str, Any]:
    """Let QGIS's window run a file that ends in `answer`, and give back what it told; `RuntimeError` if it told nothing."""
    xvfb, qgis = programs() or ("", "")
    home = folder / "home"
    profile = home / "profiles" / "default" / "QGIS"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "QGIS3.ini").write_text(_INI)
    (home / "runtime").mkdir(mode=0o700, exist_ok=True)
    asked = {**asked, "folder": str(folder), "size": [int(side) for side in size.split("x")]}
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "runtime"),
        "QT_QPA_PLATFORM": "xcb",
        "QGIS_PLUGINPATH": str(ROOT / "build"),
        "PYTHONDONTWRITEBYTECODE": "1",
        ASKED: json.dumps(asked),
        "PYTHONPATH": str(ROOT / "tools"),  # for what QGIS runs
    }
    command = [qgis, "--nologo", "--noversioncheck", "--profiles-path", str(home), "--code", str(code)]
    log = folder / "qgis.log"
    with log.open("wb") as output, virtual_screen(xvfb, size, output) as environment["DISPLAY"]:
        subprocess.run(command, env=environment, stdout=output, stderr=output, timeout=3 * _PATIENCE, check=False)
    told = folder / "told.json"
    if not told.is_file():
        raise RuntimeError(f"QGIS told nothing: {log.read_text(errors='replace')[-2000:]}")
    found = json.loads(told.read_text())
    if "error" in found:
        raise RuntimeError(found["error"])
    shutil.rmtree(home, ignore_errors=True)
    return found


@contextmanager
def virtual_screen(xvfb: str, size: str, log: BinaryIO) -> Iterator[str]:
    """The name of a screen that nobody sees; it chooses its own number, so that several live side by side."""
    reading, writing = os.pipe()
    command = [xvfb, "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stdout=log, stderr=log) as screen, os.fdopen(reading) as number:
        os.close(writing)
        try:
            yield f":{number.readline().strip()}"
        finally:
            screen.terminate()


# ---------------------------------------------------------------- inside QGIS


def drive(asked: dict[str, Any]) -> dict[str, Any]:
    """The tour itself, in the window's thread."""
    from qgis.PyQt.QtCore import Qt
    from qgis.utils import iface, plugins

    folder, window = Path(asked["folder"]), iface.mainWindow()
    window.showNormal()
    window.setGeometry(0, 0, *asked["size"])
    bands = _rubber_bands(iface.mapCanvas())
    layer = _open(iface, asked["map"])
    canvas, viewer = iface.mapCanvas(), plugins["crism_gan_plugin"].spectra
    viewer.action.trigger()
    _hide_docks(window, (viewer.dock.objectName(), "Layers"))
    window.resizeDocks([viewer.dock], [window.width() * 48 // 100], Qt.Orientation.Horizontal)
    canvas.setExtent(layer.extent())
    draw(canvas)
    for count, place in enumerate(asked["places"], 1):
        click(canvas, [at(canvas, layer, *place[k : k + 2]) for k in range(0, len(place), 2)])
        wait(lambda count=count: len(viewer.dock.list.picked) == count, f"spectrum {count}")
    viewer.dock.labels.setChecked(asked["labelled"])
    viewer.dock.redraw()
    iface.messageBar().clearWidgets()
    draw(canvas)
    viewer.dock.save_image(str(folder / "spectra.png"))
    viewer.dock.save_image(str(folder / "spectra.svg"))
    viewer.dock.save_table(str(folder / "spectra.csv"))
    window.grab().save(str(folder / "window.png"))
    viewer.dock.grab().save(str(folder / "dock.png"))
    told, viewer = _told(viewer), None
    return {**told, "left": _reload(asked["reloads"], canvas, layer, asked["places"][0], bands)}


def _hide_docks(window: Any, but: Sequence[str]) -> None:
    from qgis.PyQt.QtWidgets import QDockWidget

    for dock in window.findChildren(QDockWidget):
        if dock.objectName() not in but:
            dock.hide()


def _open(iface: Any, path: str) -> Any:
    """The layer of a map, or the first raster of a project."""
    from qgis.core import QgsProject, QgsRasterLayer

    project = QgsProject.instance()
    if path.endswith(".qgz"):
        iface.addProject(path)
        layer = next(each for each in project.mapLayers().values() if isinstance(each, QgsRasterLayer))
    else:
        layer = project.addMapLayer(QgsRasterLayer(path, "minerals"))
    iface.setActiveLayer(layer)
    return layer


def _rubber_bands(canvas: Any) -> int:
    """QGIS has some of its own."""
    from qgis.gui import QgsRubberBand

    return sum(isinstance(each, QgsRubberBand) for each in canvas.scene().items())


def _reload(times: int, canvas: Any, layer: Any, place: Sequence[int], bands: int) -> list[str]:
    """What the plugin leaves behind where it is reloaded, and used, so many times, and then unloaded."""
    import gc

    from qgis.PyQt.QtCore import QCoreApplication, QEvent, QObject
    from qgis.utils import iface, plugins, reloadPlugin, unloadPlugin

    def settle() -> None:
        for _ in range(3):  # what is deleted later may delete its own later, too
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()
        gc.collect()

    def use() -> None:
        viewer = plugins["crism_gan_plugin"].spectra
        viewer.action.trigger()
        click(canvas, [at(canvas, layer, *place[:2])])
        wait(lambda: len(viewer.dock.list.picked) == 1, "a spectrum after reloading")

    if not times:
        return []
    for _ in range(times):
        reloadPlugin("crism_gan_plugin")
        use()
    unloadPlugin("crism_gan_plugin")
    settle()
    named = [each.objectName() for each in iface.mainWindow().findChildren(QObject) if "crism" in each.objectName().lower()]
    shown = [each.text() for each in iface.rasterMenu().actions() if "CRISM" in each.text()]
    alive = {
        type(each).__name__ for each in gc.get_objects() if str(type(each).__module__).startswith("crism_gan_plugin.gui.spectra.")
    }
    return [*named, *shown, *sorted(alive), *["a marker"] * (_rubber_bands(canvas) - bands)]


def _told(viewer: Any) -> dict[str, Any]:
    dock = viewer.dock
    lines = {axes: getattr(dock.axes, axes).get_lines() for axes in ("iof", "removed")}
    return {
        "title": dock.windowTitle(),
        "list": [dock.list.topLevelItem(row).text(0) for row in range(dock.list.topLevelItemCount())],
        "text": dock.text.text(),
        "legend": {axes: [text.get_text() for text in getattr(dock.axes, axes).get_legend().get_texts()] for axes in lines},
        "curves": {
            axes: {line.get_label(): [list(map(float, line.get_xdata())), list(map(float, line.get_ydata()))] for line in drawn}
            for axes, drawn in lines.items()
        },
        "bars": [patch.get_width() for patch in dock.axes.scores.patches],
        "markers": viewer.markers.names,
    }


def at(canvas: Any, layer: Any, line: int, sample: int) -> Any:
    """Where on the canvas the centre of a pixel of the layer is."""
    from qgis.core import QgsPointXY

    extent = layer.extent()
    x = extent.xMinimum() + (sample + 0.5) * extent.width() / layer.width()
    y = extent.yMaximum() - (line + 0.5) * extent.height() / layer.height()
    point = canvas.mapSettings().layerToMapCoordinates(layer, QgsPointXY(x, y))
    return canvas.getCoordinateTransform().transform(point).toQPointF().toPoint()


def click(canvas: Any, points: list[Any]) -> None:
    """A click, or a drag from the one to the other."""
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    viewport, button, no_key = canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(viewport, button, no_key, points[0])
    if len(points) > 1:
        QTest.mouseMove(viewport, points[-1])
    QTest.mouseRelease(viewport, button, no_key, points[-1])


def draw(canvas: Any) -> None:
    drawn: list[bool] = []
    canvas.mapCanvasRefreshed.connect(lambda: drawn.append(True))
    canvas.refresh()
    wait(lambda: drawn and not canvas.isDrawing(), "the map")
    _wait_a_moment()


def _wait_a_moment() -> None:
    start = time.monotonic()
    wait(lambda: time.monotonic() > start + 0.5, "")


def wait(happened: Any, what: str) -> None:
    from qgis.PyQt.QtCore import QCoreApplication

    start = time.monotonic()
    while not happened():
        if time.monotonic() > start + _PATIENCE:
            raise TimeoutError(f"waited in vain for {what}")
        QCoreApplication.processEvents()
        time.sleep(0.01)


def answer(drive: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Where QGIS runs this: drive its window as soon as it stands, write down what it told, and end QGIS."""

    def inside() -> None:
        import traceback

        asked = json.loads(os.environ[ASKED])
        try:
            told = drive(asked)
        except Exception:
            told = {"error": traceback.format_exc()}
        Path(asked["folder"], "told.json").write_text(json.dumps(told))
        os._exit(0)  # QGIS would ask whether to save the project

    from qgis.PyQt.QtCore import QTimer

    QTimer.singleShot(1500, inside)


if os.environ.get(ASKED):
    if __name__ == "__main__":  # not where another file that QGIS runs imports this one
        answer(drive)
elif __name__ == "__main__":
    corners = [tuple(map(int, word.split(","))) for word in sys.argv[3:]]
    print(json.dumps(tour(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), corners)["list"], indent=1))

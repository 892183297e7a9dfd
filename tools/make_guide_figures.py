"""Takes the guide's pictures from the real window of QGIS, on a virtual screen, with two simulated images.

    make stage
    python3 tools/make_guide_figures.py [NAME.png ...]

All are taken, or those of these names. They go to docs/guide/pictures/. build/guide_pictures keeps images and maps; what lies there
already is taken.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from window_tour import ASKED, ROOT, answer, at, click, draw, in_window, wait

SIZE = "1500x940"

#: Classes that are clicked on, by their codes: kaolinite alone, and kaolinite, Mg-carbonate, Mg-smectite side by side.
KAOLINITE = 15
THREE = (15, 6, 20)

#: Pixels that are clicked on lie in the middle of so many of their class.
_WINDOW = 11


def main() -> None:
    folder = ROOT / "build" / "guide_pictures"
    asked: dict[str, Any] = {name: str(file) for name, file in _data(folder).items()}
    asked["band"] = _band(next((folder / "practice").glob("*.img")))
    asked["wanted"] = sys.argv[1:]
    asked["places"] = {str(code): _middle(Path(asked["map"]), code) for code in THREE}
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    for name in in_window(Path(__file__), asked, out, SIZE)["pictures"]:
        shutil.copy(out / name, ROOT / "docs" / "guide" / "pictures" / name)
        print(f"docs/guide/pictures/{name}")


def _data(folder: Path) -> dict[str, Path]:
    """Images, maps, composite and deposits, each made where it is not there yet."""
    sys.path.insert(0, str(ROOT))
    from crism_gan_plugin.core import catalogue_maps, make_deposits, map_batch
    from crism_gan_plugin.core.simulation import simulate_practice

    images, maps, layer = folder / "practice", folder / "all", folder / "deposits.gpkg"
    scenes = simulate_practice(images, pixel_m=72) if not images.is_dir() else []
    if scenes or not maps.is_dir():
        map_batch([images], maps, engine="numpy")
    mineral_map = maps / "frt0000a001_07_if165j_mtr3_minerals.tif"
    if not layer.is_file():
        make_deposits(mineral_map, layer)
    listed = catalogue_maps(maps)
    found = {"images": images, "map": mineral_map, "composite": maps / "composite.tif", "deposits": layer}
    return {**found, "detections": listed.detections}


def _band(image: Path) -> int:
    """The band that shows the ground, from 1."""
    import numpy as np

    from crism_gan_plugin.core.products.scene import open_scene

    with open_scene(image) as scene:
        return int(np.argmin(np.abs(scene.axis.wavelengths_nm - 1330.0))) + 1


def _middle(mineral_map: Path, code: int) -> tuple[int, int]:
    """A pixel in the middle of what was identified as a class."""
    import numpy as np

    from crism_gan_plugin.core.mapping.smoothing import box_mean
    from crism_gan_plugin.core.rasters.reader import RasterReader

    with RasterReader(mineral_map) as reader:
        codes = reader.read(0, reader.lines)[0]
    inside = box_mean((codes == code).astype(np.float32)[..., None], _WINDOW)[..., 0]
    line, sample = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(line), int(sample)


# ---------------------------------------------------------------- inside QGIS


def drive(asked: dict[str, Any]) -> dict[str, Any]:
    """Take all pictures, in the window's thread."""
    from qgis.utils import iface

    folder, window = Path(asked["folder"]), iface.mainWindow()
    window.showNormal()
    window.setGeometry(0, 0, *asked["size"])
    _show_docks("Layers")
    pictures: dict[str, Callable[[Path], None]] = {
        "dialog.png": lambda file: _dialog(asked, file),
        "map.png": lambda file: _map(asked["map"], asked, file),
        "deposits.png": lambda file: _deposits(asked, file),
        "composite.png": lambda file: _map(asked["composite"], asked, file),
        "detections.png": lambda file: _detections(asked, file),
        "kaolinite.png": lambda file: _spectra(asked, [KAOLINITE], file, dock_alone=True),
        "spectra.png": lambda file: _spectra(asked, THREE, file),
    }
    for name, take in pictures.items():
        if name in asked["wanted"] or not asked["wanted"]:
            take(folder / name)
    return {"pictures": sorted(file.name for file in folder.glob("*.png"))}


def _show_docks(*names: str) -> None:
    from qgis.PyQt.QtWidgets import QDockWidget
    from qgis.utils import iface

    for dock in iface.mainWindow().findChildren(QDockWidget):
        dock.setVisible(dock.objectName() in names)


def _dialog(asked: dict[str, Any], file: Path) -> None:
    """The dialog of CRISM GAN Map, filled in."""
    import processing

    dialog = processing.createAlgorithmDialog(
        "crism:ganmap", {"INPUT": "practice/frt0000a001_07_if165j_mtr3.img", "OUTPUT": "first.tif"}
    )
    dialog.resize(1000, 880)
    dialog.show()
    _grab(dialog, file)
    dialog.close()


def _open(path: str, name: str, asked: dict[str, Any]) -> Any:
    """A new project with a mineral map over its images, below the graticule, in the CRS of Mars."""
    import processing
    from qgis.core import QgsContrastEnhancement, QgsProject, QgsRasterLayer, QgsSingleBandGrayRenderer
    from qgis.utils import iface

    project = QgsProject.instance()
    project.clear()
    for image in sorted(Path(asked["images"]).glob("*.img")):
        if image.stem[:11] in path or "composite" in path:
            ground = QgsRasterLayer(str(image), f"{image.stem[:11]}, 1.33 µm")
            ground.setRenderer(QgsSingleBandGrayRenderer(ground.dataProvider(), asked["band"]))
            ground.setContrastEnhancement(QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum)
            project.addMapLayer(ground)
            project.layerTreeRoot().findLayer(ground.id()).setExpanded(False)
    layer = QgsRasterLayer(path, name)
    project.addMapLayer(layer)
    draw(iface.mapCanvas())
    local, crs = f"{Path(path).parent}/mars.gpkg", "IAU_2015:49910"
    processing.runAndLoadResults("crism:marsbasemap", {"BASEMAP": "none", "LAYERS": [layer], "LOCAL": local, "CRS": crs})
    canvas = iface.mapCanvas()
    wait(lambda: project.crs().authid() == crs, "the CRS of the project")
    draw(canvas)
    project.layerTreeRoot().findLayer(layer.id()).setExpanded(True)
    iface.setActiveLayer(layer)
    extent = canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent())
    extent.scale(1.05)
    canvas.setExtent(extent)
    return layer


def _map(path: str, asked: dict[str, Any], file: Path) -> None:
    """The window with a mineral map and its legend."""
    _open(path, Path(path).stem, asked)
    _resize("Layers", 24)
    _take(file)


def _detections(asked: dict[str, Any], file: Path) -> None:
    """The window with the layer of all detections over the images, and its legend."""
    from qgis.core import QgsProject, QgsVectorLayer

    composite = _open(asked["composite"], "composite", asked)
    project = QgsProject.instance()
    project.layerTreeRoot().findLayer(composite.id()).setItemVisibilityChecked(False)
    project.layerTreeRoot().findLayer(composite.id()).setExpanded(False)
    layer = QgsVectorLayer(f"{asked['detections']}|layername=detections", "detections")
    project.addMapLayer(layer, False)
    project.layerTreeRoot().insertLayer(0, layer).setExpanded(True)
    _resize("Layers", 24)
    _take(file)


def _deposits(asked: dict[str, Any], file: Path) -> None:
    """The attribute table of the deposits."""
    from qgis.core import QgsProject, QgsVectorLayer
    from qgis.PyQt.QtWidgets import QApplication
    from qgis.utils import iface

    layer = QgsVectorLayer(asked["deposits"], "deposits")
    QgsProject.instance().addMapLayer(layer)
    before = set(QApplication.topLevelWidgets())
    table = iface.showAttributeTable(layer)
    table = table or next(iter(set(QApplication.topLevelWidgets()) - before))
    table.resize(1300, 360)
    _grab(table, file)
    table.close()
    QgsProject.instance().removeMapLayer(layer)


def _spectra(asked: dict[str, Any], codes: Any, file: Path, dock_alone: bool = False) -> None:
    """The spectra of a pixel of each class."""
    from qgis.PyQt.QtCore import Qt
    from qgis.utils import iface, plugins

    layer, viewer, canvas = _open(asked["map"], "minerals", asked), plugins["crism_gan_plugin"].spectra, iface.mapCanvas()
    if not viewer.dock or not viewer.dock.isVisible():
        viewer.action.trigger()
    _show_docks("Layers", viewer.dock.objectName())
    iface.mainWindow().resizeDocks([viewer.dock], [iface.mainWindow().width() * 48 // 100], Qt.Orientation.Horizontal)
    draw(canvas)
    viewer.dock.list.remove_all()
    for count, code in enumerate(codes, 1):
        click(canvas, [at(canvas, layer, *asked["places"][str(code)])])
        wait(lambda count=count: len(viewer.dock.list.picked) == count, f"spectrum {count}")
    viewer.dock.labels.setChecked(True)
    viewer.dock.redraw()
    if dock_alone:
        _grab(viewer.dock, file)
    else:
        _take(file)


def _resize(name: str, share: int) -> None:
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QDockWidget
    from qgis.utils import iface

    window = iface.mainWindow()
    window.resizeDocks([window.findChild(QDockWidget, name)], [window.width() * share // 100], Qt.Orientation.Horizontal)


def _take(file: Path) -> None:
    """The window."""
    from qgis.utils import iface

    draw(iface.mapCanvas())
    _grab(iface.mainWindow(), file)


def _grab(widget: Any, file: Path) -> None:
    import time

    from qgis.utils import iface

    start = time.monotonic()
    wait(lambda: time.monotonic() > start + 1.5, "")
    iface.messageBar().clearWidgets()  # QGIS says of each map of Mars that no transformation leads to the Earth
    widget.grab().toImage().save(str(file), "PNG", 0)  # 0: as small as can be


if os.environ.get(ASKED):
    answer(drive)
elif __name__ == "__main__":
    main()

"""Makes a QGIS project of mineral maps and draws it on one page: the last step of `make demo`.

    python3 tools/demo_project.py OUTDIR --image IMAGE --map MAP [--image … --map …] [--composite MAP --local GPKG]
                                  [--wavelengths F] --title T

The folder gets ``crism_gan_demo.qgz``, ``crism_gan_demo.png`` and a grey background for each image. What is shown is the composite,
with the graticule and the landing sites of the GeoPackage over it; else the maps themselves.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from demo_page import draw_page
from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsCoordinateTransform,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsSingleBandGrayRenderer,
)

from crism_gan_plugin.core.mars.crs import EQUIRECTANGULAR
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.processing.mars_crs import qgis_crs
from crism_gan_plugin.processing.mars_layers import graticule_layer, set_mars, sites_layer

BACKGROUND_NM = 1330.0
NAME = "crism_gan_demo"


@dataclass(frozen=True)
class MappedImage:
    """An image and its mineral map."""

    image: Path
    map: Path
    wavelengths: Optional[Path]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="OUTDIR")
    parser.add_argument("--image", type=Path, action="append", required=True)
    parser.add_argument("--map", type=Path, action="append", required=True)
    parser.add_argument("--composite", type=Path)
    parser.add_argument("--local", type=Path)
    parser.add_argument("--wavelengths", type=Path)
    parser.add_argument("--title", required=True)
    parser.add_argument("--subtitle", default="")
    options = parser.parse_args()
    application = QgsApplication([], True)
    application.initQgis()
    mapped = [MappedImage(image, found, options.wavelengths) for image, found in zip(options.image, options.map)]
    titles = (options.title, options.subtitle)
    for file in make_project(mapped, options.composite, options.local, options.folder, titles):
        print(file)
    QgsProject.instance().clear()  # layers must not outlive QGIS
    application.exitQgis()


def make_project(
    mapped: list[MappedImage], composite: Optional[Path], local: Optional[Path], folder: Path, titles: tuple[str, str]
) -> tuple[Path, Path]:
    """The project and its picture."""
    project = QgsProject.instance()
    project.setTitle(titles[0])
    if composite is None:
        maps = [_layer(QgsRasterLayer(str(item.map), f"{item.image.stem} minerals")) for item in mapped]
    else:
        maps = [_layer(QgsRasterLayer(str(composite), "Minerals (composite)"))]
    placed = maps[0].crs().isValid()
    if placed:
        set_mars(project, qgis_crs(EQUIRECTANGULAR))
    _share_legend(maps)
    grounds = [_background(item, folder) for item in mapped]
    above = [graticule_layer(local), sites_layer(local)] if local is not None else []
    for layer in [*grounds, *reversed(maps), *above]:
        project.addMapLayer(layer)  # each on top of those before it
    if placed:
        project.viewSettings().setDefaultViewExtent(_view_of(maps, project))
    shown = [*reversed(above), *maps, *reversed(grounds)]
    picture = folder / f"{NAME}.png"
    draw_page(project, shown, maps, picture, *titles, _notes(mapped, composite))
    target = folder / f"{NAME}.qgz"
    if not project.write(str(target)):
        sys.exit(f"{target}: {project.error()}")
    return target, picture


def _layer(layer: QgsRasterLayer) -> QgsRasterLayer:
    if not layer.isValid():
        sys.exit(f"{layer.source()}: QGIS cannot open it")
    return layer


def _view_of(maps: list[QgsRasterLayer], project: QgsProject) -> QgsReferencedRectangle:
    """What the window shows when the project is opened: all maps with a little room."""
    view = QgsRectangle()
    for layer in maps:
        to_project = QgsCoordinateTransform(layer.crs(), project.crs(), project)
        view.combineExtentWith(to_project.transformBoundingBox(layer.extent()))
    view.scale(1.1)
    return QgsReferencedRectangle(view, project.crs())


def _share_legend(maps: list[QgsRasterLayer]) -> None:
    """All maps get the entries of all, in the order of the classes' codes, identification before guess."""
    entries = {entry.value: entry for layer in maps for entry in layer.renderer().classes()}
    ordered = [entries[value] for value in sorted(entries, key=lambda value: (value % 100, value))]
    for layer in maps:
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, ordered))


def _background(item: MappedImage, folder: Path) -> QgsRasterLayer:
    """One band of the image, stretched between its 2nd and 98th percentile."""
    with open_scene(item.image, wavelengths=item.wavelengths) as scene:
        band = int(np.argmin(np.abs(scene.axis.wavelengths_nm - BACKGROUND_NM)))
        values = scene.read(0, scene.lines, [band])[..., 0]
        path = folder / f"{item.image.stem}_background.tif"
        wavelength = f"I/F at {scene.axis.wavelengths_nm[band]:.0f} nm"
        with create_raster(
            path,
            scene.lines,
            scene.samples,
            1,
            np.float32,
            nodata=np.nan,
            georeference=scene.georeference,
            band_names=[wavelength],
        ) as writer:
            writer.write(values[None], 0)
    layer = _layer(QgsRasterLayer(str(path), f"{item.image.stem} {wavelength}"))
    stretch = QgsContrastEnhancement(layer.dataProvider().dataType(1))
    low, high = np.nanpercentile(values, (1, 99))
    stretch.setMinimumValue(float(low))
    stretch.setMaximumValue(float(high))
    stretch.setContrastEnhancementAlgorithm(QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum)
    renderer = QgsSingleBandGrayRenderer(layer.dataProvider(), 1)
    renderer.setContrastEnhancement(stretch)
    layer.setRenderer(renderer)
    return layer


def _notes(mapped: list[MappedImage], composite: Optional[Path]) -> list[str]:
    """What a reader must know about the maps, from their own records."""
    records = [json.loads(item.map.with_name(f"{item.map.stem}_provenance.json").read_text(encoding="utf-8")) for item in mapped]
    windows = ", ".join(f"{size} × {size}" for size in records[0]["scales"])
    notes = [
        f"Mapped by CRISM GAN {records[0]['versions']['crism_gan']}: spectra without continuum beside those of minerals, windows "
        f"of {windows} pixels. Strong colours are identifications, pale ones guesses.",
        *(["Where the images overlap, the better evidence shows."] if composite else []),
        f"Background: I/F near {BACKGROUND_NM / 1000:.2f} µm. Images: " + ", ".join(item.image.stem for item in mapped) + ".",
    ]
    warnings = dict.fromkeys(warning for record in records for warning in record["warnings"])
    return notes + [f"Warning: {warning}" for warning in warnings]


if __name__ == "__main__":
    main()

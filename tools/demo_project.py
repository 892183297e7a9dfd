"""Makes a QGIS project of mineral maps and draws it on one page: the last step of `make demo`.

    python3 tools/demo_project.py OUTDIR --image IMAGE --map MAP [--image … --map …] [--wavelengths F] [--title T]

The folder gets ``crism_gan_demo.qgz``, ``crism_gan_demo.png``, a grey background for each image, and the landing sites.
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
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMarkerSymbol,
    QgsPalettedRasterRenderer,
    QgsPalLayerSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsSingleBandGrayRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

from crism_gan_plugin.core.geotiff import create_raster
from crism_gan_plugin.core.products.scene import open_scene

#: Places that a reader of a map of this region looks for: planetocentric latitude and east longitude, degrees.
LANDING_SITES = {"Jezero landing site": (18.4463, 77.4565), "NE Syrtis candidate site": (17.8899, 77.1599)}
MARS_MAP, MARS_DEGREES = "IAU_2015:49910", "IAU_2015:49900"
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
    parser.add_argument("--wavelengths", type=Path)
    parser.add_argument("--title", required=True)
    parser.add_argument("--subtitle", default="")
    options = parser.parse_args()
    application = QgsApplication([], True)
    application.initQgis()
    mapped = [MappedImage(image, found, options.wavelengths) for image, found in zip(options.image, options.map)]
    for file in make_project(mapped, options.folder, options.title, options.subtitle):
        print(file)
    QgsProject.instance().clear()  # layers must not outlive QGIS
    application.exitQgis()


def make_project(mapped: list[MappedImage], folder: Path, title: str, subtitle: str) -> tuple[Path, Path]:
    """The project and its picture."""
    project = QgsProject.instance()
    project.setTitle(title)
    maps = [_layer(QgsRasterLayer(str(item.map), f"{item.image.stem} minerals")) for item in mapped]
    placed = maps[0].crs().isValid()
    if placed:
        project.setCrs(QgsCoordinateReferenceSystem(MARS_MAP))
        project.setEllipsoid("NONE")  # lengths on the sphere of Mars come out as NaN, in QGIS 3.22 and 3.40
    _share_legend(maps)
    grounds = [_background(item, folder) for item in mapped]
    sites = _landing_sites(folder, maps) if placed else None
    for layer in [*grounds, *reversed(maps), *([sites] if sites else [])]:
        project.addMapLayer(layer)  # each on top of those before it
    if placed:
        project.viewSettings().setDefaultViewExtent(_view_of(maps, project))
    shown = [*([sites] if sites else []), *maps, *reversed(grounds)]
    picture = folder / f"{NAME}.png"
    draw_page(project, shown, maps, picture, title, subtitle, _notes(mapped))
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


def _landing_sites(folder: Path, maps: list[QgsRasterLayer]) -> Optional[QgsVectorLayer]:
    """The sites that lie on one of the maps, labelled; None when there is none."""
    degrees = QgsCoordinateReferenceSystem(MARS_DEGREES)
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Point", "coordinates": [longitude, latitude]}}
        for name, (latitude, longitude) in LANDING_SITES.items()
        if any(_is_on(layer, longitude, latitude) for layer in maps)
    ]
    if not features:
        return None
    path = folder / "landing_sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, indent=1), encoding="utf-8")
    layer = QgsVectorLayer(str(path), "Landing sites", "ogr")
    layer.setCrs(degrees)  # GeoJSON cannot say that it is on Mars
    star = {"name": "star", "size": "4.6", "color": "255,255,255", "outline_color": "0,0,0", "outline_width": "0.35"}
    layer.renderer().setSymbol(QgsMarkerSymbol.createSimple(star))
    layer.setLabeling(QgsVectorLayerSimpleLabeling(_site_labels()))
    layer.setLabelsEnabled(True)
    return layer


def _is_on(layer: QgsRasterLayer, longitude: float, latitude: float) -> bool:
    from qgis.core import QgsPointXY

    degrees = QgsCoordinateReferenceSystem(MARS_DEGREES)
    to_layer = QgsCoordinateTransform(degrees, layer.crs(), QgsProject.instance())
    return layer.extent().contains(to_layer.transform(QgsPointXY(longitude, latitude)))


def _site_labels() -> QgsPalLayerSettings:
    text = QgsTextFormat()
    text.setFont(QFont("DejaVu Sans", 8, QFont.Weight.Bold))
    text.setSize(8)
    text.setColor(QColor("black"))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.9)
    halo.setColor(QColor("white"))
    text.setBuffer(halo)
    labels = QgsPalLayerSettings()
    labels.fieldName = "name"
    labels.setFormat(text)
    labels.dist = 2.5
    return labels


def _notes(mapped: list[MappedImage]) -> list[str]:
    """What a reader must know about the maps, from their own records."""
    records = [json.loads(item.map.with_name(f"{item.map.stem}_provenance.json").read_text(encoding="utf-8")) for item in mapped]
    windows = ", ".join(f"{size} × {size}" for size in records[0]["scales"])
    notes = [
        f"Mapped by CRISM GAN {records[0]['versions']['crism_gan']}: discriminator features of continuum-removed spectra, windows "
        f"of {windows} pixels. Strong colours are identifications, pale ones guesses.",
        f"Background: I/F near {BACKGROUND_NM / 1000:.2f} µm. Images: " + ", ".join(item.image.stem for item in mapped) + ".",
    ]
    warnings = dict.fromkeys(warning for record in records for warning in record["warnings"])
    return notes + [f"Warning: {warning}" for warning in warnings]


if __name__ == "__main__":
    main()

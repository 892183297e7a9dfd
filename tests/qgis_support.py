"""What the tests of the QGIS side share: a QGIS in this process, the real ``qgis_process`` on the staged plugin, a small scene."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from osgeo import gdal, osr

from crism_gan_plugin.core import WAVELENGTHS_NM, load_exemplars

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "crism_gan_plugin"

#: Classes with deep bands, far from each other in shape: one strip each in the scene.
SCENE_CLASSES = ("kaolinite", "Mg-carbonate", "gypsum")
STRIP = 8


def start_qgis(gui: bool) -> Any:
    """The one QGIS of a test process, with its Processing framework, as QGIS itself would have it."""
    from qgis.core import QgsApplication

    application = QgsApplication([], gui)
    application.initQgis()
    sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    return application


@dataclass(frozen=True)
class QgisProcess:
    """The command line of QGIS, with a private profile in which the staged plugin is enabled."""

    home: Path

    @staticmethod
    def create(home: Path) -> QgisProcess:
        assert (STAGE / "metadata.txt").is_file(), "run `make stage` first"
        home.mkdir(mode=0o700, exist_ok=True)
        process = QgisProcess(home)
        enabled = process("plugins", "enable", "crism_gan_plugin")
        assert enabled.returncode == 0, enabled.stderr
        return process

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Debian's wrapper of 3.22 hands its program an option that it refuses; the program itself has .bin at its end.
        program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
        assert program, "qgis_process is not installed"
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "QGIS_PLUGINPATH": str(STAGE.parent),
            "QT_QPA_PLATFORM": "offscreen",
        }
        return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, timeout=900, check=False)

    def run(self, algorithm: str, **parameters: Any) -> subprocess.CompletedProcess[str]:
        return self("run", algorithm, "--", *(f"{name}={value}" for name, value in parameters.items()))

    def run_json(self, algorithm: str, **parameters: Any) -> dict[str, Any]:
        """Run an algorithm that must succeed; its results."""
        done = self("--json", "run", algorithm, "--", *(f"{name}={value}" for name, value in parameters.items()))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout[done.stdout.index("{") :])["results"]


def mars_wkt() -> str:
    mars = osr.SpatialReference()
    mars.SetFromUserInput("IAU_2015:49910")
    return mars.ExportToWkt()


def write_scene(
    path: Path, classes: tuple[str, ...] = SCENE_CLASSES, wkt: Optional[str] = None, with_wavelengths: bool = True
) -> Path:
    """A GeoTIFF of I/F near Jezero: a strip of 8 × 8 pixels for each class, its spectrum under a sloping continuum, with noise."""
    library = load_exemplars()
    rng = np.random.default_rng(1)
    strips = []
    for name in classes:
        exemplar = library.spectra[[library.classes[place].name for place in library.class_index].index(name)]
        continuum = 0.2 + 0.03 * (WAVELENGTHS_NM - 1800) / 800
        strips.append(np.tile(exemplar * continuum, (STRIP, STRIP, 1)))
    cube = np.concatenate(strips, 1)
    cube = cube * (1 + 0.001 * rng.standard_normal(cube.shape))
    lines, samples, bands = cube.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), samples, lines, bands, gdal.GDT_Float32)
    dataset.SetGeoTransform((4_590_000.0, 18.0, 0.0, 1_093_000.0, 0.0, -18.0))
    dataset.SetProjection(mars_wkt() if wkt is None else wkt)
    for band in range(bands):
        raster_band = dataset.GetRasterBand(band + 1)
        raster_band.WriteArray(cube[:, :, band].astype(np.float32))
        if with_wavelengths:
            raster_band.SetMetadata({"wavelength": f"{WAVELENGTHS_NM[band]:.2f}", "wavelength_units": "Nanometers"})
    dataset = None  # closes the file
    return path


def read_codes(path: Path) -> np.ndarray:
    return read_cube(path)[0]


def read_cube(path: Path) -> np.ndarray:
    """(bands, lines, samples)"""
    dataset = gdal.Open(str(path))
    return dataset.ReadAsArray().reshape(dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize)


def band_wavelengths(path: Path) -> list[float]:
    dataset = gdal.Open(str(path))  # kept: a band does not keep its dataset
    return [float(dataset.GetRasterBand(band).GetMetadataItem("wavelength")) for band in range(1, dataset.RasterCount + 1)]


def class_codes(names: tuple[str, ...] = SCENE_CLASSES) -> list[int]:
    codes = {mineral.name: mineral.code for mineral in load_exemplars().classes}
    return [codes[name] for name in names]


@pytest.fixture
def provider(qgis):
    """The provider, registered as the plugin does it and taken away again."""
    from qgis.core import QgsApplication

    from crism_gan_plugin import classFactory

    plugin = classFactory(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("crism")
    plugin.unload()

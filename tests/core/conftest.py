"""Small scenes and weights that several tests of the core map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.network.weights import DiscriminatorWeights, save_weights
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

#: Equirectangular, with the local radius of the standard parallel as MTRDRs have it.
MARS_15N = "+proj=eqc +lat_ts=15 +lat_0=0 +lon_0=0 +x_0=0 +y_0=0 +R=3394839.8133 +units=m +no_defs"


class Recorder(Progress):
    """Remembers what it was told; stops when asked to."""

    def __init__(self, stop_after: Optional[int] = None) -> None:
        self.fractions: list[float] = []
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self._stop_after = stop_after

    def _show(self, fraction: float, text: Optional[str]) -> None:
        self.fractions.append(fraction)

    def info(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def is_cancelled(self) -> bool:
        return self._stop_after is not None and len(self.fractions) >= self._stop_after


@pytest.fixture
def recorder() -> Callable[..., Recorder]:
    return Recorder


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random network: it already tells exemplars apart, and no test depends on what a training found."""
    rng = np.random.default_rng(0)
    kernels, biases, inputs = [], [], 2
    for filters in (8, 12, 16, 24):
        kernels.append((rng.normal(0, 1, (filters, 11, inputs)) / np.sqrt(11 * inputs)).astype(np.float32))
        biases.append(np.zeros(filters, np.float32))
        inputs = filters
    score = [-1, 1]
    card = {
        "depth": 0.1,
        "negative_slope": 0.2,
        "calibration": {"cosine": [-1, 1], "score": score},
        "ground_calibration": {"noise": [0, 0.02], "cosine": [[-1, 1], [-1, 1]], "score": score},
    }
    path = tmp_path_factory.mktemp("weights") / "random.npz"
    save_weights(DiscriminatorWeights(tuple(kernels), tuple(biases), card), path)
    return path


@pytest.fixture(scope="session")
def pixel_of() -> Callable[..., np.ndarray]:
    """I/F of a mineral on the network's grid: an exemplar's ratio under a concave background."""
    library = load_exemplars()

    def pixel(name: str, level: float = 0.25, slope: float = 0.05) -> np.ndarray:
        position = np.linspace(-1, 1, WAVELENGTHS_NM.size)
        ratio = 1.0 if name == "bland" else library.spectra[library.names.index(f"{name} (numerator)")]
        return level * ratio * np.exp(slope * position - 0.05 * position**2)

    return pixel


@pytest.fixture(scope="session")
def make_tif() -> Callable[..., Path]:
    """Write (lines, samples, bands) as GeoTIFF with the wavelengths in its bands' metadata, by plain GDAL."""

    def write(
        path: Path,
        cube: np.ndarray,
        wavelengths: Optional[np.ndarray] = WAVELENGTHS_NM,
        proj: Optional[str] = MARS_15N,
        transform: tuple[float, ...] = (4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0),
        nodata: Optional[float] = None,
        metadata: Optional[dict[str, str]] = None,
        wkt: Optional[str] = None,
    ) -> Path:
        from osgeo import gdal, gdal_array, osr

        kind = gdal_array.NumericTypeCodeToGDALTypeCode(cube.dtype.type)
        dataset = gdal.GetDriverByName("GTiff").Create(str(path), cube.shape[1], cube.shape[0], cube.shape[2], kind)
        if proj is not None or wkt is not None:
            system = osr.SpatialReference()
            if wkt is None:
                system.ImportFromProj4(proj)
            dataset.SetProjection(wkt or system.ExportToWkt())
            dataset.SetGeoTransform(transform)
        dataset.SetMetadata(metadata or {})
        for number in range(cube.shape[2]):
            band = dataset.GetRasterBand(number + 1)
            band.WriteArray(np.ascontiguousarray(cube[:, :, number]))
            if wavelengths is not None:
                band.SetMetadata({"wavelength": repr(float(wavelengths[number])), "wavelength_units": "Nanometers"})
            if nodata is not None:
                band.SetNoDataValue(nodata)
        return path

    return write


@pytest.fixture
def make_envi() -> Callable[..., Path]:
    """Write (lines, samples, bands) as a flat band-interleaved-by-line file with an ENVI header, without GDAL."""

    def write(path: Path, cube: np.ndarray, wavelengths: Optional[np.ndarray] = WAVELENGTHS_NM, **fields: Any) -> Path:
        kinds = {"u1": 1, "i2": 2, "i4": 3, "f4": 4, "f8": 5, "u2": 12, "u4": 13}
        cube.transpose(0, 2, 1).astype(cube.dtype.newbyteorder("<")).tofile(path)
        lines = ["ENVI", f"samples = {cube.shape[1]}", f"lines = {cube.shape[0]}", f"bands = {cube.shape[2]}"]
        lines += ["header offset = 0", "interleave = bil", "byte order = 0", f"data type = {kinds[cube.dtype.str[1:]]}"]
        lines += [f"{key.replace('_', ' ')} = {value}" for key, value in fields.items()]
        if wavelengths is not None:
            lines += ["wavelength units = Nanometers", "wavelength = {" + ", ".join(f"{w:.4f}" for w in wavelengths) + "}"]
        path.with_suffix(".hdr").write_text("\n".join(lines) + "\n")
        return path

    return write

"""Tells what is installed, what a missing part is for, and how to get it from where QGIS came from. It installs nothing."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from .. import paths
from .packages import how_to_get, loaded, second_gdal

#: A machine that is slower than this has no optimised BLAS. With one, even an old laptop core is five times as fast.
SLOW_GFLOPS = 8.0


@dataclass(frozen=True)
class Component:
    """A part of the installation.

    Attributes
    ----------
    name
        Usual name of the part.
    version
        Version of the part, or what it is. None if it is missing.
    needed_for
        What does not work, or is slower, without it.
    advice
        What to do about it; empty when all is well.
    required
        Whether mapping needs it.
    """

    name: str
    version: Optional[str]
    needed_for: str
    advice: str = ""
    required: bool = False

    def __str__(self) -> str:
        line = f"{self.name}: {self.version or 'missing'} ({self.needed_for})"
        return f"{line} -> {self.advice}" if self.advice else line


def inspect_installation() -> list[Component]:
    """Everything that the plugin uses, in the order in which to repair it. It imports the packages, which takes a second or two."""
    return [
        Component("CRISM GAN", paths.version(), "this plugin", required=True),
        Component("Python", platform.python_version(), "everything", required=True),
        _package("NumPy", "numpy", "everything", lambda numpy: numpy.__version__, required=True),
        _matrix_products(),
        _package("GDAL", "osgeo.gdal", "reading and writing images", lambda gdal: gdal.__version__, required=True),
        _proj(),
        _package("SciPy", "scipy", "matrix products at full rate inside QGIS", lambda scipy: scipy.__version__),
        _rasterio(),
        _package(
            "PyTorch", "torch", "denoising, training, and mapping on a CUDA graphics card; mapping works without", _torch_version
        ),
        _engine(),
        *_weights(),
        _library(),
    ]


def _package(
    name: str, module: str, needed_for: str, version_of: Callable[[Any], str], advice: str = "", required: bool = False
) -> Component:
    found = loaded(module)
    if found is None:
        return Component(name, None, needed_for, how_to_get(module), required)
    return Component(name, version_of(found), needed_for, advice, required)


def _torch_version(torch: Any) -> str:
    cuda = f"CUDA, {torch.cuda.get_device_name()}" if torch.cuda.is_available() else "no CUDA"
    return f"{torch.__version__}, {cuda}"


def _proj() -> Component:
    needed_for = "map projections of Mars"
    osr = loaded("osgeo.osr")
    if osr is None:
        return Component("PROJ", None, needed_for, how_to_get("osgeo.gdal"), True)
    version = (osr.GetPROJVersionMajor(), osr.GetPROJVersionMinor(), osr.GetPROJVersionMicro())
    advice = "" if version >= (8, 2, 0) else "older than 8.2: it does not know the IAU_2015 codes of Mars; update QGIS"
    return Component("PROJ", ".".join(map(str, version)), needed_for, advice, True)


def _rasterio() -> Component:
    """Whether rasterio is there and uses the GDAL library of QGIS, since two copies in one process disturb each other."""
    needed_for = "composites, deposits as polygons, and scripts of your own; maps do not need it"
    rasterio = loaded("rasterio")
    if rasterio is None:
        return Component("rasterio", None, needed_for, how_to_get("rasterio"))
    return Component("rasterio", f"{rasterio.__version__} with GDAL {rasterio.__gdal_version__}", needed_for, second_gdal(rasterio))


def _matrix_products() -> Component:
    name, needed_for = "Matrix products", "the speed of mapping"
    if loaded("numpy") is None:
        return Component(name, None, needed_for, how_to_get("numpy"))
    from .compute.matrix import fastest_product, numpy_product, rate

    product = fastest_product()
    speed, by = rate(product), "NumPy" if product is numpy_product else "SciPy; inside this QGIS NumPy's own are slow"
    advice = f"slow, no optimised BLAS is used; {how_to_get('blas')} and {how_to_get('scipy')}" if speed < SLOW_GFLOPS else ""
    return Component(name, f"{speed:.0f} GFLOP/s, by {by}", needed_for, advice)


def _engine() -> Component:
    """The engine that "auto" takes: torch where it has CUDA, else NumPy, whose matrix products are as fast as torch's."""
    torch = loaded("torch")
    cuda = torch is not None and torch.cuda.is_available()
    return Component('Engine "auto"', "torch (CUDA)" if cuda else "numpy", "the neural network")


def _weights() -> list[Component]:
    shipped = paths.weights()
    needed_for = "mapping"
    files = sorted({shipped, *shipped.parent.glob("*.npz")})
    return [
        Component(
            f"Weights {file.name}", f"sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}", needed_for, required=file == shipped
        )
        if file.is_file()
        else Component(f"Weights {file.name}", None, needed_for, "install the plugin again: its weights are gone", True)
        for file in files
    ]


def _library() -> Component:
    from .errors import CrismError

    file, needed_for = paths.exemplars(), "mapping"
    try:
        from .libraries import load_exemplars

        library = load_exemplars()
    except (CrismError, ImportError, OSError) as error:
        return Component("Exemplar library", None, needed_for, f"install the plugin again: {error}", True)
    return Component("Exemplar library", f"{file.name}, {len(library.classes)} classes, {len(library.names)} spectra", needed_for)

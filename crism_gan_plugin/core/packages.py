"""Packages that not every QGIS has: imported when something needs them, with advice on how to get one that is missing."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any, Optional

from .errors import MissingDependencyError

#: Where QGIS may have come from, and what its source calls each package.
_PACKAGES = {
    "numpy": {"apt": "python3-numpy", "osgeo4w": "python3-numpy", "conda": "numpy"},
    "osgeo.gdal": {"apt": "python3-gdal", "osgeo4w": "python3-gdal", "conda": "gdal"},
    "scipy": {"apt": "python3-scipy", "osgeo4w": "python3-scipy", "conda": "scipy"},
    "matplotlib": {"apt": "python3-matplotlib", "osgeo4w": "python3-matplotlib", "conda": "matplotlib"},
    "rasterio": {"apt": "python3-rasterio", "osgeo4w": "python3-rasterio", "conda": "rasterio"},
    "torch": {"apt": "python3-torch", "conda": "pytorch"},
    "h5py": {"apt": "python3-h5py", "osgeo4w": "python3-h5py", "conda": "h5py"},
    "distributed": {"apt": "python3-distributed", "conda": "distributed"},
    "onnxruntime": {"conda": "onnxruntime"},
    "blas": {"apt": "libopenblas0-pthread", "conda": '"libblas=*=*openblas"'},
}
_COMMANDS = {
    "apt": "sudo apt install --no-install-recommends {}",
    "conda": "conda install -c conda-forge {}",
    "osgeo4w": "tick {} in the OSGeo4W setup",
}


def load(package: str, need: str, *modules: str, instead: str = "") -> Any:
    """A package, with these modules of it imported.

    Parameters
    ----------
    need
        What needs the package, such as "deposits need rasterio": the message begins so.
    instead
        What can be done without it; the message ends so.

    Raises
    ------
    MissingDependencyError
        If it is not installed, or was built for other packages than those here.
    """
    try:
        for module in modules:
            importlib.import_module(f"{package}.{module}")
        return importlib.import_module(package)
    except Exception as error:  # a package built for another NumPy or GDAL may raise anything at all
        advice = f"{how_to_get(package)}; {instead}" if instead else how_to_get(package)
        raise MissingDependencyError(f"{need}, which cannot be imported ({error}): {advice}") from error


def loaded(module: str) -> Optional[Any]:
    """The module, or None where it is missing or broken."""
    try:
        return importlib.import_module(module)
    except Exception:  # see `load`
        return None


def how_to_get(package: str) -> str:
    """How to install a package from the source that QGIS came from."""
    source = _source_of_qgis()
    name = _PACKAGES[package].get(source or "")
    if source and name:
        return _COMMANDS[source].format(name)
    return f"install {package} from where your QGIS and its Python came from (on conda-forge it is {_PACKAGES[package]['conda']})"


def _source_of_qgis() -> Optional[str]:
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return "conda"
    if sys.platform == "win32":
        return "osgeo4w"
    return "apt" if shutil.which("apt-get") else None


def second_gdal(rasterio: Any) -> str:
    """Advice on a rasterio that brings GDAL, PROJ and their data of its own, as one from pip does. Empty if it uses QGIS's."""
    gdal = loaded("osgeo.gdal")
    own, shared = rasterio.__gdal_version__, gdal.__version__ if gdal else "none"
    return "" if own == shared else f"it brings its own GDAL {own} beside QGIS's {shared}; remove it and {how_to_get('rasterio')}"

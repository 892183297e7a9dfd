"""Prints, in one line, the versions of what the tests run with."""

from __future__ import annotations

import importlib
import platform

MODULES = {"GDAL": "osgeo.gdal", "NumPy": "numpy", "SciPy": "scipy", "rasterio": "rasterio", "torch": "torch", "pytest": "pytest"}


def qgis_version() -> str:
    try:
        from qgis.core import Qgis
        from qgis.PyQt.QtCore import QT_VERSION_STR
    except ImportError:
        return "none"
    return f"{Qgis.QGIS_VERSION} (Qt {QT_VERSION_STR})"


def version(module: str) -> str:
    try:
        return str(importlib.import_module(module).__version__)
    except ImportError:
        return "none"


print(
    f"Versions: QGIS {qgis_version()}, Python {platform.python_version()},",
    ", ".join(f"{name} {version(module)}" for name, module in MODULES.items()),
)

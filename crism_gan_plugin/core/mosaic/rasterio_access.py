"""Imports rasterio, but only when a composite needs it: maps work without rasterio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..files.gdal_access import CACHE_BYTES
from ..packages import load, second_gdal


def load_rasterio() -> Any:
    """The module ``rasterio``; `MissingDependencyError` where it is missing."""
    return load("rasterio", "a composite needs rasterio", "vrt", "windows", instead="maps do not need it")


@contextmanager
def rasterio_settings() -> Iterator[None]:
    """Use rasterio's own settings and a bounded cache of blocks. GDAL gets its settings back afterwards.

    Without a bound, GDAL's cache would grow to 5 % of the machine's memory, far more than a composite profits from.
    """
    rasterio = load_rasterio()
    from osgeo import gdal

    before = gdal.GetCacheMax()
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            gdal.SetCacheMax(CACHE_BYTES)  # the same again, unless rasterio has a GDAL of its own
            yield
    finally:
        gdal.SetCacheMax(before)


def rasterio_version() -> dict[str, str]:
    """rasterio's version, for a record."""
    rasterio = load_rasterio()
    return {"rasterio": f"{rasterio.__version__} with GDAL {rasterio.__gdal_version__}"}


def rasterio_warning() -> str:
    """A warning about a rasterio that has a GDAL of its own; empty if it uses QGIS's."""
    fault = second_gdal(load_rasterio())
    return f"rasterio: {fault}" if fault else ""

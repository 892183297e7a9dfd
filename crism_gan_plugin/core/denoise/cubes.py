"""Cubes that the denoiser writes. They have the image's size and one axis for all columns, and say that they are corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..products.scene import Scene
from ..products.wavelengths import band_titles, wavelength_metadata
from ..rasters.geotiff import RasterWriter, create_raster
from ..rasters.metadata_keys import ATMOSPHERE_KEY, DOUBTFUL_KEY, GROUND_KEY, PRODUCT_ID_KEY
from ..spectra.axis import SpectralAxis
from .doubt import DOUBTFUL_NM


def create_cube(
    scene: Scene,
    axis: SpectralAxis,
    path: Path,
    dtype: Any,
    nodata: float,
    *,
    ground: Optional[FloatArray] = None,
    doubtful: bool = False,
) -> RasterWriter:
    """Begin a GeoTIFF with the bands of an axis, where the scene lies.

    Parameters
    ----------
    ground
        (bands,) what bland ground has beyond a concave curve, a factor of I/F; see `denoise.ground`.
    doubtful
        Whether `DOUBTFUL_NM` depend on the volcano scan.
    """
    about = {PRODUCT_ID_KEY: scene.product_id, ATMOSPHERE_KEY: "YES"}
    if doubtful:
        about[DOUBTFUL_KEY] = " ".join(f"{nm:g}" for nm in DOUBTFUL_NM)
    bands = wavelength_metadata(axis)
    if ground is not None:
        bands = [{**band, GROUND_KEY: f"{value:.6f}"} for band, value in zip(bands, ground)]
    return create_raster(
        path,
        scene.lines,
        scene.samples,
        axis.bands,
        dtype,
        nodata=nodata,
        georeference=scene.georeference,
        band_names=band_titles(axis),
        metadata=about,
        band_metadata=bands,
    )


def create_plane(scene: Scene, path: Path, name: str) -> RasterWriter:
    """Begin a GeoTIFF of one band of numbers."""
    return create_raster(
        path, scene.lines, scene.samples, 1, np.float32, nodata=np.nan, georeference=scene.georeference, band_names=[name]
    )


def create_row(samples: int, axis: SpectralAxis, path: Path) -> RasterWriter:
    """Begin a GeoTIFF of one line."""
    return create_raster(
        path,
        1,
        samples,
        axis.bands,
        np.float32,
        nodata=np.nan,
        band_names=band_titles(axis),
        band_metadata=wavelength_metadata(axis),
    )

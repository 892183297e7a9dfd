"""Continuum removal of a whole image, file to file."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from .arrays import IntArray
from .errors import InputError, ParameterError
from .files.inputs import recorded_inputs
from .files.names import PathLike
from .files.outputs import AtomicOutputs, check_geotiff, check_outputs
from .options.continuum import ContinuumOptions
from .options.keywords import takes
from .products.scene import Scene, open_scene
from .products.wavelengths import band_titles, wavelength_metadata
from .progress import Progress
from .rasters.blocks import read_ahead, split_lines
from .rasters.geotiff import RasterWriter, create_raster
from .rasters.metadata_keys import PRODUCT_ID_KEY
from .spectra.axis import SpectralAxis
from .spectra.continuum import upper_hull


@dataclass(frozen=True)
class ContinuumOutputs:
    """Paths of the ratio cube, and of the continuum (None if not asked for)."""

    ratio: Path
    continuum: Optional[Path]


@takes(ContinuumOptions)
@recorded_inputs()
def remove_continuum_scene(
    source: PathLike,
    out_path: PathLike,
    *,
    options: ContinuumOptions,
    progress: Optional[Progress] = None,
) -> ContinuumOutputs:
    """Divide every spectrum of an image by its upper hull, on the image's own usable bands.

    Parameters
    ----------
    source
        The image.
    out_path
        GeoTIFF of the ratio, float32, NaN no data, with the bands' wavelengths.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong; nothing is written then, nor after `Cancelled`.

    Examples
    --------
    >>> from crism_gan_plugin.core.simulation import Footprint, simulate_scene
    >>> scene = simulate_scene(Footprint("frt0000a001_07_if165j_mtr3", 18.31, 77.39, 0.4, 0.4), "images")
    >>> outputs = remove_continuum_scene(scene.image, "ratio.tif", range_nm=(2000, 2500))
    >>> outputs.ratio.name, outputs.continuum
    ('ratio.tif', None)
    """
    progress = progress or Progress()
    out_path = check_geotiff(out_path)
    continuum_path = None if options.continuum_out is None else check_geotiff(options.continuum_out, "continuum")
    if continuum_path is not None and continuum_path.resolve() == out_path.resolve():
        raise ParameterError(f"{continuum_path}: is the name of the ratio too; choose another name for the continuum")
    scene = open_scene(source, wavelengths=options.wavelengths)
    check_outputs([out_path, continuum_path])
    range_nm = options.range_nm or ContinuumOptions.range_nm
    assert range_nm is not None
    bands = bands_within(scene, range_nm, 3)
    for note in scene.notes:
        progress.info(note)
    with ExitStack() as opened:
        outputs = opened.enter_context(AtomicOutputs(out_path.parent))
        places = [outputs.place(path) for path in (out_path, continuum_path) if path is not None]
        writers = [opened.enter_context(_create(scene, bands, place)) for place in places]
        valid = 0
        blocks = split_lines(scene.lines, scene.samples, bands.size)
        for block, spectra in read_ahead(blocks, lambda block: scene.read(block.first, block.lines, bands)):
            flat = spectra.reshape(-1, bands.size)
            hull = upper_hull(flat, scene.axis.wavelengths_nm[bands])
            with np.errstate(over="ignore"):
                ratio = np.divide(flat, hull, out=np.full_like(flat, np.nan), where=hull > 0)  # it may be too small for a number
            valid += int(np.isfinite(ratio).any(1).sum())
            for writer, values in zip(writers, (ratio, hull)):
                writer.write(values.reshape(spectra.shape).transpose(2, 0, 1), block.first)
            progress.report((block.first + block.lines) / scene.lines, f"{block.first + block.lines} of {scene.lines} lines")
        if not valid:
            raise InputError(f"{scene.path}: no pixel has valid data; check the file and its no-data value")
    return ContinuumOutputs(out_path, continuum_path)


def bands_within(scene: Scene, range_nm: tuple[float, float], fewest: int) -> IntArray:
    """The usable bands of an image between two wavelengths; `ParameterError` if there are fewer than ``fewest``."""
    low, high = range_nm
    if not low < high:
        raise ParameterError(f"range {low:g}-{high:g} nm: the first wavelength must be the shorter one")
    wavelengths = scene.axis.wavelengths_nm
    inside = (wavelengths >= low - 0.01) & (wavelengths <= high + 0.01)
    bands = np.flatnonzero(scene.axis.usable & inside)
    if bands.size < fewest:
        marked = 0 if scene.axis.good is None else np.count_nonzero(inside & ~scene.axis.good)
        bad = f" ({marked} more are marked bad by {scene.axis.marked_by})" if marked and scene.axis.marked_by else ""
        raise ParameterError(
            f"range {low:g}-{high:g} nm: {scene.path} has {bands.size} usable bands there{bad}, {fewest} are needed; its bands "
            f"cover {wavelengths[0]:.0f}-{wavelengths[-1]:.0f} nm"
        )
    return bands


def _create(scene: Scene, bands: IntArray, path: Path) -> RasterWriter:
    axis = scene.axis
    kept = SpectralAxis(axis.wavelengths_nm[bands], None if axis.fwhm_nm is None else axis.fwhm_nm[bands])
    return create_raster(
        path,
        scene.lines,
        scene.samples,
        bands.size,
        np.float32,
        nodata=np.nan,
        georeference=scene.georeference,
        band_names=band_titles(kept),
        metadata={PRODUCT_ID_KEY: scene.product_id},
        band_metadata=wavelength_metadata(kept),
    )

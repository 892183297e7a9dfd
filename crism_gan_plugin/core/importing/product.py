"""An archive product to a clean GeoTIFF cube, in sensor space or on the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..errors import InputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..georeferencing import RESAMPLING, Lookup, find_placement, make_lookup, read_geometry
from ..instrument.product_names import find_geometry
from ..mars.georeference import Georeference
from ..options.importing import ImportOptions
from ..options.keywords import takes
from ..products.information import information_beside
from ..products.scene import Scene
from ..products.wavelengths import band_titles, wavelength_lists, wavelength_metadata
from ..progress import Progress
from ..rasters.blocks import split_lines
from ..rasters.geotiff import RasterWriter, create_raster
from ..rasters.metadata_keys import ATMOSPHERE_KEY, PRODUCT_ID_KEY, SOURCES_KEY
from .cube import ProductCube, open_product

#: About how large the planes are that are put on the map at once.
_PLANES_BYTES = 32 << 20


@dataclass(frozen=True)
class ImportOutputs:
    """The cube, and whether it lies on the map."""

    cube: Path
    on_the_map: bool


@takes(ImportOptions)
@recorded_inputs()
def import_product(
    source: PathLike,
    out_path: PathLike,
    *,
    options: ImportOptions,
    progress: Optional[Progress] = None,
) -> ImportOutputs:
    """Write a CRISM product as a GeoTIFF cube that has all its metadata.

    Parameters
    ----------
    source
        The I/F image of a TRR3, TER or MTRDR product: its label, header or image. See `cube.open_product`.
    out_path
        GeoTIFF: float32, NaN no data, bands in ascending wavelengths with wavelength, width (FWHM) and good-band flag each, and the
        same as an ENVI header's lists; metadata CRISM_PRODUCT_ID and ATMOSPHERE_CORRECTED.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong; nothing is written then, nor after `Cancelled`.

    Examples
    --------
    >>> from crism_gan_plugin.core.simulation import Footprint, simulate_scene
    >>> scene = simulate_scene(Footprint("frt0000a001_07_if165j_mtr3", 18.31, 77.39, 0.4, 0.4), "images")
    >>> outputs = import_product(scene.image, "cube.tif")
    >>> outputs.cube.name, outputs.on_the_map
    ('cube.tif', True)
    """
    progress, out_path = progress or Progress(), check_geotiff(out_path)
    if options.sensor_space and (options.geometry is not None or options.crs is not None):
        raise ParameterError("sensor space: leaves no use for geometry and CRS; leave them empty, or have the image placed")
    cube = open_product(source, options.wavelengths, options.join)
    placement, warnings = (None, []) if options.sensor_space else find_placement(cube.main, options.geometry, options.crs)
    check_outputs([out_path])
    for note in (*cube.notes, *_companions(cube.main), *([placement.note] if placement else [])):
        progress.info(note)
    on_the_map = placement is not None or _is_on_the_map(cube.main)
    if not on_the_map and not options.sensor_space:
        warnings = [*warnings, "there is no geometry (DDR) to place the image by: the cube stays in sensor space"]
    for warning in (*cube.warnings, *warnings):
        progress.warn(warning)
    with AtomicOutputs(out_path.parent) as outputs:
        place = outputs.path(out_path.name)
        if placement is None:
            valid = _write_lines(cube, place, progress)
        else:
            lookups = _lookups(cube, placement.lookup, progress)
            valid = _write_planes(cube, lookups, options.resampling, place, progress)
        if not valid:
            raise InputError(f"{cube.main.path}: no pixel has valid data; check the file and its no-data value")
    return ImportOutputs(out_path, on_the_map)


def _write_lines(cube: ProductCube, path: Path, progress: Progress) -> bool:
    """Write the image's own pixels by blocks of lines; whether any number is valid."""
    lines, samples, bands = cube.main.lines, cube.main.samples, cube.axis.bands
    valid = False
    with _create(cube, path, lines, samples, cube.main.georeference) as writer:
        for block in split_lines(lines, samples, bands):
            spectra = cube.read(block.first, block.lines, 0, bands)
            valid = valid or bool(np.isfinite(spectra).any())
            writer.write(spectra.transpose(2, 0, 1), block.first)
            done = block.first + block.lines
            progress.report(done / lines, f"{done} of {lines} lines")
    return valid


def _write_planes(cube: ProductCube, lookups: list[Lookup], resampling: str, path: Path, progress: Progress) -> bool:
    """Write the cube on the map, some bands at a time, since a line of the map may cross all lines of the image."""
    grid, lines, bands = lookups[0].grid, cube.main.lines, cube.axis.bands
    place = RESAMPLING[resampling]
    valid = False
    with _create(cube, path, grid.lines, grid.samples, grid.georeference) as writer:
        for first, stop, lookup in _groups(cube, lookups):
            planes = np.ascontiguousarray(cube.read(0, lines, first, stop).transpose(2, 0, 1))
            placed = place(planes, lookup, np.nan)
            valid = valid or bool(np.isfinite(placed).any())
            writer.write(placed, 0, first)
            progress.report(stop / bands, f"{stop} of {bands} bands")
    return valid


def _groups(cube: ProductCube, lookups: list[Lookup]) -> Iterator[tuple[int, int, Lookup]]:
    """First band, one past the last, and the lookup table, of bands of one sensor that fit a fixed amount of memory."""
    grid = lookups[0].grid
    size = max(1, _PLANES_BYTES // (4 * max(cube.main.lines * cube.main.samples, grid.lines * grid.samples)))
    start = 0
    for part, lookup in zip(cube.parts, lookups):
        for first in range(start, start + part.bands.size, size):
            yield first, min(first + size, start + part.bands.size), lookup
        start += part.bands.size


def _lookups(cube: ProductCube, main: Lookup, progress: Progress) -> list[Lookup]:
    """A table for each part: by the visible sensor's own DDR where that lies beside it, as the two see a little apart."""
    tables = []
    for part in cube.parts[:-1]:
        scene = part.scene
        own = find_geometry(scene.name, [scene.path.parent]) if scene.name else None
        table = main
        if own is not None:
            try:
                table = make_lookup(read_geometry(own, scene.lines, scene.samples, scene.name), main.grid)
                progress.info(f"visible bands placed by {own.name}, found beside the image")
            except InputError as error:
                progress.warn(f"the visible sensor's geometry is not used: {error}")
        tables.append(table)
    return [*tables, main]


def _create(cube: ProductCube, path: Path, lines: int, samples: int, georeference: Optional[Georeference]) -> RasterWriter:
    metadata = {PRODUCT_ID_KEY: cube.product_id, SOURCES_KEY: ", ".join(part.scene.product_id for part in cube.parts)}
    if cube.main.atmosphere_corrected is not None:
        metadata[ATMOSPHERE_KEY] = "yes" if cube.main.atmosphere_corrected else "no"
    return create_raster(
        path,
        lines,
        samples,
        cube.axis.bands,
        np.float32,
        nodata=np.nan,
        georeference=georeference,
        band_names=band_titles(cube.axis),
        metadata=metadata,
        band_metadata=wavelength_metadata(cube.axis),
        envi=wavelength_lists(cube.axis),
    )


def _companions(scene: Scene) -> list[str]:
    """What else of this product lies beside it."""
    found = information_beside(scene)
    return [] if found is None else [f"processing information beside the image: {found.name}"]


def _is_on_the_map(scene: Scene) -> bool:
    return scene.georeference is not None and bool(scene.georeference.wkt)

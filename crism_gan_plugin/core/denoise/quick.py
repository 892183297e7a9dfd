"""The quick mode: the plain volcano-scan correction of an image, block by block."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..arrays import FloatArray
from ..atmosphere import Transmission, artifact_multiples, is_uncorrected, volcano_scan_correction
from ..background.files import load_background
from ..errors import InputError, ParameterError
from ..files.inputs import current_inputs, recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_outputs, split_name
from ..options.denoising import CorrectionOptions
from ..options.keywords import takes
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..spectra.axis import SpectralAxis
from ..spectra.resampling import resampler_to_grid
from ..spectra.sweet_spot import resampler_to_sweet_spot
from .columns import on_axis
from .cubes import create_cube
from .doubt import SURE, doubt, doubt_warnings, typical_scan
from .finished import are_finished, decisive, key_of, write_record
from .ground import RANGE_NM, learn_ground, some_of
from .scans import choose_scans, named, refuse_map_projected
from .surface import surface_library

#: Of scaling wavelengths; the one that the table of recommended scans is read for, too.
_PAIR = "mcguire"

#: Lines that tell how much of the scan's artifact the image has, and what the scan leaves.
_SOME_LINES = 48


@dataclass(frozen=True)
class CorrectedOutputs:
    """Paths of a corrected image."""

    corrected: Path
    provenance: Path


@takes(CorrectionOptions, transmissions="volcano_scans")
@recorded_inputs()
def correct_scene(
    source: PathLike,
    out_dir: PathLike,
    *,
    options: CorrectionOptions,
    name: Optional[str] = None,
    reuse: bool = False,
    progress: Optional[Progress] = None,
) -> CorrectedOutputs:
    """Divide an image by the first of its volcano scans, scaled to each spectrum; see `atmosphere.volcano_scan_correction`.

    Parameters
    ----------
    source, out_dir, name, reuse
        As for `denoise_scene`.
    {options}

    Returns
    -------
    Paths. The cube has the image's size and bands; columns with wavelengths of their own are interpolated to the sweet spot's.

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    scene = open_scene(source, wavelengths=options.wavelengths)
    stem, ending = split_name(name, f"{scene.path.stem}_corrected")
    scan = _scan_for(scene, options)
    made = CorrectedOutputs(Path(out_dir) / f"{stem}{ending}", Path(out_dir) / f"{stem}_provenance.json")
    check_outputs(asdict(made).values())
    for note in (*scene.notes, f"volcano scan: {scan.name}"):
        progress.info(note)
    record: dict[str, Any] = {
        "started": provenance.now(),
        "image": provenance.describe_scene(scene),
        "volcano scan": scan.name,
        "input files": provenance.describe_opened(current_inputs().opened(), [scene]),
        "versions": provenance.versions(),
    }
    key = key_of(decisive(record, ("crism_gan", "numpy")))
    if reuse and are_finished([made.corrected], made.provenance, key, progress):
        return made
    at_2_um = _doubt(scene, scan)
    record["in doubt at 2 um"], record["warnings"] = round(at_2_um, 4), doubt_warnings(at_2_um)
    for warning in record["warnings"]:
        progress.warn(warning)
    with AtomicOutputs(out_dir) as outputs:
        _write(scene, scan, at_2_um > SURE, outputs.path(made.corrected.name), progress)
        record["finished"] = provenance.now()
        write_record(outputs, [made.corrected], made.provenance, record, key)
    return made


def _scan_for(scene: Scene, options: CorrectionOptions) -> Transmission:
    if not is_uncorrected(scene, resampler_to_grid(scene.axis, str(scene.path), mapping_data=True)):
        raise ParameterError(f"{scene.path}: is corrected for the atmosphere already; there is nothing to do for the quick mode")
    refuse_map_projected(scene)
    chosen = choose_scans(scene, options.volcano_scans, options.scan_table)
    if not chosen.scans:
        raise InputError(
            f"{scene.path}: no volcano scan is given, nor is one that fits beside the image; give an ADR…_VS… record"
            f"{named(chosen.passed_over)}"
        )
    return chosen.scans[0]


def _some_lines(scene: Scene) -> FloatArray:
    """(lines, samples, bands) from all over the image."""
    lines = np.unique(np.linspace(0, scene.lines - 1, _SOME_LINES).astype(int))
    return np.concatenate([scene.read(int(line), 1) for line in lines])


def _doubt(scene: Scene, scan: Transmission) -> float:
    """How much at 2 µm depends on the scan."""
    axis = scene.axis
    bands = np.flatnonzero((axis.wavelengths_nm >= RANGE_NM[0]) & (axis.wavelengths_nm <= RANGE_NM[1]) & axis.usable)
    nm = axis.wavelengths_nm[bands]
    own_nm = np.broadcast_to(nm, (scene.samples, nm.size)) if axis.by_column_nm is None else axis.by_column_nm[:, bands]
    sample = _some_lines(scene)[..., bands]
    line, column = np.nonzero(np.isfinite(sample).any(-1) & np.isfinite(own_nm).all(1))
    some = some_of(line.size)
    spectra = on_axis(sample[line[some], column[some]], own_nm[column[some]], nm)
    air = learn_ground(spectra, nm, surface_library(), load_background(), corrected=False).air
    return doubt(air, [typical_scan(scan.by_column[:, bands], own_nm, column[some], nm)], nm) if air.any() else 0.0


def _multiples(scene: Scene, scan: Transmission) -> FloatArray:
    """(columns,) of the scan's artifact, told by lines from all over the image."""
    sample = _some_lines(scene)
    return artifact_multiples(volcano_scan_correction(sample, scan, _PAIR, patch=False), scan, _PAIR)


def _write(scene: Scene, scan: Transmission, doubtful: bool, path: Path, progress: Progress) -> None:
    axis = scene.axis
    sweet_spot = None if axis.by_column_nm is None else resampler_to_sweet_spot(axis)
    multiples = _multiples(scene, scan)

    def corrected(block: Block) -> FloatArray:
        spectra = volcano_scan_correction(scene.read(block.first, block.lines), scan, _PAIR, multiples=multiples)
        return spectra if sweet_spot is None else sweet_spot.whole(spectra)

    plain = SpectralAxis(axis.wavelengths_nm, axis.fwhm_nm, axis.good)
    with create_cube(scene, plain, path, np.float32, np.nan, doubtful=doubtful) as raster:
        for block, spectra in read_ahead(split_lines(scene.lines, scene.samples, axis.bands), corrected):
            raster.write(spectra.transpose(2, 0, 1), block.first)
            done = block.first + block.lines
            progress.report(done / scene.lines, f"corrected {done} of {scene.lines} lines")

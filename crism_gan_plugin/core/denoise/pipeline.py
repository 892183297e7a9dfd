"""Denoises an image file. Spectra go to scratch files, are denoised by blocks of columns, and go back to files as cubes."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from ... import paths
from .. import provenance
from ..arrays import AnyArray, FloatArray, IntArray
from ..atmosphere import Transmission, is_uncorrected
from ..background.files import load_background
from ..errors import InputError
from ..files.inputs import current_inputs, recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_outputs, split_name
from ..options.denoising import DenoiseOptions
from ..options.keywords import takes
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..spectra.axis import SpectralAxis
from ..spectra.resampling import resampler_to_grid
from ..spectra.sweet_spot import resampler_to_sweet_spot
from .columns import choose_device, denoise_columns, on_axis
from .cubes import create_cube, create_plane, create_row
from .doubt import SURE, doubt, doubt_warnings, typical_scan
from .finished import are_finished, decisive, key_of, write_record
from .ground import RANGE_NM, ImageGround, learn_ground, no_ground, some_of
from .groups import Groups, make_groups
from .rounds import Settings
from .scans import choose_scans, named, refuse_map_projected
from .surface import SurfaceLibrary, surface_library
from .workspace import Size, Workspace, open_workspace

_PIXELS_AT_ONCE = 10000

#: Where the progress bar stands after reading, and after denoising.
_READ, _DENOISED = 0.05, 0.9


@dataclass(frozen=True)
class DenoisedOutputs:
    """Paths of a denoised image.

    Attributes
    ----------
    corrected
        I/F without atmosphere, stripes and spikes; its noise is kept.
    model
        Noise-free I/F, which `map_scene` takes as its model. Its metadata tell the image's bland ground (`ground`).
    background
        The background alone: a concave curve, on the image's ground.
    path
        How much air each pixel was seen through, in units of the transmission's air.
    transmission
        A raster of one line, with the transmission of the atmosphere and the detector in each column. None where the detector's
        columns are not known.
    bad
        1 where an entry was replaced by the model.
    provenance
        How it was made.
    """

    corrected: Path
    model: Path
    background: Path
    path: Path
    transmission: Optional[Path]
    bad: Path
    provenance: Path


@takes(DenoiseOptions, transmissions="volcano_scans")
@recorded_inputs()
def denoise_scene(
    source: PathLike,
    out_dir: PathLike,
    *,
    options: DenoiseOptions,
    name: Optional[str] = None,
    reuse: bool = False,
    progress: Optional[Progress] = None,
) -> DenoisedOutputs:
    """Separate the surface from atmosphere, noise and detector artefacts (Itoh & Parente 2019, 2021).

    Parameters
    ----------
    source
        A TRR3 (its atmosphere is separated), TER or MTRDR (corrected already), or another cube of I/F with wavelengths.
    out_dir
        Folder of the results; made if missing.
    {options}
    name
        Stem of the outputs; None: ``<scene>_denoised``.
    reuse
        Leave cubes that are there as they are, if they are whole and were made of the same in the same way.

    Returns
    -------
    Paths. Cubes have the image's lines, samples and bands, NaN outside 1.008-2.650 µm. In an image whose columns have
    wavelengths of their own, all are interpolated to the sweet spot's (`sweet_spot`), which are those in the metadata.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong. Nothing is written then; where the disk was full, or after `Cancelled`, the scratch
        files stay, and the same call goes on where it was interrupted.
    """
    progress = progress or Progress()
    scene = open_scene(source, wavelengths=options.wavelengths)
    stem, ending = split_name(name, f"{scene.path.stem}_denoised")
    task = _Task.make(scene, options)
    files = provenance.describe_opened(current_inputs().opened(), [scene])
    made = _paths(Path(out_dir), stem, ending, task.groups.by_column and scene.georeference is None)
    check_outputs(asdict(made).values())
    record = {**task.record(), "input files": files}
    for note in (*scene.notes, *task.notes()):
        progress.info(note)
    for warning in record["warnings"]:
        progress.warn(warning)
    what = decisive({**record, "data": task.checksum(), "device": choose_device(options.device)}, ("crism_gan", "numpy", "torch"))
    if reuse and are_finished(asdict(made).values(), made.provenance, key_of(what), progress):
        return made
    with open_workspace(Path(out_dir), stem, task.size(), what, progress) as space:
        if space.goes_on():
            done = space.done()
            progress.info(f"an interrupted run goes on: {int(done.sum())} of {done.size} blocks of columns are done")
            current_inputs().settle()
        else:
            _read(task, space, progress.part(0, _READ))
            current_inputs().settle()
            space.all_read()
        ground, at_2_um = _learn_ground(task, space)
        warnings = [*ground.warnings(), *doubt_warnings(at_2_um)]
        for warning in warnings:
            progress.warn(warning)
        record["ground"] = {"known": ground.known, "resembles": ground.resembles, "standard deviations": round(ground.by, 1)}
        record["in doubt at 2 um"] = round(at_2_um, 4) if np.isfinite(at_2_um) else None
        record["warnings"] += warnings
        record["iterations"] = _denoise(task, ground, space, what["device"], progress.part(_READ, _DENOISED))
        with AtomicOutputs(out_dir) as outputs:
            _write(task, ground, at_2_um > SURE, space, outputs, made, progress.part(_DENOISED, 1))
            record["finished"] = provenance.now()
            write_record(outputs, asdict(made).values(), made.provenance, record, key_of(what))
    return made


@dataclass(frozen=True)
class _Task:
    """The image that is to be denoised, and what denoises it."""

    scene: Scene
    bands: IntArray
    corrected: bool
    scans: list[Transmission]
    passed_over: tuple[str, ...]
    groups: Groups
    library: SurfaceLibrary
    settings: Settings

    @staticmethod
    def make(scene: Scene, options: DenoiseOptions) -> _Task:
        library = surface_library(options.exemplars, options.spectral_libraries, options.ices)
        axis = scene.axis
        corrected = not is_uncorrected(scene, resampler_to_grid(axis, str(scene.path), mapping_data=True))
        wanted = (axis.wavelengths_nm >= RANGE_NM[0]) & (axis.wavelengths_nm <= RANGE_NM[1])
        bands = np.flatnonzero(wanted if axis.good is None else wanted & axis.good)
        scans: list[Transmission] = []
        passed_over: tuple[str, ...] = ()
        if not corrected:
            refuse_map_projected(scene)
            chosen = choose_scans(scene, options.volcano_scans, options.scan_table)
            scans, passed_over = [scan.of_bands(bands) for scan in chosen.scans], chosen.passed_over
        groups = make_groups(scene, options.information)
        settings = Settings(common=groups.by_column, corrected=corrected)
        return _Task(scene, bands, corrected, scans, passed_over, groups, library, settings)

    def notes(self) -> list[str]:
        scans = ", ".join(scan.name for scan in self.scans) or "none"
        return [f"absorption library: {self.library.source}", f"volcano scans: {scans}", *self.passed_over, self.groups.note]

    def warnings(self) -> list[str]:
        if self.corrected or self.scans:
            return []
        return [
            "no volcano scan is given: the transmission is learned from the image alone, and what all of its ground has in carbon "
            f"dioxide's bands is taken for the atmosphere's{named(self.passed_over)}"
        ]

    def record(self) -> dict[str, Any]:
        return {
            "started": provenance.now(),
            "image": provenance.describe_scene(self.scene),
            "volcano scans": [scan.name for scan in self.scans],
            "library": {"source": self.library.source, "names": list(self.library.names)},
            "background": None if self.scans else provenance.describe_file(paths.background()),
            "columns": self.groups.note,
            "bands": self.scene.axis.wavelengths_nm[self.bands].round(2).tolist(),
            "settings": asdict(self.settings),
            "warnings": self.warnings(),
            "versions": provenance.versions("torch"),
        }

    def size(self) -> Size:
        scene, groups = self.scene, self.groups
        return Size(scene.lines, scene.samples, self.bands.size, len(groups.pixels), len(groups.blocks()))

    def checksum(self) -> str:
        """The checksum of all numbers that decide the result, except the image's own. Names alone do not tell files apart."""
        digest = hashlib.sha256(np.ascontiguousarray(self.library.on(self.scene.axis.wavelengths_nm[self.bands])).data)
        digest.update(np.ascontiguousarray(self.wavelengths(slice(0, len(self.groups.pixels)))).data)
        for array in (*(start for scan in self.scans for start in scan.starts()), *self.groups.pixels):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def wavelengths(self, block: slice) -> FloatArray:
        """The wavelengths of some groups, (groups, bands) nm."""
        axis, count = self.scene.axis, block.stop - block.start
        shared = axis.wavelengths_nm[self.bands]
        if axis.by_column_nm is None:
            return np.broadcast_to(shared, (count, shared.size))
        own = axis.by_column_nm[block][:, self.bands]
        return np.where(np.isfinite(own).all(1, keepdims=True), own, shared)

    def to_one_axis(self, block: slice) -> Callable[[FloatArray], FloatArray]:
        """A function that resamples spectra (lines, groups, bands) of some groups to the one list of wavelengths of the image."""
        axis = self.scene.axis
        if axis.by_column_nm is None:
            return lambda cube: cube
        return resampler_to_sweet_spot(SpectralAxis(axis.wavelengths_nm[self.bands], by_column_nm=self.wavelengths(block))).whole


def _read(task: _Task, space: Workspace, progress: Progress) -> None:
    scene, spectra = task.scene, space.spectra
    for block, values in read_ahead(
        split_lines(scene.lines, scene.samples, task.bands.size),
        lambda block: scene.read(block.first, block.lines, task.bands),
    ):
        spectra.write(_pixels(block, scene), values.reshape(-1, task.bands.size))
        progress.report((block.first + block.lines) / scene.lines, f"read {block.first + block.lines} of {scene.lines} lines")
    alone = np.setdiff1d(np.arange(scene.lines * scene.samples), np.concatenate(task.groups.pixels), assume_unique=True)
    for part in np.array_split(alone, -(-alone.size // _PIXELS_AT_ONCE)) if alone.size else ():
        for file in (*space.cubes.values(), space.path):
            file.write(part, np.float32(np.nan))


def _pixels(block: Block, scene: Scene) -> IntArray:
    """Numbers of the pixels of some lines."""
    return np.arange(block.first * scene.samples, (block.first + block.lines) * scene.samples)


def _learn_ground(task: _Task, space: Workspace) -> tuple[ImageGround, float]:
    """Learn the image's ground from pixels of all its columns, and how much at 2 µm is in doubt. With scans none is learned."""
    axis_nm, all_nm = task.scene.axis.wavelengths_nm[task.bands], task.wavelengths(slice(0, len(task.groups.pixels)))
    pixels = np.concatenate(task.groups.pixels)
    some = some_of(pixels.size)
    group = np.repeat(np.arange(len(task.groups.pixels)), [group.size for group in task.groups.pixels])[some]
    spectra = on_axis(space.spectra.read(pixels[some]), all_nm[group], axis_nm)
    learned = learn_ground(spectra, axis_nm, task.library, load_background(), task.corrected)
    if task.corrected:
        return learned, 0.0
    if not task.scans:
        return learned, doubt(learned.air, [], axis_nm)
    scans = [typical_scan(scan.by_column, all_nm, group, axis_nm) for scan in task.scans]
    return no_ground(axis_nm), doubt(learned.air, scans, axis_nm) if learned.has_air else 0.0


def _denoise(task: _Task, ground: ImageGround, space: Workspace, device: str, progress: Progress) -> float:
    """Denoise what is not done yet, and return the mean number of iterations."""
    blocks, done = task.groups.blocks(), space.done()
    for number, block in enumerate(blocks):
        if not done[number]:
            used = _denoise_block(task, ground, space, block, device, progress)
            space.iterations.write(np.array([number]), np.float64(used))
            space.mark_done(number)
        progress.report((number + 1) / len(blocks), f"denoised {block.stop} of {len(task.groups.pixels)} columns")
    if not np.isfinite(space.path.read(np.arange(space.path.pixels))).any():
        raise InputError(f"{task.scene.path}: no detector column has enough valid spectra; check the image and its no-data value")
    return float(space.iterations.read(np.arange(len(blocks))).mean())


def _denoise_block(task: _Task, ground: ImageGround, space: Workspace, block: slice, device: str, progress: Progress) -> float:
    numbers = task.groups.numbers(block)
    held = numbers >= 0
    where = numbers[held]
    i_over_f = np.full((*numbers.shape, task.bands.size), np.nan, np.float32)
    i_over_f[held] = space.spectra.read(where)
    parts = denoise_columns(
        i_over_f,
        task.wavelengths(block),
        [start[block] for scan in task.scans for start in scan.starts()],
        task.library,
        task.settings,
        ground=ground,
        device=device,
        progress=_Unseen(progress),
    )
    to_one_axis = task.to_one_axis(block)
    for name, cube in space.cubes.items():
        cube.write(where, to_one_axis(getattr(parts, name))[held])
    space.bad.write(where, parts.bad[held])
    space.path.write(where, parts.path[held][:, None])
    space.transmission.write(np.arange(block.start, block.stop), parts.transmission)
    used = parts.iterations[parts.iterations > 0]
    return float(used.mean()) if used.size else 0.0


class _Unseen(Progress):
    """The progress of a block of columns. It is not shown, but it may cancel."""

    def __init__(self, whole: Progress) -> None:
        self._whole = whole

    def is_cancelled(self) -> bool:
        return self._whole.is_cancelled()


def _write(
    task: _Task,
    ground: ImageGround,
    doubtful: bool,
    space: Workspace,
    outputs: AtomicOutputs,
    made: DenoisedOutputs,
    progress: Progress,
) -> None:
    scene, axis = task.scene, task.scene.axis
    plain = SpectralAxis(axis.wavelengths_nm, axis.fwhm_nm, axis.good)
    cubes = {"corrected": made.corrected, "model": made.model, "background": made.background}
    of_ground = np.exp(ground.on(axis.wavelengths_nm)) if ground.known else None
    with ExitStack() as files:
        rasters = {
            name: files.enter_context(
                create_cube(
                    scene,
                    plain,
                    outputs.place(cube),
                    np.float32,
                    np.nan,
                    ground=of_ground if name == "model" else None,
                    doubtful=doubtful,
                )
            )
            for name, cube in cubes.items()
        }
        marks = files.enter_context(create_cube(scene, plain, outputs.place(made.bad), np.uint8, 255))
        paths = files.enter_context(create_plane(scene, outputs.place(made.path), "path"))
        for block in split_lines(scene.lines, scene.samples, axis.bands):
            pixels = _pixels(block, scene)
            for name, raster in rasters.items():
                values = space.cubes[name].read(pixels)
                raster.write(_all_bands(values, task, block.lines, np.float32(np.nan)), block.first)
            marks.write(_all_bands(space.bad.read(pixels), task, block.lines, np.uint8(255)), block.first)
            paths.write(space.path.read(pixels).reshape(1, block.lines, scene.samples), block.first)
            progress.report((block.first + block.lines) / scene.lines, f"wrote {block.first + block.lines} of {scene.lines} lines")
    if made.transmission is not None:
        _write_transmission(task, space, outputs.place(made.transmission), plain)


def _all_bands(values: AnyArray, task: _Task, lines: int, empty: np.generic) -> AnyArray:
    """Put numbers of (pixels, denoised bands) into an array of (all bands, lines, samples)."""
    full = np.full((task.scene.axis.bands, lines, task.scene.samples), empty)
    full[task.bands] = values.reshape(lines, task.scene.samples, -1).transpose(2, 0, 1)
    return full


def _write_transmission(task: _Task, space: Workspace, path: Path, axis: SpectralAxis) -> None:
    """Write the transmission as one line of the image's columns, each on its own wavelengths, which are the detector's."""
    values = np.full((axis.bands, 1, task.scene.samples), np.nan, np.float32)
    values[task.bands, 0] = space.transmission.read(np.arange(len(task.groups.pixels))).T
    with create_row(task.scene.samples, axis, path) as writer:
        writer.write(values, 0)


def _paths(folder: Path, stem: str, ending: str, with_transmission: bool) -> DenoisedOutputs:
    return DenoisedOutputs(
        corrected=folder / f"{stem}{ending}",
        model=folder / f"{stem}_model.tif",
        background=folder / f"{stem}_background.tif",
        path=folder / f"{stem}_path.tif",
        transmission=folder / f"{stem}_transmission.tif" if with_transmission else None,
        bad=folder / f"{stem}_bad.tif",
        provenance=folder / f"{stem}_provenance.json",
    )

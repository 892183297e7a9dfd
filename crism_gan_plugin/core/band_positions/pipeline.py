"""From an image to a map of the deepest absorption inside a window of wavelengths, file to file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..arrays import FloatArray, IntArray
from ..atmosphere import AIR_BANDS_NM, in_air_bands, shows_air
from ..continuum_cube import bands_within
from ..errors import InputError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..georeferencing import Placement, find_placement
from ..mapping.legend import ramp_qml
from ..mapping.placing import describe_placement, place
from ..mars.georeference import Georeference
from ..options.band_positions import WINDOW_NM, BandOptions
from ..options.keywords import takes
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.blocks import Block, read_ahead, split_lines
from ..rasters.geotiff import RasterWriter, create_raster
from ..rasters.metadata_keys import PRODUCT_ID_KEY, PROVENANCE_KEY
from .bands import FEWEST_CHANNELS, BandFinder

#: The bands of the result, and how each is called in the names of the styles.
RESULTS = {"centre_nm": "centre", "depth": "depth", "width_nm": "width", "area_nm": "area"}

#: Of a Gaussian: full width at half its depth, and area of a depth of 1, by standard deviation.
_FULL_WIDTH, _AREA = 2 * np.sqrt(2 * np.log(2)), np.sqrt(2 * np.pi)

#: Numbers that the fit holds for each pixel of a block. They make blocks small, so that a run is cancelled within a second.
_NUMBERS = 1024

#: About how many pixels tell the limits of colours, and the quantiles at which colours begin and end.
_SAMPLED, _QUANTILES = 100_000, (0.02, 0.98)


@dataclass(frozen=True)
class BandOutputs:
    """Paths of a map of band positions.

    Attributes
    ----------
    bands
        float32, four bands: ``centre_nm``, ``depth``, ``width_nm`` (full width at half depth), ``area_nm``; NaN where there is no
        absorption, or no data.
    styles
        QGIS styles of these bands. The first has the raster's name, so that QGIS loads it.
    provenance
        What it was made of, and how (JSON).
    """

    bands: Path
    styles: tuple[Path, ...]
    provenance: Path


@takes(BandOptions)
@recorded_inputs()
def fit_band_positions(
    source: PathLike,
    output: PathLike,
    *,
    options: BandOptions,
    progress: Optional[Progress] = None,
) -> BandOutputs:
    """Find the deepest absorption inside a window for each pixel of an image: its centre, depth, width and area.

    Spectra are divided by their upper hull inside the window. One Gaussian is fitted, or two where they explain the spectrum
    better than noise can. The deeper one counts.

    Parameters
    ----------
    source
        The image.
    output
        GeoTIFF of the four bands. The other files get names that begin like its own.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong; nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_geotiff(output)
    later = [target.with_name(f"{target.stem}_{word}.qml") for word in list(RESULTS.values())[1:]]
    made = BandOutputs(target, (target.with_suffix(".qml"), *later), target.with_name(f"{target.stem}_provenance.json"))
    fit = _PositionFit.open(source, options, progress)
    check_outputs([made.bands, *made.styles, made.provenance])
    for note in fit.notes:
        progress.info(note)
    for warning in fit.warnings:
        progress.warn(warning)
    record = fit.record()
    record[provenance.RUN_ID] = provenance.run_id(record)
    with AtomicOutputs(target.parent) as outputs:
        fit.write(outputs, outputs.place(target), record, progress)
        progress.info(f"{fit.seen.bands} of {fit.seen.pixels} pixels with data show an absorption")
        if not fit.corrected and fit.seen.air:
            progress.warn(f"{fit.seen.air} of {fit.seen.bands} absorptions lie where the air absorbs; correct the image first")
        for number, path in enumerate(made.styles):
            outputs.place(path).write_text(ramp_qml(*fit.seen.limits(number), band=number + 1), encoding="utf-8")
        record["pixels"] = {
            "with data": fit.seen.pixels,
            "with an absorption": fit.seen.bands,
            "where the air absorbs": fit.seen.air,
        }
        record["finished"] = provenance.now()
        text = json.dumps(record, indent=1, ensure_ascii=False)
        outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")
    return made


@dataclass
class _Seen:
    """What was seen while the bands were written: pixels with data, with a band, and with one where the air absorbs.

    ``step`` is between the lines of which numbers are kept.
    """

    step: int
    pixels: int = 0
    bands: int = 0
    air: int = 0
    kept: list[FloatArray] = field(default_factory=list)

    def add(self, block: Block, planes: FloatArray, pixels: int) -> None:
        """The (4, lines, samples) of a block, and how many of its pixels have data."""
        self.pixels += pixels
        self.bands += int(np.isfinite(planes[0]).sum())
        self.air += int(in_air_bands(planes[0]).sum())
        lines = planes[:, -block.first % self.step :: self.step]
        self.kept.append(lines[:, np.isfinite(lines[0])])

    def limits(self, number: int) -> tuple[float, float]:
        """The numbers of a band between which its colours lie."""
        values = np.concatenate([kept[number] for kept in self.kept])
        low, high = np.quantile(values, _QUANTILES) if values.size else (0.0, 1.0)
        return float(low), float(max(high, low + 1e-3))


@dataclass(frozen=True)
class _PositionFit:
    """An image, and the window in which absorptions are looked for."""

    scene: Scene
    placement: Optional[Placement]
    channels: IntArray
    finder: BandFinder
    corrected: bool
    warnings: list[str]
    seen: _Seen

    @staticmethod
    def open(source: PathLike, options: BandOptions, progress: Progress) -> _PositionFit:
        scene = open_scene(source, wavelengths=options.wavelengths)
        channels = bands_within(scene, options.range_nm or WINDOW_NM, FEWEST_CHANNELS)
        placement, warnings = find_placement(scene, options.geometry, options.crs)
        corrected = not shows_air(scene)
        if not corrected:
            bands = ", ".join(f"{low / 1000:.2f}-{high / 1000:.2f}" for low, high in AIR_BANDS_NM)
            warnings = [*warnings, f"the image is {UNCORRECTED}: what absorbs at {bands} µm is the air"]
        step = max(1, scene.lines * scene.samples // _SAMPLED)
        finder = BandFinder(scene.axis.wavelengths_nm[channels], check=progress.check)
        return _PositionFit(scene, placement, channels, finder, corrected, warnings, _Seen(step))

    @property
    def notes(self) -> list[str]:
        nm = self.finder.wavelengths_nm
        window = f"absorptions are looked for in {nm.size} channels, {nm[0]:.1f}-{nm[-1]:.1f} nm"
        return [*self.scene.notes, *([] if self.placement is None else [self.placement.note]), window]

    @property
    def georeference(self) -> Optional[Georeference]:
        """The georeference of the result; None in sensor space."""
        return self.scene.georeference if self.placement is None else self.placement.lookup.grid.georeference

    def record(self) -> dict[str, Any]:
        """How the result is made, for its reader."""
        nm = self.finder.wavelengths_nm
        return {
            "started": provenance.now(),
            "image": provenance.describe_scene(self.scene),
            "geometry": None if self.placement is None else describe_placement(self.placement),
            "window": {"first nm": float(nm[0]), "last nm": float(nm[-1]), "channels": int(nm.size)},
            "wavelengths": "one for all columns" if self.scene.axis.by_column_nm is None else "each detector column's own",
            "bands at most": self.finder.most,
            "threshold": float(f"{self.finder.threshold:.4g}"),
            provenance.CORRECTED: self.corrected,
            "warnings": self.warnings,
            "versions": provenance.versions(),
        }

    def write(self, outputs: AtomicOutputs, path: Path, record: Mapping[str, Any], progress: Progress) -> None:
        """Write the four bands, in sensor space first where they are placed on the map."""
        scene = self.scene
        if self.placement is None:
            with self._create(path, scene.lines, scene.samples, record, self.georeference) as writer:
                self._compute(writer, progress.part(0, 0.99))
            return
        grid = self.placement.lookup.grid
        with outputs.scratch() as folder:
            with self._create(folder / path.name, scene.lines, scene.samples, record, None) as writer:
                self._compute(writer, progress.part(0, 0.9))
            with self._create(path, grid.lines, grid.samples, record, self.georeference) as writer:
                for first, planes in place(folder / path.name, self.placement.lookup, np.nan):
                    writer.write(planes, first)
                    progress.report(0.9 + 0.09 * (first + planes.shape[1]) / grid.lines, "placed on the map")

    def _create(
        self, path: Path, lines: int, samples: int, record: Mapping[str, Any], georeference: Optional[Georeference]
    ) -> RasterWriter:
        metadata = {
            PRODUCT_ID_KEY: self.scene.product_id,
            PROVENANCE_KEY: f"{path.stem}_provenance.json",
            **provenance.identity(record),
        }
        about: dict[str, Any] = {"band_names": list(RESULTS), "nodata": np.nan, "metadata": metadata}
        return create_raster(path, lines, samples, len(RESULTS), np.float32, georeference=georeference, **about)

    def _compute(self, writer: RasterWriter, progress: Progress) -> None:
        scene, own_nm = self.scene, self._own_wavelengths()
        blocks = split_lines(scene.lines, scene.samples, _NUMBERS)
        for block, spectra in read_ahead(blocks, lambda block: scene.read(block.first, block.lines, self.channels)):
            progress.check()
            flat = spectra.reshape(-1, self.channels.size)
            own = None if own_nm is None else np.tile(own_nm, (block.lines, 1))
            found = self.finder(flat, own)
            depth, sigma = found.depth[:, 0], found.sigma_nm[:, 0]
            planes = np.stack([found.centre_nm[:, 0], depth, _FULL_WIDTH * sigma, _AREA * depth * sigma]).astype(np.float32)
            planes = planes.reshape(-1, block.lines, scene.samples)
            writer.write(planes, block.first)
            self.seen.add(block, planes, int(np.isfinite(flat).any(1).sum()))
            done = block.first + block.lines
            progress.report(done / scene.lines, f"fitted {done} of {scene.lines} lines")
        if not self.seen.pixels:
            raise InputError(f"{scene.path}: no pixel has valid data; check the file and its no-data value")

    def _own_wavelengths(self) -> Optional[FloatArray]:
        """(samples, channels) nm of each detector column, or None if all have the same."""
        own = self.scene.axis.by_column_nm
        if own is None:
            return None
        inside = own[:, self.channels]
        return np.where(np.isfinite(inside).all(1, keepdims=True), inside, self.finder.wavelengths_nm)

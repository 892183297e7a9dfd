"""From an image to its summary parameters and browse products, file to file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..arrays import FloatArray
from ..errors import InputError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..georeferencing import Placement, find_placement
from ..mapping.legend import ramp_qml, rgb_qml
from ..mapping.placing import describe_placement, place
from ..mars.georeference import Georeference
from ..options.keywords import takes
from ..options.summary_parameters import SUMMARY_PARAMETERS, SummaryOptions
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.blocks import Block, read_ahead, split_lines
from ..rasters.geotiff import RasterWriter, create_raster
from ..rasters.metadata_keys import PRODUCT_ID_KEY, PROVENANCE_KEY
from ..rasters.reader import RasterReader
from .browse import CHANNELS
from .delivered import DeliveredParameters, find_browse_product, read_colours
from .plan import ParameterPlan
from .stretch import NO_COLOUR, colours, limits_of, sampled_lines


@dataclass(frozen=True)
class SummaryOutputs:
    """Paths of the summary parameters of an image.

    Attributes
    ----------
    parameters
        float32, a band for each parameter under its name in the archive, NaN no data.
    style
        Its QGIS style: the first browse product, else the first band.
    products
        The browse products: three bands of bytes, 255 no data.
    provenance
        What they were made of, and how (JSON).
    """

    parameters: Path
    style: Path
    products: tuple[Path, ...]
    provenance: Path


@takes(SummaryOptions)
@recorded_inputs()
def make_summary_parameters(
    source: PathLike,
    output: PathLike,
    *,
    options: SummaryOptions,
    progress: Optional[Progress] = None,
) -> SummaryOutputs:
    """Make the summary parameters of an image, and colour images of them (Viviano-Beck et al. 2014).

    Parameters that the archive delivers with an image (SR, else SU) are read from the files beside it; the others are computed.

    Parameters
    ----------
    source
        The image. One without visible channels gives the infrared parameters, and the other way round.
    output
        GeoTIFF of the parameters. The browse products and the other files get names that begin like its own.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong; nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_geotiff(output)
    with ExitStack() as opened:
        work = _Work.open(source, options, opened)
        made = SummaryOutputs(
            parameters=target,
            style=target.with_suffix(".qml"),
            products=tuple(target.with_name(f"{target.stem}_{code}.tif") for code in work.products),
            provenance=target.with_name(f"{target.stem}_provenance.json"),
        )
        check_outputs([made.parameters, made.style, *made.products, made.provenance])
        for note in work.notes:
            progress.info(note)
        for warning in work.warnings:
            progress.warn(warning)
        record = work.record()
        record[provenance.RUN_ID] = provenance.run_id(record)
        work.metadata.update(provenance.identity(record))
        with AtomicOutputs(target.parent) as outputs:
            parameters = outputs.place(target)
            work.write_parameters(outputs, parameters, progress.part(0, 0.8))
            for number, (code, path) in enumerate(zip(work.products, made.products)):
                work.write_product(parameters, code, outputs.place(path))
                progress.report(0.8 + 0.2 * (number + 1) / len(made.products), f"browse product {code}")
            outputs.place(made.style).write_text(work.style(), encoding="utf-8")
            record["stretch"] = {name: [float(f"{end:.6g}") for end in work.limits(name)] for name in work.sampled}
            record["finished"] = provenance.now()
            text = json.dumps(record, indent=1, ensure_ascii=False)
            outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")
    return made


@dataclass(frozen=True)
class _Work:
    """An image, and what is to be made of it. ``names`` are the parameters, ``plan`` computes those that are not delivered."""

    scene: Scene
    placement: Optional[Placement]
    names: tuple[str, ...]
    products: tuple[str, ...]
    plan: ParameterPlan
    delivered: Optional[DeliveredParameters]
    delivered_products: dict[str, RasterReader]
    warnings: list[str]
    metadata: dict[str, str]
    sampled: dict[str, list[FloatArray]]

    @staticmethod
    def open(source: PathLike, options: SummaryOptions, opened: ExitStack) -> _Work:
        scene = opened.enter_context(open_scene(source, wavelengths=options.wavelengths))
        placement, warnings = find_placement(scene, options.geometry, options.crs)
        if scene.atmosphere_corrected is False:
            warnings.append(f"the image is {UNCORRECTED}: parameters around 2 µm show carbon dioxide, not minerals")
        delivered, why = (None, "") if options.recompute else DeliveredParameters.beside(scene)
        if delivered is not None:
            opened.enter_context(delivered.reader)
        warnings += [why] if why else []
        asked = set(options.parameters or SUMMARY_PARAMETERS)
        wanted = [name for name in SUMMARY_PARAMETERS if name in asked.union(*(CHANNELS[code] for code in options.products))]
        told = set() if delivered is None else set(delivered.places)
        plan = ParameterPlan.of(scene.axis, [name for name in wanted if name not in told])
        names = tuple(name for name in wanted if name not in plan.left_out)
        lacking = [f"{name} ({plan.left_out[name]})" for name in options.parameters or () if name in plan.left_out]
        warnings += [f"these parameters cannot be told from this image: {', '.join(lacking)}"] if lacking else []
        if not names:
            raise InputError(
                f"{scene.path}: has no bands for {', '.join(options.parameters or ['any summary parameter'])}; its bands cover "
                f"{scene.axis.wavelengths_nm[0]:.0f}-{scene.axis.wavelengths_nm[-1]:.0f} nm"
            )
        products, found, lines = _browse_products(scene, names, options.products, not options.recompute and placement is None)
        warnings += lines
        for reader in found.values():
            opened.enter_context(reader)
        metadata = {PRODUCT_ID_KEY: scene.product_id}
        sampled: dict[str, list[FloatArray]] = {name: [] for code in products for name in CHANNELS[code] if name in names}
        sampled.setdefault(names[0], [])
        return _Work(scene, placement, names, products, plan, delivered, found, warnings, metadata, sampled)

    @property
    def notes(self) -> list[str]:
        placed = [] if self.placement is None else [self.placement.note]
        read = [] if self.delivered is None else [f"parameters are read from {self.delivered.reader.path.name}"]
        shown = [f"browse product {code} is {reader.path.name}" for code, reader in self.delivered_products.items()]
        left_out = [f"without bands in this image: {', '.join(self.plan.left_out)}"] if self.plan.left_out else []
        return [*self.scene.notes, *placed, *read, *shown, *left_out]

    @property
    def georeference(self) -> Optional[Georeference]:
        """The georeference of the results; None in sensor space."""
        return self.scene.georeference if self.placement is None else self.placement.lookup.grid.georeference

    @property
    def size(self) -> tuple[int, int]:
        """Lines and samples of the results."""
        found: Any = self.scene if self.placement is None else self.placement.lookup.grid
        return found.lines, found.samples

    def record(self) -> dict[str, Any]:
        """How they are made, for their reader."""
        delivered = None if self.delivered is None else provenance.describe_file(self.delivered.reader.path)
        return {
            "started": provenance.now(),
            "image": provenance.describe_scene(self.scene),
            "geometry": None if self.placement is None else describe_placement(self.placement),
            "parameters": list(self.names),
            "computed": list(self.plan.names),
            "read from the archive's own": delivered,
            "products": {code: list(CHANNELS[code]) for code in self.products},
            "left out": dict(self.plan.left_out),
            "warnings": self.warnings,
            "versions": provenance.versions(),
        }

    def write_parameters(self, outputs: AtomicOutputs, path: Path, progress: Progress) -> None:
        """Write all parameters, in sensor space first where they are placed on the map."""
        bands: dict[str, Any] = {"band_names": self.names, "nodata": np.nan, "metadata": self._metadata(path)}
        if self.placement is None:
            with create_raster(path, *self.size, len(self.names), np.float32, georeference=self.georeference, **bands) as writer:
                self._compute(writer, progress)
            return
        with outputs.scratch() as folder:
            scene = self.scene
            with create_raster(folder / path.name, scene.lines, scene.samples, len(self.names), np.float32, **bands) as writer:
                self._compute(writer, progress.part(0, 0.8))
            with create_raster(path, *self.size, len(self.names), np.float32, georeference=self.georeference, **bands) as writer:
                for first, numbers in place(folder / path.name, self.placement.lookup, np.nan):
                    writer.write(numbers, first)
                    progress.report(0.8 + 0.2 * (first + numbers.shape[1]) / self.size[0], "placed on the map")

    def _compute(self, writer: RasterWriter, progress: Progress) -> None:
        scene = self.scene
        blocks = split_lines(scene.lines, scene.samples, max(self.plan.rows.size, len(self.names)))
        step, valid = sampled_lines(scene.lines, scene.samples), False
        for block, numbers in read_ahead(blocks, self._read):
            progress.check()
            computed = dict(zip(self.plan.names, self.plan.compute(numbers[0])))
            told = {**computed, **dict(zip(self._told, numbers[1]))}
            planes = np.stack([told[name] for name in self.names])
            writer.write(planes, block.first)
            valid |= bool(np.isfinite(planes).any())
            for name, kept in self.sampled.items():
                kept.append(told[name][-block.first % step :: step].copy())  # a view would keep the whole block
            progress.report((block.first + block.lines) / scene.lines, f"{block.first + block.lines} of {scene.lines} lines")
        if not valid:
            raise InputError(f"{scene.path}: no pixel has valid data; check the file and its no-data value")

    @property
    def _told(self) -> list[str]:
        """The parameters that are read."""
        return [name for name in self.names if name not in self.plan.names]

    def _read(self, block: Block) -> tuple[FloatArray, FloatArray]:
        """The bands that are computed with, and the parameters that are read, of a block."""
        nothing = np.empty((0, block.lines, self.scene.samples), np.float32)
        planes = self.scene.read_planes(block.first, block.lines, self.plan.numbers) if self.plan.names else nothing
        return planes, nothing if self.delivered is None else self.delivered.read(block.first, block.lines, self._told)

    def write_product(self, parameters: Path, code: str, path: Path) -> None:
        """Write a browse product: the archive's own, or one of the parameters that were written."""
        about: dict[str, Any] = {"band_names": CHANNELS[code], "nodata": NO_COLOUR, "metadata": self._metadata(parameters)}
        own = self.delivered_products.get(code)
        limits = [] if own else [self.limits(name) for name in CHANNELS[code]]
        places = [] if own else [self.names.index(name) for name in CHANNELS[code]]
        with ExitStack() as opened:
            reader = own or opened.enter_context(RasterReader(parameters))
            writer = opened.enter_context(create_raster(path, *self.size, 3, np.uint8, georeference=self.georeference, **about))
            for block in split_lines(*self.size, 3):
                if own:
                    writer.write(read_colours(own, block.first, block.lines), block.first)
                else:
                    writer.write(colours(reader.read(block.first, block.lines, places), limits), block.first)

    def limits(self, name: str) -> tuple[float, float]:
        """The numbers of a parameter that are shown dark and bright."""
        return limits_of(self.sampled[name])

    def style(self) -> str:
        """The first browse product that was made of these parameters; else the first parameter, from dark to bright."""
        for code in self.products:
            if set(CHANNELS[code]) <= set(self.names):
                bands = [self.names.index(name) + 1 for name in CHANNELS[code]]
                return rgb_qml(bands, [self.limits(name) for name in CHANNELS[code]])
        return ramp_qml(*self.limits(self.names[0]))

    def _metadata(self, parameters: Path) -> dict[str, str]:
        return {**self.metadata, PROVENANCE_KEY: f"{parameters.stem}_provenance.json"}


def _browse_products(
    scene: Scene, names: Sequence[str], codes: Sequence[str], delivered: bool
) -> tuple[tuple[str, ...], dict[str, RasterReader], list[str]]:
    """The browse products that these parameters make; the archive's own, if ``delivered`` count; and what is in the way."""
    products: list[str] = []
    found: dict[str, RasterReader] = {}
    lines: list[str] = []
    for code in codes:
        own, why = find_browse_product(scene, code) if delivered else (None, "")
        lines += [why] if why else []
        lacking = [name for name in dict.fromkeys(CHANNELS[code]) if name not in names]
        if own is None and lacking:
            lines.append(f"browse product {code} is not made: the image has no bands for {', '.join(lacking)}")
            continue
        products.append(code)
        if own is not None:
            found[code] = own
    return tuple(products), found, lines

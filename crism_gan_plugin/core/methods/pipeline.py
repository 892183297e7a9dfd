"""Several methods on one image, file to file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from .. import provenance
from ..arrays import AnyArray, FloatArray
from ..atmosphere import is_uncorrected
from ..errors import ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..files.tables import write_table
from ..georeferencing import Placement, find_placement, place_nearest
from ..mapping.cube import MapCube
from ..mapping.legend import legend_entries, style_qml
from ..mapping.levels import NO_DATA
from ..mapping.placing import describe_placement
from ..mars.areas import pixel_areas
from ..mars.georeference import Georeference
from ..options.keywords import takes
from ..options.mapping import MapOptions
from ..options.methods import CompareOptions
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.class_table import ClassRow, write_class_table
from ..rasters.geotiff import create_raster
from ..rasters.metadata_keys import ATMOSPHERE_KEY, PRODUCT_ID_KEY, PROVENANCE_KEY
from .agreeing import AGREEMENT_BANDS, agreement, agreement_qml
from .classification import Classification
from .cost import measured
from .image import ComparedImage, open_image
from .rows import HEADING, CodeCounter, rows_of, settings_of
from .settings import chosen_parameters
from .table import METHODS, Method
from .truth import Truth, read_truth

#: Share of the progress in which the image is read.
_READING = 0.1


@dataclass(frozen=True)
class MethodOutputs:
    """Paths of a comparison of methods.

    Attributes
    ----------
    agreement
        How many methods agree on the class of most, its code, and how many methods name any mineral (uint8, 255 no data).
    style
        Its QGIS style.
    maps
        The class raster of each method, in the order of the table, with a style and a class table beside it.
    table
        What each method finds, what it costs and, with a truth, how right it is (CSV).
    provenance
        What they were made of, and how (JSON).
    """

    agreement: Path
    style: Path
    maps: tuple[Path, ...]
    table: Path
    provenance: Path


@takes(CompareOptions)
@recorded_inputs()
def compare_methods(
    source: PathLike, output: PathLike, *, options: CompareOptions, progress: Optional[Progress] = None
) -> MethodOutputs:
    """Map an image by several methods, in the same codes and legend, and tell what each finds and costs.

    All methods see the same spectra, library and smoothing windows. Each has the parameters that were published for it, unless
    others are chosen.

    Parameters
    ----------
    source
        The image.
    output
        GeoTIFF that says where methods agree. The other files get names that begin like its own.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong; nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target, chosen = check_geotiff(output), _chosen(options)
    parameters = chosen_parameters(options.method_parameters, chosen)
    with ExitStack() as opened:
        work = _ComparedRun.open(source, options, opened)
        made = MethodOutputs(
            agreement=target,
            style=target.with_suffix(".qml"),
            maps=tuple(target.with_name(f"{target.stem}_{method.key}.tif") for method in chosen),
            table=target.with_name(f"{target.stem}_compare.csv"),
            provenance=target.with_name(f"{target.stem}_provenance.json"),
        )
        check_outputs([made.agreement, made.style, *made.maps, *map(_style_of, made.maps), made.table, made.provenance])
        for note in work.notes:
            progress.info(note)
        for warning in work.warnings:
            progress.warn(warning)
        with AtomicOutputs(target.parent) as outputs:
            work.run(chosen, parameters, made, outputs, progress)
    return made


def _chosen(options: CompareOptions) -> list[Method]:
    """The methods, in the order of the table; `ParameterError` if there are none."""
    chosen = [method for key, method in METHODS.items() if key in set(options.methods)]
    if not chosen:
        raise ParameterError(f"methods: none is chosen; choose some of {', '.join(METHODS)}")
    for method in chosen:
        method.check()
    return chosen


def _style_of(path: Path) -> Path:
    return path.with_suffix(".qml")


@dataclass(frozen=True)
class _ComparedRun:
    """An image that is compared on."""

    cube: MapCube
    options: CompareOptions
    shared: MapOptions
    placement: Optional[Placement]
    truth: Optional[Truth]
    corrected: bool
    warnings: list[str]

    @staticmethod
    def open(source: PathLike, options: CompareOptions, opened: ExitStack) -> _ComparedRun:
        cube = MapCube.open(source, None, options.wavelengths)
        opened.enter_context(cube.scene)
        placement, warnings = find_placement(cube.scene, options.geometry, options.crs)
        truth = None if options.truth is None else read_truth(options.truth, cube.scene.lines, cube.scene.samples)
        names = ("exemplars", "classes", "ratio", "scales", "weights", "engine")
        shared = MapOptions(**{name: getattr(options, name) for name in names})
        corrected = not is_uncorrected(cube.scene, cube.resample)
        warnings = [*warnings, *cube.warnings(placement is not None, corrected)]
        return _ComparedRun(cube, options, shared, placement, truth, corrected, warnings)

    @property
    def notes(self) -> list[str]:
        return [*self.cube.scene.notes, *([] if self.placement is None else [self.placement.note])]

    @property
    def georeference(self) -> Optional[Georeference]:
        """The georeference of the maps; None in sensor space."""
        return self.cube.scene.georeference if self.placement is None else self.placement.lookup.grid.georeference

    @property
    def size(self) -> tuple[int, int]:
        """Lines and samples of the maps."""
        found: Any = self.cube.scene if self.placement is None else self.placement.lookup.grid
        return found.lines, found.samples

    def run(
        self, chosen: list[Method], parameters: Mapping[str, Any], made: MethodOutputs, outputs: AtomicOutputs, progress: Progress
    ) -> None:
        """Run the methods one after the other, and write what they find."""
        rows: list[list[object]] = [list(HEADING)]
        named, costs = [], {}
        areas = pixel_areas(self.georeference, *self.size)
        counter = CodeCounter(self._on_map, None if areas is None else areas.block(0, self.size[0]))
        with outputs.scratch() as folder:
            reading, share = progress.part(0, _READING), (1 - _READING) / len(chosen)
            with open_image(self.cube, self.shared, folder, reading) as image:
                truth = None if self.truth is None else self.truth.where(image.valid)
                record = self._record(image, chosen, parameters)
                for number, (method, path) in enumerate(zip(chosen, made.maps)):
                    progress.info(f"{method.key}: {method.title} ({method.source})")
                    begin = _READING + number * share
                    with measured() as cost:
                        found = method(image, progress.part(begin, begin + share), parameters[method.key])
                    named.append(found.named)
                    costs[method.key] = cost
                    self._write_map(path, made.agreement, found, counter, image, outputs)
                    for setting in settings_of(found, truth, self.options.precision):
                        rows += rows_of(method, setting, counter, image.library, truth, cost)
                agreed = agreement(named, image.valid)
        bands: dict[str, Any] = {"band_names": AGREEMENT_BANDS, "nodata": NO_DATA, "metadata": self._metadata(made.agreement)}
        planes = np.stack([self._on_map(plane) for plane in agreed])
        with create_raster(
            outputs.place(made.agreement), *self.size, 3, np.uint8, georeference=self.georeference, **bands
        ) as writer:
            writer.write(planes, 0)
        outputs.place(made.style).write_text(agreement_qml(len(chosen)), encoding="utf-8")
        write_table(outputs.place(made.table), rows)
        record.update(finished=provenance.now(), cost={key: asdict(cost) for key, cost in costs.items()})
        outputs.place(made.provenance).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def _on_map(self, plane: AnyArray) -> AnyArray:
        """(lines, samples) uint8 of the image's pixels on the map."""
        return plane if self.placement is None else place_nearest(plane[np.newaxis], self.placement.lookup, NO_DATA)[0]

    def _metadata(self, agreement: Path) -> dict[str, str]:
        about = {PRODUCT_ID_KEY: self.cube.scene.product_id, PROVENANCE_KEY: f"{agreement.stem}_provenance.json"}
        return {**about, ATMOSPHERE_KEY: "yes" if self.corrected else "no"}

    def _write_map(
        self, path: Path, agreement: Path, found: Classification, counter: CodeCounter, image: ComparedImage, outputs: AtomicOutputs
    ) -> None:
        """The class raster of a method, as `map` writes one, with its class table and style."""
        codes = self._on_map(found.codes)
        place, metadata = outputs.place(path), self._metadata(agreement)
        about: dict[str, Any] = {"band_names": ["mineral class"], "nodata": NO_DATA, "metadata": metadata}
        with create_raster(place, *self.size, 1, np.uint8, georeference=self.georeference, **about) as writer:
            writer.write(codes[np.newaxis], 0)
        pixels, km2 = counter.count(found.codes)
        entries = legend_entries(image.library, np.flatnonzero(pixels).tolist())
        rows = [ClassRow(e.value, e.mineral, e.level, e.rgb, int(pixels[e.value]), _area(km2, e.value)) for e in entries]
        write_class_table(place, rows)
        outputs.place(_style_of(path)).write_text(style_qml(entries, None if self.corrected else UNCORRECTED), encoding="utf-8")

    def _record(self, image: ComparedImage, chosen: list[Method], parameters: Mapping[str, Any]) -> dict[str, Any]:
        """How the maps are made."""
        library, weights = Path(self.options.exemplars or paths.exemplars()), Path(self.options.weights or paths.weights())
        truth = None if self.options.truth is None else provenance.describe_file(Path(self.options.truth))
        return {
            "started": provenance.now(),
            "image": provenance.describe_scene(self.cube.scene),
            "geometry": None if self.placement is None else describe_placement(self.placement),
            "exemplars": {**provenance.describe_file(library), "classes": image.library.class_names},
            "weights": provenance.describe_file(weights),
            "scales": list(image.sizes),
            "ratio": None if image.ratio is None else image.ratio.record,
            "truth": truth,
            "methods": {method.key: _described(method, parameters[method.key]) for method in chosen},
            provenance.CORRECTED: self.corrected,
            "warnings": self.warnings,
            "versions": provenance.versions(),
        }


def _described(method: Method, parameters: Any) -> dict[str, Any]:
    return {"title": method.title, "source": method.source, "parameters": asdict(parameters)}


def _area(km2: Optional[FloatArray], code: int) -> Optional[float]:
    return None if km2 is None else float(f"{km2[code]:.7g}")

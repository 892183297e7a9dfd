"""Maps the minerals of an image file, block by block: design section 2 as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..arrays import AnyArray, FloatArray, IntArray
from ..atmosphere import is_uncorrected
from ..compute.cores import one_thread_a_product
from ..errors import Cancelled, InputError
from ..files.inputs import InputFiles, recorded_inputs
from ..files.locks import claim
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_outputs, split_name
from ..files.reading import sha256
from ..georeferencing import Placement, find_placement, nearest_pixels
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..options.denoising import CorrectionOptions
from ..options.mapping import MapOptions
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.blocks import Block, read_ahead, split_lines
from ..rasters.class_table import NOT_MINERAL, ClassRow, write_class_table
from ..spectra.grid import WAVELENGTHS_NM
from .agreement import Comparison
from .competition import Q_STEPS, Competition, Reliability
from .cube import MapCube
from .doubtful import doubtful_warnings, doubting
from .few_channels import channel_notes, channel_warnings, describe_channels
from .few_channels import check_options as check_few_channels
from .legend import BESIDES, legend_entries, steps_qml, style_qml
from .levels import ARTEFACT, NO_DATA, UNLISTED, Detection, codes
from .map_files import AGREEMENT_BAND, EVIDENCE_BANDS, PIXEL_BANDS, PROBABILITY_BAND, Q_BAND, Census, MapFiles
from .neutral_ratio import NeutralRatio, choose_ratio, open_views
from .options import describe_options, mapper_for
from .placing import describe_placement, place
from .probable import Probabilities, probabilities_for
from .record import describe_cubes, describe_found
from .scales import ScaleMapper
from .unlisted import Everything, UnlistedGroup, UnlistedSearch, with_shipped
from .unlisted_files import degrees_of, said_of, unlisted_library, unlisted_table, write_groups

#: Share of the progress that denoising has.
_DENOISING = {"quick": 0.3, "full": 0.8}


@dataclass(frozen=True)
class MapOutputs:
    """Paths of the files of a map: class raster, evidence (None if not asked for), QGIS style, and provenance."""

    classes: Path
    evidence: Optional[Path]
    style: Path
    provenance: Path

    @property
    def evidence_style(self) -> Optional[Path]:
        """The style of the evidence of a map with decoys, which shows where hardly a detection is false; None without one."""
        style = None if self.evidence is None else self.evidence.with_suffix(".qml")
        return style if style is not None and style.is_file() else None

    @property
    def unlisted(self) -> list[Path]:
        """The table of a map's unlisted absorptions, and the library that looks for them; empty where they were not asked for."""
        return [file for file in (unlisted_table(self.classes), unlisted_library(self.classes)) if file.is_file()]


def prepare_map(
    source: PathLike, out_dir: PathLike, options: MapOptions, name: Optional[str] = None, mapper: Optional[ScaleMapper] = None
) -> MapJob:
    """Open an image and all that its map takes, so that everything but the pixels is known. It raises what `map_scene` raises.

    ``mapper`` is that of the options, if it was made before: one mapper serves many images.
    """
    with recorded_inputs() as inputs:
        return _prepare(source, Path(out_dir), options, name, mapper or mapper_for(options), inputs)


def _evidence_style(outputs: MapOutputs, options: MapOptions) -> Optional[Path]:
    """Where the style of the evidence is to be written; None if none is."""
    return outputs.evidence.with_suffix(".qml") if outputs.evidence is not None and options.with_decoys else None


def _prepare(
    source: PathLike, folder: Path, options: MapOptions, name: Optional[str], mapper: ScaleMapper, inputs: InputFiles
) -> MapJob:
    before = inputs.opened()
    cube = MapCube.open(source, options.model, options.wavelengths, mapping_data=True)
    check_few_channels(options, cube.channels, str(source))
    mapper = mapper.through(cube.channels)
    placement, placing_warnings = find_placement(cube.scene, options.geometry, options.crs)
    ratio = choose_ratio(options.ratio, cube.scene, max(mapper.sizes), cube.channels)
    stem, ending = split_name(name, f"{cube.scene.path.stem}_minerals")
    outputs = MapOutputs(
        classes=folder / f"{stem}{ending}",
        evidence=folder / f"{stem}_evidence.tif" if options.evidence else None,
        style=folder / f"{stem}.qml",
        provenance=folder / f"{stem}_provenance.json",
    )
    unlisted = [unlisted_table(outputs.classes), unlisted_library(outputs.classes)] if options.unlisted else []
    check_outputs([*asdict(outputs).values(), _evidence_style(outputs, options), *unlisted])
    raw = is_uncorrected(cube.scene, cube.resample)
    corrected = options.denoise != "off" or not raw
    if options.denoise != "off" and raw and cube.scene.georeference is None:
        from ..denoise.scans import choose_scans

        choose_scans(cube.scene, options.volcano_scans, options.scan_table)  # their files are opened: they decide the map
    record: dict[str, Any] = {
        "started": provenance.now(),
        "image": provenance.describe_scene(cube.scene),
        "model": provenance.describe_scene(cube.model) if cube.model else None,
        "geometry": describe_placement(placement) if placement else None,
        "input files": provenance.describe_opened(inputs.opened() - before, (cube.scene, cube.model)),
        **describe_options(options, mapper),
        "ratio": ratio.record if ratio else None,
        **describe_channels(mapper),
        provenance.CORRECTED: corrected,
        "warnings": [
            *placing_warnings,
            *cube.warnings(placement is not None, corrected),
            *channel_warnings(mapper),
            *(ratio.warnings if ratio else ()),
        ],
        "versions": provenance.versions(mapper.matcher.discriminator.engine),
    }
    if options.denoise != "off" and not options.volcano_scans and options.scan_table is None:
        from ..denoise.scans import scans_beside

        record["denoised"]["volcano scans"] = [provenance.describe_file(path) for path in scans_beside(cube.scene)[0]]
    probabilities = None
    if options.probability:
        with_model = cube.model is not None or options.denoise != "off"
        probabilities, record["probability"], untold = probabilities_for(mapper, options.weights, with_model)
        record["warnings"] += untold
    record[provenance.RUN_ID] = provenance.run_id(record)
    return MapJob(source, options, cube, mapper, placement, ratio, outputs, record, inputs, probabilities)


@dataclass(frozen=True)
class MapJob:
    """A map that is ready to be made.

    Attributes
    ----------
    outputs
        The paths of its files.
    record
        What it is made of, and how. The file of provenance says the same, and also what was found.
    inputs
        The files that were opened for it.
    probabilities
        What tells how probably detections are right; None where that is not asked for, or cannot be told.
    """

    source: PathLike
    options: MapOptions
    cube: MapCube
    mapper: ScaleMapper
    placement: Optional[Placement]
    ratio: Optional[NeutralRatio]
    outputs: MapOutputs
    record: dict[str, Any]
    inputs: InputFiles
    probabilities: Optional[Probabilities] = None

    def run(self, progress: Progress) -> MapOutputs:
        """Make the map."""
        with self.inputs.recording(), one_thread_a_product():  # how a product is divided decides how it is rounded
            self._run(progress)
        return self.outputs

    def denoise(self, progress: Progress) -> None:
        """Make the denoised cubes that `run` takes, where any are asked for, and no map."""
        if self.options.denoise != "off":
            with self.inputs.recording(), self._claimed():
                self._denoised(progress)

    def _claimed(self) -> AbstractContextManager[None]:
        """Nobody else makes this map meanwhile, whose denoised cubes would be taken for ours."""
        classes = self.outputs.classes
        said = f"{classes}: another process is making this map at the moment; wait until it is done, or choose another name"
        return claim(classes.with_name(f".{classes.stem}.lock"), said)

    def _run(self, progress: Progress) -> None:
        if self.options.denoise == "off":
            self._map(self.cube, progress)
            return
        share = _DENOISING[self.options.denoise]
        with self._claimed():
            cube = self._denoised(progress.part(0, share))
            try:
                self._map(cube, progress.part(share, 1))
            except Cancelled:
                if cube.scene.path == self.cube.scene.path:
                    raise
                raise Cancelled(
                    f"cancelled; no map was written, but the denoised image is finished; the same map takes it: {cube.scene.path}"
                ) from None

    def _map(self, cube: MapCube, progress: Progress) -> None:
        placement, made = self.placement, self.outputs
        engine = self.mapper.matcher.discriminator.engine
        more = [each.note for each in (placement, self.ratio) if each is not None]
        for note in (*cube.scene.notes, *channel_notes(self.mapper, cube.scene), *cube.notes(), *more, f"network: {engine}"):
            progress.info(note)
        mapper = self.mapper.for_image(cube.sample()) if self.mapper.knows_ground else self.mapper
        of_image = [*doubtful_warnings(cube.doubtful_nm), *_ground_warnings(mapper.own_ground(self.mapper))]
        for warning in (*self.record["warnings"], *of_image):
            progress.warn(warning)
        with AtomicOutputs(made.classes.parent) as outputs:
            identity = provenance.identity(self.record)
            comparison = Comparison(self.mapper.matcher.library) if self.ratio else None
            job = replace(self, mapper=mapper)
            search = job._search(cube)
            census, reliability = job._write_maps(cube, outputs, identity, comparison, search, progress)
            record = {**self.record, "warnings": [*self.record["warnings"], *of_image]}
            if record["denoised"]:
                record["denoised cubes"] = None if cube is self.cube else describe_cubes(cube.scene, cube.model)
            if comparison is not None:
                record["ratio agreement"] = comparison.describe()
                record["warnings"] = [*record["warnings"], *comparison.warnings()]
                for warning in comparison.warnings():
                    progress.warn(warning)
            if reliability is not None:
                record["false shares"] = reliability.describe()
                record["warnings"] = [*record["warnings"], *reliability.warnings()]
                for warning in reliability.warnings():
                    progress.warn(warning)
            if search is not None and self.options.unlisted:
                record["unlisted groups"] = self._write_groups(search.groups(), cube, outputs, progress)
            _write_companions(self.mapper.matcher.library, census, reliability, outputs, made, record)

    def _search(self, cube: MapCube) -> Optional[UnlistedSearch]:
        """The search for what is no class, if it is asked for."""
        if not (self.options.unlisted or self.options.artefacts):
            return None
        everything = Everything.of(self.mapper, with_shipped(load_exemplars(self.options.exemplars)))
        by_columns = cube.scene.georeference is None
        return UnlistedSearch(
            self.mapper, everything, self.options.unlisted, self.options.artefacts, cube.scene.samples, by_columns
        )

    def _write_groups(
        self, groups: list[UnlistedGroup], cube: MapCube, outputs: AtomicOutputs, progress: Progress
    ) -> list[dict[str, Any]]:
        classes, lookup = self.outputs.classes, None if self.placement is None else self.placement.lookup
        if not groups:
            outputs.supersede(unlisted_library(classes).name)
        for group in groups:
            progress.info(said_of(group))
        return write_groups(
            groups,
            load_exemplars(self.options.exemplars),
            classes,
            outputs,
            cube.scene.product_id,
            self.ratio is None,
            degrees_of(cube.scene.georeference, lookup),
        )

    def _write_maps(
        self,
        cube: MapCube,
        outputs: AtomicOutputs,
        identity: Mapping[str, str],
        comparison: Optional[Comparison],
        search: Optional[UnlistedSearch],
        progress: Progress,
    ) -> tuple[Census, Optional[Reliability]]:
        """Write the class raster and, if wanted, the evidence. Both are computed on the image's pixels, then placed on the map.

        What detections are worth, and which columns are artefacts, is known once all pixels were seen. Then, too, they are computed
        first and written after.
        """
        scene, placement, classes = cube.scene, self.placement, self.outputs.classes
        size, evidence = (scene.lines, scene.samples), self.outputs.evidence is not None
        judged = {AGREEMENT_BAND: comparison, PROBABILITY_BAND: self.probabilities}
        more = [band for band, judge in judged.items() if judge is not None]
        if not evidence:
            outputs.supersede(f"{classes.stem}_evidence.tif")
        evidence_style = _evidence_style(self.outputs, self.options)
        if evidence_style is None:
            outputs.supersede(f"{classes.stem}_evidence.qml")
        competition = None if self.mapper.decoys is None else competition_of(self.mapper, cube)
        reliability = None
        if placement is None and competition is None and search is None:
            files = MapFiles(outputs.path, classes.name, *size, scene.georeference, evidence, scene.product_id, identity, more)
            self._compute_maps(cube, files, comparison, None, None, progress.part(0, 0.98))
        else:
            grid = None if placement is None else placement.lookup.grid
            size_there, there = (size, scene.georeference) if grid is None else ((grid.lines, grid.samples), grid.georeference)
            bands = [*more, *([] if grid is None else PIXEL_BANDS), *([] if competition is None else [Q_BAND])]
            files = MapFiles(outputs.path, classes.name, *size_there, there, evidence, scene.product_id, identity, bands)
            if evidence_style is not None:
                style = steps_qml(len(EVIDENCE_BANDS) + len(bands), Q_STEPS)
                outputs.place(evidence_style).write_text(style, encoding="utf-8")
            with outputs.scratch() as folder:
                of_all = evidence or comparison is not None or competition is not None
                in_sensor_space = MapFiles(folder.joinpath, classes.name, *size, None, of_all, scene.product_id, more_bands=more)
                self._compute_maps(cube, in_sensor_space, comparison, competition, search, progress.part(0, 0.9))
                reliability = None if competition is None else competition.reliability(self.options.max_false_share)
                _place_maps(in_sensor_space, placement, files, reliability, search, progress.part(0.9, 0.98))
        if not files.census.pixels[:NO_DATA].any():
            if comparison is not None and comparison.without_ground:
                raise InputError(
                    f"{scene.path}: no pixel has neutral ground to be divided by (the image has {scene.lines} lines); "
                    "map it with the ratio off"
                )
            raise InputError(f"{scene.path}: no pixel has valid data; check the file and its no-data value")
        if reliability is not None and not reliability.enough and reliability.max_share < 1:
            raise InputError(f"{scene.path}: {reliability.warnings()[0]}; map it with max_false_share 1")
        return files.census, reliability

    def _compute_maps(
        self,
        cube: MapCube,
        files: MapFiles,
        comparison: Optional[Comparison],
        competition: Optional[Competition],
        search: Optional[UnlistedSearch],
        progress: Progress,
    ) -> None:
        scene = cube.scene
        mapper = doubting(self.mapper, cube.doubtful_nm)
        judge = mapper if competition is None else competition
        blocks = split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size, mapper.halo)
        views, progress = open_views(self.ratio, cube.on_grid, cube.model is not None, progress)
        with files:
            for block, view in read_ahead(blocks, views):
                progress.check()
                more = []
                ratio = view.plain if view.ratioed is None else view.ratioed
                detection = judge(ratio, block.inner)
                if comparison is not None:
                    more = [comparison.add(mapper(view.plain, block.inner), detection)]
                if self.probabilities is not None:
                    more.append(self.probabilities(detection, ratio, block.inner, *more))
                found = codes(detection, mapper.matcher.library)
                if search is not None:
                    besides = search(ratio, block.inner, detection, block.first)
                    found = np.where(besides > 0, besides, found)
                _write_block(files, block, found, detection, more, mapper.matcher.library, scene.samples)
                done = block.first + block.lines
                progress.report(done / scene.lines, f"mapped {done} of {scene.lines} lines")

    def _denoised(self, progress: Progress) -> MapCube:
        """The image after denoising, and the model that this makes."""
        from .denoising import denoise_first

        classes, wavelengths = self.outputs.classes, self.options.wavelengths
        image, model = denoise_first(
            self.options.denoise,
            self.cube.scene,
            self.source,
            classes.parent,
            f"{classes.stem}_denoised",
            CorrectionOptions(wavelengths, self.options.volcano_scans, self.options.scan_table),
            progress,
        )
        return MapCube.open(image, model, wavelengths if image == Path(self.source) else None, mapping_data=True)


def _ground_warnings(resembles: list[str]) -> list[str]:
    """A warning where most of an image looks like these classes, because they are hardly found there."""
    if not resembles:
        return []
    return [
        f"most of the image shows an absorption that resembles {', '.join(resembles)}; it counts as the image's ground and is "
        "hardly found; if it is the mineral itself, map the image with the method paper"
    ]


def competition_of(mapper: ScaleMapper, cube: MapCube) -> Competition:
    """The competition of the mapper's decoys in an image."""
    return Competition(doubting(mapper, cube.doubtful_nm), cube.scene.lines * cube.scene.samples)


def _place_maps(
    source: MapFiles,
    placement: Optional[Placement],
    target: MapFiles,
    reliability: Optional[Reliability],
    search: Optional[UnlistedSearch],
    progress: Progress,
) -> None:
    """Write the rasters of the image's pixels where they belong, with the q-values of what they show, and without odd columns."""
    lookup = None if placement is None else placement.lookup
    with target:
        scores: Iterator[tuple[int, Optional[AnyArray]]] = repeat((0, None))
        if source.evidence is not None:
            scores = place(source.evidence, lookup, np.nan)
        for (first, classes), (_, values) in zip(place(source.classes, lookup, NO_DATA), scores):
            pixels = None if lookup is None else nearest_pixels(lookup, slice(first, first + classes.shape[1]))
            if values is not None and pixels is not None:
                values = np.concatenate([values, pixels])
            if search is not None:
                classes = search.settled(classes, None if pixels is None else pixels[:1])
            if values is not None and reliability is not None:
                q = reliability.q_of(classes, values[:1])
                values, classes = np.concatenate([values, q]), reliability.shown(classes, q)
            if values is not None and (band := source.band(PROBABILITY_BAND)) is not None:
                besides = () if search is None else (ARTEFACT, UNLISTED)
                values[band][np.isin(classes[0], (0, *besides))] = np.nan
            target.write(classes, values, first)
            progress.report((first + classes.shape[1]) / target.lines, "placed on the map")


def _write_block(
    files: MapFiles,
    block: Block,
    found: IntArray,
    detection: Detection,
    more: list[FloatArray],
    library: ExemplarLibrary,
    samples: int,
) -> None:
    shape = (-1, block.lines, samples)
    scores = np.stack([*_evidence(detection, library), *more]).reshape(shape) if files.evidence or more else None
    files.write(found.reshape(shape), scores, block.first)


def _evidence(detection: Detection, library: ExemplarLibrary) -> FloatArray:
    """The bands of `EVIDENCE_BANDS`, (5, n) float32."""
    class_codes = np.array([mineral.code for mineral in library.classes], np.float32)
    has_best, has_other = detection.exemplar >= 0, detection.other_mineral >= 0
    return np.stack(
        [
            detection.score,
            detection.other_score,
            np.where(has_other, class_codes[np.maximum(detection.other_mineral, 0)], np.nan),
            np.where(has_best, library.positions[np.maximum(detection.exemplar, 0)], np.nan),
            np.where(has_best, detection.size, np.nan),
        ]
    ).astype(np.float32)


def _write_companions(
    library: ExemplarLibrary,
    census: Census,
    reliability: Optional[Reliability],
    outputs: AtomicOutputs,
    made: MapOutputs,
    record: dict[str, Any],
) -> None:
    entries = legend_entries(library, np.flatnonzero(census.pixels).tolist())
    own = {mineral.code for mineral in library.classes}
    entries += [entry for entry in BESIDES if census.pixels[entry.value] and entry.value not in own]
    both = [None if census.both is None else int(census.both[e.value]) for e in entries]  # 0 for what is no mineral
    rows = [
        ClassRow(
            e.value,
            e.mineral,
            e.level,
            e.rgb,
            int(census.pixels[e.value]),
            None if e.level == NOT_MINERAL else _km2(census, e.value),
            also,
            _false(reliability, e.value),
        )
        for e, also in zip(entries, both)
    ]
    write_class_table(outputs.place(made.classes), rows)
    warning = None if record[provenance.CORRECTED] else UNCORRECTED
    outputs.place(made.style).write_text(style_qml(entries, warning), encoding="utf-8")
    record["finished"] = provenance.now()
    record["found"] = describe_found(rows)
    record["pixels"] = {"valid": int(census.pixels[:NO_DATA].sum()), "no data": int(census.pixels[NO_DATA])}
    rasters = [outputs.place(file) for file in (made.classes, made.evidence) if file is not None]
    record["files"] = {file.name: sha256(file) for file in rasters}
    text = json.dumps(record, indent=1, ensure_ascii=False)
    outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")


def _km2(census: Census, code: int) -> Optional[float]:
    return None if census.km2 is None else float(f"{census.km2[code]:.7g}")


def _false(reliability: Optional[Reliability], code: int) -> Optional[tuple[float, float, float]]:
    found = None if reliability is None else reliability.share_of(code)
    return None if found is None else found.rounded()

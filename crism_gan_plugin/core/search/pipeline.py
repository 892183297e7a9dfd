"""From an image and a spectrum to a map of where the image resembles it, file to file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from .. import provenance
from ..arrays import FloatArray
from ..atmosphere import is_uncorrected
from ..background.files import load_background
from ..background.refine import LEAST_PIXELS, refined
from ..errors import InputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..georeferencing import Placement, find_placement
from ..libraries.exemplars import ExemplarLibrary, MineralClass
from ..mapping.cube import MapCube
from ..mapping.legend import ramp_qml
from ..mapping.placing import describe_placement, place
from ..mapping.scales import checked_sizes
from ..mars.georeference import Georeference
from ..network.discriminator import load_discriminator
from ..network.similarity import Matcher
from ..options.keywords import takes
from ..options.mapping import BEST_GUESS, GUESS, IDENTIFICATION
from ..options.similarity import SimilarityOptions
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.blocks import Block, read_ahead, split_lines
from ..rasters.geotiff import RasterWriter, create_raster
from ..rasters.metadata_keys import PRODUCT_ID_KEY, PROVENANCE_KEY
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of
from ..spectra.ratio import remove_grid_continuum
from ..spectra.resampling import GridResampler, resampler_to_grid
from ..vectors import VectorLayer
from .best import BestPixels
from .histogram import ScoreHistogram
from .metrics import Score, cosine_score
from .places import ImageFrame, MapPlaces
from .references import ReferenceSpectrum, named_reference
from .region import mean_ratio, ratios_at
from .scoring import Scorer

#: How many best pixels are written.
BEST = 10

#: Scores of the network from which colours begin.
_NETWORK_RAMP = (0.7, 1.0)

#: Name of the layer of the best pixels.
LAYER = "best pixels"


@dataclass(frozen=True)
class SimilarityOutputs:
    """Paths of a similarity map.

    Attributes
    ----------
    similarity
        float32 score, a band for each scale, NaN no data.
    style
        Its QGIS style.
    best
        The best pixels as points (GeoPackage).
    histogram
        Pixels by score, with the thresholds (CSV).
    provenance
        What it was made of, and how (JSON).
    """

    similarity: Path
    style: Path
    best: Path
    histogram: Path
    provenance: Path


@takes(SimilarityOptions)
@recorded_inputs()
def make_similarity_map(
    source: PathLike,
    output: PathLike,
    *,
    options: SimilarityOptions,
    progress: Optional[Progress] = None,
) -> SimilarityOutputs:
    """Compare every pixel of an image with one spectrum.

    Spectra are treated as in the mapping: brought to the network's grid, divided by their continuum, averaged over windows. The
    spectrum of a point or of polygons is the mean over these pixels, so that a pixel resembles itself perfectly.

    Parameters
    ----------
    source
        The image.
    output
        GeoTIFF of the scores; the other outputs get names that begin like its own.
    {options}

    Returns
    -------
    Paths of the outputs. The best pixels have rank, score at each scale, place in the image and on Mars, and their spectra as JSON.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_geotiff(output)
    made = SimilarityOutputs(
        similarity=target,
        style=target.with_suffix(".qml"),
        best=target.with_name(f"{target.stem}_best.gpkg"),
        histogram=target.with_name(f"{target.stem}_histogram.csv"),
        provenance=target.with_name(f"{target.stem}_provenance.json"),
    )
    search = _Search.open(source, options)
    check_outputs(asdict(made).values())
    for note in search.notes:
        progress.info(note)
    for warning in search.warnings:
        progress.warn(warning)
    record = search.record(options)
    record[provenance.RUN_ID] = provenance.run_id(record)
    with AtomicOutputs(target.parent) as outputs:
        found = search.run(outputs, target.name, record, progress)
        if not found.histogram.pixels:
            raise InputError(f"{search.scene.path}: no pixel has valid data; check the file and its no-data value")
        low, high = _NETWORK_RAMP if options.metric == "network" else (found.histogram.median(), float(found.best.scores[0, 0]))
        outputs.place(made.style).write_text(ramp_qml(low, max(high, low + 1e-3)), encoding="utf-8")
        found.histogram.write(outputs.place(made.histogram))
        record["best"] = search.write_best(found.best, outputs.place(made.best))
        record["finished"], record["pixels above"] = provenance.now(), found.histogram.above()
        text = json.dumps(record, indent=1, ensure_ascii=False)
        outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")
    return made


@dataclass(frozen=True)
class _Result:
    """What was seen while the scores were written."""

    best: BestPixels
    histogram: ScoreHistogram


@dataclass(frozen=True)
class _Search:
    """An image and the spectrum that is looked for in it."""

    scene: Scene
    resample: GridResampler
    placement: Optional[Placement]
    reference: ReferenceSpectrum
    scorer: Scorer
    metric: str
    engine: Optional[str]
    warnings: list[str]

    @staticmethod
    def open(source: PathLike, options: SimilarityOptions) -> _Search:
        _check_one_spectrum(options)
        sizes = checked_sizes(options.scales)
        scene = open_scene(source, wavelengths=options.wavelengths)
        resample = resampler_to_grid(scene.axis, str(source))
        placement, warnings = find_placement(scene, options.geometry, options.crs)
        reference = _reference(scene, resample, placement, options)
        score, engine = _score(scene, resample, reference, options)
        if placement is None and (scene.georeference is None or not scene.georeference.wkt):
            warnings = [*warnings, "the image has no map projection: the map stays in sensor space"]
        if is_uncorrected(scene, resample):
            warnings = [*warnings, f"the image is {UNCORRECTED}: the CO2 band at 2 µm hides minerals and imitates others"]
        scorer = Scorer(score, sizes, flat_is_zero=options.metric != "angle")
        return _Search(scene, resample, placement, reference, scorer, options.metric, engine, warnings)

    @property
    def notes(self) -> list[str]:
        more = [] if self.placement is None else [self.placement.note]
        looked_for = f"looked for: {self.reference.name}, from {self.reference.origin}"
        return [*self.scene.notes, *more, looked_for, *([f"network: {self.engine}"] if self.engine else [])]

    @property
    def thresholds(self) -> dict[str, float]:
        """The thresholds of the maps. Only the network's score has any."""
        named = {"best guess": BEST_GUESS, "guess": GUESS, "identification": IDENTIFICATION}
        return named if self.metric == "network" else {}

    @property
    def georeference(self) -> Optional[Georeference]:
        """The georeference of the result; None in sensor space."""
        return self.scene.georeference if self.placement is None else self.placement.lookup.grid.georeference

    def record(self, options: SimilarityOptions) -> dict[str, Any]:
        """The record of how the map is made."""
        about = {"name": self.reference.name, "origin": self.reference.origin}
        weights = Path(options.weights or paths.weights())
        return {
            "started": provenance.now(),
            "image": provenance.describe_scene(self.scene),
            "geometry": None if self.placement is None else describe_placement(self.placement),
            "spectrum": {**about, "ratio": np.round(self.reference.spectra, 6).tolist()},
            "metric": self.metric,
            "scales": list(self.scorer.sizes),
            "network": provenance.describe_file(weights) if self.engine else None,
            "thresholds": self.thresholds,
            "warnings": self.warnings,
            "versions": provenance.versions(self.engine),
        }

    def run(self, outputs: AtomicOutputs, name: str, record: Mapping[str, Any], progress: Progress) -> _Result:
        """Write the scores."""
        found = _Result(BestPixels(BEST), ScoreHistogram(self.scorer.sizes, self.thresholds))
        size = self.scene.lines, self.scene.samples
        if self.placement is None:
            with self._create(outputs.path(name), *size, record) as writer:
                self._compute(writer, found, progress.part(0, 0.98))
            return found
        grid = self.placement.lookup.grid
        with outputs.scratch() as folder:
            with self._create(folder / name, *size, record) as writer:
                self._compute(writer, found, progress.part(0, 0.9))
            with self._create(outputs.path(name), grid.lines, grid.samples, record, self.georeference) as writer:
                for first, scores in place(folder / name, self.placement.lookup, np.nan):
                    writer.write(scores, first)
                    progress.report(0.9 + 0.08 * (first + scores.shape[1]) / grid.lines, "placed on the map")
        return found

    def _create(
        self, path: Path, lines: int, samples: int, record: Mapping[str, Any], georeference: Optional[Georeference] = None
    ) -> RasterWriter:
        metadata = {
            PRODUCT_ID_KEY: self.scene.product_id,
            PROVENANCE_KEY: f"{path.stem}_provenance.json",
            **provenance.identity(record),
        }
        return create_raster(
            path,
            lines,
            samples,
            len(self.scorer.sizes),
            np.float32,
            nodata=np.nan,
            georeference=georeference if self.placement is not None else self.scene.georeference,
            band_names=[f"similarity to {self.reference.name}, {size} x {size}" for size in self.scorer.sizes],
            metadata=metadata,
        )

    def _compute(self, writer: RasterWriter, found: _Result, progress: Progress) -> None:
        scene = self.scene
        blocks = split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size, self.scorer.halo)

        def read(block: Block) -> FloatArray:
            return self.resample(scene.read(block.halo_first, block.halo_lines, self.resample.bands))

        for block, on_grid in read_ahead(blocks, read):
            progress.check()
            scores = self.scorer(remove_grid_continuum(on_grid), block.inner)
            writer.write(scores, block.first)
            found.histogram.add(scores)
            found.best.add(scores, block.first)
            progress.report(
                (block.first + block.lines) / scene.lines, f"compared {block.first + block.lines} of {scene.lines} lines"
            )

    def write_best(self, best: BestPixels, path: Path) -> list[dict[str, Any]]:
        """Write the best pixels as points. Return them without their spectra, for the record."""
        sizes = self.scorer.sizes
        fields = {"rank": "whole", **{f"score_{size}": "real" for size in sizes}, "sample": "whole", "line": "whole"}
        fields.update(lon="real", lat="real", spectrum="text")
        places = MapPlaces.of(self.scene, self.placement, best.line, best.sample)
        ratios = ratios_at(self.scene, self.resample, best.line, best.sample)
        said = f"Pixels of {self.scene.product_id} that most resemble {self.reference.name}, made by CRISM GAN"
        wkt = "" if self.georeference is None else self.georeference.wkt
        rows = []
        with VectorLayer(path, LAYER, wkt, (), fields, said, points=True) as layer:
            for k, (line, sample) in enumerate(zip(best.line.tolist(), best.sample.tolist())):
                scores = {f"score_{size}": float(best.scores[k, number]) for number, size in enumerate(sizes)}
                degrees = {"lon": float(places.longitude[k]), "lat": float(places.latitude[k])}
                row = {"rank": k + 1, **scores, "sample": sample, "line": line, **degrees}
                row = {name: None if value != value else value for name, value in row.items()}
                rows.append(row)
                layer.write_point(
                    float(places.x[k]), float(places.y[k]), {**row, "spectrum": json.dumps(self._spectrum(line, sample, ratios[k]))}
                )
        return rows

    def _spectrum(self, line: int, sample: int, ratio: FloatArray) -> dict[str, Any]:
        i_f = self.scene.read(line, 1)[0, sample]
        return {
            "wavelengths_nm": np.round(self.scene.axis.wavelengths_nm, 2).tolist(),
            "i_f": _numbers(i_f),
            "grid_nm": np.round(WAVELENGTHS_NM, 2).tolist(),
            "ratio": _numbers(ratio),
            "looked_for": _numbers(self.reference.spectra[0]),
        }


def _numbers(values: FloatArray) -> list[Optional[float]]:
    return [float(f"{value:.6g}") if value == value else None for value in values.tolist()]


def _reference(
    scene: Scene, resample: GridResampler, placement: Optional[Placement], options: SimilarityOptions
) -> ReferenceSpectrum:
    """The spectrum that is looked for."""
    if options.at is None and options.polygons is None:
        return named_reference(options.spectrum, options.spectrum_file, options.exemplars)
    if options.spectrum_image is not None:
        scene = open_scene(options.spectrum_image)
        resample = resampler_to_grid(scene.axis, str(options.spectrum_image))
        placement, _ = find_placement(scene, None, options.crs)
    frame = ImageFrame.of(scene, placement)
    if options.at is not None:
        x, y = options.at
        line, sample = frame.pixel_at(x, y, options.at_crs)
        name, what = f"sample {sample[0]}, line {line[0]}", f"at {x:.10g}, {y:.10g}"
    else:
        assert options.polygons is not None
        line, sample = frame.pixels_within(options.polygons)
        name, what = f"{line.size} pixels", f"polygons: {options.polygons}"
    spectrum, valid = mean_ratio(scene, resample, line, sample)
    if not valid:
        raise ParameterError(f"{what}: {scene.path.name} has no valid data there ({name}); choose another place")
    return ReferenceSpectrum(f"{scene.product_id}, {name}", f"{scene.path.name}, {what}", spectrum[np.newaxis])


def _check_one_spectrum(options: SimilarityOptions) -> None:
    """Raise `ParameterError` unless the options name one spectrum, in one way."""
    ways = {
        "a spectrum": options.spectrum is not None or options.spectrum_file is not None,
        "a point (at)": options.at is not None,
        "polygons": options.polygons is not None,
    }
    given = [way for way, there in ways.items() if there]
    if len(given) != 1:
        said = f"{' and '.join(given)} are given" if given else "none is given"
        raise ParameterError(f"spectrum: give either {', or '.join(ways)} to look for; {said}")
    if options.spectrum_image is not None and ways["a spectrum"]:
        raise ParameterError("spectrum_image: is for a point or polygons, and neither is given; leave it out")


def _score(
    scene: Scene, resample: GridResampler, reference: ReferenceSpectrum, options: SimilarityOptions
) -> tuple[Score, Optional[str]]:
    """The function that scores spectra, and the engine of the network if one is used."""
    if options.metric != "network":
        return cosine_score(options.metric, reference.spectra), None
    count = len(reference.spectra)
    library = ExemplarLibrary(
        names=[f"{reference.name} {number}" for number in range(1, count + 1)],
        spectra=np.asarray(reference.spectra, np.float64),
        classes=[MineralClass(1, reference.name, (0, 0, 0))],
        class_index=np.zeros(count, int),
    )
    sampled = MapCube.of(scene, resample).sample()
    background = load_background()
    if len(sampled) >= LEAST_PIXELS:
        background = refined(background, np.minimum(sampled, 1), noise_of(sampled))
    discriminator = load_discriminator(options.weights, options.engine)
    matcher = Matcher(discriminator, library, background)
    return lambda spectra, noise: matcher(spectra, noise).max(1), discriminator.engine

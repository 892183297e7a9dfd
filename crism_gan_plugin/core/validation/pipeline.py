"""From labelled images to the tables of how right methods are, files to file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from .. import provenance
from ..arrays import IntArray
from ..errors import InputError, ParameterError
from ..files.inputs import current_inputs, recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_name, check_outputs
from ..files.tables import table_text
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.cube import MapCube
from ..mapping.levels import NO_DATA
from ..methods.classification import Classification
from ..methods.confusion import Confusion
from ..methods.image import open_image
from ..methods.table import METHODS
from ..options.keywords import takes
from ..options.mapping import MapOptions
from ..options.validation import ValidationOptions
from ..products.scene import Scene
from ..progress import NamedProgress, Progress
from .figure import reliability_figure
from .labelled_images import truth_of_polygons, truth_of_raster
from .labelled_pixels import is_pixel_file, read_pixel_images
from .labels import NOT_JUDGED, PLEBANI, Labels
from .onnx import ONNX, OnnxClassifier
from .rows import CONFUSION, RATES, RELIABILITY, ImageResult, MethodResult

#: Endings of layers of polygons, and of names that lead to a layer in a file.
_LAYERS = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".kml")


@dataclass(frozen=True)
class ValidationOutputs:
    """Paths of a validation.

    Attributes
    ----------
    table
        Precision, recall and F1 by method, image and class; macro-F1, false share on bare ground and calibration errors (CSV).
    confusion
        What is named what, in pixels (CSV).
    reliability
        The reliability diagrams (CSV).
    diagram
        Those of all images together, a panel for each method (SVG).
    provenance
        What they were made of, and how (JSON).
    """

    table: Path
    confusion: Path
    reliability: Path
    diagram: Path
    provenance: Path


@takes(ValidationOptions)
@recorded_inputs()
def validate_methods(
    labels: Sequence[PathLike], output: PathLike, *, options: ValidationOptions, progress: Optional[Progress] = None
) -> ValidationOutputs:
    """Try methods on labelled images, and tell how right each is on each image.

    Nothing is learnt from the images but how scores become shares of what is right; that is learnt on all images but the one that
    is judged.

    Parameters
    ----------
    labels
        For each image a raster of labels; or one layer of polygons; or one file of labelled pixels.
    output
        The table (.csv). The other files get names that begin like its own.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong; nothing is written then, nor after `Cancelled`.
    """
    progress, target = progress or Progress(), Path(output)
    made = _outputs(target)
    whole = load_exemplars(options.exemplars)
    library = whole.defaults() if options.classes is None else whole.select(options.classes)
    work = _Validation(options, library, _labels(labels, options, library), _onnx(options, library))
    current_inputs().keep([*labels, *options.images, options.label_table, options.onnx, options.onnx_table])
    check_outputs([made.table, made.confusion, made.reliability, made.diagram, made.provenance])
    started = provenance.now()
    with AtomicOutputs(target.parent) as outputs:
        with outputs.scratch() as folder:
            images = work.images(labels, folder)
            results = work.run(images, folder, progress)
        for note in filter(None, [work.labels.note()]):
            progress.warn(note)
        for result in results:
            progress.info(result.said())
        tables: tuple[tuple[Path, Sequence[str], list[list[object]]], ...] = (
            (made.table, RATES, [row for each in results for row in each.rates(library)]),
            (made.confusion, CONFUSION, [row for each in results for row in each.confusion(library)]),
            (made.reliability, RELIABILITY, [row for each in results for row in each.reliability()]),
        )
        for path, heading, rows in tables:
            outputs.place(path).write_text(table_text([heading, *rows]), encoding="utf-8", errors="backslashreplace")
        outputs.place(made.diagram).write_text(reliability_figure(results), encoding="utf-8")
        record: dict[str, Any] = {
            "started": started,
            "labels": [str(path) for path in labels],
            "images": [str(path) for path in options.images],
            "judged images": [each.image for each in results[0].images],
            "label table": str(options.label_table or (PLEBANI.name if work.of_pixels else "codes and names of the library")),
            "unmapped labels": dict(work.labels.unmapped),
            "exemplars": provenance.describe_file(Path(options.exemplars or paths.exemplars())),
            "classes": library.class_names,
            "methods": [each.method for each in results],
            "ratio": options.ratio,
            "scales": list(options.scales),
            "versions": provenance.versions(),
            "finished": provenance.now(),
        }
        text = json.dumps(record, indent=1, ensure_ascii=False)
        outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return made


def _outputs(target: Path) -> ValidationOutputs:
    if target.suffix.lower() != ".csv":
        raise ParameterError(f"output: {target} is not the name of a table; let it end in .csv")
    check_name(target.name, "output")
    begin = target.stem
    names = (f"{begin}_confusion.csv", f"{begin}_reliability.csv", f"{begin}_reliability.svg", f"{begin}_provenance.json")
    return ValidationOutputs(target, *(target.with_name(name) for name in names))


def _labels(labels: Sequence[PathLike], options: ValidationOptions, library: ExemplarLibrary) -> Labels:
    of_pixels = any(map(is_pixel_file, labels))
    if of_pixels and (len(labels) > 1 or options.images):
        raise ParameterError("labels: a file of labelled pixels has spectra of its own; give it alone, and no images")
    if not of_pixels and not options.images:
        raise ParameterError("images: none is given; give the images that the labels are of")
    one_layer = len(labels) == 1 and _is_layer(labels[0])
    if not of_pixels and not one_layer and len(labels) != len(options.images):
        raise ParameterError(
            f"labels: there are {len(labels)} for {len(options.images)} images; give one for each, in the order of the images, or "
            "one layer of polygons"
        )
    if options.label_table is not None:
        return Labels.of_file(options.label_table, library)
    return Labels.of_file(PLEBANI, library, strict=False) if of_pixels else Labels.own(library)


def _onnx(options: ValidationOptions, library: ExemplarLibrary) -> Optional[OnnxClassifier]:
    if options.onnx is None:
        return None
    if options.onnx_table is None:
        raise ParameterError("onnx_table: is not given; say which class each output of the classifier means (label, class)")
    return OnnxClassifier.load(options.onnx, Labels.of_file(options.onnx_table, library, strict=False))


def _is_layer(path: PathLike) -> bool:
    return Path(str(path).split("|")[0]).suffix.lower() in _LAYERS


@dataclass(frozen=True)
class _LabelledImage:
    """An image's name and file; its labels: a file, or codes that are known already."""

    name: str
    source: PathLike
    labels: Optional[PathLike] = None
    truth: Optional[IntArray] = None


@dataclass(frozen=True)
class _Validation:
    """Methods, and what labels mean."""

    options: ValidationOptions
    library: ExemplarLibrary
    labels: Labels
    onnx: Optional[OnnxClassifier]

    @property
    def of_pixels(self) -> bool:
        """Whether the labels are a file with spectra of its own."""
        return not self.options.images

    def images(self, labels: Sequence[PathLike], folder: Path) -> Iterator[_LabelledImage]:
        """The images, one after the other; those of a file of labelled pixels are written into a folder first."""
        if self.of_pixels:
            for number, pixels in enumerate(read_pixel_images(labels[0], self.options.wavelengths)):
                path = folder / f"pixels of {number}.tif"
                pixels.write(path)
                truth = pixels.on_image(self.labels.of_numbers(pixels.labels), NOT_JUDGED)
                yield _LabelledImage(pixels.name, path, truth=truth)
                path.unlink()
            return
        several = list(labels) * len(self.options.images) if len(labels) == 1 else list(labels)
        names = [Path(str(path)).stem for path in self.options.images]
        for number, (source, own) in enumerate(zip(self.options.images, several)):
            name = names[number] if names.count(names[number]) == 1 else str(source)
            yield _LabelledImage(name, source, labels=own)

    def run(self, images: Iterator[_LabelledImage], folder: Path, progress: Progress) -> list[MethodResult]:
        """Try each method on each image."""
        for key in self.options.methods:
            METHODS[key].check()
        keys = [key for key in METHODS if key in set(self.options.methods)] + ([] if self.onnx is None else [ONNX])
        if not keys:
            raise ParameterError(f"methods: none is chosen; choose some of {', '.join(METHODS)}")
        found: dict[str, list[ImageResult]] = {key: [] for key in keys}
        total = len(self.options.images) or None
        for number, image in enumerate(images):
            # how many images a file of labelled pixels has is known at its end: half of what is left is theirs
            begin, end = (1 - 0.5**number, 1 - 0.5 ** (number + 1)) if total is None else (number / total, (number + 1) / total)
            self._try(image, keys, found, folder / f"image {number}", NamedProgress(progress.part(begin, end), image.name))
        if not any(each.confusion.counts.any() for each in found[keys[0]]):
            raise InputError(
                f"none of the labelled pixels can be judged: {self.labels.note() or 'no pixel with data has a label'}; check the "
                "table of labels and the classes"
            )
        progress.report(1.0)
        return [MethodResult(key, several) for key, several in found.items()]

    def _try(
        self, image: _LabelledImage, keys: Sequence[str], found: dict[str, list[ImageResult]], folder: Path, progress: Progress
    ) -> None:
        """Try the methods on one image."""
        of_file = None if self.of_pixels else self.options.wavelengths
        cube = MapCube.open(image.source, None, of_file)
        with cube.scene as scene:
            truth = self._truth(image, scene)
            names = ("exemplars", "classes", "ratio", "scales", "weights", "engine")
            shared = MapOptions(**{name: getattr(self.options, name) for name in names})
            folder.mkdir()
            with open_image(cube, shared, folder, progress.part(0, 0.2)) as opened:
                judged = (truth != NOT_JUDGED) & opened.valid
                for place, key in enumerate(keys):
                    share = progress.part(0.2 + 0.8 * place / len(keys), 0.2 + 0.8 * (place + 1) / len(keys))
                    mapped = self.onnx(opened, share) if key == ONNX and self.onnx is not None else METHODS[key](opened, share)
                    found[key].append(_judged(image.name, mapped, truth, judged))
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

    def _truth(self, image: _LabelledImage, scene: Scene) -> IntArray:
        if image.truth is not None:
            return image.truth
        assert image.labels is not None
        if _is_layer(image.labels):
            return truth_of_polygons(image.labels, self.options.field, scene, self.labels)
        return truth_of_raster(image.labels, scene, self.labels)


def _judged(name: str, mapped: Classification, truth: IntArray, judged: Any) -> ImageResult:
    """Judge a map on the pixels that have a truth."""
    likeliest = mapped.named if mapped.best is None else mapped.best
    told = judged & (likeliest > 0) & np.isfinite(mapped.scores) & (mapped.codes != NO_DATA)
    return ImageResult(
        name,
        Confusion.of(truth[judged], mapped.named[judged]),
        mapped.scores[told].astype(np.float64),
        likeliest[told] == truth[told],
    )

"""The command line of the core, for scripts and clusters.

Paths of results go to stdout, progress and warnings go to stderr. The exit code is 0 when a command is done, 2 for bad input, 130
when Ctrl-C cancelled it, and 143 when SIGTERM did.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

from .errors import Cancelled, CrismError, InputError, one_line
from .options.archive import ARCHIVE_IMAGES, ArchiveOptions
from .options.arguments import add_options, input_help, values_of
from .options.band_positions import BandOptions
from .options.batch import IMAGES, BatchOptions
from .options.catalogue import FOLDER, CatalogueOptions
from .options.composite import MAPS, CompositeOptions
from .options.continuum import ContinuumOptions
from .options.denoising import CorrectionOptions, DenoiseCommandOptions
from .options.deposits import MAP, DepositOptions
from .options.detection_limit import MAP as LIMIT_MAP
from .options.detection_limit import LimitOptions
from .options.endmembers import EndmemberOptions
from .options.exemplars import ExemplarOptions
from .options.fetching import FetchOptions
from .options.importing import ImportOptions
from .options.methods import CompareOptions
from .options.parameter import Parameter, ValueKind
from .options.report import REPORT_MAP, ReportedMapOptions, ReportOptions
from .options.screening import ScreenOptions
from .options.shared import IMAGE, InfoOptions
from .options.similarity import SimilarityOptions
from .options.simulation import PracticeOptions
from .options.stage import Options
from .options.summary_parameters import SummaryOptions
from .options.training import TrainingOptions
from .options.validation import LABELS, ValidationOptions
from .progress import Progress
from .stop_signals import StopSignals


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):  # names of files may have letters that the terminal's encoding lacks
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with StopSignals() as signals:
        chosen = _parser().parse_args(arguments)
        progress = _QuietProgress(signals) if chosen.quiet else TerminalProgress(signals)
        try:
            progress.check()
            results = chosen.run(chosen, progress)
        except CrismError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except MemoryError:
            print("error: there is not enough memory for this; close other programs, or use a machine with more", file=sys.stderr)
            return 2
        except (Cancelled, KeyboardInterrupt) as stop:
            print(str(stop) or chosen.on_interrupt, file=sys.stderr)
            return signals.exit_code
        for path in results:
            print(path)
        return 0


class _QuietProgress(Progress):
    """Shows nothing; a signal cancels."""

    def __init__(self, signals: Optional[StopSignals] = None) -> None:
        self._signals = signals or StopSignals()

    def is_cancelled(self) -> bool:
        self._signals.keep()
        return self._signals.received is not None


class TerminalProgress(_QuietProgress):
    """Shows a percentage on one line of stderr, at most four times a second. Warnings get lines of their own."""

    def __init__(self, signals: Optional[StopSignals] = None) -> None:
        super().__init__(signals)
        self._last = 0.0
        self._terminal = sys.stderr.isatty()

    def _show(self, fraction: float, text: Optional[str]) -> None:
        if not self._terminal or (time.monotonic() - self._last < 0.25 and fraction < 1):
            return
        self._last = time.monotonic()
        print(f"\r\033[K{100 * fraction:3.0f} %  {text or ''}", end="\n" if fraction >= 1 else "", file=sys.stderr, flush=True)

    def info(self, text: str) -> None:
        self._line(text)

    def warn(self, text: str) -> None:
        self._line(f"WARNING: {text}")

    def _line(self, text: str) -> None:
        text = one_line(text)  # names of files, and what headers say, are foreign text
        print(f"\r\033[K{text}" if self._terminal else text, file=sys.stderr, flush=True)


def _map(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .catalogue.mapped import map_scene
    from .detection_limit.of_map import files_of

    chosen = values_of(arguments, ReportedMapOptions)
    made = map_scene(arguments.image, arguments.out_dir, **chosen, progress=progress)
    return [
        *_paths(made),
        *filter(None, [made.evidence_style, chosen.get("report")]),
        *(made.unlisted if chosen.get("unlisted") else []),
        *(files_of(made.classes) if chosen.get("limits") else []),
    ]


def _batch(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .batch import map_batch

    made = map_batch(arguments.images, arguments.out_dir, **values_of(arguments, BatchOptions), progress=progress)
    paths = [made.summary, *(outputs.classes for outputs in made.maps), *(_paths(made.composite) if made.composite else [])]
    paths += [*made.reports, *([] if made.catalogue is None else [made.catalogue.collection])]
    if not made.failures:
        return paths
    print(*paths, sep="\n")
    raise InputError(f"{len(made.failures)} of {len(made.failures) + len(made.maps)} images failed; why is in {made.failed}")


def _archive(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .archive.pipeline import map_archive

    made = map_archive(arguments.images, arguments.out_dir, **values_of(arguments, ArchiveOptions), progress=progress)
    paths = [each for each in (made.ledger, made.composite, made.catalogue) if each is not None]
    if not made.set_aside:
        return paths
    print(*paths, sep="\n")
    raise InputError(f"{len(made.set_aside)} of {made.scenes} scenes could not be mapped; why is in {made.ledger}")


def _denoise(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    chosen = values_of(arguments, DenoiseCommandOptions)
    if chosen.pop("mode", DenoiseCommandOptions.mode) == "quick":
        from .denoise.quick import correct_scene

        kept = values_of(arguments, CorrectionOptions)
        return _paths(correct_scene(arguments.image, arguments.out_dir, **kept, progress=progress))
    from .denoise.pipeline import denoise_scene

    return _paths(denoise_scene(arguments.image, arguments.out_dir, **chosen, progress=progress))


def _import(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .importing import import_product

    return [import_product(arguments.image, arguments.out, **values_of(arguments, ImportOptions), progress=progress).cube]


def _fetch(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .fetching.pipeline import fetch_products

    made = fetch_products(arguments.out_dir, **values_of(arguments, FetchOptions), progress=progress)
    if not made.failures:
        return [made.footprints, *made.files]
    print(made.footprints, *made.files, sep="\n")
    raise InputError(f"{len(made.failures)} of {made.found} products could not be fetched; why is in {made.footprints}")


def _continuum(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .continuum_cube import remove_continuum_scene

    chosen = values_of(arguments, ContinuumOptions)
    return _paths(remove_continuum_scene(arguments.image, arguments.out, **chosen, progress=progress))


def _mosaic(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .mosaic.composite import make_composite

    return _paths(make_composite(arguments.maps, arguments.out, **values_of(arguments, CompositeOptions), progress=progress))


def _deposits(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .deposits.pipeline import make_deposits

    return _paths(make_deposits(arguments.map, arguments.out, **values_of(arguments, DepositOptions), progress=progress))


def _catalogue(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .catalogue import catalogue_maps

    made = catalogue_maps(arguments.folder, **values_of(arguments, CatalogueOptions), progress=progress)
    progress.info(f"{made.entered} maps entered, {made.kept} were there, {made.removed} are gone and were taken out")
    if not made.failures:
        return [made.collection, made.detections, made.style]
    print(made.collection, made.detections, made.style, sep="\n")
    raise InputError(f"{len(made.failures)} maps could not be catalogued; the first: {made.failures[0][1]}")


def _report(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .reports import make_report

    return _paths(make_report(arguments.map, arguments.out, **values_of(arguments, ReportOptions), progress=progress))


def _limits(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .detection_limit.pipeline import find_detection_limits

    return _paths(find_detection_limits(arguments.map, arguments.out, **values_of(arguments, LimitOptions), progress=progress))


def _similarity(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .search.pipeline import make_similarity_map

    chosen = values_of(arguments, SimilarityOptions)
    return _paths(make_similarity_map(arguments.image, arguments.out, **chosen, progress=progress))


def _summary(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .summary_parameters.pipeline import make_summary_parameters

    made = make_summary_parameters(arguments.image, arguments.out, **values_of(arguments, SummaryOptions), progress=progress)
    return [made.parameters, made.style, *made.products, made.provenance]


def _screen(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .screening.pipeline import screen_images

    made = screen_images(arguments.images, arguments.out, **values_of(arguments, ScreenOptions), progress=progress)
    if not made.failures:
        return [made.table, made.provenance]
    print(made.table, made.provenance, sep="\n")
    raise InputError(f"{len(made.failures)} of the images could not be screened; why is in {made.table}")


def _endmembers(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .endmembers.pipeline import find_endmembers

    return _paths(find_endmembers(arguments.image, arguments.out, **values_of(arguments, EndmemberOptions), progress=progress))


def _compare(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .methods.pipeline import compare_methods

    made = compare_methods(arguments.image, arguments.out, **values_of(arguments, CompareOptions), progress=progress)
    return [made.agreement, made.style, *made.maps, made.table, made.provenance]


def _bandfit(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .band_positions.pipeline import fit_band_positions

    made = fit_band_positions(arguments.image, arguments.out, **values_of(arguments, BandOptions), progress=progress)
    return [made.bands, *made.styles, made.provenance]


def _validate(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .validation.pipeline import validate_methods

    return _paths(validate_methods(arguments.labels, arguments.out, **values_of(arguments, ValidationOptions), progress=progress))


def _exemplars(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .own_minerals.pipeline import build_exemplars

    return _paths(build_exemplars(arguments.out, **values_of(arguments, ExemplarOptions), progress=progress))


def _simulate(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .simulation import simulate_practice

    return [
        scene.image for scene in simulate_practice(arguments.out_dir, **values_of(arguments, PracticeOptions), progress=progress)
    ]


def _train(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .training.pipeline import train_to_files

    return _paths(train_to_files(arguments.out, **values_of(arguments, TrainingOptions), progress=progress))


def _paths(outputs: Any) -> list[Any]:
    """The paths in a dataclass of outputs, without files that were not written."""
    return [path for path in asdict(outputs).values() if path is not None]


def _info(arguments: argparse.Namespace, progress: Progress) -> list[Any]:
    from .products.scene import open_scene
    from .spectra.resampling import resampler_to_grid

    scene = open_scene(arguments.image, **values_of(arguments, InfoOptions))
    axis = scene.axis.wavelengths_nm
    where = "map-projected" if scene.georeference and scene.georeference.wkt else "sensor space"
    lines = [
        f"product      {scene.product_id}",
        f"size         {scene.lines} lines × {scene.samples} samples × {axis.size} bands, {where}",
        f"wavelengths  {axis[0]:.2f}-{axis[-1]:.2f} nm, {int(scene.axis.usable.sum())} usable bands",
        *(f"note         {note}" for note in scene.notes),
    ]
    for line in lines:
        print(line)
    resample = resampler_to_grid(scene.axis, str(arguments.image), mapping_data=True)  # says what is missing, if it cannot be
    print(
        "mappable     yes"
        if resample.channels is None
        else f"mappable     yes, as mapping data of {resample.channels.mapping_filter}"
    )
    return []


#: Help of the output of a command that names its files itself. The other commands take the name of one file, and say which.
_FOLDER = "Folder of the results. It is made if it is missing."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crism_gan_plugin.core", description="Mineral maps of Mars from CRISM images.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str,
        run: Callable[..., list[Any]],
        said: str,
        options: type[Options],
        *given: tuple[str, Parameter],
        out: str = "",
        out_words: Sequence[str] = ("--out",),
        of_many: bool = False,
    ) -> argparse.ArgumentParser:
        """Add a command: its inputs, the option that says where its results go, and the options of its stage."""
        made = commands.add_parser(name, help=said, description=f"{said[0].upper()}{said[1:]}.")
        made.set_defaults(run=run, on_interrupt="cancelled; nothing was written")
        for word, parameter in given:
            count = "*" if name == "batch" else "+"  # a batch may fetch its images
            several: dict[str, Any] = {"nargs": count, "metavar": word[:-1].upper()} if parameter.kind is ValueKind.IMAGES else {}
            made.add_argument(word, type=Path, help=input_help(parameter), **several)
        if out == _FOLDER:
            made.add_argument("--out-dir", type=Path, required=True, metavar="D", help=out)
        elif out:
            made.add_argument(*out_words, dest="out", type=Path, required=True, metavar="F", help=out)
        add_options(made, options, of_many)
        made.add_argument("--quiet", action="store_true", help="No progress, notes or warnings.")
        return made

    image, images, maps = ("image", IMAGE), ("images", IMAGES), ("maps", MAPS)
    begin = "The other files get names that begin like its own."
    command("map", _map, "map the minerals of an image", ReportedMapOptions, image, out=_FOLDER)
    command("batch", _batch, "map many images, and make a composite", BatchOptions, images, out=_FOLDER, of_many=True)
    archive = ("images", ARCHIVE_IMAGES)
    command("archive", _archive, "map thousands of images on a cluster", ArchiveOptions, archive, out=_FOLDER, of_many=True)
    denoise = command(
        "denoise", _denoise, "separate the surface from atmosphere and noise", DenoiseCommandOptions, image, out=_FOLDER
    )
    quick: dict[str, Any] = {"action": "store_const", "const": "quick", "default": argparse.SUPPRESS}
    denoise.add_argument("--quick", dest="mode", help="The same as --mode quick.", **quick)
    fetch = command("fetch", _fetch, "find images in the archive, and fetch them", FetchOptions, out=_FOLDER)
    fetch.set_defaults(on_interrupt="cancelled; what has come is kept: the same command again goes on from there")
    command("import", _import, "write a product as a clean GeoTIFF cube", ImportOptions, image, out="GeoTIFF of the cube.")
    command("continuum", _continuum, "divide spectra by their hull", ContinuumOptions, image, out="GeoTIFF of the ratio.")
    command("mosaic", _mosaic, "lay maps over each other", CompositeOptions, maps, out=f"GeoTIFF of the composite. {begin}")
    said, layer = "write patches of minerals as polygons", f"GeoPackage of the deposits (.gpkg). {begin}"
    command("deposits", _deposits, said, DepositOptions, ("map", MAP), out=layer)
    said = "list a folder of maps: a STAC catalogue, and one layer of all detections"
    command("catalogue", _catalogue, said, CatalogueOptions, ("folder", FOLDER))
    scores = f"GeoTIFF of the scores. {begin}"
    command("similarity", _similarity, "compare an image with one spectrum", SimilarityOptions, image, out=scores)
    said = "tell what a map shows and why, as a page"
    command("report", _report, said, ReportOptions, ("map", REPORT_MAP), out="The page (.html), which holds its pictures.")
    said, bands = "write summary parameters and browse products", f"GeoTIFF of the parameters. {begin}"
    command("summary", _summary, said, SummaryOptions, image, out=bands)
    said, verdicts = "ask for minerals in many images, before any map", f"The table (.csv). {begin}"
    command("screen", _screen, said, ScreenOptions, images, out=verdicts)
    said, segments = (
        "find the few spectra that say most of an image, and which the library lacks",
        f"GeoTIFF of the segments. {begin}",
    )
    command("endmembers", _endmembers, said, EndmemberOptions, image, out=segments)
    said, agreement = "map an image by several published methods", f"GeoTIFF of where methods agree. {begin}"
    command("compare", _compare, said, CompareOptions, image, out=agreement)
    said, bands = "write where absorptions lie, and how deep they are", f"GeoTIFF of centre, depth, width and area. {begin}"
    command("bandfit", _bandfit, said, BandOptions, image, out=bands)
    said = "tell how right methods are on labelled images"
    command("validate", _validate, said, ValidationOptions, ("labels", LABELS), out=verdicts)
    library = f"Exemplar library (.json). {begin}"
    command("exemplars", _exemplars, "build a library of the spectra to look for", ExemplarOptions, out=library)
    command("simulate", _simulate, "write two simulated images to practise with", PracticeOptions, out=_FOLDER)
    said, raster = "tell what an image could have shown", f"GeoTIFF of the limits. {begin}"
    command("detectionlimit", _limits, said, LimitOptions, ("map", LIMIT_MAP), out=raster)
    command("info", _info, "tell what an image is, and whether it can be mapped", InfoOptions, image)
    words, weights = ("--out", "--model-out"), f"The network's weights (.npz). {begin}"
    train = command("train", _train, "train a network (needs PyTorch)", TrainingOptions, out=weights, out_words=words)
    train.set_defaults(on_interrupt="cancelled; the last checkpoint is kept: the same command again goes on from there")
    return parser

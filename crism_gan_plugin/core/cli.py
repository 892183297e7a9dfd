"""The command line of the core, for scripts and clusters.

Paths of results go to stdout, progress and warnings to stderr. Exit codes: 0 done, 2 bad input, 130 cancelled by Ctrl-C, 143 by
SIGTERM.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional

from .errors import Cancelled, CrismError, InputError, one_line
from .mapping.threshold_text import parse_class_thresholds
from .progress import Progress
from .stop_signals import StopSignals


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # names of files may have letters that the terminal's encoding lacks
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with StopSignals() as signals:
        options = _parser().parse_args(arguments)
        progress = _QuietProgress(signals) if options.quiet else TerminalProgress(signals)
        try:
            progress.check()
            results = options.run(options, progress)
        except CrismError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except MemoryError:
            print("error: there is not enough memory for this; close other programs, or use a machine with more", file=sys.stderr)
            return 2
        except (Cancelled, KeyboardInterrupt) as stop:
            print(str(stop) or options.on_interrupt, file=sys.stderr)
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
    """A percentage on one line of stderr, at most four times a second; warnings on lines of their own."""

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


def _map(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .mapping.pipeline import map_scene

    outputs = map_scene(
        options.image,
        options.out_dir,
        model=options.model_in,
        geometry=options.geometry,
        evidence=not options.no_evidence,
        progress=progress,
        **_mapping(options),
    )
    return [path for path in asdict(outputs).values() if path is not None]


def _batch(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .batch import map_batch

    made = map_batch(
        options.images,
        options.out_dir,
        composite=None if options.no_composite else options.composite,
        strategy=options.strategy,
        progress=progress,
        **_mapping(options),
    )
    paths = [made.summary, *(outputs.classes for outputs in made.maps)]
    paths += [path for path in asdict(made.composite).values() if path is not None] if made.composite else []
    if not made.failures:
        return paths
    print(*paths, sep="\n")
    raise InputError(f"{len(made.failures)} of {len(made.failures) + len(made.maps)} images failed; why is in {made.failed}")


def _mapping(options: argparse.Namespace) -> dict[str, Any]:
    """What mapping one image and mapping many have in common."""
    return {
        "denoise": options.denoise,
        "volcano_scans": options.volcano_scans,
        "scan_table": options.scan_table,
        "identification": options.identification,
        "guess": options.guess,
        "best_guess": options.best_guess,
        "lead": options.lead,
        "class_thresholds": parse_class_thresholds(options.class_threshold),
        "scales": options.scales,
        "method": options.method,
        "support": options.support,
        "ratio": options.ratio,
        "crs": options.crs,
        "wavelengths": options.wavelengths,
        "exemplars": options.exemplars,
        "classes": options.classes,
        "weights": options.weights,
        "engine": options.engine,
    }


def _denoise(options: argparse.Namespace, progress: Progress) -> list[Any]:
    if options.quick:
        from .denoise.quick import correct_scene

        corrected = correct_scene(
            options.image,
            options.out_dir,
            transmissions=options.volcano_scans,
            scan_table=options.scan_table,
            wavelengths=options.wavelengths,
            progress=progress,
        )
        return [corrected.corrected, corrected.provenance]
    from .denoise.pipeline import denoise_scene

    outputs = denoise_scene(
        options.image,
        options.out_dir,
        transmissions=options.volcano_scans,
        scan_table=options.scan_table,
        information=options.information,
        exemplars=options.exemplars,
        spectral_libraries=options.library,
        ices=options.ices,
        wavelengths=options.wavelengths,
        device=options.device,
        progress=progress,
    )
    return [path for path in asdict(outputs).values() if path is not None]


def _import(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .importing import import_product

    outputs = import_product(
        options.image,
        options.out,
        geometry=options.geometry,
        wavelengths=options.wavelengths,
        crs=options.crs,
        resampling=options.resampling,
        sensor_space=options.sensor_space,
        join=not options.no_join,
        progress=progress,
    )
    return [outputs.cube]


def _continuum(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .continuum_cube import remove_continuum_scene

    outputs = remove_continuum_scene(
        options.image,
        options.out,
        wavelengths=options.wavelengths,
        range_nm=options.range,
        continuum_out=options.continuum_out,
        progress=progress,
    )
    return [path for path in asdict(outputs).values() if path is not None]


def _mosaic(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .mosaic.composite import make_composite

    outputs = make_composite(
        options.maps,
        options.out,
        crs=options.crs,
        pixel_size=options.pixel_size,
        extent=options.extent,
        strategy=options.strategy,
        progress=progress,
    )
    return [path for path in asdict(outputs).values() if path is not None]


def _info(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .products.scene import open_scene
    from .spectra.resampling import resampler_to_grid

    scene = open_scene(options.image, wavelengths=options.wavelengths)
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
    resampler_to_grid(scene.axis, str(options.image))  # says what is missing, if it cannot be mapped
    print("mappable     yes")
    return []


def _train(options: argparse.Namespace, progress: Progress) -> list[Any]:
    from .training.pipeline import train_to_files

    outputs = train_to_files(
        options.out,
        images=options.images,
        library=options.library,
        ground=options.ground,
        exemplars=not options.no_exemplars,
        losses=options.losses,
        steps=options.steps,
        seed=options.seed,
        patience=options.patience,
        checkpoint=options.checkpoint,
        progress=progress,
    )
    return [path for path in asdict(outputs).values() if path is not None]


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--wavelengths", type=Path, metavar="F", help="wavelength table (WA, WV or text), or the folder that has it"
    )
    shared.add_argument("--quiet", action="store_true", help="no progress, notes or warnings")
    scans = argparse.ArgumentParser(add_help=False)
    scans.add_argument(
        "--volcano-scans", type=Path, nargs="+", default=[], metavar="F", help="ADR records; default: those beside the image"
    )
    scans.add_argument("--scan-table", type=Path, metavar="F", help="CAT's table of recommended volcano scans")
    parser = argparse.ArgumentParser(prog="python -m crism_gan_plugin.core", description="Mineral maps of Mars from CRISM images.")
    parser.set_defaults(on_interrupt="cancelled; nothing was written")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    mapping = _mapping_parser()
    command = commands.add_parser("map", parents=[shared, scans, mapping], help="map minerals")
    command.set_defaults(run=_map)
    command.add_argument("image", type=Path)
    command.add_argument("--out-dir", type=Path, required=True, metavar="D")
    command.add_argument("--model-in", type=Path, metavar="F", help="noise-free model cube: its hull is the continuum")
    command.add_argument(
        "--geometry", "--ddr", type=Path, metavar="F", help="DDR of an image in sensor space; default: the one beside it"
    )
    command.add_argument("--no-evidence", action="store_true", help="do not write the similarities")

    command = commands.add_parser("batch", parents=[shared, scans, mapping], help="map many images, and make a composite")
    command.set_defaults(run=_batch)
    command.add_argument("images", type=Path, nargs="+", metavar="IN", help="images, and folders that are searched for some")
    command.add_argument("--out-dir", type=Path, required=True, metavar="D")
    command.add_argument(
        "--composite", type=Path, default="composite.tif", metavar="F", help="name there, or a whole path; default: %(default)s"
    )
    command.add_argument("--no-composite", action="store_true", help="make none")
    command.add_argument("--strategy", default="best evidence", metavar="NAME", help="which map shows where several overlap")

    command = commands.add_parser("denoise", parents=[shared, scans], help="separate the surface from atmosphere and noise")
    command.set_defaults(run=_denoise)
    command.add_argument("image", type=Path)
    command.add_argument("--out-dir", type=Path, required=True, metavar="D")
    command.add_argument("--quick", action="store_true", help="only divide by a volcano scan")
    command.add_argument("--information", type=Path, metavar="F", help="IN product of a map-projected image")
    command.add_argument("--exemplars", type=Path, metavar="F", help="exemplar library (JSON)")
    command.add_argument("--library", type=Path, nargs="+", default=[], metavar="F", help="ENVI spectral libraries")
    command.add_argument("--ices", action="store_true", help="the surface may hold ice")
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")

    command = commands.add_parser("import", parents=[shared], help="a TRR3, TER or MTRDR as a clean GeoTIFF cube")
    command.set_defaults(run=_import)
    command.add_argument("image", type=Path)
    command.add_argument("--out", type=Path, required=True, metavar="F", help="GeoTIFF of the cube")
    command.add_argument("--geometry", "--ddr", type=Path, metavar="F", help="DDR of the image; default: the one beside it")
    command.add_argument("--crs", metavar="AUTH:CODE", help="CRS of what is placed by it; default: IAU_2015:49910 or polar")
    command.add_argument("--resampling", choices=("nearest", "bilinear"), default="nearest")
    command.add_argument("--sensor-space", action="store_true", help="do not place the image on the map")
    command.add_argument("--no-join", action="store_true", help="do not join the two sensors' images of a TRR3 pair")

    command = commands.add_parser("continuum", parents=[shared], help="divide by the upper convex hull")
    command.set_defaults(run=_continuum)
    command.add_argument("image", type=Path)
    command.add_argument("--out", type=Path, required=True, metavar="F", help="GeoTIFF of the ratio")
    command.add_argument("--continuum-out", type=Path, metavar="F", help="GeoTIFF of the hull")
    command.add_argument("--range", type=float, nargs=2, metavar=("SHORT", "LONG"), help="nm")

    command = commands.add_parser("mosaic", help="lay mineral maps over each other")
    command.set_defaults(run=_mosaic)
    command.add_argument("maps", type=Path, nargs="+", metavar="MAP", help="maps that the command map made, with their evidence")
    command.add_argument("--out", type=Path, required=True, metavar="F", help="GeoTIFF of the composite")
    command.add_argument("--crs", metavar="AUTH:CODE", help="default: IAU_2015:49910, polar where all maps lie beyond 65°")
    command.add_argument("--pixel-size", type=float, metavar="N", help="in units of the CRS; default: that of the finest map")
    command.add_argument("--extent", type=float, nargs=4, metavar=("XMIN", "YMIN", "XMAX", "YMAX"), help="in the CRS")
    command.add_argument(
        "--strategy",
        default="best evidence",
        metavar="NAME",
        help="what shows where maps overlap: 'best evidence' (default), first, last, finest or 'most detections'",
    )
    command.add_argument("--quiet", action="store_true", help="no progress, notes or warnings")

    command = commands.add_parser("info", parents=[shared], help="what an image is, and whether it can be mapped")
    command.set_defaults(run=_info)
    command.add_argument("image", type=Path)

    command = commands.add_parser("train", parents=[shared], help="train a discriminator (needs PyTorch)")
    command.set_defaults(run=_train)
    command.add_argument("--out", type=Path, required=True, metavar="F", help=".npz; its model card goes beside it")
    command.set_defaults(on_interrupt="cancelled; the last checkpoint is kept: the same command again goes on from there")
    command.add_argument("--images", type=Path, nargs="+", default=[], metavar="F", help="noise-free model cubes to learn from")
    command.add_argument("--library", type=Path, nargs="+", default=[], metavar="F", help="ENVI spectral libraries to learn from")
    command.add_argument("--ground", type=Path, nargs="+", default=[], metavar="F", help="images whose bland ground it shall know")
    command.add_argument("--no-exemplars", action="store_true", help="do not learn from the plugin's exemplars")
    command.add_argument("--losses", choices=("both", "adversarial", "contrastive"), default="both")
    command.add_argument("--steps", type=int, default=1000)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--patience", type=int, default=8, metavar="N", help="stop after so many validations without a better one; 0: never"
    )
    command.add_argument(
        "--checkpoint", type=Path, metavar="F", help="resumed from if it exists, written as training goes on; default: beside --out"
    )
    return parser


def _mapping_parser() -> argparse.ArgumentParser:
    """The options of `_mapping`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--denoise", choices=("off", "quick", "full"), default="off", help="denoise the image first")
    parser.add_argument("--crs", metavar="AUTH:CODE", help="CRS of what is placed by a DDR; default: IAU_2015:49910 or polar")
    parser.add_argument("--exemplars", type=Path, metavar="F", help="exemplar library (JSON)")
    parser.add_argument(
        "--classes", nargs="+", metavar="NAME", help="classes to look for, or all; default: the library's own choice"
    )
    parser.add_argument("--weights", type=Path, metavar="F", help="discriminator weights (.npz)")
    parser.add_argument("--identification", type=float, default=0.95)
    parser.add_argument("--guess", type=float, default=0.85)
    parser.add_argument("--best-guess", type=float, default=0.707)
    parser.add_argument("--lead", type=float, default=0.0, help="of an identification over every other mineral")
    parser.add_argument("--class-threshold", action="append", default=[], metavar="NAME=GUESS,IDENT", help="may be repeated")
    parser.add_argument("--scales", type=int, nargs="+", default=[1, 3, 5], metavar="N", help="box sizes, pixels")
    parser.add_argument(
        "--method",
        choices=("ground", "paper"),
        default="ground",
        help="compare spectra by features and by what bland ground lacks (ground), or as the paper does as a whole (paper)",
    )
    parser.add_argument(
        "--support",
        choices=("pixel", "paper"),
        default="pixel",
        help="whether a pixel's own spectrum may contradict a mean over its neighbours (pixel), or not (paper)",
    )
    parser.add_argument(
        "--ratio",
        choices=("off", "column", "bland"),
        default="off",
        help="divide spectra by neutral ground: the median of their detector column, or the mean of its blandest pixels near by; "
        "this removes what is everywhere in a column, and imprints the denominator's own features",
    )
    parser.add_argument("--engine", choices=("auto", "torch", "numpy"), default="auto")
    return parser

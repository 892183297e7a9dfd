"""From ids or an area to files on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Optional

from ..errors import Cancelled, CrismError, InputError, OutputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.locks import claim
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_name
from ..files.reading import beside, read_whole
from ..options.fetching import FetchOptions
from ..options.keywords import takes
from ..progress import Progress
from .answers import ArchiveFile, ArchiveProduct
from .area import boxes_of_extent, boxes_of_geometry, outline, polygons_in_degrees
from .download import Download, part_of
from .footprints import ListedProduct, observation_of, write_footprints
from .manners import Manners
from .names import WantedId, parse_ids
from .query import Archive, kinds_of_id
from .sizes import check_size, sizes_of_label
from .style import footprints_qml
from .transport import Stopped, Transport, UrllibTransport, check_address
from .workers import run_all, run_one

#: Products that are fetched at once; the archive asks its clients for no more.
_AT_ONCE = 4

#: What mapping reads of a product; the rest is pictures and notes. Labels come first: they tell the sizes of the others.
_ENDINGS = (".lbl", ".hdr", ".tab", ".img")

_LAYER, _STYLE, _LOCK = "footprints.gpkg", "footprints.qml", ".crism-fetch.lock"

#: Share of a run that finding takes.
_FOUND = 0.05


@dataclass(frozen=True)
class FetchFailure:
    """A product that could not be fetched as a whole.

    Attributes
    ----------
    product
        Its id.
    reason
        Why, in one line.
    """

    product: str
    reason: str


@dataclass(frozen=True)
class FetchOutputs:
    """What was fetched.

    Attributes
    ----------
    footprints
        GeoPackage of the products' outlines, with their attributes.
    files
        All files of the products that are there now.
    found
        Number of products that were found.
    fetched
        Number of files that were fetched now; the others were there.
    failures
        Products that could not be fetched.
    """

    footprints: Path
    files: tuple[Path, ...]
    found: int
    fetched: int
    failures: tuple[FetchFailure, ...]


@takes(FetchOptions)
@recorded_inputs()
def fetch_products(
    out_dir: PathLike,
    *,
    options: FetchOptions,
    transport: Optional[Transport] = None,
    manners: Optional[Manners] = None,
    progress: Optional[Progress] = None,
) -> FetchOutputs:
    """Find products in the archive, by id or by place, and fetch them.

    Each observation gets a folder with the archive's file names, as `map_scene` and `map_batch` take it. A file that is there
    already, and whole, is not fetched again. What an earlier run has left unfinished is gone on with.

    Parameters
    ----------
    out_dir
        Folder of the observations' folders and of footprints.gpkg.
    {options}
    transport
        The way to the server. Default: Python's own library.
    manners
        How often a busy server is asked again.
    progress
        How far it is.

    Raises
    ------
    ParameterError
        If neither ids nor an area are given, or an id or the area makes no sense.
    InputError
        If the archive cannot be asked, or has none of the products.
    OutputError
        If the folder cannot be written to, or the disk has not enough space.
    """
    progress = progress or Progress()
    folder = Path(out_dir)
    check_address(options.endpoint, "endpoint")
    if not options.kinds:
        raise ParameterError("kinds: none is chosen; choose at least one kind of product")
    transport, manners = transport or UrllibTransport(), manners or Manners()
    with claim(folder / _LOCK, f"{folder}: another run fetches into it; wait for its end, or choose another folder"):
        progress.report(0.0, "asking the archive")
        products = _found(Archive(options.endpoint, transport, manners), options, progress)
        plan = [_Wanted(product, folder / check_name(observation_of(product.id))) for product in products]
        _tell(plan, progress)
        _write_layer(folder, plan, options.endpoint, progress)
        if options.footprints_only:
            return FetchOutputs(folder / _LAYER, tuple(_there(plan)), len(plan), 0, ())
        _check_space(folder, plan)
        try:
            _fetch_all(plan, Download(transport, manners), progress.part(_FOUND, 1.0))
        finally:
            _write_layer(folder, plan, options.endpoint, Progress())
    failures = tuple(FetchFailure(wanted.product.id, wanted.failure) for wanted in plan if wanted.failure)
    return FetchOutputs(folder / _LAYER, tuple(_there(plan)), len(plan), sum(wanted.fetched for wanted in plan), failures)


@dataclass
class _Wanted:
    """A product on its way. Only the thread that fetches it changes it."""

    product: ArchiveProduct
    folder: Path
    came: dict[str, int] = field(default_factory=dict)
    fetched: int = 0
    failure: str = ""

    @property
    def files(self) -> list[ArchiveFile]:
        """The files to fetch, labels first."""
        wanted = [file for file in self.product.files if Path(file.name).suffix.lower() in _ENDINGS]
        return sorted(wanted, key=lambda file: _ENDINGS.index(Path(file.name).suffix.lower()))

    @property
    def missing(self) -> list[ArchiveFile]:
        return [file for file in self.files if self.path(file) is None]

    def path(self, file: ArchiveFile) -> Optional[Path]:
        """The file, if it is there, in capitals or small letters."""
        return beside(self.folder / file.name, file.name)

    def fetch(self, download: Download, stopped: Stopped) -> None:
        """Fetch what is missing; the first failure is noted, and ends it."""
        sizes: dict[str, int] = {}
        try:
            if not self.files:
                raise InputError(f"{self.product.id}: the archive tells of no files of it")
            for file in self.files:
                if stopped():
                    return
                self._fetch(file, sizes.get(file.name.lower()), download, stopped)
                if file.name.lower().endswith(".lbl"):
                    sizes.update(self._label_sizes(file))
        except CrismError as error:
            self.failure = str(error)
        except Cancelled:
            return

    def _fetch(self, file: ArchiveFile, label_size: Optional[int], download: Download, stopped: Stopped) -> None:
        there = self.path(file)
        if there is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            target = self.folder / file.name
            download.fetch(file, target, label_size, stopped, partial(self.came.__setitem__, file.name))
            self.fetched += 1
            there = target
        else:
            try:
                check_size(there, there.stat().st_size, file, label_size)
            except InputError as error:
                said = str(error).removesuffix("; fetch it again later")
                raise InputError(f"{said}; move it away, and fetch it again") from error
        self.came[file.name] = there.stat().st_size

    def _label_sizes(self, file: ArchiveFile) -> dict[str, int]:
        label = self.path(file)
        assert label is not None
        try:
            return sizes_of_label(label)
        except InputError as error:
            raise InputError(f"{error}; move it away, and fetch it again") from error


def _found(archive: Archive, options: FetchOptions, progress: Progress) -> list[ArchiveProduct]:
    """All products that are wanted, each once, by their ids."""
    ids = _ids(options)
    geometries = polygons_in_degrees(options.area) if options.area is not None else []
    boxes = boxes_of_extent(options.extent) if options.extent is not None else []
    if not ids and not geometries and not boxes:
        raise ParameterError("ids: nothing to look for is given; give ids, a list of ids, an area (extent) or polygons (area)")
    found: dict[str, ArchiveProduct] = {}
    for wanted in ids:
        products = run_one(partial(archive.find_id, wanted, options.kinds), progress)
        if not products:
            kinds = ", ".join(kinds_of_id(wanted, options.kinds))
            progress.warn(f"{wanted.text}: the archive has nothing of the kinds {kinds} by this id")
        found.update((product.id, product) for product in products)
    if boxes:
        products = run_one(partial(archive.find_boxes, boxes, options.kinds), progress)
        found.update((product.id, product) for product in products)
    for geometry in geometries:
        products = run_one(partial(archive.find_boxes, boxes_of_geometry(geometry), options.kinds), progress)
        found.update((product.id, product) for product in products if _touches(product, geometry))
    if not found:
        raise InputError(
            f"{archive.endpoint}: the archive has no product of the kinds {', '.join(options.kinds)} there; "
            "check ids, area and kinds"
        )
    return [found[id_] for id_ in sorted(found)]


def _ids(options: FetchOptions) -> list[WantedId]:
    found = parse_ids(options.ids, "ids") if options.ids is not None else []
    if options.ids_file is not None:
        text = read_whole(options.ids_file).decode("utf-8-sig", "replace")
        found += [each for each in parse_ids(text, str(options.ids_file)) if each not in found]
    return found


def _touches(product: ArchiveProduct, geometry: object) -> bool:
    """Whether a footprint touches a polygon; one without an outline does, since its box touches the archive's."""
    shape = outline(product.footprint)
    return shape is None or bool(shape.Intersects(geometry))


def _tell(plan: Sequence[_Wanted], progress: Progress) -> None:
    files = [(wanted, file) for wanted in plan for file in wanted.files]
    missing = [file for wanted in plan for file in wanted.missing]
    size = sum(file.kilobytes or 0 for file in missing) / 1e6
    there = len(files) - len(missing)
    progress.info(f"{len(plan)} products found, with {len(files)} files; {there} are there, {len(missing)} ({size:.2f} GB) are not")
    if any("_TRR" in wanted.product.id for wanted in plan):
        progress.info(
            "TRR3 images are mapped with wavelength tables (WA; a label names its own), and denoised with volcano scans (ADR); "
            "these are on the archive's calibration volumes, and cannot be fetched here"
        )


def _check_space(folder: Path, plan: Sequence[_Wanted]) -> None:
    """Raise `OutputError` if the disk cannot hold what is to come."""
    needed = 0.0
    for wanted in plan:
        for file in wanted.missing:
            part = part_of(wanted.folder / file.name)
            needed += max((file.kilobytes or 0) * 1024 - (part.stat().st_size if part.is_file() else 0), 0)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"{folder}: the disk has {free / 1e9:.1f} GB left, but {needed / 1e9:.1f} GB are to be fetched; "
            "free some disk space, choose another folder, or fetch less"
        )


def _fetch_all(plan: Sequence[_Wanted], download: Download, progress: Progress) -> None:
    jobs: list[Callable[[Stopped], None]] = [partial(_job, wanted, download) for wanted in plan]
    whole = sum((file.kilobytes or 0) * 1000 for wanted in plan for file in wanted.files) or 1.0
    done = 0

    def tick() -> None:
        came = sum(sum(list(wanted.came.values())) for wanted in plan)
        now = ", ".join(wanted.product.id for wanted in plan if wanted.came and len(wanted.came) < len(wanted.files))
        progress.report(
            min(came / whole, 1.0), f"{done} of {len(plan)} products, {came / 1e9:.2f} of {whole / 1e9:.2f} GB {now}".strip()
        )

    for number, result in run_all(jobs, _AT_ONCE, progress, tick):
        done += 1
        wanted = plan[number]
        if isinstance(result, Exception):
            wanted.failure = f"{wanted.folder}: {result}"
            if not isinstance(result, OSError):
                raise result
        if wanted.failure:
            progress.warn(f"{wanted.product.id}: {wanted.failure}")
        elif wanted.fetched:
            progress.info(f"{wanted.product.id}: fetched, {sum(wanted.came.values()) / 1e6:.1f} MB")
    progress.report(1.0, "fetched")


def _job(wanted: _Wanted, download: Download, stopped: Stopped) -> None:
    wanted.fetch(download, stopped)


def _there(plan: Sequence[_Wanted]) -> list[Path]:
    found = (wanted.path(file) for wanted in plan for file in wanted.files)
    return [path for path in found if path is not None]


def _write_layer(folder: Path, plan: Sequence[_Wanted], server: str, progress: Progress) -> None:
    rows = [ListedProduct(each.product, _state(each), tuple(_there([each]))) for each in plan]
    with AtomicOutputs(folder) as outputs:
        without = write_footprints(outputs.path(_LAYER), rows, server)
        outputs.path(_STYLE).write_text(footprints_qml(), encoding="utf-8")
    if without:
        progress.warn(f"{folder / _LAYER}: {without} products have no footprint in the archive; they are in the table only")


def _state(wanted: _Wanted) -> str:
    if wanted.failure:
        return f"failed: {wanted.failure}"
    return "not fetched" if wanted.missing or not wanted.files else "fetched"

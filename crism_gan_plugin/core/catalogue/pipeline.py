"""A folder of maps, catalogued: what is new or has changed is entered, what is gone is taken out, and the rest is left alone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional
from urllib.parse import quote

from ..deposits.source import MapSource
from ..errors import Cancelled, CrismError, InputError, OutputError, ParameterError, one_line
from ..files.inputs import recorded_inputs
from ..files.locks import FileLock
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs
from ..mapping.levels import NO_DATA
from ..mars.projection import projection_of
from ..mosaic.maps import ClassRaster
from ..options.catalogue import CatalogueOptions
from ..options.deposits import DepositOptions
from ..options.keywords import takes
from ..progress import Progress
from ..reports.picture import CellPicture
from .acquisition import Acquisition, acquisition_of, unknown
from .detections import detections_of, open_source
from .footprint import footprint_of
from .index import DetectionIndex, Entry, is_index
from .items import COLLECTION_FILE, LAYOUT, Shelf, map_item, scene_item
from .quadrangles import quadrangle_of
from .reading import COMPANIONS, COMPOSITE, SCENE, MapReading, is_composite, looks_like_map, map_id, middle_of, record_of
from .style import DetectedClass
from .thumbnail import cells_of, thumbnail_png
from .tree import COMPOSITES, INDEX_FILE, NO_PLACE, STYLE_FILE, TITLES, is_own, remove_own, write_json, write_tree

#: The folder of the catalogue, in that of the maps.
CATALOGUE = "catalogue"

#: Held while a catalogue is changed, and seconds that others wait for it.
_LOCK, _WAIT = ".crism-catalogue.lock", 60.0

_RASTERS = (".tif", ".tiff")


@dataclass(frozen=True)
class CatalogueOutputs:
    """A catalogue, and what was done to it.

    Attributes
    ----------
    collection
        The root of the STAC catalogue (JSON).
    detections, style
        The layer of all detections (GeoPackage), and its QGIS style.
    entered, kept, removed
        How many maps were entered now, were there already as they are, and were taken out because they are gone.
    minerals
        The classes that were ever detected, by their codes.
    failures
        Maps that could not be entered, and why, in one line each.
    """

    collection: Path
    detections: Path
    style: Path
    entered: int = 0
    kept: int = 0
    removed: int = 0
    minerals: tuple[str, ...] = ()
    failures: tuple[tuple[Path, str], ...] = ()


@takes(CatalogueOptions)
def catalogue_maps(
    folder: PathLike,
    maps: Optional[Sequence[PathLike]] = None,
    *,
    options: CatalogueOptions,
    progress: Optional[Progress] = None,
) -> CatalogueOutputs:
    """Write the catalogue of a folder of maps, or bring it up to date.

    Parameters
    ----------
    folder
        Where the maps lie; the catalogue is its folder ``catalogue``.
    maps
        Maps and composites that are new, in the folder or in one below it. None: all that are found there, and those that are gone
        are taken out.
    {options}
    progress
        How far it is.

    Returns
    -------
    What was done. A map that cannot be entered costs the others nothing.

    Raises
    ------
    InputError
        If the folder has no map.
    ParameterError
        If a map lies outside of the folder.
    OutputError
        If the catalogue cannot be written, or files are in its way that are none of a catalogue.
    Cancelled
        What was entered so far is whole and listed.
    """
    progress, home = progress or Progress(), Path(folder)
    if not home.is_dir():
        raise InputError(f"{home}: is no folder; give the folder of the maps")
    home = home.resolve()
    found = _search(home, progress) if maps is None else _given(home, maps)
    target = home / CATALOGUE
    _check_own(target)
    if not (target / INDEX_FILE).exists() and not any(maps is not None or _is_map(path) for path in found):
        raise InputError(f"{home}: has no map made by CRISM GAN; give the folder in which maps lie")
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target}: cannot be made ({error.strerror}); choose another folder") from error
    said = f"{target}: another run is changing this catalogue; wait until it is done"
    with FileLock(target / _LOCK, said, _WAIT), DetectionIndex(target / INDEX_FILE) as index:
        work = _Cataloguer(home, target, index, options)
        with work.listing():
            if maps is None:
                work.remove_gone()
            for place, path in enumerate(found):
                share = progress.part(0.95 * place / len(found), 0.95 * (place + 1) / len(found))
                work.take(path, share, is_sure=maps is not None)
        versions, minerals = index.versions(), dict.fromkeys(each.name for each in index.classes())
    if len(versions) > 1:
        told = ", ".join(version or "unknown" for version in versions)
        progress.info(f"maps of several versions of CRISM GAN are in the catalogue: {told}")
    progress.report(1.0)
    return CatalogueOutputs(
        collection=target / COLLECTION_FILE,
        detections=target / INDEX_FILE,
        style=target / STYLE_FILE,
        entered=work.entered,
        kept=work.kept,
        removed=work.removed,
        minerals=tuple(minerals),
        failures=tuple(work.failures),
    )


def enter_maps(folder: PathLike, maps: Sequence[PathLike], progress: Progress) -> Optional[CatalogueOutputs]:
    """Enter finished maps in the catalogue of their folder; maps outside of it are left out.

    The maps are what the user waits for: whatever goes wrong here is told, and nothing else. None then, and where there is no map.
    """
    home = Path(folder)
    inside = [each for each in map(Path, maps) if home.resolve() in _in_real_folder(each).parents]
    if not inside:
        return None
    try:
        return catalogue_maps(home, inside, progress=progress)
    except Cancelled:
        raise
    except Exception as error:  # a fault of the program, too, must not cost finished maps
        reason = str(error) if isinstance(error, CrismError) else f"unexpected {type(error).__name__}: {error}"
        progress.warn(one_line(f"the maps are finished, but not in the catalogue: {reason}"))
        return None


@dataclass(frozen=True)
class _ListedImage:
    """The image of a map, and where it is listed.

    Attributes
    ----------
    item
        What it is called in the catalogue.
    part
        The part of the catalogue that lists it now.
    elsewhere
        Its entry in another part, which listed it before; None if there is none.
    others
        The other maps of it.
    """

    item: str
    part: str
    elsewhere: Optional[Entry]
    others: Sequence[Entry]


@dataclass
class _Cataloguer:
    """Enters maps one by one."""

    home: Path
    target: Path
    index: DetectionIndex
    options: CatalogueOptions
    entered: int = 0
    kept: int = 0
    removed: int = 0
    failures: list[tuple[Path, str]] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    @contextmanager
    def listing(self) -> Iterator[None]:
        """What is entered in the block is listed after it, also if it is cancelled."""
        try:
            yield
        except (Cancelled, KeyboardInterrupt):
            self._list()
            raise
        self._list()

    def _list(self) -> None:
        collection = self.target / COLLECTION_FILE
        if self.touched or not collection.exists():
            write_tree(self.target, self.index, self.touched)

    def take(self, path: Path, progress: Progress, is_sure: bool) -> None:
        """Enter a map, unless it is there as it is. What goes wrong with it is told, and is no reason to stop.

        Where it is not sure that it is a map, other rasters are passed over.
        """
        progress.report(0.0, f"catalogued {self.entered + self.kept} maps")
        item = map_id(path, self.home)
        before = None
        try:
            state = self._state(path)
            before = self.index.entry(item)
            if before is not None and before.state == state and (self.target / before.part / f"{item}.json").exists():
                self.kept += 1
                return
            if not is_sure and before is None and not looks_like_map(path):
                return
            with recorded_inputs():
                self._enter(path, item, state, before, progress)
        except OutputError:
            raise
        except CrismError as error:
            self.failures.append((path, str(error)))
            progress.warn(f"not in the catalogue: {error}")
            if before is not None:  # what it was is not what it is
                self._take_out(before)
        else:
            self.entered += 1

    def _state(self, path: Path) -> str:
        """What of a map's files is entered: it changes with their sizes and times."""
        beside_it = (f"{path.name}.aux.xml", *(path.stem + end for end in ("_provenance.json", "_evidence.tif", ".html")))
        files = [path, *(path.with_name(name) for name in beside_it)]
        try:
            parts = [f"{each.stat().st_size}:{each.stat().st_mtime_ns}" for each in files if each.exists()]
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and who may read it") from error
        return " ".join([f"v{LAYOUT}", f"p{self.options.min_pixels}", *parts])

    def _enter(self, path: Path, item: str, state: str, before: Optional[Entry], progress: Progress) -> None:
        source = open_source(path)
        picture = cells_of(source.map, progress.part(0, 0.3))
        reading = self._read(source.map, item, picture)
        part = self._part(reading)
        image = self._image_of(reading, part)
        title = self._write_items(reading, part, image, picture)
        entry = _entry(reading, part, path.relative_to(self.home).as_posix(), state, title)
        rows = self._detections(source, reading, progress.part(0.3, 1))
        classes = [(DetectedClass(row.name, row.level, row.rgb), row.value) for row in source.map.table if row.pixels]
        self.index.replace(entry, rows, classes)
        if image is not None and image.part == part:
            name = reading.scene_name
            self.index.replace(replace(entry, item=image.item, kind=SCENE, title=f"{name} (image)", file=name, scene=""))
            if image.elsewhere is not None:
                self._forget_files(image.elsewhere)
        if before is not None and before.part != part:
            self._forget_files(before)
            self.index.doubt_composites()
        self.touched.add(part)
        if before is not None and before.scene != entry.scene:
            self._forget_scene(before.scene)

    def _read(self, found: ClassRaster, item: str, picture: CellPicture) -> MapReading:
        record, place = record_of(found), found.georeference
        projection = None if place is None else projection_of(place.wkt)
        outline = None
        if place is not None and projection is not None:
            outline = footprint_of(picture.codes != NO_DATA, picture.factor, place, projection)
        image, made = record.get("image"), str(record.get("started") or "")
        if is_composite(found, record):
            when = self._of_maps(record, made)
        else:
            when = acquisition_of(image if isinstance(image, dict) else None, found.product_id, made)
        return MapReading(item, found, record, outline, middle_of(found, projection), when)

    def _image_of(self, reading: MapReading, part: str) -> Optional[_ListedImage]:
        """Where the image of a map in this part is listed: once, also if its maps lie in several parts."""
        item = reading.scene_item
        if item is None:
            return None
        known, others = self.index.entry(item), [each for each in self.index.of_scene(item) if each.item != reading.item]
        if known is None or known.part == part:
            return _ListedImage(item, part, None, others)
        if others and (part == NO_PLACE or known.part != NO_PLACE):
            return _ListedImage(item, known.part, None, others)
        return _ListedImage(item, part, known, others)

    def _write_items(self, reading: MapReading, part: str, image: Optional[_ListedImage], picture: CellPicture) -> str:
        """Write the items of a map and its image, and its thumbnail; gives the title of the map's."""
        shelf = Shelf(self.target / part, TITLES[part])
        sources = [] if image is None else [(_way(image.part, image.item), f"{reading.scene_name} (image)")]
        sources += self._links_to_maps(reading.record) if reading.kind == COMPOSITE else []
        content = map_item(reading, shelf, sources)
        with AtomicOutputs(self.target) as outputs:
            write_json(outputs, shelf.folder / f"{reading.item}.json", content)
            outputs.place(shelf.folder / f"{reading.item}.png").write_bytes(thumbnail_png(reading.map, picture))
            if image is not None and image.part == part:
                write_json(outputs, shelf.folder / f"{image.item}.json", scene_item(reading, shelf, self.home))
            if image is not None and image.elsewhere is not None:
                for each in image.others:
                    self._relink(each, _way(image.elsewhere.part, image.item), _way(image.part, image.item), outputs)
        title: str = content["properties"]["title"]
        return title

    def _detections(self, source: MapSource, reading: MapReading, progress: Progress) -> Iterator[Sequence[Any]]:
        """The rows of the index. A composite has none: its detections are those of its maps."""
        if reading.kind == COMPOSITE:
            return iter(())
        chosen = DepositOptions(level="both", min_pixels=self.options.min_pixels)
        with tempfile.TemporaryDirectory(prefix="scratch-", dir=self.target) as scratch:
            return detections_of(source, chosen, Path(scratch), progress).rows(reading.scene_name, reading.item)

    def _part(self, reading: MapReading) -> str:
        if reading.kind == COMPOSITE:
            return COMPOSITES
        return NO_PLACE if reading.centre is None or reading.footprint is None else quadrangle_of(*reading.centre).id

    def remove_gone(self) -> None:
        """Take out the maps whose files are not there any more."""
        for entry in self.index.entries():
            if entry.kind != SCENE and not (self.home / entry.file).is_file():
                self._take_out(entry)
                self.removed += 1

    def _take_out(self, entry: Entry) -> None:
        self.index.remove(entry.item)
        self._forget_files(entry)
        self._forget_scene(entry.scene)
        self.index.doubt_composites()

    def _relink(self, entry: Entry, old: str, new: str, outputs: AtomicOutputs) -> None:
        """The item of a map, with another address of its image."""
        path = self.target / entry.part / f"{entry.item}.json"
        if is_own(path):
            content = json.loads(path.read_bytes())
            for link in content["links"]:
                link["href"] = new if link["href"] == old else link["href"]
            write_json(outputs, path, content)

    def _forget_files(self, entry: Entry) -> None:
        self.touched.add(entry.part)
        path = self.target / entry.part / f"{entry.item}.json"
        if is_own(path):
            path.with_suffix(".png").unlink(missing_ok=True)
        remove_own(path)

    def _forget_scene(self, scene: str) -> None:
        """Take out an image that no map is made of any more."""
        entry = self.index.entry(scene) if scene else None
        if entry is not None and not self.index.of_scene(scene):
            self.index.remove(scene)
            self._forget_files(entry)

    def _maps_of(self, record: Any) -> list[Entry]:
        """What is catalogued of the maps of a composite."""
        found = []
        for each in record.get("maps", ()):
            path = Path(str(each.get("path", ""))) if isinstance(each, dict) else Path()
            try:
                entry = self.index.entry(map_id(_in_real_folder(path), self.home))
            except (ValueError, OSError):
                continue
            found += [] if entry is None else [entry]
        return found

    def _links_to_maps(self, record: Any) -> list[tuple[str, str]]:
        return [(_way(each.part, each.item), each.title) for each in self._maps_of(record)]

    def _of_maps(self, record: Any, made: str) -> Acquisition:
        """From the first to the last image of a composite, if all its maps are catalogued; else what is sure."""
        maps = self._maps_of(record)
        if not maps or len(maps) < len(record.get("maps", ())):
            return unknown("", made)
        return Acquisition(min(each.start for each in maps), max(each.stop for each in maps), known=False)


def _entry(reading: MapReading, part: str, file: str, state: str, title: str) -> Entry:
    west, south, east, north = (None,) * 4 if reading.footprint is None else reading.footprint.bbox
    when = reading.acquisition
    return Entry(
        item=reading.item,
        kind=reading.kind,
        part=part,
        title=title,
        file=file,
        scene=reading.scene_item or "",
        state=state,
        version=reading.version,
        west=west,
        south=south,
        east=east,
        north=north,
        start=when.start,
        stop=when.end,
    )


def _way(part: str, item: str) -> str:
    """The address of an item from any other."""
    return f"../{part}/{quote(item)}.json"


def _in_real_folder(path: Path) -> Path:
    """A path without links in its folders' names; the file itself may be a link."""
    return path.parent.resolve() / path.name


def _is_map(path: Path) -> bool:
    try:
        return looks_like_map(path)
    except InputError:
        return False


def _given(home: Path, maps: Sequence[PathLike]) -> list[Path]:
    found = []
    for each in map(Path, maps):
        try:
            found.append(home / _in_real_folder(each).relative_to(home))
        except ValueError:
            raise ParameterError(f"maps: {each} is not in the folder {home}; give the folder that all maps lie in") from None
    return list(dict.fromkeys(found))


def _search(home: Path, progress: Progress) -> list[Path]:
    """The rasters below a folder that may be maps by their names, composites last: they are made of the others."""

    def tell(error: OSError) -> None:
        progress.warn(one_line(f"{error.filename}: cannot be searched ({error.strerror}); maps in it are left out"))

    found: list[Path] = []
    composites: list[Path] = []
    for folder, folders, files in os.walk(home, onerror=tell):
        progress.check()
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (here != home or name != CATALOGUE))
        for name in sorted(files):
            path = here / name
            if not name.startswith(".") and path.suffix.lower() in _RASTERS and not path.stem.endswith(COMPANIONS):
                (composites if f"{path.stem}_sources.csv" in files else found).append(path)
    return [*found, *composites]


def _check_own(target: Path) -> None:
    """Refuse a folder of that name that is no catalogue of ours."""
    if not target.exists():
        return
    index, collection = target / INDEX_FILE, target / COLLECTION_FILE
    there = target.is_dir() and [each for each in target.iterdir() if not each.name.startswith(".")]
    if there == []:
        return
    if not there or (index.exists() and not is_index(index)) or not (is_own(collection) if collection.exists() else index.exists()):
        raise OutputError(f"{target}: is there already, and is no catalogue made by CRISM GAN; rename it, or move it away")

"""The GeoPackage of a catalogue: the layer of all detections, and the table of what is catalogued.

A map's rows and its line in the table change in one transaction of SQLite. So a run that is killed leaves either what was there
before, or all of the new map; and since the table says what is there, a second run replaces rows and doubles none. The rows of a
map follow each other, so they are found again by their numbers, without an index.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

from ..errors import OutputError
from ..files.gdal_access import attempt
from ..files.outputs import AtomicOutputs
from ..mars.crs import degrees_wkt
from ..vectors.geopackage import creation_options
from .detections import FIELDS
from .style import DetectedClass

#: Name of the layer.
LAYER = "detections"

_DESCRIPTION = "Detections of minerals on Mars: connected patches of maps made by CRISM GAN"

#: OGR's names of the kinds of fields.
_KINDS = {"text": "OFTString", "whole": "OFTInteger64", "real": "OFTReal"}


@dataclass(frozen=True)
class Entry:
    """A line of the table of what is catalogued.

    Attributes
    ----------
    item, kind, part, title
        Id of the item, what it is, the part of the catalogue that lists it, and its title.
    file
        The map, relative to the catalogued folder; the name of an image.
    scene
        The item of the image that a map was made of; empty if unknown.
    state
        What of the map's files was catalogued; it changes when they do.
    version
        Version of CRISM GAN that made the map.
    west, south, east, north
        Box of its outline; None if unknown.
    start, stop
        Times of acquisition.
    first, last
        Numbers of its rows in the layer; 0 where it has none.
    """

    item: str
    kind: str
    part: str
    title: str
    file: str
    scene: str
    state: str
    version: str
    west: Optional[float]
    south: Optional[float]
    east: Optional[float]
    north: Optional[float]
    start: str
    stop: str
    first: int = 0
    last: int = 0


_OF_ENTRY = {
    field.name: "real" if "float" in str(field.type) else "whole" if str(field.type) == "int" else "text" for field in fields(Entry)
}
_OF_CLASS = {"class": "text", "level": "text", "code": "whole", "red": "whole", "green": "whole", "blue": "whole"}

#: Places of longitude and latitude in a row, and the statements that write.
_LONGITUDE, _LATITUDE = list(FIELDS).index("lon"), list(FIELDS).index("lat")
_ENTRY_FIELDS = ", ".join(f'"{name}"' for name in _OF_ENTRY)


def _insert(table: str, fields_: Iterable[str]) -> str:
    names = list(fields_)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own names


_INSERT_ROW, _INSERT_ENTRY, _INSERT_CLASS = (
    _insert(LAYER, ["geom", *FIELDS]),
    _insert("items", _OF_ENTRY),
    _insert("classes", _OF_CLASS),
)

#: What SQLite may keep in memory: the upper levels of its trees at ten million rows.
_CACHE_KB = 32 << 10

#: Seconds to wait for another program that is writing.
_WAIT = 30.0

#: What the layer says of its extent, by which QGIS zooms to it. It grows with each scene: to look at all rows takes too long.
_EXTENT = """UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
 min_x = MIN(COALESCE(min_x, 180), :west), min_y = MIN(COALESCE(min_y, 90), :south),
 max_x = MAX(COALESCE(max_x, -180), :east), max_y = MAX(COALESCE(max_y, -90), :north) WHERE table_name = 'detections'"""


@dataclass
class _Extent:
    """A box that grows; empty at first."""

    west: float = 180.0
    south: float = 90.0
    east: float = -180.0
    north: float = -90.0

    def add(self, longitude: float, latitude: float) -> None:
        self.west, self.east = min(self.west, longitude), max(self.east, longitude)
        self.south, self.north = min(self.south, latitude), max(self.north, latitude)


class DetectionIndex:
    """The GeoPackage, open for changes. Use it in a ``with`` statement.

    GDAL makes the file. Rows are written by SQLite itself: within a transaction that is taken back, GDAL forgets its own triggers.

    Parameters
    ----------
    path
        The file; it is made if it is missing.

    Raises
    ------
    OutputError
        If it cannot be made or written to, or is not one of a catalogue. Every method may raise this.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            with AtomicOutputs(path.parent) as outputs:
                _create(outputs.place(path))
        if not is_index(path):
            raise OutputError(
                f"{path}: is not a layer of detections that this version of CRISM GAN can add to; move it away, and catalogue the "
                "folder again"
            )
        with self._faults():
            self._file = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
            self._file.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            self._file.execute("PRAGMA trusted_schema = ON")  # the triggers of the spatial index call the functions below
            for name, function in _FUNCTIONS.items():
                self._file.create_function(name, 1, function, deterministic=True)
            (self._system,) = self._file.execute(
                "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (LAYER,)
            ).fetchone()

    def entry(self, item: str) -> Optional[Entry]:
        """What is catalogued under this id."""
        return next(iter(self._entries("WHERE item = ?", item)), None)

    def entries(self, part: Optional[str] = None) -> list[Entry]:
        """All that is catalogued, or one part of it, by titles."""
        found = self._entries("") if part is None else self._entries("WHERE part = ?", part)
        return sorted(found, key=lambda entry: (entry.title.casefold(), entry.item))

    def of_scene(self, scene: str) -> list[Entry]:
        """The maps of one image."""
        return self._entries("WHERE scene = ?", scene)

    def parts(self) -> list[str]:
        """The parts of the catalogue that list anything."""
        return [part for (part,) in self._rows("SELECT DISTINCT part FROM items ORDER BY part")]

    def versions(self) -> list[str]:
        """The versions of CRISM GAN that maps were made by."""
        return [each for (each,) in self._rows("SELECT DISTINCT version FROM items WHERE kind <> 'scene' ORDER BY version")]

    def span(self) -> tuple[Optional[str], Optional[str]]:
        """The first and the last time of acquisition."""
        ((first, last),) = self._rows("SELECT MIN(start), MAX(stop) FROM items")
        return first, last

    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all that is catalogued; the whole planet where that is not known."""
        said = "SELECT MIN(west), MIN(south), MAX(east), MAX(north), MAX(west > east) FROM items"
        ((west, south, east, north, crosses),) = self._rows(said)
        if south is None:
            return -180.0, -90.0, 180.0, 90.0
        return (-180.0, south, 180.0, north) if crosses else (west, south, east, north)

    def classes(self) -> list[DetectedClass]:
        """Classes and levels that occur, by their codes."""
        rows = self._rows('SELECT "class", level, red, green, blue FROM classes ORDER BY code % 100, code, "class"')
        return [DetectedClass(name, level, (red, green, blue)) for name, level, red, green, blue in rows]

    def replace(self, entry: Entry, rows: Iterable[Sequence[Any]] = (), classes: Iterable[tuple[DetectedClass, int]] = ()) -> None:
        """Enter something in place of what was there under its id, with its rows of `FIELDS` and its classes with their codes."""
        with self._transaction():
            self._remove(entry.item)
            ((before,),) = self._rows(f"SELECT COALESCE(MAX(fid), 0) FROM {LAYER}")  # noqa: S608 - our own name
            extent = _Extent()
            self._file.executemany(_INSERT_ROW, (self._with_point(row, extent) for row in rows))
            ((last,),) = self._rows(f"SELECT COALESCE(MAX(fid), 0) FROM {LAYER}")  # noqa: S608 - our own name
            numbers = (before + 1, last) if last > before else (0, 0)
            self._file.execute(_INSERT_ENTRY, (*astuple(entry)[:-2], *numbers))
            for each, code in classes:
                self._file.execute('DELETE FROM classes WHERE "class" = ? AND level = ?', (each.name, each.level))
                self._file.execute(_INSERT_CLASS, (each.name, each.level, code, *each.rgb))
            if extent.west <= extent.east:
                self._file.execute(_EXTENT, vars(extent))

    def remove(self, item: str) -> None:
        """Take out what is there under an id, with its rows."""
        with self._transaction():
            self._remove(item)

    def doubt_composites(self) -> None:
        """A map has gone or moved: composites, which have links to their maps, are to be entered again."""
        with self._transaction():
            self._file.execute("UPDATE items SET state = '' WHERE kind = 'composite'")

    def _remove(self, item: str) -> None:
        for first, last in self._rows('SELECT "first", "last" FROM items WHERE item = ?', item):
            if first:
                self._file.execute(f"DELETE FROM {LAYER} WHERE fid BETWEEN ? AND ?", (first, last))  # noqa: S608 - our own name
        self._file.execute("DELETE FROM items WHERE item = ?", (item,))

    def _with_point(self, row: Sequence[Any], extent: _Extent) -> tuple[Any, ...]:
        """A row with its place as GeoPackages hold it: a header, and well-known binary."""
        longitude, latitude = row[_LONGITUDE], row[_LATITUDE]
        if longitude is None or latitude is None:
            return (None, *row)
        extent.add(longitude, latitude)
        return (struct.pack("<2sBBiBIdd", b"GP", 0, 1, self._system, 1, 1, longitude, latitude), *row)

    def _entries(self, condition: str, *values: Any) -> list[Entry]:
        return [Entry(*row) for row in self._rows(f"SELECT {_ENTRY_FIELDS} FROM items {condition}", *values)]  # noqa: S608

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._faults():
            return self._file.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._faults():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error}); free some disk space, or close what has it open"
            ) from error

    def __enter__(self) -> DetectionIndex:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        with self._faults():
            self._file.close()


_PLACE = struct.Struct("<dd")


def _x(blob: bytes) -> float:
    return float(_PLACE.unpack(blob[-16:])[0])


def _y(blob: bytes) -> float:
    return float(_PLACE.unpack(blob[-16:])[1])


#: What the triggers of the spatial index call; all that lies in the layer are points as `DetectionIndex` writes them.
_FUNCTIONS = {"ST_MinX": _x, "ST_MaxX": _x, "ST_MinY": _y, "ST_MaxY": _y, "ST_IsEmpty": lambda blob: 0}


def is_index(path: Path) -> bool:
    """Whether a file is the GeoPackage of a catalogue, as this version makes it."""
    wanted = {LAYER: ["fid", "geom", *FIELDS], "items": ["fid", *_OF_ENTRY], "classes": ["fid", *_OF_CLASS]}
    try:
        with closing(sqlite3.connect(path)) as file:
            return all(
                [row[1] for row in file.execute(f"PRAGMA table_info({name})")] == columns for name, columns in wanted.items()
            )
    except sqlite3.Error:
        return False


def _create(path: Path) -> None:
    """An empty GeoPackage, with the indexes that make it fast."""
    from osgeo import ogr, osr

    degrees = osr.SpatialReference()
    attempt(degrees.ImportFromWkt, degrees_wkt())
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    driver = ogr.GetDriverByName("GPKG")
    dataset, messages = attempt(driver.CreateDataSource, str(path), creation_options(driver))
    if dataset is None:
        raise OutputError(f"{path}: cannot be made ({_reason(messages)}); choose another folder")
    tables = (
        (LAYER, degrees, ogr.wkbPoint, FIELDS),
        ("items", None, ogr.wkbNone, _OF_ENTRY),
        ("classes", None, ogr.wkbNone, _OF_CLASS),
    )
    for name, system, geometry, kinds in tables:
        described = [f"DESCRIPTION={_DESCRIPTION}"] if name == LAYER else []
        layer, said = attempt(dataset.CreateLayer, name, system, geometry, described)
        messages += said
        for field, holds in kinds.items():
            messages += attempt(layer.CreateField, ogr.FieldDefn(field, getattr(ogr, _KINDS[holds])))[1]
        layer = None
    for name, table, column in (
        ("class", LAYER, "class"),
        ("item", "items", "item"),
        ("part", "items", "part"),
        ("scene", "items", "scene"),
    ):
        messages += attempt(dataset.ExecuteSQL, f'CREATE INDEX idx_{table}_{name} ON {table} ("{column}")')[1]
    holder = [dataset]
    del dataset
    messages += attempt(holder.clear)[1]
    if messages:
        raise OutputError(f"{path}: cannot be made ({_reason(messages)}); free some disk space, or choose another folder")


def _reason(messages: list[str]) -> str:
    return messages[0] if messages else "no reason given"

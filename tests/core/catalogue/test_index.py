"""The GeoPackage: rows are replaced whole or not at all, however often, and a killed run leaves no half of a map."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from osgeo import ogr

from crism_gan_plugin.core.catalogue.index import DetectionIndex, Entry
from crism_gan_plugin.core.catalogue.style import DetectedClass
from crism_gan_plugin.core.errors import OutputError

ROOT = Path(__file__).resolve().parents[3]


def entry(item: str, **changes: Any) -> Entry:
    about = {"item": item, "kind": "map", "part": "mc-01", "title": item, "file": f"{item}.tif", "scene": "s", "state": "1"}
    more = {"version": "1", "west": 1.0, "south": 2.0, "east": 3.0, "north": 4.0, "start": "2007", "stop": "2008"}
    return Entry(**{**about, **more, **changes})


def rows(item: str, count: int) -> list[tuple[Any, ...]]:
    return [("talc", 21, "identification", 0.9, None, 5, 0.1, 10.0 + place / 100, 20.0, "s", item) for place in range(count)]


def count(path: Path) -> dict[str, int]:
    """Rows of each map by SQLite itself; the tables of the extent and of numbers of rows must agree."""
    with sqlite3.connect(path) as file:
        found = dict(file.execute("SELECT map, COUNT(*) FROM detections GROUP BY map"))
        (told,) = file.execute("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'detections'").fetchone()
        (indexed,) = file.execute("SELECT COUNT(*) FROM rtree_detections_geom").fetchone()
        assert told in (None, sum(found.values())) and indexed == sum(found.values())
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return found


def test_rows_are_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"
    with DetectionIndex(path) as index:
        index.replace(entry("a"), rows("a", 30))
        index.replace(entry("b"), rows("b", 20))
        index.replace(entry("a", title="new"), rows("a", 7))
    assert count(path) == {"a": 7, "b": 20}
    with DetectionIndex(path) as index:
        index.replace(entry("b"), rows("b", 25))
        index.replace(entry("c"), rows("c", 0))
        assert index.entry("a").title == "new" and index.entry("none") is None
        assert [each.item for each in index.entries("mc-01")] == ["b", "c", "a"]
        index.remove("a")
        index.remove("none")
    assert count(path) == {"b": 25}


def test_the_layer_tells_its_extent(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"
    with DetectionIndex(path) as index:
        index.replace(entry("a"), rows("a", 30))
        index.replace(entry("b"), [(*rows("b", 1)[0][:7], -5.0, 30.0, "s", "b"), (*rows("b", 1)[0][:7], None, None, "s", "b")])
    dataset = ogr.Open(str(path))
    assert dataset.GetLayerByName("detections").GetExtent() == pytest.approx((-5.0, 10.29, 20.0, 30.0))


def test_what_fails_on_the_way_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"

    def broken() -> Any:
        yield from rows("a", 3)
        raise KeyboardInterrupt

    with DetectionIndex(path) as index:
        index.replace(entry("a"), rows("a", 30))
        with pytest.raises(KeyboardInterrupt):
            index.replace(entry("a", title="new"), broken())
        assert index.entry("a").title == "a"
        index.replace(entry("b"), rows("b", 2))
        with pytest.raises(KeyboardInterrupt):
            index.replace(entry("c"), broken())
    assert count(path) == {"a": 30, "b": 2}


def test_classes_keep_their_latest_colour_in_the_order_of_codes(tmp_path: Path) -> None:
    with DetectionIndex(tmp_path / "d.gpkg") as index:
        for rgb in ((1, 2, 3), (4, 5, 6)):
            guess, own = DetectedClass("it's talc", "guess", rgb), DetectedClass("it's talc", "identification", rgb)
            index.replace(entry("a"), (), [(guess, 121), (own, 21), (DetectedClass("olivine", "identification", rgb), 1)])
        found = index.classes()
    assert [(each.label, each.rgb) for each in found] == [
        ("olivine", (4, 5, 6)),
        ("it's talc", (4, 5, 6)),
        ("it's talc (guess)", (4, 5, 6)),
    ]


def test_boxes_and_times_are_those_of_all(tmp_path: Path) -> None:
    with DetectionIndex(tmp_path / "d.gpkg") as index:
        assert index.box() == (-180, -90, 180, 90)
        index.replace(entry("a"))
        index.replace(entry("b", west=-5.0, north=9.0, start="2006", stop="2007"))
        index.replace(entry("c", west=None, south=None, east=None, north=None))
        assert index.box() == (-5, 2, 3, 9) and index.span() == ("2006", "2008")
        index.replace(entry("d", west=170.0, east=-170.0))
        assert index.box() == (-180, 2, 180, 9)


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"
    path.write_bytes(b"not a database")
    with pytest.raises(OutputError, match="this version"):
        DetectionIndex(path)
    path.unlink()
    with DetectionIndex(path):
        pass
    with sqlite3.connect(path) as file:
        file.execute("ALTER TABLE items ADD COLUMN more TEXT")
    with pytest.raises(OutputError, match="this version"):
        DetectionIndex(path)


_WRITER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.core.catalogue.test_index import entry, rows
from crism_gan_plugin.core.catalogue.index import DetectionIndex
with DetectionIndex(Path({path!r})) as index:
    print("open", flush=True)
    for turn in range(10**6):
        name = "abc"[turn % 3]
        index.replace(entry(name, title=str(turn)), rows(name, 200))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_killed_run_leaves_whole_maps(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"
    with DetectionIndex(path) as index:
        for name in "abc":
            index.replace(entry(name), rows(name, 200))
    for pause in (0.05, 0.11, 0.17, 0.23):
        script = _WRITER.format(root=str(ROOT), path=str(path))
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"open\n"
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        with DetectionIndex(path) as index:
            assert {each.item for each in index.entries()} == set("abc")
            index.replace(entry("b"), rows("b", 200))
        assert count(path) == {"a": 200, "b": 200, "c": 200}

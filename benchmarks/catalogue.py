"""The layer of detections at the size of the whole archive: written scene by scene, asked by place and by class, changed.

    python3 benchmarks/catalogue.py [--rows N] [--bulk N] [--maps N] [--folder D]

Detections are synthetic: 1,000 of a scene, 10 km wide, anywhere on Mars, of 32 classes, a few of which are common. They are written
as runs write them, a transaction a scene, and read by GDAL, as QGIS reads them. Each question is asked again without its index, in
the same run. ``--bulk`` lays so many of the rows into the file at once, before the last tenth of the others, to save an hour.
``--maps`` catalogues as many small maps from file to file besides. Ten million rows take some 3 GB in ``--folder``.
"""

from __future__ import annotations

import argparse
import importlib
import sqlite3
import struct
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from measure import machine, table
from osgeo import ogr

from crism_gan_plugin.core.catalogue import catalogue_maps
from crism_gan_plugin.core.catalogue.detections import FIELDS
from crism_gan_plugin.core.catalogue.index import DetectionIndex, Entry
from crism_gan_plugin.core.catalogue.pipeline import enter_maps
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.progress import Progress

A_SCENE = 1000

#: Added to a field, keeps SQLite from using its index.
EMPTY = " || ''"


def scene(number: int, names: list[str]) -> tuple[Entry, Iterator[tuple[Any, ...]]]:
    """A scene of the archive, and its detections."""
    rng = np.random.default_rng(number)
    longitude, latitude = rng.uniform(-180, 180), np.degrees(np.arcsin(rng.uniform(-0.99, 0.99)))
    item, product = f"frt{number:08x}_07_if166j_mtr3_minerals", f"FRT{number:08X}_07_IF166J_MTR3"
    classes = np.minimum(rng.geometric(0.15, A_SCENE) - 1, len(names) - 1)
    places = np.column_stack([longitude, latitude]) + rng.normal(0, 0.04, (A_SCENE, 2))
    places = np.clip(places, (-180, -90), (180, 90)).tolist()
    score, pixels = rng.uniform(0.85, 1, (A_SCENE, 2)).tolist(), rng.integers(5, 500, A_SCENE).tolist()
    rows = (
        (names[kind], kind + 1, "identification", *score[row], pixels[row], pixels[row] * 3.2e-4, *places[row], product, item)
        for row, kind in enumerate(classes.tolist())
    )
    box = (longitude, latitude, longitude + 0.1, latitude + 0.1)
    entry = Entry(
        item, "map", "mc-13", product, f"{item}.tif", product, "1", "1", *box, "2007-01-01T00:00:00Z", "2007-01-01T00:00:00Z"
    )
    return entry, rows


def resident_mb() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def write(path: Path, rows: int, bulk: int, names: list[str]) -> list[list[str]]:
    """Write so many rows; a line of the table for each tenth of those that are written scene by scene."""
    scenes, tenth, shift, lines = (rows - bulk) // A_SCENE, max(1, (rows - bulk) // A_SCENE // 10), 0, []
    with DetectionIndex(path) as index:
        start, processor = time.perf_counter(), time.process_time()
        for number in range(scenes):
            if bulk and number == scenes - tenth:
                shift = bulk // A_SCENE
                lay(path, range(number, number + shift), names)
                start, processor = time.perf_counter(), time.process_time()
            index.replace(*scene(number + shift, names))
            if (number + 1) % tenth == 0:
                spent, busy = time.perf_counter() - start, time.process_time() - processor
                done, written = (number + shift + 1) * A_SCENE, tenth * A_SCENE
                each = [f"{1e3 * busy / tenth:.1f}", f"{1e3 * spent / tenth:.1f}", f"{written / busy:,.0f}"]
                lines.append([f"{done:,}", *each, f"{path.stat().st_size / 1e9:.2f}", f"{resident_mb():.0f}"])
                print(lines[-1], flush=True)
                start, processor = time.perf_counter(), time.process_time()
    return lines


def lay(path: Path, numbers: Iterable[int], names: list[str]) -> None:
    """Lay the rows of many scenes into the file in one go, and make its indexes of them afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        kept = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'detections'").fetchall()
        (system,) = file.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
        (first,) = file.execute("SELECT COALESCE(MAX(fid), 0) FROM detections").fetchone()
        file.execute("BEGIN")
        for name, _ in kept:
            file.execute(f'DROP TRIGGER "{name}"')
        file.execute("DROP INDEX idx_detections_class")
        columns = ", ".join(f'"{name}"' for name in ("geom", *FIELDS))
        insert = f"INSERT INTO detections ({columns}) VALUES ({', '.join('?' * (len(FIELDS) + 1))})"
        for number in numbers:
            rows = scene(number, names)[1]
            file.executemany(insert, ((struct.pack("<2sBBiBIdd", b"GP", 0, 1, system, 1, 1, row[7], row[8]), *row) for row in rows))
        columns = "fid, lon, lon, lat, lat"
        file.execute(f"INSERT INTO rtree_detections_geom SELECT {columns} FROM detections WHERE fid > {first}")
        file.execute("CREATE INDEX idx_detections_class ON detections (class)")
        file.execute(
            "UPDATE gpkg_ogr_contents SET feature_count = (SELECT COUNT(*) FROM detections) WHERE table_name = 'detections'"
        )
        for _, statement in kept:
            file.execute(statement)
        file.execute("COMMIT")


def change(path: Path, names: list[str]) -> float:
    """Milliseconds of processor time to replace a scene in the full file, median of 20."""
    times = []
    with DetectionIndex(path) as index:
        for number in range(20):
            entry, made = scene(number, names)
            rows = list(made)
            start = time.process_time()
            index.replace(entry, rows)
            times.append(time.process_time() - start)
    return float(np.median(times) * 1e3)


def ask(path: Path, question: Callable[[Any], None]) -> tuple[int, float, float]:
    """How many features answer, and seconds to have them all: the first time, and the best of three more."""
    times, count = [], 0
    for _ in range(4):
        dataset = ogr.Open(str(path))
        layer = dataset.GetLayerByName("detections")
        start = time.perf_counter()
        question(layer)
        count = sum(1 for _ in layer)
        times.append(time.perf_counter() - start)
    return count, times[0], min(times[1:])


def questions(path: Path, names: list[str]) -> list[list[str]]:
    """Answers with and without the indexes."""
    west, south = 74.0, 15.0
    inside = f"lon BETWEEN {west} AND {west + 5} AND lat BETWEEN {south} AND {south + 5}"
    common, rare = names[0], names[-4]

    def of(name: str, condition: str = "", by_index: bool = True, there: bool = False) -> Callable[[Any], None]:
        def question(layer: Any) -> None:
            own = f"\"class\"{'' if by_index else EMPTY} = '{name}'" if name else ""
            layer.SetAttributeFilter(" AND ".join(filter(None, [own, condition])) or None)
            if there:
                layer.SetSpatialFilterRect(west, south, west + 5, south + 5)

        return question

    asked = [
        ("5° × 5°", of("", there=True), of("", inside)),
        *((f"class = {name}", of(name), of(name, by_index=False)) for name in (common, rare)),
        (f"class = {common} in 5° × 5°", of(common, there=True), of(common, inside, by_index=False)),
    ]
    lines = []
    for said, by_index, by_scan in asked:
        count, first, again = ask(path, by_index)
        same, _, scanned = ask(path, by_scan)
        assert count == same, (said, count, same)
        lines.append([said, f"{count:,}", f"{first:.3f}", f"{again:.3f}", f"{scanned:.2f}", f"{scanned / again:,.0f} ×"])
        print(lines[-1], flush=True)
    return lines


def small_maps(folder: Path, count: int) -> list[list[str]]:
    """Catalogue many small maps at once, again, and one by one."""
    support = importlib.import_module("tests.mosaic_support")
    rng = np.random.default_rng(0)
    codes, similarity = support.random_map(rng, 60, 64)
    paths = []
    for number in range(count):
        left, top = rng.uniform(-1e7, 1e7), rng.uniform(-3e6, 3e6)
        paths.append(
            support.write_map(folder / f"s{number // 100:03d}" / f"m{number:05d}.tif", codes, similarity, left=left, top=top)
        )
    lines = []
    half = count // 2
    for said, run, entered in (
        (f"{half} maps in one run", lambda: catalogue_maps(folder, paths[:half]), half),
        (
            f"{count - half} more, a run each",
            lambda: [enter_maps(folder, [path], Progress()) for path in paths[half:]],
            count - half,
        ),
        (f"{count} maps that have not changed", lambda: catalogue_maps(folder), count),
    ):
        start = time.process_time()
        run()
        spent = time.process_time() - start
        lines.append([said, f"{spent:.1f}", f"{1e3 * spent / entered:.1f}", f"{resident_mb():.0f}"])
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--bulk", type=int, default=0)
    parser.add_argument("--maps", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="default: the folder of temporary files")
    options = parser.parse_args()
    print(machine())
    names = [each.name for each in load_exemplars().classes]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "detections.gpkg"
        if options.rows:
            head = [
                "rows",
                "a scene, ms of processor time",
                "ms by the clock",
                "rows/s of processor time",
                "file, GB",
                "memory, MB",
            ]
            print(f"\n{table(head, write(path, options.rows, options.bulk, names))}\n", flush=True)
            print(f"replace a scene of {A_SCENE} rows: {change(path, names):.0f} ms of processor time\n", flush=True)
            head = ["question", "detections", "first time, s", "again, s", "by a scan, s", "scan : index"]
            print(f"\n{table(head, questions(path, names))}\n", flush=True)
        if options.maps:
            print(f"\n{table(['run', 'processor s', 'ms a map', 'memory, MB'], small_maps(Path(folder) / 'maps', options.maps))}")


if __name__ == "__main__":
    main()

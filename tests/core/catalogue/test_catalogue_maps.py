"""The catalogue of a folder: what it says of maps, that it follows the folder, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, ogr

from crism_gan_plugin.core import catalogue_maps, make_composite
from crism_gan_plugin.core.catalogue import pipeline
from crism_gan_plugin.core.catalogue.pipeline import enter_maps
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import Cancelled, CrismError, InputError, OutputError, ParameterError
from crism_gan_plugin.core.files.locks import FileLock
from tests.core.catalogue.conftest import CODES, detections
from tests.core.catalogue.stac_rules import read, walk
from tests.mosaic_support import polar

DEGREE = 3396190 * np.pi / 180

#: Not one of Mars: maps in it have no place there.
_EARTH = "+proj=eqc +R=6371000 +units=m +no_defs"


def items(folder: Path) -> dict[str, dict[str, Any]]:
    """All items that the catalogue leads to, by their ids; every file of it is checked."""
    found = [content for _, content in walk(folder / "catalogue" / "collection.json") if content["type"] == "Feature"]
    assert len({each["id"] for each in found}) == len(found)
    return {each["id"]: each for each in found}


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    }


def test_a_map_is_an_item_with_its_files_and_classes(place_map: Callable, tmp_path: Path) -> None:
    place_map("a", left=70 * DEGREE, top=10 * DEGREE, pixel=0.1 * DEGREE)
    made = catalogue_maps(tmp_path / "maps", min_pixels=1)
    assert (made.entered, made.kept, made.removed, made.failures) == (1, 0, 0, ())
    found = items(tmp_path / "maps")
    assert set(found) == {"a", "A_image"}
    item = found["a"]
    assert item["bbox"] == pytest.approx([70, 9.2, 70.9, 10])  # the column without data is not part of it
    classes = {each["value"]: each for each in item["assets"]["minerals"]["classification:classes"]}
    assert set(classes) == {0, 6, 15, 21, 115, 255}
    assert (classes[15]["title"], classes[15]["count"], classes[15]["color_hint"]) == ("kaolinite (identification)", 6, "8B4513")
    assert classes[255]["nodata"] is True
    assert item["properties"]["proj:transform"] == pytest.approx([0.1 * DEGREE, 0, 70 * DEGREE, 0, -0.1 * DEGREE, 10 * DEGREE])
    assert item["properties"]["crism:minerals"] == ["Mg-carbonate", "kaolinite", "talc"]
    assert set(item["assets"]) == {"minerals", "thumbnail", "evidence", "class_table"}
    assert item["assets"]["minerals"]["type"] == "image/tiff; application=geotiff"
    assert [link["href"] for link in item["links"] if link["rel"] == "derived_from"] == ["../mc-13/A_image.json"]
    picture = gdal.Open(str(tmp_path / "maps" / "catalogue" / "mc-13" / "a.png"))
    assert (picture.RasterYSize, picture.RasterXSize) == CODES.shape
    palette = picture.GetRasterBand(1).GetColorTable()
    assert palette.GetColorEntry(int(picture.ReadAsArray()[1, 1]))[:3] == (139, 69, 19)


def test_detections_are_the_maps_patches(place_map: Callable, tmp_path: Path) -> None:
    place_map("a", left=70 * DEGREE, top=10 * DEGREE, pixel=0.1 * DEGREE)
    catalogue_maps(tmp_path / "maps", min_pixels=1)
    found = sorted(detections(tmp_path / "maps"), key=lambda row: (row["class"], row["level"]))
    assert [(row["class"], row["code"], row["level"], row["pixels"]) for row in found] == [
        ("Mg-carbonate", 6, "identification", 1),
        ("kaolinite", 115, "guess", 4),
        ("kaolinite", 15, "identification", 6),
        ("talc", 21, "identification", 4),
    ]
    row = found[2]
    assert (row["lon"], row["lat"]) == row["point"] == pytest.approx((70.25, 9.8))
    similarity = np.linspace(0.9, 0.99, CODES.size).reshape(CODES.shape)
    assert row["score"] == pytest.approx(similarity[CODES == 15].mean(), abs=1e-6)
    assert row["best_score"] == pytest.approx(similarity[CODES == 15].max(), abs=1e-6)
    assert (row["scene"], row["map"]) == ("A", "a")
    one = (0.1 * np.pi / 180 * 3396.19) ** 2 * np.cos(np.radians(9.8))
    assert row["km2"] == pytest.approx(6 * one, rel=1e-3)
    catalogue_maps(tmp_path / "maps", min_pixels=5)
    assert [row["class"] for row in detections(tmp_path / "maps")] == ["kaolinite"]


def test_the_layer_has_what_makes_it_fast(place_map: Callable, tmp_path: Path) -> None:
    place_map()
    made = catalogue_maps(tmp_path / "maps")
    with sqlite3.connect(made.detections) as file:
        names = {row[0] for row in file.execute("SELECT name FROM sqlite_master")}
        assert {"rtree_detections_geom", "idx_detections_class"} <= names
        plan = " ".join(str(row) for row in file.execute("EXPLAIN QUERY PLAN SELECT * FROM detections WHERE class = 'kaolinite'"))
        assert "idx_detections_class" in plan
    dataset = ogr.Open(str(made.detections))
    system = dataset.GetLayerByName("detections").GetSpatialRef()
    assert system.IsGeographic() and system.GetSemiMajor() == system.GetSemiMinor() == 3396190


def test_a_second_run_changes_nothing(place_map: Callable, tmp_path: Path) -> None:
    for name in "abc":
        place_map(name)
    folder = tmp_path / "maps"
    catalogue_maps(folder)
    before = state(folder)
    made = catalogue_maps(folder)
    assert (made.entered, made.kept) == (0, 3) and state(folder) == before


def test_a_changed_map_replaces_its_rows_and_leaves_the_others(place_map: Callable, tmp_path: Path) -> None:
    for name in "abc":
        place_map(name)
    folder = tmp_path / "maps"
    catalogue_maps(folder, min_pixels=1)
    others = [row for row in detections(folder) if row["map"] != "b"]
    place_map("b", np.where(CODES == 15, 21, CODES).astype(np.uint8))
    made = catalogue_maps(folder, min_pixels=1)
    found = detections(folder)
    assert (made.entered, made.kept) == (1, 2) and len(found) == 12
    assert [row for row in found if row["map"] != "b"] == others
    assert sorted(row["code"] for row in found if row["map"] == "b") == [6, 21, 21, 115]
    assert 15 not in {each["value"] for each in items(folder)["b"]["assets"]["minerals"]["classification:classes"]}


def test_a_map_that_moves_on_mars_changes_its_part(place_map: Callable, tmp_path: Path) -> None:
    place_map("a")
    catalogue_maps(tmp_path / "maps")
    place_map("a", left=-4.58e6)
    catalogue_maps(tmp_path / "maps")
    assert set(items(tmp_path / "maps")) == {"a", "A_image"}
    assert not (tmp_path / "maps" / "catalogue" / "mc-13").exists()


def test_an_image_is_listed_once_whatever_its_maps_show(place_map: Callable, tmp_path: Path) -> None:
    """Maps of one image in several parts of the catalogue; one of them has no place on Mars."""
    folder = tmp_path / "maps"
    place_map("x/a"), place_map("y/a", crs=_EARTH), place_map("z/a", left=-4.58e6)
    for maps in ([folder / "y" / "a.tif"], [folder / "z" / "a.tif"], [folder / "x" / "a.tif"], None):
        catalogue_maps(folder, maps)
        found = items(folder)
        assert [each for each in found if each.endswith("_image")] == ["A_image"]
    assert len(found) == 4
    shutil.rmtree(folder / "z")
    catalogue_maps(folder)
    assert len(items(folder)) == 3


def test_links_of_folders_are_followed(place_map: Callable, tmp_path: Path) -> None:
    path = place_map("a")
    (tmp_path / "link").symlink_to(tmp_path / "maps")
    catalogue_maps(tmp_path / "link", [path])
    catalogue_maps(tmp_path / "maps", [tmp_path / "link" / "a.tif"])
    assert set(items(tmp_path / "maps")) == set(items(tmp_path / "link")) == {"a", "A_image"}


def test_composites_lose_their_links_to_maps_that_are_gone(place_map: Callable, tmp_path: Path) -> None:
    pytest.importorskip("rasterio")
    maps = [place_map("a"), place_map("b", left=4.58e6 + 72)]
    make_composite(maps, tmp_path / "maps" / "all.tif")
    catalogue_maps(tmp_path / "maps")
    for file in (tmp_path / "maps").glob("a*.*"):
        if not file.name.startswith("all"):
            file.unlink()
    catalogue_maps(tmp_path / "maps")
    links = [link["href"] for link in items(tmp_path / "maps")["all"]["links"] if link["rel"] == "derived_from"]
    assert links == ["../mc-13/b.json"]


def test_a_map_that_is_no_more_one_is_taken_out(place_map: Callable, tmp_path: Path) -> None:
    path = place_map("a")
    place_map("b")
    catalogue_maps(tmp_path / "maps")
    path.write_bytes(b"II*\0 no more")
    made = catalogue_maps(tmp_path / "maps")
    assert [each.name for each, _ in made.failures] == ["a.tif"]
    assert set(items(tmp_path / "maps")) == {"b", "B_image"} and {row["map"] for row in detections(tmp_path / "maps")} == {"b"}


def test_what_is_gone_is_taken_out(place_map: Callable, tmp_path: Path) -> None:
    gone, _ = place_map("a"), place_map("b")
    folder = tmp_path / "maps"
    catalogue_maps(folder)
    for file in folder.glob(f"{gone.stem}*.*"):
        file.unlink()
    made = catalogue_maps(folder)
    assert (made.kept, made.removed) == (1, 1)
    assert set(items(folder)) == {"b", "B_image"} and {row["map"] for row in detections(folder)} == {"b"}
    left = sorted(path.name for path in (folder / "catalogue" / "mc-13").iterdir())
    assert left == ["B_image.json", "b.json", "b.png", "catalog.json"]


def test_maps_that_are_given_leave_the_others_alone(place_map: Callable, tmp_path: Path) -> None:
    one, other = place_map("a"), place_map("below/b")
    folder = tmp_path / "maps"
    assert catalogue_maps(folder, [one]).entered == 1 and set(items(folder)) == {"a", "A_image"}
    made = catalogue_maps(folder, [other, other])
    assert (made.entered, made.removed) == (1, 0)
    assert len(items(folder)) == 4
    assert catalogue_maps(folder).kept == 2
    with pytest.raises(ParameterError, match="is not in the folder"):
        catalogue_maps(folder / "below", [one])


def test_maps_of_one_name_in_several_folders_are_two(place_map: Callable, tmp_path: Path) -> None:
    place_map("x/a"), place_map("y/a"), place_map("a")
    catalogue_maps(tmp_path / "maps")
    assert len(items(tmp_path / "maps")) == 4  # and the one image of all three
    assert len({row["map"] for row in detections(tmp_path / "maps")}) == 3


def test_odd_names_are_found_by_their_links(place_map: Callable, tmp_path: Path) -> None:
    for name in ("a b%20", "Ä#?&", "x_image", "x..c", "it's"):
        place_map(name)
    assert catalogue_maps(tmp_path / "maps").entered == 5
    assert len(items(tmp_path / "maps")) == 10


def test_the_folder_can_be_moved(place_map: Callable, tmp_path: Path) -> None:
    place_map("a")
    catalogue_maps(tmp_path / "maps")
    shutil.copytree(tmp_path / "maps", tmp_path / "else where")
    shutil.rmtree(tmp_path / "maps")
    assert set(items(tmp_path / "else where")) == {"a", "A_image"}


def test_a_map_in_sensor_space_has_no_place(make_tif: Callable, random_weights: Path, pixel_of: Callable, tmp_path: Path) -> None:
    from crism_gan_plugin.core import map_scene

    cube = np.tile(pixel_of("talc"), (4, 5, 1)).astype(np.float32)
    image = make_tif(tmp_path / "s.tif", cube, proj=None)
    made = map_scene(image, tmp_path / "maps", weights=random_weights, engine="numpy")
    (item,) = (each for each in items(tmp_path / "maps").values() if each["properties"]["crism:kind"] == "map")
    assert item["geometry"] is None and "bbox" not in item and "proj:wkt2" not in item["properties"]
    assert read(tmp_path / "maps" / "catalogue" / "no-place" / f"{made.classes.stem}.json") == item
    assert {"provenance", "style", "evidence"} <= set(item["assets"])
    checksum = json.loads(made.provenance.read_text())["files"][made.classes.name]
    assert item["assets"]["minerals"]["file:checksum"] == f"1220{checksum}"
    assert {row["point"] for row in detections(tmp_path / "maps")} <= {None}


def test_polar_maps_and_180_degrees(place_map: Callable, tmp_path: Path) -> None:
    place_map("pole", crs=polar(), left=-50_000, top=40_000, pixel=10_000)
    place_map("edge", left=179.6 * DEGREE, top=0, pixel=0.1 * DEGREE)
    catalogue_maps(tmp_path / "maps", min_pixels=1)
    found = items(tmp_path / "maps")
    assert found["pole"]["bbox"][::2] == [-180, 180] and found["pole"]["bbox"][3] == 90
    west, _, east, _ = found["edge"]["bbox"]
    assert west > 179 and east < -179
    longitudes = [row["lon"] for row in detections(tmp_path / "maps") if row["map"] == "edge"]
    assert min(longitudes) < -179 and max(longitudes) > 179 and max(map(abs, longitudes)) <= 180
    assert (tmp_path / "maps" / "catalogue" / "mc-01" / "pole.json").is_file()


def test_a_composite_leads_to_its_maps_and_repeats_no_detection(place_map: Callable, tmp_path: Path) -> None:
    pytest.importorskip("rasterio")
    maps = [place_map("a"), place_map("b", left=4.58e6 + 72)]
    make_composite(maps, tmp_path / "maps" / "all.tif")
    catalogue_maps(tmp_path / "maps", min_pixels=1)
    found = items(tmp_path / "maps")
    assert set(found) == {"a", "A_image", "b", "B_image", "all"}
    links = [link["href"] for link in found["all"]["links"] if link["rel"] == "derived_from"]
    assert links == ["../mc-13/a.json", "../mc-13/b.json"]
    assert found["all"]["assets"]["minerals"]["type"].endswith("profile=cloud-optimized")
    assert {"source", "count", "sources"} <= set(found["all"]["assets"])
    assert {row["map"] for row in detections(tmp_path / "maps")} == {"a", "b"}


def test_one_bad_map_costs_the_others_nothing(place_map: Callable, recorder: Callable, tmp_path: Path) -> None:
    place_map("a")
    bad = place_map("bad")
    Path(f"{bad}.aux.xml").write_text(Path(f"{bad}.aux.xml").read_text().replace(">15<", ">207<"))
    (tmp_path / "maps" / "broken.tif").write_bytes(b"II*\0 no more")
    shutil.copy(place_map("other"), tmp_path / "maps" / "foreign.png")
    progress = recorder()
    made = catalogue_maps(tmp_path / "maps", progress=progress)
    assert made.entered == 2 and sorted(path.name for path, _ in made.failures) == ["bad.tif", "broken.tif"]
    assert any("bad.tif" in text and "class table" in text for text in progress.warnings)
    assert any("broken.tif" in text for text in progress.warnings)
    assert set(items(tmp_path / "maps")) == {"a", "A_image", "other", "OTHER_image"}


def test_maps_of_several_versions_are_told(place_map: Callable, recorder: Callable, tmp_path: Path) -> None:
    for name, version in (("a", "0.1.0"), ("b", "0.2.0")):
        path = place_map(name)
        record = {"versions": {"crism_gan": version}, "image": {"path": "/none", "file": "none"}, "found": []}
        path.with_name(f"{name}_provenance.json").write_text(json.dumps(record))
    progress = recorder()
    catalogue_maps(tmp_path / "maps", progress=progress)
    assert any("0.1.0, 0.2.0" in text for text in progress.notes)


def test_folders_without_maps_are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        catalogue_maps(tmp_path / "none")
    with pytest.raises(InputError, match="has no map"):
        catalogue_maps(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["notes.txt", "collection.json", "detections.gpkg"])
def test_foreign_files_are_never_replaced(place_map: Callable, tmp_path: Path, name: str) -> None:
    place_map("a")
    foreign = tmp_path / "maps" / "catalogue" / name
    foreign.parent.mkdir()
    foreign.write_text('{"type": "Collection"}')
    with pytest.raises(OutputError, match="no catalogue made by CRISM GAN"):
        catalogue_maps(tmp_path / "maps")
    assert [path.name for path in foreign.parent.iterdir()] == [name]


def test_a_foreign_item_is_not_replaced(place_map: Callable, tmp_path: Path) -> None:
    place_map("a")
    catalogue_maps(tmp_path / "maps")
    place_map("b")
    foreign = tmp_path / "maps" / "catalogue" / "mc-13" / "b.json"
    foreign.write_text("{}")
    with pytest.raises(OutputError, match="is not replaced"):
        catalogue_maps(tmp_path / "maps")
    assert foreign.read_text() == "{}" and not foreign.with_suffix(".png").exists()
    foreign.unlink()
    assert catalogue_maps(tmp_path / "maps").entered == 1 and "b" in items(tmp_path / "maps")


def test_a_missing_item_is_written_again(place_map: Callable, tmp_path: Path) -> None:
    place_map("a"), place_map("b")
    catalogue_maps(tmp_path / "maps")
    (tmp_path / "maps" / "catalogue" / "mc-13" / "a.json").unlink()
    made = catalogue_maps(tmp_path / "maps")
    assert (made.entered, made.kept) == (1, 1) and "a" in items(tmp_path / "maps")
    assert len(detections(tmp_path / "maps")) == 2


def test_a_cancelled_run_lists_what_it_has(place_map: Callable, recorder: Callable, tmp_path: Path) -> None:
    for name in "abcd":
        place_map(name)
    folder, finished = tmp_path / "maps", 0
    for stop in range(3, 60, 3):
        try:
            catalogue_maps(folder, min_pixels=1, progress=recorder(stop))
        except Cancelled:
            if (folder / "catalogue" / "collection.json").exists() and list((folder / "catalogue").glob("mc-*")):
                found = [each for each in items(folder).values() if each["properties"]["crism:kind"] == "map"]
                assert len(detections(folder)) == 4 * len(found)
                finished = max(finished, len(found))
    catalogue_maps(folder, min_pixels=1)
    assert len(detections(folder)) == 16 and finished > 0


def test_two_runs_wait_for_each_other(place_map: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place_map("a")
    catalogue_maps(tmp_path / "maps")
    monkeypatch.setattr(pipeline, "_WAIT", 0.05)
    with FileLock(tmp_path / "maps" / "catalogue" / pipeline._LOCK, "taken"), pytest.raises(OutputError, match="another run"):
        catalogue_maps(tmp_path / "maps")


def test_whatever_fails_costs_no_finished_map(
    place_map: Callable, recorder: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place_map("a")
    for error in (OutputError("no room"), ZeroDivisionError("odd")):

        def fail(*_: Any, fault: Exception = error, **__: Any) -> None:
            raise fault

        monkeypatch.setattr(pipeline, "catalogue_maps", fail)
        progress = recorder()
        assert enter_maps(path.parent, [path], progress) is None
        (warning,) = progress.warnings
        assert "the maps are finished, but not in the catalogue" in warning and str(error) in warning


def test_a_folder_that_cannot_be_written_is_told(place_map: Callable, tmp_path: Path) -> None:
    place_map("a")
    (tmp_path / "maps" / "catalogue").write_text("a file")
    with pytest.raises(OutputError, match="no catalogue made by CRISM GAN"):
        catalogue_maps(tmp_path / "maps")


def test_the_command_line(place_map: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place_map("a")
    assert main(["catalogue", str(tmp_path / "maps"), "--min-pixels", "1"]) == 0
    shown = capsys.readouterr()
    names = [Path(line).name for line in shown.out.splitlines()]
    assert names == ["collection.json", "detections.gpkg", "detections.qml"] and "1 maps entered" in shown.err
    bad = place_map("bad")
    os.truncate(f"{bad}.aux.xml", 0)
    assert main(["catalogue", str(tmp_path / "maps"), "--quiet"]) == 2
    assert "could not be catalogued" in capsys.readouterr().err


def test_a_map_is_entered_by_its_run_unless_not_wanted(
    make_tif: Callable, random_weights: Path, pixel_of: Callable, tmp_path: Path
) -> None:
    from crism_gan_plugin.core import map_scene

    image = make_tif(tmp_path / "s.tif", np.tile(pixel_of("talc"), (4, 5, 1)).astype(np.float32))
    options = {"weights": random_weights, "engine": "numpy"}
    map_scene(image, tmp_path / "without", catalogue=False, **options)
    assert not (tmp_path / "without" / "catalogue").exists()
    made = map_scene(image, tmp_path / "with", **options)
    found = items(tmp_path / "with")
    scene = next(each for each in found.values() if each["properties"]["crism:kind"] == "scene")
    assert found[made.classes.stem]["properties"]["crism:version"]
    assert scene["assets"]["image"]["href"] == image.as_uri()


def test_errors_are_crism_errors() -> None:
    with pytest.raises(CrismError):
        catalogue_maps("/none/at/all")

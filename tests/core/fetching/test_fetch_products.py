"""Products found by id and by place, and fetched, from a server on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crism_gan_plugin.core.errors import Cancelled, InputError, OutputError, ParameterError
from crism_gan_plugin.core.fetching import pipeline
from crism_gan_plugin.core.fetching.download import part_of
from crism_gan_plugin.core.fetching.manners import Manners
from crism_gan_plugin.core.fetching.pipeline import FetchOutputs, fetch_products
from crism_gan_plugin.core.fetching.transport import UrllibTransport
from crism_gan_plugin.core.progress import Progress
from tests.archive_server import ArchivedProduct, ArchiveServer, archive_server, image_product

IMAGE, GEOMETRY = "FRT00009312_07_IF166L_TRR3", "FRT00009312_07_DE166L_DDR1"
_QUICK = Manners((0.0, 0.0, 0.0))


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    others = [
        image_product("FRT00009312_07_IF166S_TRR3", "TRDR"),
        image_product("FRT00009312_07_RA166L_TRR3", "TRDR"),
        image_product("FRT00009312_01_IF166L_TRR3", "TRDR"),
        image_product("FRT00009312_07_DE166S_DDR1", "TRDRDDR"),
    ]
    with archive_server(image_product(IMAGE, "TRDR"), image_product(GEOMETRY, "TRDRDDR"), *others) as server:
        yield server


class Heard(Progress):
    def __init__(self, stop_at: float = float("inf")) -> None:
        self.lines: list[str] = []
        self.shown: list[float] = [0.0]
        self._stop_at = stop_at

    def info(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(f"WARNING {text}")

    def is_cancelled(self) -> bool:
        return self.shown[-1] >= self._stop_at

    def _show(self, fraction: float, text: object) -> None:
        self.shown.append(fraction)


def fetch(archive: ArchiveServer, folder: Path, **options: object) -> FetchOutputs:
    chosen = {"ids": "FRT00009312", "endpoint": archive.address, "manners": _QUICK, **options}
    return fetch_products(folder, transport=UrllibTransport(stalled_s=0.5), **chosen)  # type: ignore[arg-type]


def names(made: FetchOutputs) -> list[str]:
    return sorted(path.name for path in made.files)


def layer(path: Path) -> list[dict[str, object]]:
    from osgeo import ogr

    dataset = ogr.Open(str(path))
    return [{**feature.items(), "geometry": feature.geometry().ExportToWkt()} for feature in dataset.GetLayer(0)]


def test_an_observation_brings_its_central_infrared_image_and_its_geometry(archive: ArchiveServer, tmp_path: Path) -> None:
    heard = Heard()
    made = fetch(archive, tmp_path, progress=heard)
    stems = [IMAGE.lower(), GEOMETRY.lower()]
    assert names(made) == sorted(f"{stem}.{ending}" for stem in stems for ending in ("img", "lbl"))
    assert (made.found, made.fetched, made.failures) == (2, 4, ())
    for path in made.files:
        assert path.parent == tmp_path / "FRT00009312"
        assert path.read_bytes() == archive.data(path.name)
    assert not list(tmp_path.rglob("*.part")) and not list(tmp_path.glob(".*"))
    assert heard.shown[-1] == 1.0 and sorted(heard.shown) == heard.shown
    assert any("2 products found, with 4 files; 0 are there, 4" in line for line in heard.lines)
    assert any("wavelength tables" in line for line in heard.lines)


def test_the_layer_tells_what_was_found_and_how_far_it_came(archive: ArchiveServer, tmp_path: Path) -> None:
    only = fetch(archive, tmp_path, footprints_only=True)
    assert only.files == () and {row["state"] for row in layer(only.footprints)} == {"not fetched"}
    rows = {row["id"]: row for row in layer(fetch(archive, tmp_path).footprints)}
    assert set(rows) == {IMAGE, GEOMETRY}
    row = rows[IMAGE]
    assert (row["observation"], row["class"], row["type"], row["state"]) == ("FRT00009312", "FRT", "TRDR", "fetched")
    assert (row["incidence"], row["emission"], row["phase"], row["solar_longitude"]) == (42.5, 3.5, 40.0, 95.1)
    assert row["geometry"] == "MULTIPOLYGON (((77 18,78 18,78 19,77 19,77 18)))"
    assert str(row["links"]).split() == [f"{archive.address}data/{IMAGE.lower()}.{ending}" for ending in ("img", "lbl")]
    assert all(Path(path).is_file() for path in str(row["files"]).split())
    assert (tmp_path / "footprints.qml").is_file()


def test_what_is_there_is_not_fetched_again(archive: ArchiveServer, tmp_path: Path) -> None:
    fetch(archive, tmp_path)
    lower = tmp_path / "FRT00009312" / f"{IMAGE.lower()}.img"
    lower.rename(lower.with_name(f"{IMAGE}.IMG"))  # as other programs write it
    archive.asked.clear()
    made = fetch(archive, tmp_path)
    assert made.fetched == 0 and not archive.times() and len(made.files) == 4


def test_a_whole_file_of_another_size_is_left_alone_and_told(archive: ArchiveServer, tmp_path: Path) -> None:
    mine = tmp_path / "FRT00009312" / f"{IMAGE.lower()}.img"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    made = fetch(archive, tmp_path)
    assert mine.read_bytes() == b"mine"
    [failure] = made.failures
    assert failure.product == IMAGE and "has 4 bytes, but its label tells of 40000; move it away" in failure.reason
    assert {row["id"]: str(row["state"])[:7] for row in layer(made.footprints)} == {IMAGE: "failed:", GEOMETRY: "fetched"}


@pytest.mark.parametrize("fault", ["429", "503", "403", "500", "cut off", "closed", "silent", "redirect"])
@pytest.mark.parametrize("path", [f"/data/{IMAGE.lower()}.img", "/"])
def test_a_server_that_is_not_itself_for_a_moment_is_asked_again(
    archive: ArchiveServer, tmp_path: Path, fault: str, path: str
) -> None:
    archive.faults[path] = [fault]
    made = fetch(archive, tmp_path)
    assert made.failures == () and len(made.files) == 4
    assert all(file.read_bytes() == archive.data(file.name) for file in made.files)


def test_a_connection_that_breaks_off_is_gone_on_with_where_it_broke(archive: ArchiveServer, tmp_path: Path) -> None:
    image = f"/data/{IMAGE.lower()}.img"
    archive.faults[image] = ["cut off"]
    fetch(archive, tmp_path)
    ranges = [range_ for path, range_ in archive.asked if path == image]
    assert ranges == ["", f"bytes={20_000 - 4096}-"]


def test_a_run_goes_on_with_the_part_of_an_earlier_one(archive: ArchiveServer, tmp_path: Path) -> None:
    target = tmp_path / "FRT00009312" / f"{IMAGE.lower()}.img"
    target.parent.mkdir()
    part_of(target).write_bytes(archive.data(target.name)[:30_000])  # type: ignore[index]
    fetch(archive, tmp_path)
    assert target.read_bytes() == archive.data(target.name)
    assert (f"/data/{target.name}", f"bytes={30_000 - 4096}-") in archive.asked


@pytest.mark.parametrize("kept", [b"\1" * 30_000, b"\1" * 50_000, b""])
def test_a_part_of_another_file_is_thrown_away(archive: ArchiveServer, tmp_path: Path, kept: bytes) -> None:
    target = tmp_path / "FRT00009312" / f"{IMAGE.lower()}.img"
    target.parent.mkdir()
    part_of(target).write_bytes(kept)
    made = fetch(archive, tmp_path)
    assert made.failures == () and target.read_bytes() == archive.data(target.name)


def test_a_server_without_ranges_sends_the_whole_file_again(archive: ArchiveServer, tmp_path: Path) -> None:
    archive.ignores_ranges = True
    archive.faults[f"/data/{IMAGE.lower()}.img"] = ["cut off"]
    made = fetch(archive, tmp_path)
    assert made.failures == () and all(file.read_bytes() == archive.data(file.name) for file in made.files)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("short", "has 39500 bytes, but its label tells of 40000"),
        ("404", "does not give it (it answers 404)"),
        ("html", "a web page comes in its place"),
        ("redirect to a file", "it answers 302"),
    ],
)
def test_a_file_that_does_not_come_whole_gets_no_name(archive: ArchiveServer, tmp_path: Path, fault: str, said: str) -> None:
    archive.faults[f"/data/{IMAGE.lower()}.img"] = [fault] * 10
    made = fetch(archive, tmp_path)
    [failure] = made.failures
    assert failure.product == IMAGE and said in failure.reason
    assert not (tmp_path / "FRT00009312" / f"{IMAGE.lower()}.img").exists()
    assert f"{GEOMETRY.lower()}.img" in names(made)  # the others go on


def test_a_label_that_is_a_web_page_stops_its_image(archive: ArchiveServer, tmp_path: Path) -> None:
    page = b"<html>sorry</html>" + b" " * 300
    label = f"{IMAGE.lower()}.lbl"
    archive.products[0].files[label] = page
    made = fetch(archive, tmp_path)
    assert "not a PDS3 label" in made.failures[0].reason and f"{IMAGE.lower()}.img" not in archive.times()


def test_sizes_of_the_archive_count_where_no_label_tells_them(archive: ArchiveServer, tmp_path: Path) -> None:
    product = ArchivedProduct("FRT00009312_07_WV166J_MTR3", "MTRDR", {"wv.tab": b"1" * 5000}, kilobytes={"wv.tab": "9"})
    archive.products.append(product)
    made = fetch(archive, tmp_path, kinds=["MTRDR"])
    assert "has 5000 bytes, but the archive tells of 9 kilobytes" in made.failures[0].reason and made.files == ()
    product.kilobytes["wv.tab"] = "5"
    assert names(fetch(archive, tmp_path, kinds=["MTRDR"])) == ["wv.tab"]


def test_no_more_than_four_files_come_at_once(archive: ArchiveServer, tmp_path: Path) -> None:
    ids = [f"FRT0000A{number:03X}" for number in range(12)]
    archive.products = [image_product(f"{each}_07_IF166L_TRR3", "TRDR", 10_000) for each in ids]
    archive.pace_s = 0.01
    made = fetch(archive, tmp_path, ids=" ".join(ids))
    assert made.found == 12 and 2 <= archive.most_at_once <= 4


def test_cancelling_does_not_wait_for_the_file_and_keeps_what_has_come(archive: ArchiveServer, tmp_path: Path) -> None:
    archive.pace_s = 0.2  # each image would take 8 s
    with pytest.raises(Cancelled):
        fetch(archive, tmp_path, progress=Heard(stop_at=0.2))
    kept = [part.stat().st_size for part in tmp_path.rglob("*.img.part")]
    assert kept and max(kept) < 20_000 and not list(tmp_path.rglob("*.img"))
    archive.pace_s = 0.0
    time.sleep(0.2)  # the threads of the run before have seen that they are not wanted
    assert len(fetch(archive, tmp_path).files) == 4


def test_pages_are_turned_until_the_last(archive: ArchiveServer, tmp_path: Path) -> None:
    ids = [f"FRT0000{number:04X}_07_IF166L_TRR3" for number in range(205)]
    archive.products = [image_product(each, "TRDR", 100) for each in ids]
    made = fetch(archive, tmp_path, ids=None, extent=(77.2, 18.2, 77.4, 18.4), footprints_only=True)
    assert made.found == 205
    assert sorted(int(asked["offset"]) for asked in archive.queries if asked["pt"] == "TRDR") == [0, 100, 200]


def test_one_product_may_come_as_an_object_and_none_as_a_text(archive: ArchiveServer, tmp_path: Path) -> None:
    archive.products = [image_product(IMAGE, "TRDR")]
    assert fetch(archive, tmp_path).found == 1
    archive.products = []
    with pytest.raises(InputError, match="has no product of the kinds TRR3"):
        fetch(archive, tmp_path)


def test_an_id_that_the_archive_lacks_is_told_and_the_others_come(archive: ArchiveServer, tmp_path: Path) -> None:
    heard = Heard()
    made = fetch(archive, tmp_path, ids="FRT00009312, HRL0000DEAD", progress=heard)
    assert made.found == 2 and any("HRL0000DEAD: the archive has nothing" in line for line in heard.lines)


def test_a_product_id_brings_that_product_and_its_geometry(archive: ArchiveServer, tmp_path: Path) -> None:
    made = fetch(archive, tmp_path, ids="frt00009312_07_if166s_trr3.img")
    assert {path.name.split(".")[0] for path in made.files} == {"frt00009312_07_if166s_trr3", "frt00009312_07_de166s_ddr1"}
    side = fetch(archive, tmp_path / "side", ids="FRT00009312_01_IF166L_TRR3")
    assert {path.name for path in side.files} == {"frt00009312_01_if166l_trr3.img", "frt00009312_01_if166l_trr3.lbl"}


def test_ids_come_from_a_file_too(archive: ArchiveServer, tmp_path: Path) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_text("# Jezero\nFRT00009312 # the delta\n\n", encoding="utf-8")
    assert fetch(archive, tmp_path / "out", ids=None, ids_file=listed).found == 2
    listed.write_text("FRT0000931", encoding="utf-8")
    with pytest.raises(ParameterError, match="'FRT0000931' is no id of a CRISM observation"):
        fetch(archive, tmp_path / "out", ids=None, ids_file=listed)


def test_polygons_choose_by_footprint_and_not_by_its_box(archive: ArchiveServer, tmp_path: Path) -> None:
    from osgeo import ogr, osr

    archive.products = [
        image_product("FRT0000AAAA_07_IF166L_TRR3", "TRDR", footprint="POLYGON ((10 0, 12 0, 10 2, 10 0))"),
        image_product("FRT0000BBBB_07_IF166L_TRR3", "TRDR", footprint="POLYGON ((12 2, 12 1.5, 11.5 2, 12 2))"),
    ]
    path = tmp_path / "area.gpkg"
    system = osr.SpatialReference()
    system.ImportFromProj4("+proj=longlat +R=3396190 +no_defs")
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    made = dataset.CreateLayer("area", system, ogr.wkbPolygon)
    feature = ogr.Feature(made.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON ((11.2 1.2, 13 1.2, 13 3, 11.2 3, 11.2 1.2))"))
    made.CreateFeature(feature)
    del feature, made, dataset
    found = fetch(archive, tmp_path, ids=None, area=path, footprints_only=True)
    assert [row["observation"] for row in layer(found.footprints)] == ["FRT0000BBBB"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ids": None}, "nothing to look for is given"),
        ({"ids": "sol 1234"}, "'sol' is no id"),
        ({"kinds": []}, "kinds: none is chosen"),
        ({"endpoint": "ftp://x/"}, "is not the address of a server"),
        ({"extent": (0.0, 10.0, 1.0, 9.0)}, "latitudes from -90 to 90, not 10 to 9"),
        ({"extent": (0.0, 0.0, 0.0, 9.0)}, "west and east ends are the same"),
        ({"extent": (-1e6, 0.0, 1e6, 9.0)}, "in degrees"),
    ],
)
def test_what_makes_no_sense_is_refused(archive: ArchiveServer, tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        fetch(archive, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (b"<html><body>Login</body></html>", "answers with a web page that is not JSON"),
        (b'{"a": 1}', "not as an Orbital Data Explorer does"),
        (b'{"ODEResults": {"Status": "ERROR", "Error": "bad pt"}}', r"does not answer the question \(bad pt\)"),
        (b"[" * 100_000, "that is not JSON"),
    ],
)
def test_an_answer_that_is_none_is_told(archive: ArchiveServer, tmp_path: Path, page: bytes, said: str) -> None:
    archive.page = page
    with pytest.raises(InputError, match=said):
        fetch(archive, tmp_path)


def test_a_dead_server_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the archive cannot be asked"):
        fetch_products(tmp_path, ids="FRT00009312", endpoint="http://127.0.0.1:9/", manners=_QUICK)


def test_a_server_that_stays_busy_is_told(archive: ArchiveServer, tmp_path: Path) -> None:
    archive.faults[f"/data/{IMAGE.lower()}.img"] = ["503"] * 20
    [failure] = fetch(archive, tmp_path).failures
    assert "the server answers 503; what has come is kept" in failure.reason
    assert archive.times()[f"{IMAGE.lower()}.img"] == 4


def test_names_that_lead_out_of_the_folder_are_not_taken(archive: ArchiveServer, tmp_path: Path) -> None:
    product = archive.products[0]
    product.files = {"../evil.img": b"x" * 1000, f"{IMAGE.lower()}.lbl": product.files[f"{IMAGE.lower()}.lbl"]}
    fetch(archive, tmp_path / "out")
    assert not (tmp_path / "evil.img").exists() and not list(tmp_path.rglob("*evil*"))


def test_a_disk_that_is_too_small_is_told_before_the_first_byte(
    archive: ArchiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = pipeline.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(pipeline.shutil, "disk_usage", lambda _: free)
    with pytest.raises(OutputError, match=r"but 0\.0 GB are to be fetched"):
        fetch(archive, tmp_path)
    assert not archive.times()


def test_two_runs_do_not_fetch_into_one_folder(archive: ArchiveServer, tmp_path: Path) -> None:
    from crism_gan_plugin.core.files.locks import FileLock

    with FileLock(tmp_path / ".crism-fetch.lock", "held"), pytest.raises(OutputError, match="another run fetches into it"):
        fetch(archive, tmp_path)


def test_the_command_line_fetches(archive: ArchiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from crism_gan_plugin.core.cli import main

    words = ["fetch", "--ids", "FRT00009312", "--endpoint", archive.address, "--out-dir", str(tmp_path), "--quiet"]
    assert main(words) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    archive.faults[f"/data/{IMAGE.lower()}.img"] = ["404"]
    (tmp_path / "FRT00009312" / f"{IMAGE.lower()}.img").unlink()
    assert main(words) == 2
    assert "1 of 2 products could not be fetched" in capsys.readouterr().err


#: Counters, activities and types: what maps want, and what they do not.
STRIP_PRODUCTS = [("01", "IF", "TRR3"), ("01", "DE", "DDR1"), ("01", "RA", "TRR3"), ("00", "IF", "TRR3")]


@pytest.mark.parametrize("kind", ["MSP", "MSW", "HSP"])
def test_strips_of_the_mapping_modes_are_trr3_products(archive: ArchiveServer, tmp_path: Path, kind: str) -> None:
    ids = [f"{kind}00003E25_{counter}_{activity}214L_{type_}" for counter, activity, type_ in STRIP_PRODUCTS]
    archive.products = [image_product(id_, "TRDRDDR" if "_DDR" in id_ else "TRDR") for id_ in ids]
    for number, asked in enumerate(({"ids": f"{kind}00003E25"}, {"ids": None, "extent": (77.2, 18.2, 77.4, 18.4)})):
        made = fetch(archive, tmp_path / str(number), **asked)
        assert sorted({path.stem.upper() for path in made.files}) == sorted(ids[:2])
        assert {path.parent.name for path in made.files} == {f"{kind}00003E25"}


@pytest.mark.parametrize(
    ("asked", "contents"),
    [
        ("T1332", {"AL", "IF", "DE", "WV"}),
        ("t1332_mrral", {"AL", "DE", "WV"}),
        ("T1332_MRRIF_20S332_0256_1.IMG", {"IF", "DE", "WV"}),
        ("T1332_MRRDE_20S332_0256_1", {"DE", "WV"}),
    ],
)
def test_an_id_of_a_tile_brings_all_that_its_spectra_want(
    archive: ArchiveServer, tmp_path: Path, asked: str, contents: set[str]
) -> None:
    """Its geometry and wavelengths come with it, and no other tile, version or kind of product."""
    names_ = [f"T1332_MRR{content}_20S332_0256_1" for content in ("AL", "IF", "DE", "WV", "SU")]
    archive.products = [image_product(name, "MRDR") for name in (*names_, "T1333_MRRAL_20S337_0256_1")]
    made = fetch(archive, tmp_path, ids=asked)
    assert {path.name[9:11].upper() for path in made.files} == contents
    assert {path.parent.name for path in made.files} == {"T1332"}


def test_a_tile_that_the_archive_lacks_is_told_by_its_own_kind(archive: ArchiveServer, tmp_path: Path) -> None:
    heard = Heard()
    fetch(archive, tmp_path, ids="FRT00009312 T1332", progress=heard)
    assert any("T1332: the archive has nothing of the kinds MRDR by this id" in line for line in heard.lines)

"""Reports of maps: their numbers are the map's; what is missing is told; nothing of a file runs on the page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite, make_report
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.rasters.class_table import read_class_table, write_class_table
from tests.mosaic_support import no_maps, random_map, write_map

#: Figures of spectra have this name for those who cannot see them.
SPECTRA = "spectra of the largest deposits"


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def number_of_figures(page: object, label: str) -> int:
    return sum(tag == "svg" and known.get("aria-label") == label for tag, known in page.tags)


def test_the_numbers_of_classes_are_the_maps(mapped: Callable, page: Callable, tmp_path: Path) -> None:
    outputs = mapped(options={"identification": 0.999})  # some are guesses then
    rows = page(make_report(outputs.classes, tmp_path / "r.html").report).rows("classes")
    table, codes, scores = read_class_table(outputs.classes), read(outputs.classes), read(outputs.evidence)[0]
    assert {row.level for row in table} == {"identification", "guess"}
    assert [row["code"] for row in rows[:-1]] == [str(row.value) for row in sorted(table, key=lambda r: (r.value % 100, r.value))]
    for found in rows[:-1]:
        own = codes == int(found["code"])
        row = next(row for row in table if row.value == int(found["code"]))
        assert (found["class"], found["level"]) == (row.name, row.level)
        assert int(found["pixels"]) == row.pixels == own.sum()
        assert float(found["km²"]) == pytest.approx(row.area_km2, rel=1e-7)
        assert float(found["% of valid"]) == pytest.approx(100 * own.sum() / (codes < 255).sum(), rel=1e-7)
        assert float(found["mean score"]) == pytest.approx(scores[own].mean(), rel=1e-5)
        assert float(found["best score"]) == pytest.approx(scores[own].max(), rel=1e-6)
    assert int(rows[-1]["pixels"]) == sum(row.pixels for row in table)
    assert float(rows[-1]["km²"]) == pytest.approx(sum(row.area_km2 for row in table), rel=1e-7)


def test_deposits_sum_to_the_table(mapped: Callable, page: Callable, tmp_path: Path) -> None:
    classes = mapped(options={"identification": 0.999}).classes
    found = page(make_report(classes, tmp_path / "r.html").report)
    names = {row.name for row in read_class_table(classes)}
    tables = [found.rows("deposits", k) for k in range(len(names))]
    for row in read_class_table(classes):
        (own,) = ([r for r in rows if r["level"] == row.level] for rows in tables if _shows(found, rows, row))
        parts, whole = own[:-1], own[-1]
        assert whole["deposit"] == "all"
        assert sum(int(part["pixels"]) for part in parts) == int(whole["pixels"]) == row.pixels
        assert sum(float(part["km²"]) for part in parts) == pytest.approx(row.area_km2, rel=1e-6)
        assert float(whole["km²"]) == pytest.approx(row.area_km2, rel=1e-6)


def _shows(found: object, rows: list[dict[str, str]], row: object) -> bool:
    """Whether a table of deposits is of a code: exemplars are called by their class."""
    return any(r["level"] == row.level and (r.get("exemplar") or "").startswith(row.name) for r in rows)


def test_random_maps_sum_to_their_tables(page: Callable, tmp_path: Path) -> None:
    codes, similarity = random_map(np.random.default_rng(0), 40, 50)
    path = write_map(tmp_path / "m.tif", codes, similarity)
    found = page(make_report(path, tmp_path / "r.html").report)
    wholes = sorted(int(row["pixels"]) for row in found.deposits() if row["deposit"] == "all")
    assert wholes == sorted(row.pixels for row in read_class_table(path))
    assert sum(int(row["pixels"]) for row in found.deposits() if row["deposit"] != "all") == sum(wholes)


def test_the_largest_deposits_come_first_and_streaks_last(mapped: Callable, page: Callable, tmp_path: Path) -> None:
    outputs = mapped(proj=None)
    found = page(make_report(outputs.classes, tmp_path / "r.html").report)
    rows = {row["deposit"]: row for row in found.deposits()}
    codes = read(outputs.classes)
    assert rows["A1"]["exemplar"].startswith("kaolinite")
    assert int(rows["A1"]["pixels"]) == (codes[12:20, 15:24] == 15).sum()
    assert (rows["A1"]["columns"], rows["A2"]["columns"]) == ("9", "1")
    assert int(rows["A2"]["pixels"]) == (codes[:, 27] == 15).sum()
    line, sample = np.nonzero(codes == 21)
    assert rows["B1"]["centre (line, sample)"] == f"{line.mean() + 0.5:.1f}, {sample.mean() + 0.5:.1f}"
    assert "in sensor space" in found.text


def test_the_page_holds_everything_and_is_small(mapped: Callable, page: Callable, tmp_path: Path) -> None:
    report = make_report(mapped().classes, tmp_path / "r.html").report
    found = page(report)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["maps", "r.html", "scene.tif"]
    assert all(source.startswith("data:image/png;base64,") for source in found.sources())
    assert not [tag for tag, _ in found.tags if tag in ("script", "link", "iframe", "object", "form")]
    text = report.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert len(text) < 500_000
    assert number_of_figures(found, SPECTRA) == 2
    assert number_of_figures(found, "histogram of scores") == 2
    assert number_of_figures(found, "deposit B1") == 1
    for words in ("talc (numerator)", "sha256", "numpy", "identification above 0.95", "km²"):
        assert words in found.text


def test_names_of_files_are_text(mapped: Callable, page: Callable, tmp_path: Path) -> None:
    """Whatever a mineral, a product or a record is called, it is no part of the page's code."""
    outputs = mapped()
    evil = "<script>alert('x')</script>&\"<img src=x onerror=1>"
    rows = [row.__class__(**{**vars(row), "name": evil}) for row in read_class_table(outputs.classes)]
    write_class_table(outputs.classes, rows)
    record = json.loads(outputs.provenance.read_text())
    record["warnings"].append(evil)
    record[evil] = {evil: evil}
    record["versions"][evil] = evil
    outputs.provenance.write_text(json.dumps(record))
    report = make_report(outputs.classes, tmp_path / "r.html").report
    found = page(report)
    assert not [tag for tag, _ in found.tags if tag in ("script", "img")]
    assert found.text.count(evil) > 6
    assert not [name for _, known in found.tags for name in known if name.startswith("on")]


def test_spectra_that_cannot_be_had_are_told_of(mapped: Callable, page: Callable, tmp_path: Path, recorder: Callable) -> None:
    outputs, progress = mapped(), recorder()
    moved = tmp_path / "elsewhere" / "moved.tif"
    moved.parent.mkdir()
    shutil.move(tmp_path / "scene.tif", moved)
    found = page(make_report(outputs.classes, tmp_path / "r.html", progress=progress).report)
    assert any("no spectra" in note and "scene.tif" in note and "--image" in note for note in progress.notes)
    assert "no spectra" in found.text
    assert number_of_figures(found, SPECTRA) == 0
    assert number_of_figures(found, "histogram of scores") == 2
    assert int(found.rows("classes")[-1]["pixels"]) > 0
    given = page(make_report(outputs.classes, tmp_path / "s.html", image=moved).report)
    assert number_of_figures(given, SPECTRA) == 2


def test_an_image_of_another_size_is_refused(mapped: Callable, make_tif: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    outputs = mapped()
    other = make_tif(tmp_path / "other.tif", cube[:10])
    with pytest.raises(InputError, match=r"other\.tif: has 10 lines .* not the image that the map was made of"):
        make_report(outputs.classes, tmp_path / "r.html", image=other)
    assert not (tmp_path / "r.html").exists()


def test_a_map_without_evidence_and_record_still_has_a_report(mapped: Callable, page: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    bare = tmp_path / "bare" / "map.tif"
    bare.parent.mkdir()
    shutil.copy(outputs.classes, bare)
    shutil.copy(f"{outputs.classes}.aux.xml", f"{bare}.aux.xml")
    found = page(make_report(bare, tmp_path / "r.html").report)
    assert "no record lies beside the map" in found.text
    assert "no scores" in found.text
    rows = found.rows("classes")
    assert int(rows[-1]["pixels"]) == ((read(bare) > 0) & (read(bare) < 255)).sum()
    assert {row["mean score"] for row in rows[:-1]} == {"–"}


def test_a_table_that_counts_other_pixels_is_refused(mapped: Callable, tmp_path: Path) -> None:
    path = write_map(tmp_path / "m.tif", np.full((10, 8), 15), np.full((10, 8), 0.97))
    rows = [row.__class__(**{**vars(row), "pixels": 79}) for row in read_class_table(path)]
    write_class_table(path, rows)
    with pytest.raises(InputError, match=r"m\.tif: has 80 pixels of code 15, and its class table counts 79"):
        make_report(path, tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_a_map_that_shows_nothing_has_a_report(page: Callable, tmp_path: Path) -> None:
    path = write_map(tmp_path / "m.tif", np.zeros((10, 8), int), np.full((10, 8), 0.5))
    found = page(make_report(path, tmp_path / "r.html").report)
    assert "No pixel of the map has a mineral." in found.text


@pytest.mark.parametrize("name", ["r.txt", "r", "r.tif", ".html"])
def test_the_output_is_a_page(mapped: Callable, tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="output"):
        make_report(mapped().classes, tmp_path / name)


def test_what_is_no_map_is_refused(mapped: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    for path, says in no_maps(tmp_path, outputs.evidence, outputs.provenance):
        with pytest.raises(InputError, match=says):
            make_report(path, tmp_path / "r.html")
    Path(f"{outputs.classes}.aux.xml").unlink()
    with pytest.raises(InputError, match=r"class table"):
        make_report(outputs.classes, tmp_path / "r.html")
    assert not list(tmp_path.glob("r*"))


def test_cancelling_leaves_nothing_and_keeps_what_was_there(mapped: Callable, tmp_path: Path, recorder: Callable) -> None:
    outputs = mapped()
    for stop_after in (1, 3, 5, 7):
        with pytest.raises(Cancelled):
            make_report(outputs.classes, tmp_path / "out" / "r.html", progress=recorder(stop_after))
    assert not (tmp_path / "out").exists()
    (tmp_path / "r.html").write_text("earlier")
    with pytest.raises(Cancelled):
        make_report(outputs.classes, tmp_path / "r.html", progress=recorder(6))
    assert (tmp_path / "r.html").read_text() == "earlier"


def test_the_same_map_has_the_same_report(mapped: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    first, second = (make_report(outputs.classes, tmp_path / f"{k}.html").report.read_text(encoding="utf-8") for k in "ab")
    assert first.split("Report made ")[0] == second.split("Report made ")[0]


def test_a_composite_has_the_spectra_of_its_maps(mapped: Callable, page: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    one, two = mapped("one"), mapped("two", image=cube[::-1].copy(), transform=(4.58e6 + 20 * 18, 18.0, 0.0, 1.09e6, 0.0, -18.0))
    composite = make_composite([one.classes, two.classes], tmp_path / "y.tif").composite
    found = page(make_report(composite, tmp_path / "r.html").report)
    assert "Composite of mineral maps" in found.text
    assert number_of_figures(found, SPECTRA) == 2
    (tmp_path / "two.tif").unlink()
    found = page(make_report(composite, tmp_path / "s.html").report)
    assert "no spectra of map 2" in found.text
    assert number_of_figures(found, SPECTRA) == 2
    (tmp_path / "one.tif").unlink()
    found = page(make_report(composite, tmp_path / "t.html").report)
    assert number_of_figures(found, SPECTRA) == 0
    rows = {row["code"]: row for row in found.rows("classes")[:-1]}
    for row in read_class_table(composite):
        assert int(rows[str(row.value)]["pixels"]) == row.pixels
        assert float(rows[str(row.value)]["km²"]) == pytest.approx(row.area_km2, rel=1e-7)


def test_a_composite_tells_how_far_its_maps_agree(mapped: Callable, page: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    one, two = mapped("one"), mapped("two", image=cube[::-1].copy())
    made = make_composite([one.classes, two.classes], tmp_path / "y.tif")
    found = page(make_report(made.composite, tmp_path / "r.html").report)
    lines = json.loads(made.provenance.read_text(encoding="utf-8"))["agreement"]
    assert "pairs of pixels agree" in lines[0]
    assert "Where maps overlap" in found.text
    assert all(line in found.text for line in lines)
    alone = page(make_report(one.classes, tmp_path / "one.html").report)
    assert "Where maps overlap" not in alone.text

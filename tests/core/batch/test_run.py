"""Many images: what is made, what is skipped, and that one broken image costs the others nothing."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars, provenance
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.batch import run as module
from crism_gan_plugin.core.batch.finished import is_finished
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.mapping.pipeline import prepare_map
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.rasters.class_table import read_class_table, write_class_table
from crism_gan_plugin.core.rasters.reader import RasterReader
from tests.core.atmosphere.conftest import record as record
from tests.core.denoise.images import make_image

LINES, SAMPLES = 8, 6
STEP = 18.0 * SAMPLES


@pytest.fixture
def images(tmp_path: Path, make_tif: Callable, pixel_of: Callable) -> Path:
    """A folder of three images beside each other, the second half over the first."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for place, name in enumerate(("talc", "kaolinite", "gypsum")):
        cube = np.tile(pixel_of(name), (LINES, SAMPLES, 1)) * (1 + 0.002 * rng.standard_normal((LINES, SAMPLES, 240)))
        cube[:, :3] = pixel_of("bland")
        transform = (4.58e6 + 0.5 * place * STEP, 18.0, 0.0, 1.09e6, 0.0, -18.0)
        make_tif(folder / f"{name}.tif", cube.astype(np.float32), transform=transform)
    return folder


@pytest.fixture
def run(random_weights: Path) -> Callable[..., Any]:
    def run(inputs: Any, out: Path, **options: Any) -> Any:
        options = {"weights": random_weights, "engine": "numpy", "composite": None, **options}
        return map_batch(inputs if isinstance(inputs, list) else [inputs], out, **options)

    run.weights = random_weights
    return run


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as text:
        return list(csv.DictReader(text))


def read(path: Path) -> np.ndarray:
    with RasterReader(path) as reader:
        return np.array(reader.read(0, reader.lines))


def times(folder: Path, pattern: str = "*_minerals*") -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in folder.glob(pattern)}


def test_maps_composite_and_table(run: Callable, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = run(images, out, composite="all.tif")
    assert [outputs.classes.name for outputs in made.maps] == [f"{name}_minerals.tif" for name in ("gypsum", "kaolinite", "talc")]
    assert (made.skipped, made.failures, made.failed) == (0, (), None)
    assert not (out / "failed.csv").exists()
    composite = read(made.composite.composite)[0]
    assert composite.shape[1] == pytest.approx(2 * SAMPLES, abs=1)
    rows = table(made.summary)
    assert {row["scene"] for row in rows} == {"gypsum", "kaolinite", "talc"}
    names = {mineral.code: mineral.name for mineral in load_exemplars().classes}
    for outputs in made.maps:
        codes, similarity = read(outputs.classes)[0].astype(int), read(outputs.evidence)[0]
        areas = {row.value: row.area_km2 for row in read_class_table(outputs.classes)}
        mine = {int(row["code"]): row for row in rows if f"{row['scene']}_minerals" == outputs.classes.stem}
        assert set(mine) == set((codes % 100).ravel()) - {0, 55}
        for code, row in mine.items():
            assert row["class"] == names[code]
            assert int(row["identified_pixels"]) == (codes == code).sum()
            assert int(row["guessed_pixels"]) == (codes == code + 100).sum()
            assert float(row["mean_similarity"]) == pytest.approx(similarity[np.isin(codes, (code, code + 100))].mean(), rel=1e-5)
            assert float(row["identified_km2"]) == pytest.approx(areas.get(code, 0.0), rel=1e-5)
            assert row["image"] == str(images.resolve() / outputs.classes.name.replace("_minerals", ""))


def test_without_rasterio_there_are_maps_and_a_line_that_says_what_to_install(
    run: Callable, images: Path, tmp_path: Path, recorder: Callable, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    listening = recorder()
    made = run(images, tmp_path / "out", composite="all.tif", progress=listening)
    assert (len(made.maps), made.composite) == (3, None)
    assert any("no composite is made: a composite needs rasterio" in line for line in listening.warnings)


def test_an_image_in_which_nothing_is_found_has_a_row(
    run: Callable, tmp_path: Path, make_tif: Callable, pixel_of: Callable
) -> None:
    bland = make_tif(tmp_path / "bland.tif", np.tile(pixel_of("bland"), (3, 3, 1)).astype(np.float32))
    (row,) = table(run(bland, tmp_path / "out").summary)
    assert (row["scene"], row["class"], row["identified_pixels"]) == ("bland", "", "0")


def test_a_broken_image_does_not_stop_the_rest(run: Callable, images: Path, tmp_path: Path, recorder: Callable) -> None:
    (images / "broken.tif").write_bytes((images / "talc.tif").read_bytes()[:5000])
    (images / "a.tif").write_bytes(b"rubbish")
    listening = recorder()
    made = run(images, tmp_path / "out", progress=listening)
    assert len(made.maps) == 3
    assert [failure.image.name for failure in made.failures] == ["a.tif", "broken.tif"]
    failed = table(made.failed)
    assert [Path(row["image"]).name for row in failed] == ["a.tif", "broken.tif"]
    for failure, row in zip(made.failures, failed):
        assert failure.image.name in row["reason"] and "\n" not in row["reason"]
        assert any("FAILED" in line and failure.reason in line for line in listening.warnings)
    assert "3 images mapped, 0 were finished before, 2 failed" in listening.notes
    assert not list((tmp_path / "out").glob("*broken*")) and not list((tmp_path / "out").glob(".*"))
    for name in ("a.tif", "broken.tif"):
        (images / name).unlink()
    assert run(images, tmp_path / "out").failed is None
    assert not (tmp_path / "out" / "failed.csv").exists()


def test_odd_entries_cost_the_images_nothing(run: Callable, images: Path, tmp_path: Path, recorder: Callable) -> None:
    (images / "loop.tif").symlink_to("loop.tif")
    os.mkfifo(images / "pipe.tif")
    odd = images / os.fsdecode(b"caf\xe9.tif")
    try:
        shutil.copy(images / "talc.tif", odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    listening = recorder()
    made = run(images, tmp_path / "out", progress=listening)
    assert len(made.maps) == 3
    (row,) = table(made.failed)
    assert row["image"].endswith("caf\\udce9.tif") and "rename it" in row["reason"]
    assert made.failures[0].image == odd.resolve()
    for line in (*listening.warnings, *listening.notes):
        line.encode()


def test_maps_may_go_into_the_folder_of_the_images(run: Callable, images: Path, tmp_path: Path) -> None:
    first = run(images, images, composite="composite.tif")
    assert len(first.maps) == 3 and first.composite is not None
    again = run(images, images, composite="composite.tif")
    assert (len(again.maps), again.skipped, again.failures) == (3, 3, ())


def test_a_fault_of_the_program_is_a_failure_of_one_image(run: Callable, images: Path, tmp_path: Path, monkeypatch) -> None:
    prepare = module.prepare_map

    def faulty(source: Path, **rest: Any) -> Any:
        if source.stem == "kaolinite":
            raise ZeroDivisionError("division\nby zero")
        return prepare(source, **rest)

    monkeypatch.setattr(module, "prepare_map", faulty)
    made = run(images, tmp_path / "out")
    assert len(made.maps) == 2
    assert made.failures[0].reason.endswith("kaolinite.tif: unexpected ZeroDivisionError: division by zero")


def test_finished_images_are_skipped(run: Callable, images: Path, tmp_path: Path, recorder: Callable) -> None:
    out = tmp_path / "out"
    first = run(images, out)
    before, text = times(out), first.summary.read_text()
    again = run(images, out, progress=(listening := recorder()), composite="again.tif")
    assert (again.skipped, times(out)) == (3, before)
    assert first.summary.read_text() == text
    assert sum("is finished" in note for note in listening.notes) == 3
    moved = tmp_path / "moved"
    shutil.move(images, moved)
    assert run(moved, out).skipped == 3  # the same images, elsewhere


def test_the_machine_is_no_reason_to_map_again(
    run: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update of NumPy, or another computer, is another run, but makes the same map."""
    talc, out = images / "talc.tif", tmp_path / "out"
    run(talc, out)
    versions = provenance.versions
    monkeypatch.setattr(provenance, "versions", lambda *given: {**versions(*given), "numpy": "9.9", "platform": "another"})
    assert run(talc, out).skipped == 1
    monkeypatch.setattr(provenance, "versions", lambda *given: {**versions(*given), "crism_gan": "another"})
    assert run(talc, out).skipped == 0


@pytest.mark.parametrize(
    "options",
    [
        {"identification": 0.96},
        {"guess": 0.8},
        {"best_guess": 0.5},
        {"scales": (1, 3)},
        {"class_thresholds": {"talc": (0.8, 0.9)}},
        {"classes": ["talc", "kaolinite"]},
    ],
)
def test_other_parameters_are_another_map(run: Callable, images: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    talc = images / "talc.tif"
    run(talc, tmp_path / "out")
    assert run(talc, tmp_path / "out", **options).skipped == 0
    assert run(talc, tmp_path / "out", **options).skipped == 1
    assert run(talc, tmp_path / "out").skipped == 0


def spoil_pixel(file: Path) -> None:
    from osgeo import gdal

    dataset = gdal.Open(str(file), gdal.GA_Update)
    codes = dataset.GetRasterBand(1).ReadAsArray()
    codes[0, 0] = 31 if codes[0, 0] != 31 else 30
    dataset.GetRasterBand(1).WriteArray(codes)


def spoil_byte(file: Path) -> None:
    """Change one byte in the middle: of a compressed strip, which GDAL reads all the same or not."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def nest(file: Path) -> None:
    """A record that can be read, but hardly be walked through."""
    record = json.loads(file.read_text(encoding="utf-8"))
    record["image"] = None
    depth = sys.getrecursionlimit() - 50
    file.write_text(json.dumps(record).replace('"image": null', '"image": ' + "[" * depth + "]" * depth))


def spoil_record(file: Path, *without: str) -> None:
    record = json.loads(file.read_text(encoding="utf-8"))
    spoilt = {key: value for key, value in record.items() if key not in without} if without else dict.fromkeys(record, 7)
    file.write_text(json.dumps(spoilt))


def spoil_colour(file: Path) -> None:
    first, *others = read_class_table(file)
    write_class_table(file, [replace(first, rgb=(1, 2, 3)), *others])


def spoil_id(file: Path) -> None:
    record = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**record, "run_id": record["run_id"][::-1]}))


BOMB = '<!DOCTYPE qgis [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><qgis>&b;</qgis>'

SPOILT: dict[str, Callable[[Path, Path], Any]] = {
    "another image of the name": lambda images, out: shutil.copy(images / "gypsum.tif", images / "talc.tif"),
    "no style": lambda images, out: (out / "talc_minerals.qml").unlink(),
    "no class table": lambda images, out: (out / "talc_minerals.tif.aux.xml").unlink(),
    "no evidence": lambda images, out: (out / "talc_minerals_evidence.tif").unlink(),
    "no record": lambda images, out: (out / "talc_minerals_provenance.json").unlink(),
    "half a record": lambda images, out: (out / "talc_minerals_provenance.json").write_text("{"),
    "a record of nested brackets": lambda images, out: (out / "talc_minerals_provenance.json").write_text("[" * 200_000),
    "a record of nested brackets that end": lambda images, out: nest(out / "talc_minerals_provenance.json"),
    "a record of another kind": lambda images, out: (out / "talc_minerals_provenance.json").write_text("[1, 2]"),
    "a record of wrong types": lambda images, out: spoil_record(out / "talc_minerals_provenance.json"),
    "a record not in UTF-8": lambda images, out: (out / "talc_minerals_provenance.json").write_bytes(b'{"versions": "\xff"}'),
    "a huge record": lambda images, out: os.truncate(out / "talc_minerals_provenance.json", 1 << 40),
    "a record without checksums": lambda images, out: spoil_record(out / "talc_minerals_provenance.json", "files"),
    "a byte of the evidence": lambda images, out: spoil_byte(out / "talc_minerals_evidence.tif"),
    "a byte of the map": lambda images, out: spoil_byte(out / "talc_minerals.tif"),
    "half a style": lambda images, out: cut(out / "talc_minerals.qml"),
    "a style that is none": lambda images, out: (out / "talc_minerals.qml").write_text("<html/>"),
    "a style with entities": lambda images, out: (out / "talc_minerals.qml").write_text(BOMB),
    "half a class table": lambda images, out: cut(out / "talc_minerals.tif.aux.xml"),
    "another class table": lambda images, out: shutil.copy(out / "gypsum_minerals.tif.aux.xml", out / "talc_minerals.tif.aux.xml"),
    "a record with another id": lambda images, out: spoil_id(out / "talc_minerals_provenance.json"),
    "another record": lambda images, out: (out / "talc_minerals_provenance.json").write_text('{"versions": {}}'),
    "half a map": lambda images, out: (out / "talc_minerals.tif").write_bytes((out / "talc_minerals.tif").read_bytes()[:300]),
    "an empty map": lambda images, out: (out / "talc_minerals.tif").write_bytes(b""),
    "another colour in the class table": lambda images, out: spoil_colour(out / "talc_minerals.tif"),
    "another map": lambda images, out: spoil_pixel(out / "talc_minerals.tif"),
    "half the evidence": lambda images, out: (out / "talc_minerals_evidence.tif").write_bytes(
        (out / "talc_minerals_evidence.tif").read_bytes()[:-500]
    ),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_what_is_not_whole_or_not_of_the_same_image_is_made_again(run: Callable, images: Path, tmp_path: Path, fault: str) -> None:
    out, inputs = tmp_path / "out", [images / "talc.tif", images / "gypsum.tif"]
    run(inputs, out)
    untouched = times(out, "gypsum*")
    SPOILT[fault](images, out)
    assert run(inputs, out).skipped == 1
    assert times(out, "gypsum*") == untouched
    assert run(inputs, out).skipped == 2


def in_header(before: str, after: str) -> Callable[[Path, str], None]:
    def edit(images: Path, name: str) -> None:
        header = (images / name).with_suffix(".hdr")
        assert before in header.read_text()
        header.write_text(header.read_text().replace(before, after))

    return edit


def lay_over(images: Path, name: str) -> None:
    """Other numbers in the source of a virtual raster, whose own file stays as it is."""
    shutil.copy(images / "kaolinite.tif", images / "talc.tif")


def no_data_in_xml(images: Path, name: str) -> None:
    from osgeo import gdal

    dataset = gdal.Open(str(images / name))
    dataset.GetRasterBand(1).SetNoDataValue(0.25)  # opened for reading: goes into name.aux.xml


CHANGED: dict[str, tuple[str, Callable[[Path, str], Any]]] = {
    "a scale factor in the header": ("flat.img", in_header("ENVI", "ENVI\nreflectance scale factor = 2")),
    "a no-data value in the header": ("flat.img", in_header("ENVI", "ENVI\ndata ignore value = 0.5")),
    "the interleave in the header": ("flat.img", in_header("= bil", "= bip")),
    "the source of a virtual raster": ("over.vrt", lay_over),
    "the source of one over another": ("twice.vrt", lay_over),
    "a no-data value that GDAL keeps beside": ("talc.tif", no_data_in_xml),
}


@pytest.mark.parametrize("change", CHANGED)
def test_all_files_of_an_image_count_not_only_that_of_its_numbers(
    run: Callable, images: Path, tmp_path: Path, make_envi: Callable, change: str
) -> None:
    from osgeo import gdal

    make_envi(images / "flat.img", read(images / "talc.tif").transpose(1, 2, 0))
    gdal.Translate(str(images / "over.vrt"), str(images / "talc.tif"), format="VRT")
    gdal.Translate(str(images / "twice.vrt"), str(images / "over.vrt"), format="VRT")
    name, deed = CHANGED[change]
    image, out = images / name, tmp_path / "out"
    run(image, out)
    assert run(image, out).skipped == 1
    deed(images, name)
    assert run(image, out).skipped == 0
    assert run(image, out).skipped == 1


def test_statistics_that_a_viewer_writes_beside_an_image_are_no_other_image(run: Callable, images: Path, tmp_path: Path) -> None:
    from osgeo import gdal

    run(images / "talc.tif", tmp_path / "out")
    dataset = gdal.Open(str(images / "talc.tif"))
    dataset.GetRasterBand(1).ComputeStatistics(False)
    dataset = None
    assert (images / "talc.tif.aux.xml").is_file()
    assert run(images / "talc.tif", tmp_path / "out").skipped == 1


def test_every_byte_counts(run: Callable, images: Path, tmp_path: Path) -> None:
    """Wherever a raster is damaged, the map is made again."""
    out, talc = tmp_path / "out", images / "talc.tif"
    (outputs,) = run(talc, out).maps
    job = prepare_map(talc, out, MapOptions(weights=run.weights, engine="numpy"), "talc_minerals")
    assert is_finished(outputs, job.record)
    for file in (outputs.classes, outputs.evidence):
        whole = file.read_bytes()
        for place in np.linspace(0, len(whole) - 1, 40).astype(int):
            damaged = bytearray(whole)
            damaged[place] ^= 0xFF
            file.write_bytes(bytes(damaged))
            assert not is_finished(outputs, job.record)
        file.write_bytes(whole)
    assert is_finished(outputs, job.record)


def test_what_qgis_and_users_change_is_no_damage(run: Callable, images: Path, tmp_path: Path) -> None:
    """QGIS puts statistics into the .aux.xml of a raster that it opens; users save styles of their own, and build pyramids."""
    from osgeo import gdal

    out, talc = tmp_path / "out", images / "talc.tif"
    (outputs,) = run(talc, out).maps
    table = read_class_table(outputs.classes)
    for raster in (outputs.classes, outputs.evidence):
        dataset = gdal.Open(str(raster))
        dataset.GetRasterBand(1).ComputeStatistics(False)
        dataset.GetRasterBand(1).GetHistogram()
        del dataset
        assert "STATISTICS" in raster.with_name(f"{raster.name}.aux.xml").read_text()
    outputs.style.write_text('<?xml version="1.0"?>\n' + outputs.style.read_text().replace('alpha="255"', 'alpha="100"'))
    outputs.classes.with_name("talc_minerals.tif.ovr").write_bytes(b"pyramids")
    assert run(talc, out).skipped == 1
    assert read_class_table(outputs.classes) == table


def test_a_map_whose_evidence_breaks_is_named_and_the_rest_is_composed(
    run: Callable, images: Path, tmp_path: Path, recorder: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It breaks after the map was found whole."""
    out = tmp_path / "out"
    run(images, out)
    whole, progress = module.is_finished, recorder()

    def break_afterwards(outputs: Any, record: Any) -> bool:
        found = whole(outputs, record)
        if outputs.classes.name.startswith("talc"):
            monkeypatch.setattr(module, "summarise", lambda *given: [])
            outputs.evidence.write_bytes(outputs.evidence.read_bytes()[:100])
        return found

    monkeypatch.setattr(module, "is_finished", break_afterwards)
    made = run(images, out, composite="all.tif", progress=progress)
    assert [row["file"] for row in table(made.composite.sources)] == ["gypsum_minerals.tif", "kaolinite_minerals.tif"]
    assert any("not in the composite" in line and "talc_minerals_evidence.tif" in line for line in progress.warnings)


def test_images_of_one_name_do_not_collide(run: Callable, images: Path, tmp_path: Path) -> None:
    for name in ("talc", "gypsum"):
        (tmp_path / name).mkdir()
        shutil.copy(images / f"{name}.tif", tmp_path / name / "image.tif")
    made = run([tmp_path / "talc", tmp_path / "gypsum" / "image.tif"], tmp_path / "out")
    assert [outputs.classes.name for outputs in made.maps] == ["talc_image_minerals.tif", "gypsum_image_minerals.tif"]
    assert not np.array_equal(*(read(outputs.classes) for outputs in made.maps))
    images_of = [json.loads(outputs.provenance.read_text())["image"]["path"] for outputs in made.maps]
    assert [Path(path).parent.name for path in images_of] == ["talc", "gypsum"]


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4, 5, 6])
def test_cancelling_keeps_whole_maps_only(run: Callable, images: Path, tmp_path: Path, recorder: Callable, stop_after: int) -> None:
    out = tmp_path / "out"
    with pytest.raises(Cancelled, match=r"(\d) of 3 images are finished") as raised:
        run(images, out, progress=recorder(stop_after))
    finished = int(str(raised.value).split()[1])
    names = {file.name for file in out.iterdir()} if out.exists() else set()
    assert len({name for name in names if name.endswith("_minerals.tif")}) == finished
    assert len(names) == 5 * finished  # map, class table, style, evidence, record; nothing half-written
    assert run(images, out).skipped == finished


def test_cancelling_happens_half_way_in_one_of_the_tests_above(
    run: Callable, images: Path, tmp_path: Path, recorder: Callable
) -> None:
    counting = recorder()
    run(images, tmp_path / "out", progress=counting, composite="all.tif")
    assert counting.fractions == sorted(counting.fractions)
    assert counting.fractions[-1] > 0.99


def test_nonsense_is_refused_before_anything_is_done(run: Callable, images: Path, tmp_path: Path) -> None:
    for options, said in (
        ({"guess": 0.99}, "in order"),
        ({"strategy": "loudest"}, "loudest"),
        ({"crs": "EPSG:4326"}, "Mars"),
        ({"classes": ["unobtainium"]}, "unobtainium"),
        ({"scales": (2,)}, "odd"),
    ):
        with pytest.raises(ParameterError, match=said):
            run(images, tmp_path / "out", **options)
    with pytest.raises(InputError, match=r"absent\.npz"):
        run(images, tmp_path / "out", weights=tmp_path / "absent.npz")
    assert not (tmp_path / "out").exists()


def test_when_all_fail_it_is_an_error_and_the_table_says_why(run: Callable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the 2 images could be mapped; the first: .*absent1\.img"):
        run([tmp_path / "absent1.img", tmp_path / "absent2.img"], tmp_path / "out")
    assert len(table(tmp_path / "out" / "failed.csv")) == 2


def test_images_are_denoised_first_where_that_is_asked_for(
    run: Callable, images: Path, tmp_path: Path, trr3_product: Callable, record: Callable
) -> None:
    (tmp_path / "raw").mkdir()
    raw = make_image(tmp_path / "raw", trr3_product, record)
    inputs, out = [raw.label, images / "talc.tif"], tmp_path / "out"
    run(inputs, out)
    made = run(inputs, out, denoise="quick")
    assert made.skipped == 0
    assert (out / f"{raw.label.stem}_minerals_denoised.tif").is_file()  # the other one has no atmosphere in it
    assert {json.loads(outputs.provenance.read_text())["denoised"]["mode"] for outputs in made.maps} == {"quick"}
    assert run(inputs, out, denoise="quick").skipped == 2


def test_images_without_a_place_are_mapped_but_not_laid_over_others(
    run: Callable, images: Path, tmp_path: Path, make_tif: Callable, pixel_of: Callable, recorder: Callable
) -> None:
    unplaced = make_tif(tmp_path / "unplaced.tif", np.tile(pixel_of("talc"), (4, 4, 1)).astype(np.float32), proj=None)
    listening = recorder()
    made = run([images / "talc.tif", unplaced], tmp_path / "out", progress=listening, composite="all.tif")
    assert len(made.maps) == 2
    assert len(table(made.composite.sources)) == 1
    assert any("not in the composite" in line and "unplaced" in line for line in listening.warnings)
    rows = [row for row in table(made.summary) if row["scene"] == "unplaced"]
    assert rows and all(row["identified_km2"] == "" for row in rows)
    assert run(unplaced, tmp_path / "alone", composite="all.tif").composite is None

"""Maps of spectra that are divided by neutral ground: what is found, what is lost, and what the user is told."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.errors import Cancelled, InputError
from crism_gan_plugin.core.mapping.agreement import BOTH, NEITHER, OTHER, PLAIN, RATIOED, Comparison, compare
from crism_gan_plugin.core.mapping.levels import GUESS, IDENTIFICATION, NOTHING, Detection
from crism_gan_plugin.core.mapping.map_files import AGREEMENT_BAND, EVIDENCE_BANDS
from crism_gan_plugin.core.mapping.neutral_ratio import BlandViews
from crism_gan_plugin.core.neutral import Frame, blandest
from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.rasters.class_table import read_class_table
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

MARS_15N = "+proj=eqc +lat_ts=15 +lat_0=0 +lon_0=0 +x_0=0 +y_0=0 +R=3394839.8133 +units=m +no_defs"
CLASSES = ["talc", "kaolinite", "alunite"]
LINES, SAMPLES = 60, 14
TALC, KAOLINITE, ALUNITE = 21, 15, 11
NAME = "frt0000abcd_07_if164j_mtr3"


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def stripes(columns: int, seed: int = 0) -> np.ndarray:
    """(columns, 240) what each detector column does to spectra: up to some per cent, of every width."""
    rng = np.random.default_rng(seed)
    rough = rng.normal(0, 0.01, (columns, WAVELENGTHS_NM.size))
    broad = rng.normal(0, 0.06, (columns, 12)) @ np.array([np.cos(k * np.linspace(0, np.pi, 240)) for k in range(2, 14)]) / 3
    return np.exp(rough + broad)


@pytest.fixture(scope="module")
def patches() -> np.ndarray:
    """(lines, samples) names."""
    names = np.full((LINES, SAMPLES), "bland", object)
    names[8:16, 2:8], names[30:40, 7:13] = "talc", "kaolinite"
    return names


@pytest.fixture(scope="module")
def made_of(pixel_of: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """The image of some named pixels, each with a brightness, slope and noise of its own, seen by detector columns with stripes."""

    def make(names: np.ndarray, columns: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(7)
        clean = [[pixel_of(name, rng.uniform(0.15, 0.35), rng.normal(0, 0.03)) for name in row] for row in names]
        seen = np.array(clean) * stripes(int(columns.max()) + 1)[columns]
        return (seen * (1 + 0.001 * rng.standard_normal(seen.shape))).astype(np.float32)

    return make


@pytest.fixture(scope="module")
def striped(patches: np.ndarray, made_of: Callable) -> np.ndarray:
    return made_of(patches, np.broadcast_to(np.arange(SAMPLES), patches.shape))


def right_and_wrong(classes: Path, names: np.ndarray) -> tuple[float, float]:
    """Share of the patches that is named right, and of the ground, more than two pixels away from them, that is named at all."""
    found = read(classes)
    code = np.select([names == "talc", names == "kaolinite"], [TALC, KAOLINITE], 0)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(code, 2), (5, 5)).max((2, 3))
    named = np.where(found < 255, found % 100, 0)
    return (named == code)[code > 0].mean(), (named > 0)[around == 0].mean()


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize("ratio", ["column", "bland"])
@pytest.mark.parametrize("with_model", [False, True])
def test_patches_on_striped_ground_are_found(
    tmp_path: Path,
    striped: np.ndarray,
    patches: np.ndarray,
    made_of: Callable,
    make_envi: Callable,
    run: Callable,
    ratio: str,
    with_model: bool,
) -> None:
    source = make_envi(tmp_path / "s.img", striped)
    model = make_envi(tmp_path / "m.img", striped) if with_model else None
    right, wrong = right_and_wrong(run(source, model=model, out_dir=tmp_path / "off").classes, patches)
    assert right < 0.5 or wrong > 0.3
    right, wrong = right_and_wrong(run(source, model=model, ratio=ratio).classes, patches)
    assert right > 0.95
    assert wrong < 0.02


def test_a_mineral_in_most_of_every_column_vanishes_and_the_log_says_so(
    tmp_path: Path, made_of: Callable, make_envi: Callable, run: Callable, recorder: Callable
) -> None:
    names = np.full((LINES, SAMPLES), "bland", object)
    names[:40] = "kaolinite"
    names[45:55, 3:9] = "talc"
    cube = made_of(names, np.zeros((LINES, SAMPLES), int)) / stripes(1)[0]
    source = make_envi(tmp_path / "s.img", cube.astype(np.float32))
    progress = recorder()
    outputs = run(source, ratio="column", progress=progress)
    found, agreement = read(outputs.classes), read(outputs.evidence)[5]
    assert not np.isin(found[:40], [KAOLINITE, 100 + KAOLINITE]).any()
    assert (agreement[:40] == PLAIN).mean() > 0.95
    (warning,) = [text for text in progress.warnings if "kaolinite" in text]
    assert "removed by its ratio" in warning
    record = json.loads(outputs.provenance.read_text(encoding="utf-8"))
    assert warning in record["warnings"]
    (told,) = [each for each in record["ratio agreement"] if each["class"] == "kaolinite"]
    assert told["without the ratio alone"] == (agreement[:40] == PLAIN).sum()


def test_off_is_a_map_as_ever(tmp_path: Path, striped: np.ndarray, make_envi: Callable, run: Callable) -> None:
    source = make_envi(tmp_path / "s.img", striped)
    outputs = run(source, ratio="off")
    evidence = gdal.Open(str(outputs.evidence))
    assert [evidence.GetRasterBand(k + 1).GetDescription() for k in range(evidence.RasterCount)] == list(EVIDENCE_BANDS)
    assert json.loads(outputs.provenance.read_text())["ratio"] is None
    assert all(row.both_pixels is None for row in read_class_table(outputs.classes))


def test_no_data_stays_and_dead_columns_do_no_harm(
    tmp_path: Path, striped: np.ndarray, patches: np.ndarray, make_envi: Callable, run: Callable, recorder: Callable
) -> None:
    cube = striped.copy()
    cube[:, 0] = 65535
    cube[5:7, 3:6] = 65535
    cube[:57, 13] = 65535  # too few are left to tell the ground
    for ratio in ("column", "bland"):
        progress = recorder()
        outputs = run(make_envi(tmp_path / "s.img", cube), ratio=ratio, progress=progress)
        found = read(outputs.classes)
        np.testing.assert_array_equal(found == 255, (cube[..., 0] == 65535) | (np.arange(SAMPLES) == 13))
        assert np.isnan(read(outputs.evidence)[:, found == 255]).all()
        assert any(text.startswith("3 pixels have no neutral ground") for text in progress.warnings)
        right, _ = right_and_wrong(outputs.classes, patches)
        assert right > 0.95


def test_an_image_without_ground_is_refused(tmp_path: Path, striped: np.ndarray, make_envi: Callable, run: Callable) -> None:
    source = make_envi(tmp_path / "s.img", striped[:3])
    for ratio in ("column", "bland"):
        with pytest.raises(InputError, match=r"s\.img: no pixel has neutral ground"):
            run(source, ratio=ratio)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ratio", ["column", "bland"])
def test_block_borders_leave_no_trace(
    tmp_path: Path, striped: np.ndarray, make_envi: Callable, run: Callable, monkeypatch: pytest.MonkeyPatch, ratio: str
) -> None:
    source = make_envi(tmp_path / "s.img", striped)
    whole = run(source, ratio=ratio, out_dir=tmp_path / "whole")
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 7 * SAMPLES * 240 * 4)
    parts = run(source, ratio=ratio, out_dir=tmp_path / "parts")
    np.testing.assert_array_equal(read(parts.classes), read(whole.classes))
    np.testing.assert_allclose(read(parts.evidence), read(whole.evidence), atol=1e-4)


# ---------------------------------------------------------------- map-projected images


@pytest.fixture
def projected(tmp_path: Path, patches: np.ndarray, made_of: Callable, make_tif: Callable) -> tuple[Path, np.ndarray]:
    """An image whose detector columns run at a slant, and the columns."""
    line, sample = np.mgrid[:LINES, :SAMPLES]
    columns = sample + line // 12
    return make_tif(tmp_path / f"{NAME}.tif", made_of(patches, columns)), columns


def write_information(path: Path, columns: np.ndarray) -> Path:
    lines, samples = columns.shape
    rows = np.broadcast_to(np.arange(lines)[:, None], columns.shape)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), samples, lines, 3, gdal.GDT_Float32)
    for band, (name, plane) in enumerate((("VNIR Sample", rows * 0 + 7), ("IR Sample", columns), ("IR Line", rows)), start=1):
        dataset.GetRasterBand(band).SetDescription(name)
        dataset.GetRasterBand(band).WriteArray(plane.astype(np.float32))
    return path


@pytest.mark.parametrize("ratio", ["column", "bland"])
def test_the_processing_information_tells_the_columns(
    projected: tuple[Path, np.ndarray], patches: np.ndarray, run: Callable, recorder: Callable, ratio: str
) -> None:
    source, columns = projected
    information = write_information(source.with_name(f"{NAME.replace('if', 'in')}.tif"), columns)
    progress = recorder()
    outputs = run(source, ratio=ratio, progress=progress)
    assert any(f"its detector column (by {information.name})" in note and "imprints" in note for note in progress.notes)
    right, wrong = right_and_wrong(outputs.classes, patches)
    assert right > 0.9
    assert wrong < 0.04
    record = json.loads(outputs.provenance.read_text(encoding="utf-8"))
    assert record["ratio"]["information"]["file"] == information.name
    assert "what is everywhere" in record["ratio"]["risk"]


@pytest.mark.parametrize("ratio", ["column", "bland"])
def test_without_it_ground_is_taken_from_around(
    tmp_path: Path, patches: np.ndarray, made_of: Callable, make_tif: Callable, run: Callable, recorder: Callable, ratio: str
) -> None:
    names = np.vstack([np.hstack([patches] * 5)] * 2)
    source = make_tif(tmp_path / f"{NAME}.tif", made_of(names, np.zeros(names.shape, int)))
    progress = recorder()
    outputs = run(source, ratio=ratio, progress=progress)
    assert any("no IN product lies beside the image" in note for note in progress.notes)
    right, wrong = right_and_wrong(outputs.classes, names)
    assert right > 0.95
    assert wrong < 0.02


@pytest.mark.parametrize("ratio", ["column", "bland"])
@pytest.mark.parametrize("proj", [None, MARS_15N])
def test_small_images_have_ground_for_every_pixel(
    tmp_path: Path, made_of: Callable, make_tif: Callable, run: Callable, recorder: Callable, ratio: str, proj: str | None
) -> None:
    names = np.full((15, 20), "bland", object)
    source = make_tif(tmp_path / "s.tif", made_of(names, np.zeros(names.shape, int)), proj=proj)
    progress = recorder()
    assert not read(run(source, ratio=ratio, progress=progress).classes).any()
    assert not any("neutral ground" in text for text in progress.warnings)


def test_the_information_of_another_image_is_refused(projected: tuple[Path, np.ndarray], run: Callable) -> None:
    source, columns = projected
    write_information(source.with_name(f"{NAME.replace('if', 'in')}.tif"), columns[:-2])
    with pytest.raises(InputError, match=rf"has {LINES - 2} lines × {SAMPLES} samples, the image {LINES}"):
        run(source, ratio="column")


# ---------------------------------------------------------------- what a detection hangs on


def detection(minerals: list[int], levels: list[int]) -> Detection:
    n = len(minerals)
    mineral, level = np.array(minerals, np.int16), np.array(levels, np.uint8)
    score = np.where(mineral == -9, np.nan, 0.9).astype(np.float32)
    return Detection(mineral, mineral, score, mineral, score, level, np.ones(n, np.uint8))


def test_every_kind_of_agreement() -> None:
    plain = detection([0, 0, 1, 1, 1, 0, 0], [NOTHING, GUESS, NOTHING, GUESS, IDENTIFICATION, GUESS, GUESS])
    ratioed = detection([0, 0, 1, 1, 1, 1, -9], [NOTHING, NOTHING, GUESS, IDENTIFICATION, GUESS, GUESS, NOTHING])
    found = compare(plain, ratioed)
    np.testing.assert_array_equal(found, [NEITHER, PLAIN, RATIOED, BOTH, BOTH, OTHER, np.nan])
    counted = Comparison(load_exemplars().select(["talc", "kaolinite"]))
    counted.add(plain, ratioed)
    assert counted.without_ground == 1
    kaolinite, talc = sorted(counted.describe(), key=lambda each: str(each["class"]))
    assert kaolinite == {
        "class": kaolinite["class"],
        **{"without the ratio alone": 1 if kaolinite["class"] == counted._library.class_names[0] else 0},
        **{key: kaolinite[key] for key in ("with the ratio alone", "both", "another class without it")},
    }
    assert sum(int(each["both"]) for each in (kaolinite, talc)) == 2


@pytest.mark.parametrize("evidence", [True, False])
def test_the_map_says_it_in_its_evidence_and_tables(
    tmp_path: Path, striped: np.ndarray, make_envi: Callable, run: Callable, evidence: bool
) -> None:
    source = make_envi(tmp_path / "s.img", striped)
    whole = run(source, ratio="column", out_dir=tmp_path / "whole")
    dataset = gdal.Open(str(whole.evidence))
    names = [dataset.GetRasterBand(k + 1).GetDescription() for k in range(dataset.RasterCount)]
    assert names == [*EVIDENCE_BANDS, AGREEMENT_BAND]
    assert AGREEMENT_BAND == "ratio_agreement"
    found, agreement = read(whole.classes), read(whole.evidence)[5]
    without = read(run(source, out_dir=tmp_path / "off").classes)
    expected = np.select(
        [(found % 100 == without % 100) & (found > 0), (found > 0) & (without > 0), found > 0, without > 0],
        [BOTH, OTHER, RATIOED, PLAIN],
        NEITHER,
    )
    np.testing.assert_array_equal(agreement, expected)
    assert {RATIOED, NEITHER} <= set(agreement.ravel())
    outputs = run(source, ratio="column", evidence=evidence)
    rows = read_class_table(outputs.classes)
    assert {row.value: row.both_pixels for row in rows} == {k.value: ((found == k.value) & (agreement == BOTH)).sum() for k in rows}
    told = json.loads(outputs.provenance.read_text())["found"]
    assert [row["both_pixels"] for row in told] == [row.both_pixels for row in rows]


def test_a_placed_map_has_it_where_its_pixels_went(
    tmp_path: Path, patches: np.ndarray, made_of: Callable, make_envi: Callable, run: Callable
) -> None:
    from crism_gan_plugin.core.simulation.track import Track, geometry_name, write_geometry

    name, samples = "frt0000c003_07_if166j_ter3", 64
    names = np.hstack([patches] * 5)[:, :samples]
    source = make_envi(tmp_path / f"{name}.img", made_of(names, np.broadcast_to(np.arange(samples), names.shape)))
    line, sample = np.mgrid[:LINES, :samples]
    geometry = tmp_path / f"{geometry_name(name)}.lbl".lower()
    write_geometry(geometry, geometry_name(name), *Track(18.44, 77.35).places(line, sample, LINES, samples))
    one = run(source, ratio="column", out_dir=tmp_path / "1")
    other = run(source, ratio="column", out_dir=tmp_path / "2", evidence=False)
    found, agreement = read(one.classes), read(one.evidence)[5]
    np.testing.assert_array_equal(np.isnan(agreement), found == 255)
    for outputs in (one, other):
        for row in read_class_table(outputs.classes):
            assert row.both_pixels == ((found == row.value) & (agreement == BOTH)).sum()
    np.testing.assert_array_equal(read(other.classes), found)


# ---------------------------------------------------------------- manners


@pytest.mark.parametrize("stop_after", [1, 3])
def test_cancelled_while_it_looks_at_the_ground(
    tmp_path: Path, striped: np.ndarray, make_envi: Callable, run: Callable, recorder: Callable, stop_after: int
) -> None:
    with pytest.raises(Cancelled):
        run(make_envi(tmp_path / "s.img", striped), ratio="column", progress=recorder(stop_after))
    assert not (tmp_path / "out").exists()


def test_progress_rises_to_the_end(
    tmp_path: Path, striped: np.ndarray, make_envi: Callable, run: Callable, recorder: Callable
) -> None:
    for ratio in ("column", "bland"):
        progress = recorder()
        run(make_envi(tmp_path / "s.img", striped), ratio=ratio, progress=progress)
        assert progress.fractions == sorted(progress.fractions)


def test_a_batch_takes_the_ratio_for_a_setting(tmp_path: Path, projected: tuple[Path, np.ndarray], random_weights: Path) -> None:
    source, columns = projected

    def skipped(ratio: str) -> int:
        made = map_batch(
            [source], tmp_path / "maps", composite=None, ratio=ratio, classes=CLASSES, weights=random_weights, engine="numpy"
        )
        if ratio != "off":
            with made.summary.open(encoding="utf-8", newline="") as file:
                assert all(row["both_pixels"].isdigit() for row in csv.DictReader(file) if row["class"])
        return made.skipped

    assert [skipped(ratio) for ratio in ("off", "column", "column", "bland", "off")] == [0, 0, 1, 0, 0]
    assert skipped("bland") == 0
    write_information(source.with_name(f"{NAME.replace('if', 'in')}.tif"), columns)  # other ground than before
    assert [skipped("bland"), skipped("bland")] == [0, 1]


def test_lines_are_read_once_and_forgotten() -> None:
    """Bland ground is looked for as blocks go by: memory does not grow with the image."""
    lines, samples, reads, kept = 400, 3, [], []
    rng = np.random.default_rng(0)
    cube = rng.uniform(0.2, 0.3, (lines, samples, 240)).astype(np.float32)

    def read_lines(first: int, count: int) -> tuple[np.ndarray, None]:
        reads.extend(range(first, first + count))
        return cube[first : first + count].copy(), None

    frame = Frame(lines, samples, True, 4)
    views = BlandViews(read_lines, frame, load_background())
    for block in blocks.split_lines(lines, samples * 600, 240, halo=2):
        made = views(block)
        assert made.ratioed is not None
        assert made.ratioed.spectra.shape == made.plain.spectra.shape == (block.halo_lines, samples, 240)
        kept.append(len(views._level[0]) - block.halo_lines)
    assert reads == list(range(lines))
    assert max(kept) <= 2 * blandest.reach_in_lines(frame) + 2

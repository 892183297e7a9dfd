"""Class 98, an absorption that matches no class, and class 97, one that the instrument makes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars, make_composite, map_scene, save_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.batch.finished import is_finished
from crism_gan_plugin.core.batch.summary import summarise
from crism_gan_plugin.core.deposits.pipeline import make_deposits
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.inspection import open_inspection
from crism_gan_plugin.core.libraries.absorption import log_absorption_of
from crism_gan_plugin.core.libraries.colours import LEAST_DIFFERENCE, delta_e76, deuteranopia, guess_tint
from crism_gan_plugin.core.libraries.editing import USER_CODES, user_colour
from crism_gan_plugin.core.mapping import unlisted
from crism_gan_plugin.core.mapping.artefacts import single_columns
from crism_gan_plugin.core.mapping.competition import Reliability
from crism_gan_plugin.core.mapping.legend import BESIDES
from crism_gan_plugin.core.mapping.levels import ARTEFACT, UNLISTED
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.mapping.unlisted import Everything, UnlistedSearch, with_shipped
from crism_gan_plugin.core.mosaic.maps import open_class_raster
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.rasters.class_table import NOT_MINERAL, read_class_table
from crism_gan_plugin.core.reports.pipeline import make_report
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import Ratio, remove_grid_continuum

SIZE = 48
KAOLINITE = 15
NOISE = 0.005

#: The patch that shows an absorption of no mineral, and that of a mineral.
PATCH = slice(26, 42), slice(10, 30)
MINERAL = slice(4, 16), slice(10, 30)

#: As the patch, without the rim of a window.
CORE = slice(28, 40), slice(12, 28)


def band(centre: float, depth: float, width: float) -> np.ndarray:
    return 1 - depth * np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2)


#: An absorption of no mineral.
FOREIGN = band(1300, 0.08, 35) * band(2050, 0.08, 35)


def ground(seed: int) -> np.ndarray:
    """(lines, samples, 240) I/F of ground that differs from pixel to pixel, without noise."""
    drawn = load_background().plain.draw(SIZE * SIZE, np.random.default_rng(seed))
    return 0.2 * drawn.reshape(SIZE, SIZE, -1)


def seen(clean: np.ndarray, seed: int, noise: float = NOISE) -> np.ndarray:
    return (clean * (1 + noise * np.random.default_rng([seed, 1]).normal(size=clean.shape))).astype(np.float32)


def planted() -> np.ndarray:
    """Without noise: ground with a patch of kaolinite, and one of the absorption of no mineral."""
    library, clean = load_exemplars(), ground(1)
    absorption = log_absorption_of(library.spectra[[library.names.index("kaolinite (ratio)")]])[0]
    clean[MINERAL] *= np.exp(-absorption)
    clean[PATCH] *= FOREIGN
    return clean


def write(path: Path, image: np.ndarray) -> Path:
    with EnviCube(path, *image.shape[:2], WAVELENGTHS_NM) as cube:
        cube.write(image)
    return path


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def mapped(folder: Path, image: np.ndarray, name: str = "scene", **options: object) -> np.ndarray:
    """The codes of an image's map in sensor space."""
    wanted = {"unlisted": True, "artefacts": True, **options}
    return read(map_scene(write(folder / f"{name}.img", image), folder / "maps", name=name, engine="numpy", **wanted).classes)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return seen(planted(), 1)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, make_tif: Callable[..., Path], image: np.ndarray) -> Path:
    return make_tif(tmp_path_factory.mktemp("scene") / "scene.tif", image)


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory, scene: Path) -> MapOutputs:
    return map_scene(scene, tmp_path_factory.mktemp("off"), name="map", engine="numpy")


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory, scene: Path) -> MapOutputs:
    return map_scene(scene, tmp_path_factory.mktemp("on"), name="map", engine="numpy", unlisted=True, artefacts=True)


@pytest.fixture(scope="module")
def rows(on: MapOutputs) -> list[dict[str, str]]:
    table, _ = on.unlisted
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_off_is_the_map_without_them(off: MapOutputs, on: MapOutputs) -> None:
    found, without = read(on.classes), read(off.classes)
    besides = np.isin(found, (ARTEFACT, UNLISTED))
    np.testing.assert_array_equal(found[~besides], without[~besides])
    replaced = without[found == UNLISTED]
    assert ((replaced == 0) | ((replaced > 100) & (replaced < 200))).all()
    np.testing.assert_array_equal(read(on.evidence), read(off.evidence))
    assert not np.isin(without, (ARTEFACT, UNLISTED)).any()
    assert off.unlisted == []
    assert "unlisted" not in json.loads(off.provenance.read_text(encoding="utf-8"))


def test_an_absorption_of_no_mineral_is_unlisted_and_a_mineral_is_not(on: MapOutputs) -> None:
    found = read(on.classes)
    assert (found[CORE] == UNLISTED).mean() > 0.95
    assert not (found[MINERAL] == UNLISTED).any()
    assert np.isin(found[MINERAL], (KAOLINITE, KAOLINITE + 100)).mean() > 0.9
    elsewhere = np.ones(found.shape, bool)
    elsewhere[24:44, 8:32] = False
    assert (found[elsewhere] == UNLISTED).mean() < 0.005


def test_it_is_one_group_whose_mean_is_what_was_planted(on: MapOutputs, rows: list[dict[str, str]]) -> None:
    library = load_exemplars(on.unlisted[1])
    (row,) = rows
    place = library.class_names.index(row["group"])
    (exemplar,) = np.flatnonzero(library.class_index == place)
    clean = remove_grid_continuum(planted()[PATCH].astype(np.float32)).spectra.reshape(-1, 240).mean(0)
    assert np.abs(library.spectra[exemplar] - clean).max() < 0.012
    assert library.classes[place].code == int(row["code"]) == 33
    assert library.class_names[:32] == load_exemplars().class_names


def test_the_table_tells_place_bands_and_lookalike(rows: list[dict[str, str]]) -> None:
    (row,) = rows
    assert 300 <= int(row["pixels"]) <= 400
    assert 26 <= int(row["line"]) < 42
    assert 10 <= int(row["sample"]) < 30
    assert int(row["first_line"]) >= 24
    assert int(row["last_sample"]) <= 31
    assert sorted(float(each) for each in row["bands_um"].split()[:2]) == pytest.approx([1.30, 2.05], abs=0.03)
    assert row["lookalike"] in load_exemplars().class_names
    assert float(row["similarity"]) <= float(row["needed"])
    assert "is needed" in row["why_not"]
    assert "has no band at" in row["why_not"]
    longitude, latitude = float(row["longitude"]), float(row["latitude"])
    assert abs(longitude) <= 180
    assert abs(latitude) <= 90


def test_the_library_finds_the_patch(tmp_path: Path, scene: Path, on: MapOutputs) -> None:
    again = read(map_scene(scene, tmp_path, name="again", engine="numpy", exemplars=on.unlisted[1]).classes)
    assert (again[CORE] == 33).mean() > 0.9
    elsewhere = np.ones(again.shape, bool)
    elsewhere[24:44, 8:32] = False
    assert np.isin(again[elsewhere], (33, 133)).mean() < 0.01


def test_table_and_legend_name_it_and_give_no_area(on: MapOutputs, off: MapOutputs) -> None:
    (row,) = [row for row in read_class_table(on.classes) if row.value == UNLISTED]
    assert (row.name, row.level, row.area_km2, row.is_mineral) == ("unlisted absorption", NOT_MINERAL, None, False)
    assert row.pixels == np.count_nonzero(read(on.classes) == UNLISTED)
    assert 'label="unlisted absorption"' in on.style.read_text(encoding="utf-8")
    assert "unlisted" not in off.style.read_text(encoding="utf-8")


def test_deposits_and_report_take_it_for_nothing(tmp_path: Path, on: MapOutputs, off: MapOutputs) -> None:
    pytest.importorskip("rasterio")
    found = [
        json.loads(make_deposits(each.classes, tmp_path / f"{n}.gpkg").provenance.read_text(encoding="utf-8"))["found"]
        for n, each in enumerate((on, off))
    ]
    assert found[0] == found[1] != []
    page = make_report(on.classes, tmp_path / "page.html")
    assert "unlisted absorption" not in page.report.read_text(encoding="utf-8")


def test_a_composite_takes_it_for_nothing(tmp_path: Path, on: MapOutputs, off: MapOutputs) -> None:
    pytest.importorskip("rasterio")
    with_it, without = (make_composite([each.classes], tmp_path / f"{n}.tif") for n, each in enumerate((on, off)))
    np.testing.assert_array_equal(read(with_it.composite), read(without.composite))
    assert read_class_table(with_it.composite) == read_class_table(without.composite) != []


def test_a_batch_shows_it_in_its_composite_if_it_is_asked_to(tmp_path: Path, scene: Path, on: MapOutputs) -> None:
    pytest.importorskip("rasterio")
    options = {"engine": "numpy", "unlisted": True, "artefacts": True, "besides": True, "crs": None}
    made = map_batch([scene], tmp_path, **options)
    assert made.composite is not None
    found, in_map = ({row.value: row.pixels for row in read_class_table(path)} for path in (made.composite.composite, on.classes))
    assert found[UNLISTED] == pytest.approx(in_map[UNLISTED], rel=0.1)  # resampled
    with made.summary.open(encoding="utf-8", newline="") as file:
        assert not {row["code"] for row in csv.DictReader(file)} & {str(ARTEFACT), str(UNLISTED)}


def test_the_summary_of_a_batch_has_the_minerals_alone(on: MapOutputs, off: MapOutputs, scene: Path) -> None:
    assert summarise("scene", scene, on) == summarise("scene", scene, off)


def test_a_map_without_its_table_of_groups_is_not_finished(tmp_path: Path, scene: Path) -> None:
    made = map_scene(scene, tmp_path, name="map", engine="numpy", unlisted=True)
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    assert is_finished(made, record)
    made.unlisted[0].unlink()
    assert not is_finished(made, record)


def test_inspection_says_what_the_map_says(on: MapOutputs) -> None:
    inspector = open_inspection(on.classes)
    found = inspector.at(4.58e6 + 20.5 * 18, 1.09e6 - 34.5 * 18)
    inspector.close()
    assert found is not None
    assert found.title == "unlisted absorption"
    assert found.map_code == UNLISTED
    assert not [each for each in found.warnings if "changed" in each]


def test_map_and_minerals_are_told_apart(on: MapOutputs) -> None:
    opened = open_class_raster(on.classes)
    assert UNLISTED in opened.besides
    assert all(row.is_mineral for row in opened.table)
    np.testing.assert_array_equal(
        opened.minerals_of(np.array([0, 15, 97, 98, 255], np.uint8)) == 0, [1, 0, ARTEFACT in opened.besides, 1, 0]
    )


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.03])
def test_pure_noise_is_nothing_unlisted(tmp_path: Path, noise: float) -> None:
    flat = np.full((SIZE, SIZE, 240), 0.2)
    found = mapped(tmp_path, seen(flat, 5, noise))
    assert not np.isin(found, (ARTEFACT, UNLISTED)).any()
    assert not (tmp_path / "maps" / "scene_unlisted.json").exists()
    assert len((tmp_path / "maps" / "scene_unlisted.csv").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    "artefact",
    [
        np.where(WAVELENGTHS_NM > 1658, 0.95, 1),
        np.where(WAVELENGTHS_NM > 1658, 1.05, 1),
        band(2010, 0.08, 22),
        band(2560, 0.08, 20),
        band(1046, 0.15, 12),
    ],
    ids=["step down at 1.65", "step up at 1.65", "carbon dioxide", "water", "join"],
)
def test_what_the_instrument_makes_is_an_artefact(tmp_path: Path, artefact: np.ndarray) -> None:
    clean = ground(2)
    clean[PATCH] *= artefact
    image = seen(clean, 2)
    found = mapped(tmp_path, image)
    assert (found[CORE] == ARTEFACT).mean() > 0.85
    assert (found[PATCH] == UNLISTED).mean() < 0.02
    np.testing.assert_array_equal(mapped(tmp_path, image, "no", artefacts=False) == ARTEFACT, False)


def test_a_column_of_its_own_is_an_artefact(tmp_path: Path) -> None:
    clean = ground(3)
    clean[:, 20] *= 2 - band(1400, 0.1, 60)
    found = mapped(tmp_path, seen(clean, 3))
    assert (found[:, 20] == ARTEFACT).mean() > 0.5
    assert not (found == UNLISTED)[:, 18:23].any()
    assert (np.delete(found, 20, 1) == ARTEFACT).mean() < 0.02
    assert not (tmp_path / "maps" / "scene_unlisted.json").exists()


def test_a_column_stands_alone_among_its_neighbours() -> None:
    standing, valid = np.full(40, 2), np.full(40, 100)
    standing[[7, 20, 21, 22, 23, 24]] = 80
    standing[39] = 60
    assert np.flatnonzero(single_columns(standing, valid)).tolist() == [7, 39]
    assert not single_columns(np.zeros(3, int), np.zeros(3, int)).any()
    assert single_columns(np.array([5]), np.array([10])).shape == (1,)


def test_unlisted_alone_shows_no_artefacts_and_artefacts_alone_nothing_unlisted(tmp_path: Path, image: np.ndarray) -> None:
    assert not (mapped(tmp_path, image, "a", artefacts=False) == ARTEFACT).any()
    assert not (mapped(tmp_path, image, "b", unlisted=False) == UNLISTED).any()
    assert not (tmp_path / "maps" / "b_unlisted.csv").exists()


def searched(mapper: ScaleMapper, ratio: Ratio, parts: list[tuple[slice, slice, int]]) -> tuple[UnlistedSearch, np.ndarray]:
    """The search over an image in parts: the lines that are read, those of them that count, and the first of these."""
    search = UnlistedSearch(mapper, Everything.of(mapper, load_exemplars()), True, True, SIZE, True)
    codes = []
    for lines, inner, first in parts:
        block = Ratio(ratio.spectra[lines], None)
        codes.append(search(block, inner, mapper(block, inner), first))
    return search, np.concatenate(codes).reshape(1, SIZE, SIZE)


def test_blocks_give_what_the_whole_image_gives(image: np.ndarray) -> None:
    ratio = remove_grid_continuum(image.copy())
    mapper = mapper_for(MapOptions(engine="numpy")).for_image(ratio.spectra.reshape(-1, 240))
    whole, codes = searched(mapper, ratio, [(slice(0, SIZE), slice(0, SIZE), 0)])
    parts, same = searched(mapper, ratio, [(slice(0, 34), slice(0, 32), 0), (slice(30, SIZE), slice(2, 18), 32)])
    np.testing.assert_array_equal(whole.settled(codes, None), parts.settled(same, None))
    assert [group.pixels for group in whole.groups()] == [group.pixels for group in parts.groups()]
    column = np.full((1, 1, 3), np.nan)
    assert whole.settled(np.array([[[0, UNLISTED, 255]]], np.uint8), column).tolist() == [[[0, UNLISTED, 255]]]


def test_of_many_pixels_some_are_kept(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlisted, "_KEPT", 100)
    ratio = remove_grid_continuum(image.copy())
    mapper = mapper_for(MapOptions(engine="numpy")).for_image(ratio.spectra.reshape(-1, 240))
    search, codes = searched(mapper, ratio, [(slice(0, SIZE), slice(0, SIZE), 0)])
    (group,) = search.groups()
    assert group.line.size <= 100
    assert group.pixels == pytest.approx(np.count_nonzero(codes == UNLISTED), abs=20)


def test_a_mineral_that_is_not_looked_for_is_not_unlisted(tmp_path: Path, image: np.ndarray) -> None:
    found = mapped(tmp_path, image, classes=["jarosite"])
    assert not (found[6:14, 12:28] == UNLISTED).any()


def test_a_library_of_ones_own_is_completed_by_the_plugins() -> None:
    own = load_exemplars().select(["talc", "gypsum"])
    whole = with_shipped(own)
    assert sorted(whole.class_names) == sorted(load_exemplars().class_names)
    assert whole.class_names[:2] == own.class_names
    assert with_shipped(load_exemplars()).names == load_exemplars().names


def test_what_is_left_out_as_false_does_not_take_unlisted_ones_along() -> None:
    library = load_exemplars().select(["talc"])
    reliability = Reliability(library, np.ones((1, 1001)), [(None, None, None)], True, np.array([3]), 0.05)
    codes = np.array([0, 21, 121, ARTEFACT, UNLISTED, 255], np.uint8)
    assert reliability.shown(codes, np.full(6, np.nan)).tolist() == [0, 0, 0, ARTEFACT, UNLISTED, 255]


@pytest.mark.parametrize(("code", "name"), [(UNLISTED, "unlisted"), (ARTEFACT, "artefacts")])
def test_a_code_that_is_a_class_is_refused(tmp_path: Path, scene: Path, code: int, name: str) -> None:
    """Both kinds are looked for, whichever is asked for: a class of the other kind's code would be wiped off the map."""
    library = load_exemplars().select(["talc"])
    library = replace(library, classes=[replace(library.classes[0], code=code)])
    own = save_exemplars(library, tmp_path / "own.json")
    with pytest.raises(ParameterError, match=f"unlisted: {name} have code {code}, which is 'talc'"):
        map_scene(scene, tmp_path / "out", engine="numpy", exemplars=own, unlisted=True)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_guess_that_leaves_an_absorption_is_unlisted_and_one_that_explains_it_stays() -> None:
    """Without Mg-olivine, its spectra are guessed as Fe-olivine, and what that leaves stands out. With it, nothing does."""
    library = load_exemplars()
    clean = np.full((SIZE, SIZE, 240), 0.2)
    clean[PATCH] *= library.spectra[library.names.index("Mg-olivine (numerator)")]
    ratio, inner = remove_grid_continuum(seen(clean, 6)), slice(0, SIZE)
    found = {}
    for name, classes in (("without", [each for each in library.class_names if each != "Mg-olivine"]), ("with", None)):
        whole = library.select(classes or ["all"])
        mapper = mapper_for(MapOptions(engine="numpy", classes=classes))
        detection = mapper(ratio, inner)
        search = UnlistedSearch(mapper, Everything.of(mapper, whole), True, True, SIZE, True)
        marks = search(ratio, inner, detection, 0).reshape(SIZE, SIZE)[CORE]
        found[name] = detection.level.reshape(SIZE, SIZE)[CORE], marks
    level, marks = found["without"]
    assert (level == 1).mean() > 0.9
    assert (marks[level == 1] == UNLISTED).mean() > 0.9
    level, marks = found["with"]
    assert (level > 0).all()
    assert not (marks == UNLISTED).any()


def test_their_colours_are_unlike_those_of_all_classes() -> None:
    library = load_exemplars()
    strong = [mineral.rgb for mineral in library.classes] + [user_colour(code, library) for code in USER_CODES]
    others = np.array([*strong, *(guess_tint(rgb) for rgb in strong)], float)
    for seen_by in (np.array, deuteranopia):
        for number, entry in enumerate(BESIDES):
            rest = np.concatenate([others, [np.array(each.rgb, float) for each in BESIDES[:number]]]) if number else others
            assert delta_e76(seen_by(np.array(entry.rgb, float)), seen_by(rest)).min() >= LEAST_DIFFERENCE

"""Libraries built from files and polygons: what is in them, what is said, and that maps made with them are the same."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import WAVELENGTHS_NM, build_exemplars, load_exemplars, make_deposits, map_scene
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import Cancelled, CrismError
from crism_gan_plugin.core.inspection.opening import open_inspection
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.search.region import mean_ratio
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid
from crism_gan_plugin.core.vectors import VectorLayer
from tests.vector_support import features

AXIS = np.arange(1000.0, 2700.0, 5.0)
SHIPPED = load_exemplars()
LINES, SAMPLES = 12, 14
LEFT, TOP, PIXEL = 4.58e6, 1.09e6, 18.0


def band(centre: float) -> np.ndarray:
    return 0.5 - 0.2 * np.exp(-0.5 * ((AXIS - centre) / 25) ** 2)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three spectra; one of a mineral of the plugin's, one that cannot be looked for."""
    columns = [band(1750), band(2205), np.where(AXIS > 2000, -1.23e34, band(1800))]
    lines = [",".join(map(repr, row)) for row in np.stack([AXIS, *columns], 1).tolist()]
    file = tmp_path / "spectra.csv"
    file.write_text("nm,odd one,Kaolinite KGa-1,short\n" + "\n".join(lines))
    return file


@pytest.fixture
def scene(tmp_path: Path, make_tif: Callable[..., Path], pixel_of: Callable[..., np.ndarray]) -> Path:
    """Kaolinite and talc on bland ground, and a pixel without data."""
    rng = np.random.default_rng(4)
    cube = pixel_of("bland") * rng.uniform(0.9, 1.1, (LINES, SAMPLES, 1))
    cube[2:5, 3:7], cube[7:10, 8:12] = pixel_of("kaolinite"), pixel_of("talc")
    cube *= 1 + 0.001 * rng.standard_normal(cube.shape)
    cube[2, 3] = 0
    return make_tif(tmp_path / "scene.tif", cube.astype(np.float32))


def square(line: float, sample: float, height: float, width: float) -> np.ndarray:
    """A ring in samples and lines."""
    right, bottom = sample + width, line + height
    return np.array([(sample, line), (right, line), (right, bottom), (sample, bottom), (sample, line)], float)


@pytest.fixture
def polygons(tmp_path: Path) -> Path:
    """Two of one class, one of another, and one that says nothing."""
    file = tmp_path / "fields.gpkg"
    shapes = (
        ("Al-OH", square(2, 3, 3, 2)),
        ("Al-OH", square(2, 5, 3, 2)),
        ("soft", square(7, 8, 3, 4)),
        (None, square(0, 0, 1, 1)),
    )
    with VectorLayer(file, "fields", "", (LEFT, PIXEL, 0, TOP, 0, -PIXEL), {"kind": "text"}, "made by a test") as layer:
        for kind, ring in shapes:
            layer.write_polygons([[ring]], {"kind": kind})
    return file


def build(folder: Path, **options: Any) -> Any:
    made = build_exemplars(folder / "out" / "mine.json", **options)
    return load_exemplars(made.library), made.report.read_text(encoding="utf-8")


def test_spectra_are_added_to_the_plugins_library_and_nothing_is_lost_without_a_word(tmp_path: Path, table: Path) -> None:
    library, report = build(tmp_path, spectra=[table])
    assert library.names == [*SHIPPED.names, "odd one", "Kaolinite KGa-1"]
    assert [mineral.code for mineral in library.classes[len(SHIPPED.classes) :]] == [33, 34]
    assert "spectrum short: must cover 1050-2490 nm" in report and "odd one (code 33): a guess above 0.85" in report


def test_the_mineral_that_a_name_tells_gets_a_variant(tmp_path: Path, table: Path) -> None:
    library, _ = build(tmp_path, spectra=[table], classes="mineral", only="kaol*")
    assert library.classes == SHIPPED.classes and library.names[-1] == "Kaolinite KGa-1"
    assert library.classes[library.class_index[-1]].name == "kaolinite"


@pytest.mark.parametrize(
    ("options", "classes"),
    [
        ({"classes": "file"}, ["spectra"]),
        ({"class_name": "all of them"}, ["all of them"]),
        ({"only": "odd*, none"}, ["odd one"]),
        ({}, ["odd one", "Kaolinite KGa-1"]),
    ],
)
def test_classes_and_choice(tmp_path: Path, table: Path, options: dict[str, Any], classes: list[str]) -> None:
    library, report = build(tmp_path, spectra=[table], alone=True, **options)
    assert library.class_names == classes and library.classes[0].code == 33
    assert ("spectra whose names were not asked for" in report) == ("only" in options)


def test_another_library_brings_its_classes(tmp_path: Path, table: Path) -> None:
    first = build_exemplars(tmp_path / "first.json", spectra=[table], alone=True)
    library, _ = build(tmp_path, spectra=[first.library], exemplars=None)
    mine = load_exemplars(first.library)
    assert library.classes[-2:] == mine.classes
    np.testing.assert_array_equal(library.spectra[-2:], mine.spectra)
    kept, _ = build(tmp_path, spectra=[table], exemplars=first.library, only="odd*")
    assert kept.class_names == mine.class_names and kept.names[-1] == "odd one (2)"


def test_mean_spectra_of_polygons_remember_their_pixels(tmp_path: Path, scene: Path, polygons: Path) -> None:
    library, report = build(tmp_path, image=scene, polygons=polygons, field="KIND", alone=True)
    assert library.class_names == ["Al-OH", "soft"]
    line, sample = (each.ravel() for each in np.mgrid[2:5, 3:7])
    with open_scene(scene) as opened:
        wanted, count = mean_ratio(opened, resampler_to_grid(opened.axis), line, sample)
    assert count == 11
    np.testing.assert_allclose(library.spectra[0], wanted, atol=1e-12)
    origin = library.origins[0]
    assert origin is not None and (origin.scene, origin.count) == ("scene", 11)
    assert origin.runs == ((2, 4, 6), (3, 3, 6), (4, 3, 6))
    assert library.on_ground.all() and "mean of 11 pixels of scene" in library.sources[0]
    assert "1 polygons have nothing in the field" in report
    assert "cannot be told from" not in report  # kaolinite from talc


def test_a_planted_mineral_is_found_with_its_own_polygons(tmp_path: Path, scene: Path, polygons: Path) -> None:
    made = build_exemplars(tmp_path / "mine.json", image=scene, polygons=polygons, field="kind", alone=True)
    codes = gdal.Open(str(map_scene(scene, tmp_path / "map", exemplars=made.library, engine="numpy").classes)).ReadAsArray()
    assert (codes[3:5, 3:7] % 100 == 33).all() and (codes[7:10, 8:12] % 100 == 34).all()


def test_a_library_exported_and_used_again_gives_the_same_map(tmp_path: Path, scene: Path) -> None:
    usable, names = tmp_path / "usable.csv", ("kaolinite (numerator)", "talc (numerator)")
    columns = np.stack([WAVELENGTHS_NM, *(SHIPPED.spectra[SHIPPED.names.index(name)] for name in names)], 1).tolist()
    usable.write_text("nm,first,second\n" + "\n".join(",".join(map(repr, row)) for row in columns))
    exported = build_exemplars(tmp_path / "once.json", spectra=[usable], alone=True).library
    again = build_exemplars(tmp_path / "twice.json", spectra=[exported], alone=True).library
    maps = [
        map_scene(scene, tmp_path / str(number), exemplars=library, engine="numpy")
        for number, library in enumerate((usable, exported, again))
    ]
    for name in ("classes", "evidence"):
        arrays = [gdal.Open(str(getattr(made, name))).ReadAsArray() for made in maps]
        np.testing.assert_array_equal(arrays[1], arrays[0])
        np.testing.assert_array_equal(arrays[2], arrays[0])
    assert (gdal.Open(str(maps[0].classes)).ReadAsArray() % 100 == 34).any(), "the map shows nothing to compare"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "spectra: none are given"),
    "polygons alone": ({"polygons": "x.gpkg"}, "image: none is given for the polygons"),
    "an image alone": ({"image": "x.tif"}, "spectra: none are given|polygons: none are given"),
    "empty and not": ({"spectra": ["x"], "alone": True, "exemplars": "y"}, "cannot begin empty and with another"),
    "a missing file": ({"spectra": ["none.csv"]}, "none.csv: no such file"),
    "a choice": ({"spectra": ["x"], "classes": "colour"}, "must be one of name, file, mineral"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(tmp_path: Path, kind: str) -> None:
    options, says = WRONG[kind]
    with pytest.raises(CrismError, match=says):
        build(tmp_path, **options)
    assert not (tmp_path / "out").exists()


def test_fields_and_places_that_are_not_there_are_named(tmp_path: Path, scene: Path, polygons: Path, table: Path) -> None:
    with pytest.raises(CrismError, match=r"has no field 'class'; its fields are kind"):
        build(tmp_path, image=scene, polygons=polygons)
    with pytest.raises(CrismError, match=r"only 'zircon\*': no spectrum is called so; there are odd one"):
        build(tmp_path, spectra=[table], only="zircon*")
    with pytest.raises(CrismError, match="is the input itself"):
        made = build_exemplars(tmp_path / "a.json", spectra=[table])
        build_exemplars(made.library, spectra=[table], exemplars=made.library)
    with pytest.raises(CrismError, match=r"let it end in \.json"):
        build_exemplars(tmp_path / "a.txt", spectra=[table])


def test_the_command(tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.json"
    assert main(["exemplars", "--spectra", str(table), "--only", "odd*", "--alone", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.split() == [str(out), str(tmp_path / "mine_report.txt")]
    assert "odd one (code 33)" in said.err
    assert main(["exemplars", "--out", str(out)]) == 2


def test_a_cancelled_run_leaves_nothing(tmp_path: Path, table: Path) -> None:
    from tests.core.conftest import Recorder

    with pytest.raises(Cancelled):
        build(tmp_path, spectra=[table, table], progress=Recorder(stop_after=1))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["folder", "archive", "file"])
def test_a_map_made_with_spectra_of_others_knows_them_again(tmp_path: Path, scene: Path, kind: str) -> None:
    """Its deposits name the spectra, and its pixels are explained; a folder that has changed is noticed."""
    folder = tmp_path / "spectra"
    folder.mkdir()
    for name in ("kaolinite", "talc"):
        ratio = SHIPPED.spectra[SHIPPED.names.index(f"{name} (numerator)")]
        (folder / f"my {name}.csv").write_text(
            "\n".join(f"{nm!r},{value!r}" for nm, value in zip(WAVELENGTHS_NM.tolist(), ratio.tolist()))
        )
    given = folder if kind == "folder" else folder / "my kaolinite.csv"
    if kind == "archive":
        given = tmp_path / "spectra.zip"
        with zipfile.ZipFile(given, "w") as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    made = map_scene(scene, tmp_path / "map", exemplars=given, engine="numpy")
    assert (gdal.Open(str(made.classes)).ReadAsArray()[3:5, 3:7] % 100 == 33).all()
    deposits = make_deposits(made.classes, tmp_path / "d.gpkg", min_pixels=2, level="both")
    assert "my kaolinite" in {row["exemplar"] for row in features(deposits.deposits)}
    opened = open_inspection(made.classes)
    assert "my kaolinite" in opened.mapper.matcher.library.names and not opened.warnings
    if kind == "folder":
        (folder / "my talc.csv").write_text((folder / "my kaolinite.csv").read_text())
        again = open_inspection(made.classes)
        assert any("another one than the map was made with" in warning for warning in again.warnings)

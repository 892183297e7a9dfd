"""Detection limits of small images, file to file: known answers, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars, save_exemplars
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.detection_limit.curves import SHARES
from crism_gan_plugin.core.detection_limit.ground import BlandGround
from crism_gan_plugin.core.detection_limit.pipeline import ABOVE_ALL
from crism_gan_plugin.core.detection_limit.regions import REGIONS
from crism_gan_plugin.core.detection_limit.statements import statement
from crism_gan_plugin.core.detection_limit.tables import CURVE_COLUMNS, LIMIT_COLUMNS
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.inspection.map_pixels import open_map_pixels
from crism_gan_plugin.core.mapping.levels import ARTEFACT, UNLISTED
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from tests.core.detection_limit.conftest import LINES, SAMPLES


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_limits_are_told_by_class_patch_and_region(limits, mineral_map: Path, recorder):
    progress = recorder()
    made = limits(mineral_map, classes=["kaolinite", "gypsum"], patches=[1, 3], progress=progress)
    rows = rows_of(made.table)
    assert list(rows[0]) == list(LIMIT_COLUMNS)
    assert {(row["class"], row["patch"]) for row in rows} == {(c, p) for c in ("gypsum", "kaolinite") for p in ("1", "3")}
    whole = {(row["class"], row["patch"]): float(row["found_90"]) for row in rows if row["region"] == "all"}
    assert whole["gypsum", "3"] < whole["kaolinite", "3"] < 100
    noisy = [float(row["found_90"]) for row in rows if row["region"] == "8" and row["class"] == "gypsum"]
    quiet = [float(row["found_90"]) for row in rows if row["region"] == "2" and row["class"] == "gypsum"]
    assert max(quiet) < min(noisy)
    curves = rows_of(made.curves)
    assert list(curves[0]) == list(CURVE_COLUMNS)
    assert len(curves) == 2 * 2 * 10 * len(SHARES)
    assert all(float(row["found_from"]) <= float(row["found"]) <= float(row["found_to"]) for row in curves)
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    assert record["named without an implant"] == 0
    assert record["classes"] == {"gypsum": "gypsum (ratio)", "kaolinite": "kaolinite (ratio)"}
    assert record["statements"] == progress.notes
    assert any(
        note.startswith("no kaolinite above ") and "% in 100 % of this image, 100 % of its bland ground" in note
        for note in progress.notes
    )
    assert progress.fractions == sorted(progress.fractions)


def test_the_raster_has_each_regions_limit_and_lies_where_the_map_does(limits, mineral_map: Path):
    made = limits(mineral_map, classes=["kaolinite", "gypsum"])
    raster, below = gdal.Open(str(made.limits)), gdal.Open(str(mineral_map))
    assert raster.GetGeoTransform() == below.GetGeoTransform()
    assert raster.GetProjection() == below.GetProjection()
    assert [raster.GetRasterBand(k + 1).GetDescription() for k in range(2)] == [
        "gypsum: smallest share found, %",
        "kaolinite: smallest share found, %",
    ]
    values = raster.ReadAsArray()
    assert np.isnan(values[:, 5, 5]).all()
    told = {float(row["found_90"]) for row in rows_of(made.table) if row["class"] == "gypsum" and row["region"] != "all"}
    there = np.unique(values[0][np.isfinite(values[0])])
    np.testing.assert_allclose(there, sorted(told), rtol=0.01)
    assert np.nanmedian(values[0][:, :10]) < np.nanmedian(values[0][:, -10:])
    assert "singlebandpseudocolor" in made.style.read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_and_another_does_not(limits, mineral_map: Path):
    one, again, other = (limits(mineral_map, f"{name}.tif", seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert one.table.read_bytes() == again.table.read_bytes()
    assert one.curves.read_bytes() == again.curves.read_bytes()
    assert one.curves.read_bytes() != other.curves.read_bytes()


def test_a_mineral_that_is_never_found_has_no_number(bland, make_tif: Callable[..., Path], run_map, limits, tmp_path, recorder):
    noisy = bland * (1 + 0.05 * np.random.default_rng(0).standard_normal(bland.shape)).astype(np.float32)
    progress = recorder()
    made = limits(run_map(make_tif(tmp_path / "scene.tif", noisy)).classes, classes=["talc"], progress=progress)
    whole = rows_of(made.table)[0]
    assert whole["found_90"] == "> 100"
    assert whole["depth_found_90"] == ""
    values = gdal.Open(str(made.limits)).ReadAsArray()
    assert (values[np.isfinite(values)] == ABOVE_ALL).all()
    assert progress.notes[-1] == "talc: would be missed even at 100 %, wherever it were"


def test_a_map_with_a_ratio_is_asked_with_the_ratio(bland, make_tif: Callable[..., Path], run_map, limits, tmp_path):
    made = limits(run_map(make_tif(tmp_path / "scene.tif", bland), ratio="column").classes, classes=["gypsum"])
    assert float(rows_of(made.table)[0]["found_90"]) < 60


def test_a_map_made_with_a_model_warns_of_the_denoiser(bland, make_tif: Callable[..., Path], run_map, limits, tmp_path, recorder):
    source, progress = make_tif(tmp_path / "scene.tif", bland), recorder()
    mapped = run_map(source, model=make_tif(tmp_path / "model.tif", bland)).classes
    limits(mapped, progress=progress)
    assert any("true limits are higher" in warning for warning in progress.warnings)


def test_limits_of_a_placed_map_lie_on_the_map(bland, make_envi: Callable[..., Path], run_map, limits, tmp_path):
    image = make_envi(tmp_path / "frt0000c003_07_if166l_trr3.img", bland, data_ignore_value=65535)
    name = geometry_name("frt0000c003_07_if166l_trr3")
    line, sample = np.mgrid[:LINES, :SAMPLES]
    write_geometry(tmp_path / f"{name}.lbl".lower(), name, *Track().places(line, sample, LINES, SAMPLES))
    mapped = run_map(image).classes
    made = limits(mapped)
    codes, values = gdal.Open(str(mapped)), gdal.Open(str(made.limits))
    assert codes.GetGeoTransform() == values.GetGeoTransform()
    assert codes.GetProjection()
    assert np.array_equal(codes.ReadAsArray() == 255, np.isnan(values.ReadAsArray()))


def test_an_image_is_no_map(limits, make_tif: Callable[..., Path], bland, tmp_path):
    with pytest.raises(InputError, match=r"scene\.tif: is an image and no map.*map it with CRISM GAN Map"):
        limits(make_tif(tmp_path / "scene.tif", bland))


def test_a_map_that_leaves_out_detections_is_refused(limits, make_tif: Callable[..., Path], run_map, bland, tmp_path):
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland), max_false_share=0.05).classes
    with pytest.raises(InputError, match=r"shows only what has a q-value up to 0\.05.*without MAX_FALSE_SHARE"):
        limits(mapped)


def test_limits_are_those_of_bland_ground_alone(
    bland, pixel_of, make_tif: Callable[..., Path], run_map, limits, tmp_path, recorder
):
    bland[:, :12] = pixel_of("gypsum")
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland)).classes
    progress = recorder()
    made = limits(mapped, classes=["gypsum", "kaolinite"], progress=progress)
    codes, values = gdal.Open(str(mapped)).ReadAsArray(), gdal.Open(str(made.limits)).ReadAsArray()
    named, data = (codes > 0) & (codes < 255), codes < 255
    assert named.sum() >= 12 * LINES - 1
    assert np.isnan(values[:, named]).all()
    rows = [row for row in rows_of(made.table) if row["class"] == "kaolinite"]
    part = 100 * (data & ~named).sum() / data.sum()
    assert float(rows[0]["share_of_image"]) == pytest.approx(part, rel=0.01)
    assert sum(float(row["share_of_bland"]) for row in rows[1:]) == pytest.approx(100, rel=0.01)
    assert sum(float(row["share_of_image"]) for row in rows[1:]) == pytest.approx(part, rel=0.01)
    told = {float(row["found_90"]) for row in rows[1:] if row["found_90"]}
    known = values[1][np.isfinite(values[1])]
    np.testing.assert_allclose(np.unique(known), sorted(told), rtol=0.01)
    on_map = next(note for note in progress.notes if note.startswith("gypsum is on the map"))
    assert f"({named.sum()} pixels); no more of it above" in on_map
    assert re.search(rf" % in {part:.0f} % of this image, (99|100) % of its bland ground", on_map)


def test_what_a_map_shows_that_is_no_mineral_is_bland(bland, make_tif: Callable[..., Path], run_map, limits, tmp_path):
    """An unlisted absorption and an artefact are on the map, and a mineral would be seen or missed there all the same."""
    foreign, carbon_dioxide = (
        1 - 0.08 * sum(np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2) for centre in centres)
        for centres, width in (((1300, 2050), 35), ((2010,), 22))
    )
    bland[2:18, 10:30] *= foreign.astype(np.float32)
    bland[22:38, 10:30] *= carbon_dioxide.astype(np.float32)
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland), weights=None, unlisted=True, artefacts=True).classes
    made = limits(mapped)
    codes, values = gdal.Open(str(mapped)).ReadAsArray(), gdal.Open(str(made.limits)).ReadAsArray()
    assert [(codes == code).sum() > 100 for code in (ARTEFACT, UNLISTED)] == [True, True]
    there = (codes == 0) | (codes == ARTEFACT) | (codes == UNLISTED)
    whole = rows_of(made.table)[0]
    assert float(whole["share_of_image"]) == pytest.approx(100 * there.sum() / (codes < 255).sum(), rel=0.01)
    known = {row["region"] for row in rows_of(made.table) if row["found_90"]}
    assert {str(region) for region in range(1, REGIONS + 1)} <= known
    np.testing.assert_array_equal(np.isfinite(values), there)


def test_a_code_of_what_is_no_mineral_may_be_a_class(bland, make_tif: Callable[..., Path], run_map, tmp_path):
    """In a library of one's own: the map's class table says what a code means, not the number."""
    library = load_exemplars().select(["gypsum"])
    own = save_exemplars(replace(library, classes=[replace(library.classes[0], code=UNLISTED)]), tmp_path / "own.json")
    bland[:, :12] *= library.spectra[0].astype(np.float32)
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland), classes=None, exemplars=own).classes
    pixels = open_map_pixels(mapped, None)
    ground = BlandGround.of(pixels, np.zeros((LINES, SAMPLES), np.uint8))
    codes = gdal.Open(str(mapped)).ReadAsArray()
    assert (codes == UNLISTED).sum() > 100
    assert ground.bland.sum() == (codes == 0).sum()
    assert ground.mapped[UNLISTED] == np.isin(codes, (UNLISTED, UNLISTED + 100)).sum()
    pixels.close()


def test_a_map_of_one_class_has_limits_and_a_warning(bland, make_tif: Callable[..., Path], run_map, limits, tmp_path, recorder):
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland), classes=["kaolinite"]).classes
    progress = recorder()
    made = limits(mapped, progress=progress)
    assert any("the map knows one class only, kaolinite: nothing else could be taken for it" in each for each in progress.warnings)
    assert {row["other"] for row in rows_of(made.curves)} == {"0.0000"}


def test_an_image_that_was_moved_is_asked_for(limits, mineral_map: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "scene.tif").rename(tmp_path / "elsewhere" / "moved.tif")
    with pytest.raises(InputError, match=r"scene.tif: is not there any more.*say where it is now \(IMAGE, --image\)"):
        limits(mineral_map)
    assert limits(mineral_map, image=moved).limits.is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["kaolinit"]}, "classes: 'kaolinit' is not in the library; did you mean 'kaolinite'"),
        ({"classes": ["jarosite"]}, "classes: 'jarosite' is not in the library"),
        ({"classes": []}, "classes: none is chosen"),
        ({"patches": [2]}, r"patches \[2\]: must be odd numbers"),
        ({"implants": 9}, "implants: must be from 10 to 200"),
        ({"seed": -1}, "seed: must be 0 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(limits, mineral_map: Path, tmp_path: Path, options: dict[str, Any], message: str):
    with pytest.raises(ParameterError, match=message):
        limits(mineral_map, **options)
    assert not (tmp_path / "limits").exists()


def test_an_image_too_small_for_a_patch_is_refused(limits, bland, make_tif: Callable[..., Path], run_map, tmp_path):
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland[:6])).classes
    with pytest.raises(ParameterError, match=r"patches 5: no such patch.*has 6 lines × 36 samples; choose narrower ones"):
        limits(mapped, patches=[1, 5])


def test_too_little_bland_ground_is_said_and_no_number_invented(bland, make_tif, run_map, limits, tmp_path):
    bland[:, 12:] = 65535
    bland[6:] = 65535
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland)).classes
    with pytest.raises(InputError, match=r"scene\.tif: has too little bland ground: fewer than 10 places in each"):
        limits(mapped, "y.tif", patches=[1])
    assert not (tmp_path / "limits").exists()


def test_a_composite_or_another_raster_is_no_map(limits, mineral_map: Path, tmp_path: Path):
    made = limits(mineral_map)
    with pytest.raises(InputError, match=r"x\.tif: is no mineral map"):
        limits(made.limits, "y.tif")


@pytest.mark.parametrize("stop_after", [1, 4, 12])
def test_a_cancelled_run_leaves_nothing(limits, mineral_map: Path, tmp_path: Path, recorder, stop_after: int):
    with pytest.raises(Cancelled):
        limits(mineral_map, progress=recorder(stop_after))
    assert not list(tmp_path.glob("limits/*"))


def test_without_matplotlib_the_picture_is_left_out(limits, mineral_map: Path, monkeypatch, recorder):
    assert limits(mineral_map).figure.is_file()
    for name in [name for name in sys.modules if name.startswith("matplotlib")] + ["matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    progress = recorder()
    made = limits(mineral_map, progress=progress)
    assert made.figure is None
    assert not made.limits.with_name("x_curves.png").exists()
    assert any("needs Matplotlib" in note for note in progress.notes)


def test_patches_that_hardly_fit_have_no_limits(limits, bland, make_tif: Callable[..., Path], run_map, tmp_path, recorder):
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland[10:17, :20])).classes
    progress = recorder()
    made = limits(mapped, patches=[1, 5], implants=10, progress=progress)
    assert [warning for warning in progress.warnings if "too little bland ground for patches of 5 × 5 pixels" in warning]
    assert {row["found_90"] for row in rows_of(made.table) if row["patch"] == "5"} == {""}


def test_the_command_line_tells_its_files(mineral_map: Path, tmp_path: Path, capsys):
    out = tmp_path / "out" / "x.tif"
    words = ["detectionlimit", str(mineral_map), "--classes", "gypsum", "--patches", "1", "--implants", "10", "--out", str(out)]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert {Path(line).name for line in shown.out.splitlines()} == {file.name for file in out.parent.iterdir()}
    assert "no gypsum above" in shown.err
    assert main([*words, "--image", str(mineral_map), "--seed", "-1"]) == 2
    assert capsys.readouterr().err == "error: seed: must be 0 or more, not -1\n"


def test_no_output_replaces_the_map(mineral_map: Path, tmp_path: Path):
    from crism_gan_plugin.core import find_detection_limits

    with pytest.raises(ParameterError, match=mineral_map.name):
        find_detection_limits(mineral_map, mineral_map, classes=["kaolinite"])


class Curves:
    """Stands in for a curve."""

    def __init__(self, limit: float) -> None:
        self.found_90 = limit


@pytest.mark.parametrize(
    ("limits_of_regions", "mapped", "said"),
    [
        ([0.08, 0.05], 0, "no kaolinite above 8 % in 80 % of this image, 100 % of its bland ground (a band 4 % deep)"),
        ([0.08, 0.05], 7, "kaolinite is on the map (7 pixels); no more of it above 8 % in 80 % of this image"),
        ([0.08, np.inf], 0, "no kaolinite above 8 % in 78 % of this image, 97 % of its bland ground (a band 4 % deep)"),
        ([np.inf, 0.2], 0, "no kaolinite above 20 % in 2 % of this image, 3 % of its bland ground"),
        ([np.inf, np.inf], 0, "kaolinite: would be missed even at 100 %, wherever it were"),
        ([np.nan, np.nan], 0, "kaolinite: too little bland ground to tell a limit"),
    ],
)
def test_limits_in_words(limits_of_regions: list[float], mapped: int, said: str):
    from crism_gan_plugin.core.detection_limit.tables import ClassLimits
    from crism_gan_plugin.core.libraries.exemplars import MineralClass

    absorption = np.zeros(240)
    absorption[7] = -np.log(1 - 0.04) / 0.08
    rest = [np.nan] * (REGIONS - 2)
    curves = [Curves(0.0), *map(Curves, [*limits_of_regions, *rest])]
    of = ClassLimits(MineralClass(15, "kaolinite", (0, 0, 0)), 3, absorption, curves)
    pixels = np.array([97, 3, *np.zeros_like(rest)], int)
    counts = np.where(np.arange(100) == 15, mapped, 0)
    assert statement(of, BlandGround(125, pixels, counts)).startswith(said)

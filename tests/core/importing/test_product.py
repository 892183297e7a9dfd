"""Products to cubes: the numbers, what the cube says about itself, where it lies, and what is refused."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import import_product, map_scene
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.georeferencing import choose_grid, make_lookup, place_bilinear, place_nearest, read_geometry
from crism_gan_plugin.core.importing.cube import open_product
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.simulation import DEMO_SCENES, SimulatedScene, Track, simulate_scene, simulate_sensor_scene
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry

ROOT = Path(__file__).resolve().parents[3]
PAIR = "frt0001458f_01_if156{}_trr3"


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def wavelengths_of(path: Path) -> np.ndarray:
    dataset = gdal.Open(str(path))
    return np.array([float(dataset.GetRasterBand(k).GetMetadataItem("wavelength")) for k in range(1, dataset.RasterCount + 1)])


@pytest.fixture
def pair(shared_data: Path, tmp_path: Path) -> Path:
    """The folder with a real TRR3 pair and the wavelength tables."""
    folder = tmp_path / "pair"
    folder.mkdir()
    for sensor in "sl":
        for file in (shared_data / "crism" / "trdr").glob(PAIR.format(sensor) + ".*"):
            shutil.copy(file, folder)
    for file in (shared_data / "crism" / "cdr").glob("CDR450924300802_WA03*"):
        shutil.copy(file, folder)
    return folder


@pytest.fixture(scope="module")
def ter(tmp_path_factory: pytest.TempPathFactory) -> SimulatedScene:
    """50 × 64 pixels in sensor space, with geometry."""
    folder = tmp_path_factory.mktemp("ter")
    return simulate_sensor_scene("frt0000c003_07_if166j_ter3", folder, lines=50, samples=64, bands=489, track=Track(pixel_m=180.0))


# ---------------------------------------------------------------- a real pair of the two sensors


@pytest.mark.parametrize("sensor", "sl")
def test_the_real_pair_is_joined_whichever_is_given(pair: Path, tmp_path: Path, recorder: Callable, sensor: str) -> None:
    log = recorder()
    outputs = import_product(pair / f"{PAIR.format(sensor)}.lbl", tmp_path / "x.tif", progress=log)
    assert not outputs.on_the_map
    numbers, axis = read(outputs.cube), wavelengths_of(outputs.cube)
    assert numbers.shape == (axis.size, 15, 64)
    assert np.all(np.diff(axis) > 0)
    visible = axis < 1025
    assert axis[visible].max() == pytest.approx(1023.27, abs=0.01)
    assert axis[~visible].min() == pytest.approx(1027.55, abs=0.01)
    assert (visible.sum(), (~visible).sum()) == (102, 433)
    assert np.isnan(numbers[:, :, :3]).all()
    assert np.isfinite(numbers[(axis > 1050) & (axis < 2600)][:, :, 10:50]).mean() > 0.999
    said = "\n".join(log.notes)
    for used in ("IF156S_TRR3", "IF156L_TRR3", "WA0300000S_2", "WA0300000L_3", "sweet spot"):
        assert used in said
    assert any("stays in sensor space" in warning for warning in log.warnings)


def test_each_number_is_that_of_the_file_where_columns_have_the_axis_own_wavelengths(pair: Path, tmp_path: Path) -> None:
    """Linear interpolation by NumPy, column by column, is the oracle."""
    cube = import_product(pair / f"{PAIR.format('l')}.lbl", tmp_path / "x.tif").cube
    numbers, axis = read(cube), wavelengths_of(cube)
    scene = open_scene(pair / f"{PAIR.format('l')}.lbl")
    raw = scene.read(0, 15)
    bands = (scene.axis.wavelengths_nm > 1700) & (scene.axis.wavelengths_nm < 2600)
    wanted = axis[(axis > 1700) & (axis < 2600)]
    for line, column in ((0, 5), (7, 30), (14, 60)):
        own = scene.axis.by_column_nm[column]
        expected = np.interp(wanted, own, raw[line, column])
        np.testing.assert_allclose(numbers[(axis > 1700) & (axis < 2600), line, column], expected, rtol=2e-5)
    assert bands.sum() == wanted.size


def test_what_the_cube_says_of_itself(pair: Path, tmp_path: Path) -> None:
    """In the metadata of each band, and as the lists of an ENVI header, by plain GDAL."""
    cube = import_product(pair / f"{PAIR.format('l')}.lbl", tmp_path / "x.tif").cube
    dataset = gdal.Open(str(cube))
    assert dataset.GetMetadataItem("CRISM_PRODUCT_ID") == "FRT0001458F_01_IF156J_TRR3"
    assert dataset.GetMetadataItem("ATMOSPHERE_CORRECTED") == "no"
    assert np.isnan(dataset.GetRasterBand(1).GetNoDataValue())
    envi = dataset.GetMetadata("ENVI")
    lists = {key: np.array(envi[key].strip("{}").split(","), float) for key in ("wavelength", "fwhm", "bbl")}
    assert envi["wavelength_units"] == "Nanometers"
    axis = wavelengths_of(cube)
    np.testing.assert_array_equal(lists["wavelength"], axis)
    for number in (1, 50, 102, 103, 300, dataset.RasterCount):
        items = dataset.GetRasterBand(number).GetMetadata()
        assert items["wavelength_units"] == "Nanometers"
        assert float(items["fwhm"]) == lists["fwhm"][number - 1]
        assert float(items["bbl"]) == lists["bbl"][number - 1]
        assert dataset.GetRasterBand(number).GetDescription() == f"{axis[number - 1]:.2f} Nanometers"
    bad = {int(wavelength) for wavelength in axis[lists["bbl"] == 0]}
    assert {364, 1651, 1657, 1664, 3936} <= bad
    assert not bad & {710, 1080, 1506, 2530}


def test_channel_widths_are_those_of_the_team(shared_data: Path, pair: Path, tmp_path: Path) -> None:
    table = np.genfromtxt(shared_data / "crism" / "mtrdr" / "mtrdr_axis.tab", delimiter=",")
    cube = import_product(pair / f"{PAIR.format('l')}.lbl", tmp_path / "x.tif").cube
    axis, dataset = wavelengths_of(cube), gdal.Open(str(cube))
    fwhm = np.array([float(dataset.GetRasterBand(k).GetMetadataItem("fwhm")) for k in range(1, axis.size + 1)])
    nearest = np.abs(axis[:, None] - table[:, 2]).argmin(0)
    same = np.abs(axis[nearest] - table[:, 2]) < 0.02
    assert same.sum() > 470
    np.testing.assert_allclose(fwhm[nearest][same], table[same, 3], atol=0.011)


def test_the_imported_cube_maps_as_the_product_does(pair: Path, tmp_path: Path, random_weights: Path) -> None:
    label = pair / f"{PAIR.format('l')}.lbl"
    options = {"weights": random_weights, "engine": "numpy"}
    cube = import_product(label, tmp_path / "x.tif").cube
    before, after = map_scene(label, tmp_path / "1", **options), map_scene(cube, tmp_path / "2", **options)
    np.testing.assert_array_equal(read(after.classes), read(before.classes))
    first, second = read(before.evidence), read(after.evidence)
    np.testing.assert_array_equal(np.isnan(first), np.isnan(second))
    # bridging the filter boundary starts from interpolated shoulders: up to 1 % apart in three channels
    assert np.nanmedian(np.abs(first[0] - second[0])) < 0.005


def test_the_atmosphere_is_still_known_to_be_there(pair: Path, tmp_path: Path, recorder: Callable, random_weights: Path) -> None:
    cube = import_product(pair / f"{PAIR.format('l')}.lbl", tmp_path / "x.tif").cube
    log = recorder()
    map_scene(cube, tmp_path / "out", weights=random_weights, engine="numpy", progress=log)
    assert any("NOT CORRECTED" in warning for warning in log.warnings)


def test_in_capitals(pair: Path, tmp_path: Path) -> None:
    for file in list(pair.iterdir()):
        file.rename(pair / file.name.upper())
    cube = import_product(pair / f"{PAIR.format('l')}.lbl".upper(), tmp_path / "x.tif").cube
    assert gdal.Open(str(cube)).RasterCount == 535


def test_one_sensor_alone(pair: Path, tmp_path: Path, recorder: Callable) -> None:
    label = pair / f"{PAIR.format('l')}.lbl"
    cube = import_product(label, tmp_path / "1.tif", join=False).cube
    assert wavelengths_of(cube)[0] > 1000
    assert gdal.Open(str(cube)).GetMetadataItem("CRISM_PRODUCT_ID") == "FRT0001458F_01_IF156L_TRR3"
    for file in pair.glob("*156s*"):
        file.unlink()
    log = recorder()
    alone = import_product(label, tmp_path / "2.tif", progress=log).cube
    np.testing.assert_array_equal(read(alone), read(cube))
    assert any("IF156S_TRR3" in note and "one sensor alone" in note for note in log.notes)


@pytest.mark.parametrize("fault", ["size", "macro", "no table", "broken"])
def test_a_second_half_that_does_not_fit_is_said_aloud(
    pair: Path, tmp_path: Path, recorder: Callable, trr3_product: Callable, fault: str
) -> None:
    other = PAIR.format("s")
    if fault == "no table":
        for file in pair.glob("*WA0300000S*"):
            file.unlink()
    elif fault == "broken":
        (pair / f"{other}.img").write_bytes(b"short")
    else:
        for file in pair.glob(f"{other}.*"):
            file.unlink()
        stem = other.upper() if fault == "size" else other.upper().replace("156", "155")
        trr3_product(pair, np.full((107, 14, 64), 0.2, np.float32), stem=stem, table="CDR450924300802_WA0300000S_2.IMG")
    log = recorder()
    cube = import_product(pair / f"{PAIR.format('l')}.lbl", tmp_path / "x.tif", progress=log).cube
    assert wavelengths_of(cube)[0] > 1000
    assert sum("not joined" in warning for warning in log.warnings) == 1


# ---------------------------------------------------------------- on the map


@pytest.mark.parametrize(("resampling", "place"), [("nearest", place_nearest), ("bilinear", place_bilinear)])
def test_a_ter_lies_where_its_geometry_says(
    ter: SimulatedScene, tmp_path: Path, recorder: Callable, resampling: str, place: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crism_gan_plugin.core.importing.product._PLANES_BYTES", 400_000)
    log = recorder()
    outputs = import_product(ter.image, tmp_path / "x.tif", resampling=resampling, progress=log)
    assert outputs.on_the_map
    scene = open_scene(ter.image)
    found = read_geometry(ter.geometry, 50, 64, scene.name)
    lookup = make_lookup(found, choose_grid(found))
    expected = place(np.ascontiguousarray(scene.read(0, 50).transpose(2, 0, 1)), lookup, np.nan)
    np.testing.assert_array_equal(read(outputs.cube), expected)
    assert gdal.Open(str(outputs.cube)).GetGeoTransform() == lookup.grid.georeference.transform
    assert gdal.Open(str(outputs.cube)).GetMetadataItem("CRISM_PRODUCT_ID") == "FRT0000C003_07_IF166J_TER3"
    assert gdal.Open(str(outputs.cube)).GetMetadataItem("ATMOSPHERE_CORRECTED") == "yes"
    assert any("found beside the image" in note for note in log.notes)
    assert not log.warnings
    assert log.fractions[-1] == 1
    assert len(log.fractions) > 10


def test_on_request_it_stays_in_sensor_space(ter: SimulatedScene, tmp_path: Path, recorder: Callable) -> None:
    log = recorder()
    outputs = import_product(ter.image, tmp_path / "x.tif", sensor_space=True, progress=log)
    assert not outputs.on_the_map
    np.testing.assert_array_equal(read(outputs.cube), open_scene(ter.image).read(0, 50).transpose(2, 0, 1))
    assert not log.warnings


def test_a_cube_in_sensor_space_is_placed_later_by_the_geometry_beside_it(
    ter: SimulatedScene, tmp_path: Path, random_weights: Path
) -> None:
    """Its own name tells nothing; its metadata do."""
    cube = import_product(ter.image, tmp_path / "x.tif", sensor_space=True).cube
    options = {"weights": random_weights, "engine": "numpy", "classes": ["kaolinite", "high-Ca pyroxene"]}
    for suffix in (".lbl", ".img"):
        shutil.copy(ter.geometry.with_suffix(suffix), tmp_path)
    before, after = map_scene(ter.image, tmp_path / "1", **options), map_scene(cube, tmp_path / "2", **options)
    np.testing.assert_array_equal(read(after.classes), read(before.classes))


def test_the_visible_half_is_placed_by_its_own_geometry(pair: Path, tmp_path: Path, recorder: Callable) -> None:
    """The two sensors' pixels lie a little apart, here two columns."""
    line, sample = np.mgrid[:15, :64].astype(float)
    track, found = Track(pixel_m=180.0), {}
    label = pair / f"{PAIR.format('l')}.lbl"
    plain = read(import_product(label, tmp_path / "plain.tif", sensor_space=True).cube)
    for sensor, shift in (("s", 2.0), ("l", 0.0)):
        name = geometry_name(PAIR.format(sensor))
        write_geometry(pair / f"{name}.lbl".lower(), name, *track.places(line, sample + shift, 15, 64))
        found[sensor] = read_geometry(pair / f"{name}.lbl".lower(), 15, 64)
    numbers = read(import_product(label, tmp_path / "x.tif").cube)
    grid = choose_grid(found["l"])
    visible, infrared = (make_lookup(found[sensor], grid) for sensor in "sl")
    np.testing.assert_array_equal(numbers[:102], place_nearest(plain[:102], visible, np.nan))
    np.testing.assert_array_equal(numbers[102:], place_nearest(plain[102:], infrared, np.nan))
    assert not np.array_equal(visible.sample, infrared.sample, equal_nan=True)
    name = geometry_name(PAIR.format("s"))
    np.full(14 * 15 * 64, 1e32, "<f4").tofile(pair / f"{name}.img".lower())
    log = recorder()
    numbers = read(import_product(label, tmp_path / "y.tif", progress=log).cube)
    np.testing.assert_array_equal(numbers[:102], place_nearest(plain[:102], infrared, np.nan))
    assert sum("visible sensor's geometry is not used" in warning for warning in log.warnings) == 1


def test_a_map_projected_product_keeps_its_place(tmp_path: Path, recorder: Callable) -> None:
    scene = simulate_scene(DEMO_SCENES[0], tmp_path, pixel_m=400.0)
    log = recorder()
    outputs = import_product(scene.image, tmp_path / "x.tif", progress=log)
    assert outputs.on_the_map
    before, after = gdal.Open(str(scene.image)), gdal.Open(str(outputs.cube))
    assert after.GetGeoTransform() == before.GetGeoTransform()
    raw, numbers = before.ReadAsArray(), after.ReadAsArray()
    valid = (raw > 0) & (raw < 65535)
    np.testing.assert_array_equal(numbers[valid], raw[valid])
    assert np.isnan(numbers[~valid]).all()
    assert not log.warnings
    assert {"fwhm", "bbl", "wavelength"} <= set(after.GetRasterBand(5).GetMetadata())


# ---------------------------------------------------------------- refused, cancelled, disk full


def test_what_is_no_image_of_a_product(ter: SimulatedScene, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no I/F image"):
        import_product(ter.geometry, tmp_path / "x.tif")
    with pytest.raises(InputError, match="no such file"):
        import_product(tmp_path / "none.lbl", tmp_path / "x.tif")
    with pytest.raises(ParameterError, match=r"end in \.tif"):
        import_product(ter.image, tmp_path / "x.img")
    with pytest.raises(ParameterError, match="nearest, bilinear"):
        import_product(ter.image, tmp_path / "x.tif", resampling="cubic")
    with pytest.raises(ParameterError, match="sensor space"):
        import_product(ter.image, tmp_path / "x.tif", sensor_space=True, crs="IAU_2015:49910")
    with pytest.raises(ParameterError, match="not of Mars"):
        import_product(ter.image, tmp_path / "x.tif", crs="EPSG:4326")
    assert not list(tmp_path.iterdir())


def test_the_input_is_never_overwritten(ter: SimulatedScene, tmp_path: Path) -> None:
    cube = import_product(ter.image, tmp_path / "x.tif", sensor_space=True).cube
    before = cube.read_bytes()
    with pytest.raises(ParameterError, match="is the input itself"):
        import_product(cube, cube)
    assert cube.read_bytes() == before


def test_nothing_valid_is_no_cube(tmp_path: Path, make_envi: Callable) -> None:
    image = make_envi(tmp_path / "frt0000c003_07_if166j_ter3.img", np.full((4, 5, 240), 65535, np.float32))
    with pytest.raises(InputError, match="no pixel has valid data"):
        import_product(image, tmp_path / "out" / "x.tif")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sensor_space", [True, False])
def test_cancelled_on_the_way(
    ter: SimulatedScene, tmp_path: Path, recorder: Callable, sensor_space: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crism_gan_plugin.core.importing.product._PLANES_BYTES", 400_000)
    monkeypatch.setattr("crism_gan_plugin.core.rasters.blocks._BLOCK_BYTES", 1 << 20)
    with pytest.raises(Cancelled):
        import_product(ter.image, tmp_path / "x.tif", sensor_space=sensor_space, progress=recorder(stop_after=2))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", [[], ["--sensor-space"]])
def test_a_full_disk(ter: SimulatedScene, tmp_path: Path, place: list[str]) -> None:
    """A file-size limit stands for it."""
    resource = pytest.importorskip("resource", reason="limits of POSIX")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [
        sys.executable,
        "-m",
        "crism_gan_plugin.core",
        "import",
        str(ter.image),
        "--out",
        str(tmp_path / "out" / "x.tif"),
        *place,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, preexec_fn=limit, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "free some disk space" in errors[0]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_portions_do_not_matter(pair: Path) -> None:
    cube = open_product(pair / f"{PAIR.format('l')}.lbl")
    whole = cube.read(0, 15, 0, cube.axis.bands)
    np.testing.assert_array_equal(cube.read(3, 5, 90, 120), whole[3:8, :, 90:120])
    np.testing.assert_array_equal(cube.read(0, 1, 534, 535), whole[:1, :, 534:])

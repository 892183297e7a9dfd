"""Simulated scenes: the truth is in them, overlapping images agree, and they lie where they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.errors import OutputError, ParameterError
from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.progress import Cancelled
from crism_gan_plugin.core.simulation import DEMO_SCENES, SimulatedScene, simulate_scene, simulate_sensor_scene
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

rasterio = pytest.importorskip("rasterio")

PIXEL = 200.0
SITES = {"Jezero": (18.4463, 77.4565), "NE Syrtis": (17.8899, 77.1599)}
CODES = {mineral.name: mineral.code for mineral in load_exemplars().classes}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> list[SimulatedScene]:
    folder = tmp_path_factory.mktemp("demo")
    return [simulate_scene(footprint, folder, pixel_m=PIXEL, with_model=True) for footprint in DEMO_SCENES]


def read(path: Path) -> np.ndarray:
    """(bands, lines, samples), by rasterio."""
    with rasterio.open(path) as file:
        return file.read()


def wavelengths_of(scene: SimulatedScene) -> np.ndarray:
    header = scene.image.with_suffix(".hdr").read_text()
    return np.array(header.split("wavelength = {")[1].split("}")[0].split(","), float)


def band_at(cube: np.ndarray, wavelengths: np.ndarray, wanted: float) -> np.ndarray:
    return cube[np.abs(wavelengths - wanted).argmin()].astype(float)


def depth(cube: np.ndarray, wavelengths: np.ndarray, centre: float, left: float, right: float) -> np.ndarray:
    """1 - signal over the straight line between two shoulders."""
    low, middle, high = (band_at(cube, wavelengths, wanted) for wanted in (left, centre, right))
    share = (centre - left) / (right - left)
    return 1 - middle / (low * (1 - share) + high * share)


def test_minerals_absorb_where_the_truth_says_so(scenes: list[SimulatedScene]) -> None:
    """Diagnostic bands of the literature, found in the noise-free cube at just the pixels of their minerals."""
    for scene in scenes:
        model, truth, axis = read(scene.model), read(scene.truth)[0], wavelengths_of(scene)
        bland, kaolinite = truth == 0, truth == CODES["kaolinite"]
        assert kaolinite.sum() > 10
        at_2200 = depth(model, axis, 2205, 2120, 2270)
        assert at_2200[kaolinite].min() > 0.02
        assert np.abs(at_2200[bland]).max() < 0.02  # real bland ground is not straight between the shoulders
        # Kaolinite's doublet: absorption at 2.165 µm makes its band lean to short wavelengths; montmorillonite's does not.
        lean = np.log(band_at(model, axis, 2240) / band_at(model, axis, 2160))
        assert np.median(lean[kaolinite]) > np.median(lean[truth == CODES["Al-smectite"]]) + 0.01
        carbonate = truth == CODES["Mg-carbonate"]
        assert depth(model, axis, 2310, 2240, 2390)[carbonate].min() > 0.01
        at_2510 = depth(model, axis, 2510, 2430, 2600)  # real ground bends the other way here
        assert np.median(at_2510[carbonate]) > np.median(at_2510[bland]) + 0.01
        iron_smectite, magnesium_smectite = truth == CODES["Fe-smectite"], truth == CODES["Mg-smectite"]
        short = depth(model, axis, 2290, 2220, 2350)
        assert np.median(short[iron_smectite]) > np.median(short[magnesium_smectite])


def test_bland_ground_is_drawn_from_the_background_model(scenes: list[SimulatedScene]) -> None:
    """Mean, ways of variation and their strength are the model's, and there is nothing else in noise-free bland ground."""
    on_grid = slice(3, None)  # channels that joined cubes share with the model
    model = load_background().plain
    mean, components = model.mean[on_grid], model.components[:10, on_grid]
    spectra = []
    for scene in scenes:
        first = np.abs(wavelengths_of(scene) - WAVELENGTHS_NM[3]).argmin()
        bland = read(scene.model)[:, read(scene.truth)[0] == 0]
        spectra.append(np.log(bland[first : first + mean.size].T))
    off_mean = np.concatenate(spectra) - mean
    directions = np.concatenate([components, np.ones((1, mean.size))])  # brightness is free
    amounts = np.linalg.lstsq(directions.T, off_mean.T, rcond=None)[0]
    np.testing.assert_allclose(off_mean, amounts.T @ directions, atol=1e-5)
    assert np.abs(amounts[:-1].mean(1)).max() < 0.5
    assert amounts[:-1].std(1).min() > 0.7 and amounts[:-1].std(1).max() < 1.3


def test_bland_ground_goes_on_beyond_the_model_without_a_step(scenes: list[SimulatedScene]) -> None:
    """From the visible detector's last channel to the infrared one's first, and over 2602 nm."""
    for scene in scenes:
        axis, bland = wavelengths_of(scene), np.log(read(scene.model)[:, read(scene.truth)[0] == 0])
        for before, after, largest in ((1010.18, 1047.2, 0.04), (2602.12, 2608.72, 0.005)):
            step = band_at(bland, axis, after) - band_at(bland, axis, before)
            assert np.abs(step).max() < largest


def test_where_images_overlap_they_show_the_same_ground(scenes: list[SimulatedScene]) -> None:
    windows, spectra = [], []
    with rasterio.open(scenes[0].truth) as one, rasterio.open(scenes[1].truth) as other:
        left, right = max(one.bounds.left, other.bounds.left), min(one.bounds.right, other.bounds.right)
        bottom, top = max(one.bounds.bottom, other.bounds.bottom), min(one.bounds.top, other.bounds.top)
        for file in (one, other):
            window = file.window(left, bottom, right, top)
            assert window.col_off == round(window.col_off) and window.row_off == round(window.row_off)
            windows.append(file.read(1, window=window))
        for scene in scenes:
            with rasterio.open(scene.model) as file:
                spectra.append(file.read(window=file.window(left, bottom, right, top)))
    both = (windows[0] != 255) & (windows[1] != 255)
    assert both.sum() * PIXEL**2 > 4e6  # square metres
    np.testing.assert_array_equal(windows[0][both], windows[1][both])
    assert len(np.unique(windows[0][both])) >= 3
    np.testing.assert_allclose(*(cube[:, both] for cube in spectra), rtol=1e-5)


@pytest.mark.parametrize("scene, site", list(enumerate(SITES)), ids=list(SITES))
def test_the_sites_lie_inside_their_images(scenes: list[SimulatedScene], scene: int, site: str) -> None:
    """By the projection's own formula, and by the coordinate system that the file declares."""
    from rasterio.warp import transform

    latitude, longitude = SITES[site]
    with rasterio.open(scenes[scene].image) as file:
        x = np.radians(longitude) * 3394839.8133 * np.cos(np.radians(15))
        y = np.radians(latitude) * 3394839.8133
        row, column = file.index(x, y)
        assert file.read(100)[row, column] != 65535
        sphere = rasterio.crs.CRS.from_proj4("+proj=longlat +R=3394839.8133 +no_defs")
        back = transform(file.crs, sphere, [x], [y])
        np.testing.assert_allclose([back[0][0], back[1][0]], [longitude, latitude], atol=1e-9)
    assert read(scenes[scene].truth)[0, row, column] != 255


def test_corners_are_no_data_and_the_inside_is_not(scenes: list[SimulatedScene]) -> None:
    for scene in scenes:
        image, truth, axis = read(scene.image), read(scene.truth)[0], wavelengths_of(scene)
        assert (image[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 65535).all()
        outside = truth == 255
        assert 0.1 < outside.mean() < 0.4
        assert (image[:, outside] == 65535).all()
        good = np.abs(axis - 2800.35) > 1
        inside = image[good][:, ~outside]
        assert inside.min() > 0.02 and inside.max() < 0.5
        spoilt = image[~good][0, ~outside]
        assert 0.1 < (spoilt == 65535).mean() < 0.4 and np.abs(spoilt[spoilt != 65535]).max() > 1


def test_noise_is_that_of_the_instrument(scenes: list[SimulatedScene]) -> None:
    scene = scenes[0]
    image, model, axis = read(scene.image), read(scene.model), wavelengths_of(scene)
    inside = model[0] != 65535
    relative = image[:, inside] / model[:, inside] - 1
    middle = (axis > 1100) & (axis < 2600) & ~((axis > 1650) & (axis < 1666))
    robust = 1.4826 * np.median(np.abs(relative[middle]), axis=1)
    assert robust.min() > 0.003 and robust.max() < 0.012
    spikes = np.abs(relative[middle]) > 8 * robust[:, np.newaxis]
    assert 0 < spikes.mean() < 0.01
    boundary = (axis > 1650) & (axis < 1666)
    assert np.median(relative[boundary]) == pytest.approx(0.01, abs=0.002)


def test_the_axis_is_that_of_a_joined_product(scenes: list[SimulatedScene], shared_data: Path) -> None:
    table = np.genfromtxt(shared_data / "crism" / "mtrdr" / "mtrdr_axis.tab", delimiter=",")
    real = np.sort(table[:, 2])
    np.testing.assert_allclose(wavelengths_of(scenes[0]), real, atol=1.5)  # a fifth of a channel


def test_the_core_reads_it_as_a_product(scenes: list[SimulatedScene]) -> None:
    scene = open_scene(scenes[0].image)
    assert scene.axis.bands == 489
    np.testing.assert_allclose(scene.axis.wavelengths_nm, wavelengths_of(scenes[0]))


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path, scenes: list[SimulatedScene]) -> None:
    again = simulate_scene(DEMO_SCENES[0], tmp_path, pixel_m=PIXEL)
    assert again.image.read_bytes() == scenes[0].image.read_bytes()
    np.testing.assert_array_equal(read(again.truth), read(scenes[0].truth))
    other = simulate_scene(DEMO_SCENES[0], tmp_path / "other", pixel_m=PIXEL, seed=1)
    assert (read(other.truth) != read(again.truth)).mean() > 0.1


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_sensor_scene_has_the_size_and_the_blind_columns_of_the_detector(tmp_path: Path) -> None:
    scene = simulate_sensor_scene("frt0000c003_07_if166l_ter3", tmp_path, lines=20, samples=640, bands=438)
    image = read(scene.image)
    assert image.shape == (438, 20, 640)
    valid = (image != 65535).all((0, 1))
    assert np.flatnonzero(valid)[[0, -1]].tolist() == [29, 632] and valid[29:633].all()
    with rasterio.open(scene.image) as file:
        assert file.crs is None
    axis = wavelengths_of(scene)
    assert axis[0] == pytest.approx(1001.45, abs=0.3) and axis[-1] == pytest.approx(3936.94)
    assert len(np.unique(read(scene.truth))) > 2


@pytest.mark.parametrize("arguments", [{"lines": 0}, {"samples": 0}, {"bands": 100}])
def test_impossible_sizes_are_refused(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(ParameterError):
        simulate_sensor_scene("x", tmp_path, **arguments)
    with pytest.raises(ParameterError, match="pixel size 0 m"):
        simulate_scene(DEMO_SCENES[0], tmp_path, pixel_m=0)
    assert not list(tmp_path.iterdir())


def test_cancelled_or_hindered_nothing_is_left(tmp_path: Path, recorder: type) -> None:
    with pytest.raises(Cancelled):
        simulate_scene(DEMO_SCENES[0], tmp_path / "a", pixel_m=PIXEL, progress=recorder(stop_after=3))
    assert not (tmp_path / "a").exists()
    (tmp_path / "b").write_text("a file")
    with pytest.raises(OutputError, match="cannot write there"):
        simulate_scene(DEMO_SCENES[0], tmp_path / "b", pixel_m=PIXEL)

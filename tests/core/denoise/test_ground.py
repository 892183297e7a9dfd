"""Ground that is the same everywhere in an image is no absorption, and minerals on it are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.denoise import Settings, denoise_columns, surface_library
from crism_gan_plugin.core.denoise.ground import FEWEST, learn_ground, no_ground
from crism_gan_plugin.core.denoise.pipeline import denoise_scene
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import GROUND_KEY, open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.envi_cube import EnviCube

NM = np.arange(1021.0, 2628.0, 6.56)
LINES, SAMPLES = 30, 20
LIBRARY = surface_library()
PLACE = (NM - 1800) / 800


def bent_ground() -> np.ndarray:
    """ln of ground that a library can fit: it has a little of epidote's bands, and a broad dip at 1.9 µm."""
    dip = 0.03 * np.exp(-0.5 * ((NM - 1900) / 150) ** 2)
    return np.log(0.2) + 0.05 * PLACE - dip + 0.35 * absorption("epidote (ratio)")


def absorption(name: str) -> np.ndarray:
    return LIBRARY.on(NM)[:, LIBRARY.names.index(name)]


def an_image(covered: float, amount: float = 1.0, mineral: str = "kaolinite (ratio)") -> tuple[np.ndarray, np.ndarray]:
    """(lines, samples, bands) I/F of bent ground of varied brightness and slope, noise 0.4 %; and where a mineral lies on it."""
    rng = np.random.default_rng(5)
    size = (LINES, SAMPLES, 1)
    inside = rng.random(size) < covered
    clean = bent_ground() + rng.uniform(-0.15, 0.15, size) + rng.uniform(-0.03, 0.03, size) * PLACE
    clean = clean + np.where(inside, amount, 0) * absorption(mineral)
    return (np.exp(clean) * (1 + rng.normal(0, 0.004, clean.shape))).astype(np.float32), inside[..., 0]


def gas() -> np.ndarray:
    """ln transmission with carbon dioxide's strongest lines."""
    return -0.5 * np.exp(-0.5 * ((NM - 2010) / 14) ** 2) - 0.25 * np.exp(-0.5 * ((NM - 2060) / 12) ** 2)


def straightened(values: np.ndarray) -> np.ndarray:
    """Without its best straight line."""
    return values - np.polyval(np.polyfit(PLACE, values, 1), PLACE)


def arc() -> np.ndarray:
    place = 2 * (NM - NM[0]) / (NM[-1] - NM[0]) - 1
    return straightened(0.02 * (1 - place**2))


@pytest.mark.parametrize("covered", [0.0, 0.3, 0.6])
def test_ground_is_found_beside_a_mineral_that_covers_much_of_the_image(covered: float):
    image, _ = an_image(covered)
    found = learn_ground(image.reshape(-1, NM.size), NM, LIBRARY, load_background())
    assert found.known and not found.air.any()
    assert straightened(found.log) == pytest.approx(straightened(bent_ground()) - arc(), abs=0.0025)  # noise of a median of 180


def test_a_mineral_that_covers_the_image_is_no_ground():
    image, _ = an_image(1.0, 1.0, "gypsum (ratio)")
    found = learn_ground(image.reshape(-1, NM.size), NM, LIBRARY, load_background())
    assert not found.known and "gypsum" in found.resembles
    assert "no bland ground" in found.warnings()[0] and "gypsum" in found.warnings()[0]


def test_few_pixels_tell_no_ground():
    image, _ = an_image(0.0)
    pixels = image.reshape(-1, NM.size)
    assert not learn_ground(pixels[: FEWEST - 1], NM, LIBRARY, load_background()).known
    pixels = pixels.copy()
    pixels[FEWEST - 1 :, ::2] = np.nan
    assert not learn_ground(pixels, NM, LIBRARY, load_background()).known


def test_what_ground_has_in_the_lines_of_carbon_dioxide_is_the_airs():
    image, _ = an_image(0.2)
    path = np.linspace(0.9, 1.1, LINES)[:, None, None]
    found = learn_ground((image * np.exp(path * gas())).reshape(-1, NM.size), NM, LIBRARY, load_background(), corrected=False)
    lines = gas() < -0.05
    path_found = (found.air @ gas()) / (gas() @ gas())
    assert path_found == pytest.approx(1, abs=0.08)  # of the blandest third of the pixels
    assert found.air[lines] == pytest.approx(path_found * gas()[lines], abs=0.01)
    assert straightened(found.log) == pytest.approx(straightened(bent_ground()) - arc(), abs=0.01)


@pytest.mark.parametrize("with_air", [False, True])
def test_ground_gets_no_absorption_and_the_minerals_on_it_get_theirs(with_air: bool):
    image, inside = an_image(0.15, 0.6)
    nm = np.tile(NM, (SAMPLES, 1))
    path = np.linspace(0.9, 1.1, LINES)[:, None, None]
    seen = (image * np.exp(path * gas())).astype(np.float32) if with_air else image
    found = denoise_columns(seen, nm, [], LIBRARY, Settings(corrected=not with_air))
    depth = np.log(found.background / found.model)
    assert np.quantile(depth[~inside].max(-1), 0.98) < 0.005
    band = np.abs(NM - 2205) < 10
    assert np.median(depth[inside][:, band]) == pytest.approx(-0.6 * absorption("kaolinite (ratio)")[band].mean(), rel=0.2)
    truth = np.exp(bent_ground())
    error = (found.model / truth)[~inside]
    error = error / error.mean(-1, keepdims=True) - 1
    assert straightened(np.median(error, 0)) == pytest.approx(0, abs=0.004 if not with_air else 0.012)


def test_without_ground_the_same_spectra_are_taken_for_minerals():
    """The reason for all this: the library fits what a concave background cannot."""
    image, inside = an_image(0.15, 0.6)
    nm = np.tile(NM, (SAMPLES, 1))
    found = denoise_columns(image, nm, [], LIBRARY, Settings(corrected=True), ground=no_ground(NM))
    assert (np.log(found.background / found.model)[~inside].max(-1) > 0.005).mean() > 0.9


def write_image(folder: Path) -> tuple[Path, np.ndarray]:
    image, inside = an_image(0.15)
    path = folder / "scene.img"
    with EnviCube(path, LINES, SAMPLES, NM) as cube:
        cube.write(image)
    return path, inside


def test_the_model_tells_the_map_its_ground(tmp_path):
    image, inside = write_image(tmp_path)
    cubes = denoise_scene(image, tmp_path, name="clean")
    with open_scene(cubes.model) as model, open_scene(cubes.corrected) as corrected:
        assert straightened(np.log(model.ground())) == pytest.approx(straightened(bent_ground()) - arc(), abs=0.004)
        assert corrected.ground() is None
    assert json.loads(cubes.provenance.read_text())["ground"]["known"] is True
    in_one_go = map_scene(image, tmp_path, name="one", denoise="full", scales=(1,)).classes
    in_two = map_scene(cubes.corrected, tmp_path, name="two", model=cubes.model, scales=(1,)).classes
    for path in (in_one_go, in_two):
        with RasterReader(path) as raster:
            codes = raster.read(0, LINES)[0]
        assert (codes[~inside] == 0).mean() > 0.99
        assert (codes[inside] > 0).mean() > 0.95


def test_a_model_whose_ground_makes_no_sense_is_refused(tmp_path):
    image, _ = write_image(tmp_path)
    cubes = denoise_scene(image, tmp_path, name="clean")
    model = gdal.Open(str(cubes.model), gdal.GA_Update)
    model.GetRasterBand(3).SetMetadataItem(GROUND_KEY, "many")
    model = None
    with pytest.raises(InputError, match=r"clean_model\.tif.*CRISM_GROUND.*denoise the image again"):
        map_scene(cubes.corrected, tmp_path, name="two", model=cubes.model)

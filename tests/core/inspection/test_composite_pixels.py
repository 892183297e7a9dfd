"""A composite leads to the maps that it was made of, and they to their images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.errors import InputError, MovedFileError
from crism_gan_plugin.core.inspection import open_any_inspection, open_inspection

pytest.importorskip("rasterio")


@pytest.fixture
def composite(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> Path:
    """Of two maps side by side; the right one's image is the left one's, upside down."""
    step = 18.0 * cube.shape[1]
    one = make_tif(tmp_path / "one.tif", cube, transform=(4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0))
    two = make_tif(tmp_path / "two.tif", cube[::-1].copy(), transform=(4.58e6 + step, 18.0, 0.0, 1.09e6, 0.0, -18.0))
    first, other = (run(each, out_dir=tmp_path / "maps") for each in (one, two))
    return make_composite([first.classes, other.classes], tmp_path / "maps" / "y.tif").composite


def places(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, and x and y of the pixels' centres."""
    dataset = gdal.Open(str(path))
    codes = dataset.ReadAsArray()
    x0, a, _, y0, _, e = dataset.GetGeoTransform()
    line, sample = np.mgrid[: codes.shape[0], : codes.shape[1]]
    return codes, x0 + a * (sample + 0.5), y0 + e * (line + 0.5)


def test_every_pixel_is_that_of_the_map_it_was_taken_from(composite: Path) -> None:
    inspector, (codes, x, y) = open_any_inspection(composite), places(composite)
    scenes = {}
    for at in list(np.ndindex(codes.shape))[::3]:
        told = inspector.at(float(x[at]), float(y[at]))
        if told is None:
            assert codes[at] in (0, 255)
            continue
        assert told.code == told.map_code == codes[at]
        assert told.warnings == ()
        scenes.setdefault(told.place.scene, told)
    assert len(scenes) == 2
    inspector.close()


def test_a_rectangle_is_that_of_the_map_in_its_middle(composite: Path, cube: np.ndarray) -> None:
    inspector, (_, x, y) = open_any_inspection(composite), places(composite)
    told = inspector.mean((float(x[4, 1]), float(x[6, 3])), (float(y[4, 1]), float(y[6, 3])))
    assert told.place.pixels == 9
    np.testing.assert_allclose(told.iof.values[:50], cube[4:7, 1:4].reshape(9, -1).mean(0, dtype=float)[:50], rtol=1e-6)
    np.testing.assert_allclose(told.spread[:50], cube[4:7, 1:4].reshape(9, -1).std(0, dtype=float)[:50], rtol=1e-5)


def test_moved_maps_are_asked_for_or_found_beside_the_composite(composite: Path, tmp_path: Path) -> None:
    _, x, y = places(composite)
    place = float(x[4, 1]), float(y[4, 1])
    code = open_any_inspection(composite).at(*place).code
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "maps").rename(elsewhere)
    assert open_any_inspection(elsewhere / composite.name).at(*place).code == code
    (elsewhere / "y").mkdir()
    for file in elsewhere.glob("y*.*"):
        file.rename(elsewhere / "y" / file.name)
    alone = elsewhere / "y" / composite.name
    with pytest.raises(MovedFileError, match="show where it is now") as error:
        open_any_inspection(alone).at(*place)
    told = open_any_inspection(alone, {error.value.path: elsewhere / Path(error.value.path).name}).at(*place)
    assert told.code == code


@pytest.mark.parametrize("ending", ["_source.tif", "_sources.csv"])
def test_a_composite_without_its_sources_is_refused(composite: Path, ending: str) -> None:
    composite.with_name(f"y{ending}").unlink()
    with pytest.raises(InputError, match="source index"):
        open_any_inspection(composite)


def test_where_one_map_is_wanted_a_composite_is_refused(composite: Path) -> None:
    with pytest.raises(InputError, match="ask one of its maps"):
        open_inspection(composite)

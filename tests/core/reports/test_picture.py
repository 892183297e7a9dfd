"""Pictures of maps: small deposits stay visible in small ones, and PNGs are what other programs read."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core.reports.picture import CellPicture, Palette
from crism_gan_plugin.core.reports.png import paletted_png

RGB = {15: (139, 69, 19), 115: (200, 150, 100)}


def shown(codes: np.ndarray, most: int, strip: int) -> CellPicture:
    picture = CellPicture(*codes.shape, most)
    for first in range(0, len(codes), strip):
        picture.add(first, codes[first : first + strip])
    return picture


def test_a_small_map_is_shown_pixel_by_pixel() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (7, 5)).astype(np.uint8)
    picture = shown(codes, 10, 3)
    assert picture.factor == 1
    np.testing.assert_array_equal(picture.codes, codes)


def test_a_cell_shows_what_most_of_its_minerals_are() -> None:
    """Identifications before guesses, the most frequent first; nothing, and no data, only where there is no mineral."""
    cells = {
        (0, 0): ([0, 0, 0, 15], 15),
        (0, 1): ([115, 115, 115, 21], 21),
        (0, 2): ([21, 15, 15, 0], 15),
        (1, 0): ([255, 255, 0, 255], 0),
        (1, 1): ([255, 255, 255, 255], 255),
        (1, 2): ([115, 121, 121, 255], 121),
    }
    codes = np.zeros((4, 6), np.uint8)
    for (row, column), (pixels, _) in cells.items():
        codes[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = np.reshape(pixels, (2, 2))
    picture = shown(codes, 3, 2)
    assert picture.factor == 2
    for place, (_, expected) in cells.items():
        assert picture.codes[place] == expected
    line, sample = picture.places()
    assert (line.reshape(2, 3)[:, 0].tolist(), sample.reshape(2, 3)[0].tolist()) == ([1, 3], [1, 3, 5])


@pytest.mark.parametrize("seed", range(3))
def test_every_mineral_stays_visible_and_strips_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = np.zeros((53, 41), np.uint8)
    codes[rng.integers(0, 53, 12), rng.integers(0, 41, 12)] = 15
    picture = shown(codes, 10, 6)
    assert picture.factor == 6
    padded = np.zeros((54, 42), bool)
    padded[:53, :41] = codes == 15
    np.testing.assert_array_equal(picture.codes == 15, padded.reshape(9, 6, 7, 6).any((1, 3)))
    np.testing.assert_array_equal(shown(codes, 10, 18).codes, picture.codes)


def png_as_rgb(png: bytes, path: Path) -> np.ndarray:
    """(lines, samples, 3) as GDAL reads it."""
    path.write_bytes(png)
    dataset = gdal.Open(str(path))
    table = dataset.GetRasterBand(1).GetColorTable()
    palette = np.array([table.GetColorEntry(k)[:3] for k in range(table.GetCount())])
    return palette[dataset.ReadAsArray()]


def test_a_png_is_what_gdal_reads(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    palette, image = rng.integers(0, 256, (256, 3)), rng.integers(0, 256, (13, 9))
    np.testing.assert_array_equal(png_as_rgb(paletted_png(image, palette.tolist()), tmp_path / "x.png"), palette[image])


def test_minerals_have_their_colours_over_the_ground(tmp_path: Path) -> None:
    codes = np.array([[15, 0, 0, 0], [115, 255, 0, 0]], np.uint8)
    brightness = np.array([[0.1, 0.1, 0.3, np.nan], [0.1, 0.1, 0.2, 0.3]], np.float32)
    address = Palette.of(RGB, brightness.ravel()).picture(codes, brightness)
    rgb = png_as_rgb(base64.b64decode(address.split(",")[1]), tmp_path / "x.png")
    assert [tuple(rgb[0, 0]), tuple(rgb[1, 0]), tuple(rgb[1, 1])] == [RGB[15], RGB[115], (255, 255, 255)]
    assert rgb[0, 1].max() < rgb[1, 2].max() < rgb[0, 2].min() == rgb[1, 3].min()
    assert all(len(set(rgb[place].tolist())) == 1 for place in ((0, 1), (0, 2), (0, 3), (1, 2)))
    plain = png_as_rgb(base64.b64decode(Palette.of(RGB, None).picture(codes, None).split(",")[1]), tmp_path / "y.png")
    assert len(np.unique(plain[codes == 0], axis=0)) == 1

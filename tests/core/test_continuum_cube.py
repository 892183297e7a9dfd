"""Continuum removal from file to file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from scipy.spatial import ConvexHull

from crism_gan_plugin.core.continuum_cube import remove_continuum_scene
from crism_gan_plugin.core.errors import Cancelled, InputError, OutputError, ParameterError
from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

AXIS = np.concatenate([np.arange(1001.0, 2699, 6.55), np.arange(2760.0, 3930, 6.6)])


def noisy_cube(lines: int = 9, samples: int = 7) -> np.ndarray:
    rng = np.random.default_rng(3)
    background = 0.2 + 0.05 * np.sin(AXIS / 600)
    return (background * (1 + 0.03 * rng.standard_normal((lines, samples, AXIS.size)))).astype(np.float32)


def hull_by_scipy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Upper hull through qhull: close the polygon far below, interpolate between the vertices that are left."""
    points = np.column_stack([np.r_[x, x[0], x[-1]], np.r_[y, y.min() - 10, y.min() - 10]])
    vertices = np.sort([v for v in ConvexHull(points).vertices if v < x.size])
    return np.interp(x, x[vertices], y[vertices])


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray().transpose(1, 2, 0)


def test_ratio_and_hull_on_the_images_own_bands(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    cube = noisy_cube()
    source = make_tif(tmp_path / "cube.tif", cube, AXIS)
    out = remove_continuum_scene(source, tmp_path / "out" / "ratio.tif", continuum_out=tmp_path / "hull.tif")
    assert (out.ratio, out.continuum) == (tmp_path / "out" / "ratio.tif", tmp_path / "hull.tif")
    kept = (AXIS >= 1027.54) & (AXIS <= 2602.13) & ~((AXIS > 1650) & (AXIS < 1666))
    ratio, hull = read(out.ratio), read(out.continuum)
    assert ratio.shape == (9, 7, kept.sum())
    np.testing.assert_allclose(ratio * hull, cube[..., kept], rtol=1e-6)
    for line, sample in ((0, 0), (4, 6), (8, 3)):
        expected = hull_by_scipy(AXIS[kept], cube[line, sample, kept].astype(float))
        np.testing.assert_allclose(hull[line, sample], expected, rtol=1e-6)
    dataset = gdal.Open(str(out.ratio))
    band = dataset.GetRasterBand(5)
    assert float(band.GetMetadataItem("wavelength")) == pytest.approx(AXIS[kept][4], abs=1e-3)
    assert np.isnan(band.GetNoDataValue())
    assert dataset.GetProjection() == gdal.Open(str(source)).GetProjection() != ""
    assert dataset.GetGeoTransform() == gdal.Open(str(source)).GetGeoTransform()


def test_range_is_honoured(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    source = make_tif(tmp_path / "cube.tif", noisy_cube(), AXIS)
    out = remove_continuum_scene(source, tmp_path / "r.tif", range_nm=(2800, 3900))
    inside = AXIS[(AXIS >= 2800) & (AXIS <= 3900)]
    ratio = read(out.ratio)
    assert out.continuum is None
    assert ratio.shape[2] == inside.size
    np.testing.assert_allclose(ratio[..., [0, -1]], 1, rtol=1e-6)  # both ends are vertices


def test_missing_data_stay_missing(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    cube = noisy_cube()
    cube[0, 0] = 65535
    cube[1, 1, 30] = np.nan
    cube[2, 2, 40] = -0.2
    source = make_tif(tmp_path / "cube.tif", cube, AXIS)
    ratio = read(remove_continuum_scene(source, tmp_path / "r.tif").ratio)
    kept = np.flatnonzero((AXIS >= 1027.54) & (AXIS <= 2602.13) & ~((AXIS > 1650) & (AXIS < 1666)))
    lost = np.isnan(ratio)
    expected = np.zeros_like(lost)
    expected[0, 0] = True
    expected[1, 1, kept == 30] = expected[2, 2, kept == 40] = True
    np.testing.assert_array_equal(lost, expected)
    assert np.nanmin(ratio) > 0 and np.nanmax(ratio) <= 1 + 1e-6


def test_block_borders_leave_no_trace(tmp_path: Path, make_tif: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_tif(tmp_path / "cube.tif", noisy_cube(11), AXIS)
    whole = read(remove_continuum_scene(source, tmp_path / "whole.tif").ratio)
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 1)
    parts = read(remove_continuum_scene(source, tmp_path / "parts.tif").ratio)
    np.testing.assert_allclose(parts, whole, rtol=2.5e-7)  # two units in the last place


def test_its_output_is_input_again(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    source = make_tif(tmp_path / "cube.tif", noisy_cube(), AXIS)
    first = remove_continuum_scene(source, tmp_path / "1.tif").ratio
    second = remove_continuum_scene(first, tmp_path / "2.tif").ratio
    np.testing.assert_allclose(read(second), read(first), rtol=1e-5)  # the hull of a ratio is 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"range_nm": (2000, 1000)}, ParameterError, "first wavelength must be the shorter"),
        ({"range_nm": (2000, 2005)}, ParameterError, "usable bands there, 3 are needed"),
        ({"range_nm": (100, 900)}, ParameterError, "has 0 usable bands"),
        ({"range_nm": (float("nan"), 900)}, ParameterError, "must be the shorter"),
        ({"out": "cube.tif"}, ParameterError, "is the input itself"),
        ({"continuum_out": "cube.tif"}, ParameterError, "is the input itself"),
        ({"continuum_out": "r.tif"}, ParameterError, "is the name of the ratio too"),
        ({"out": "cube.tif/r.tif"}, OutputError, "choose another output folder"),
        ({"continuum_out": "cube.tif/h.tif"}, OutputError, "choose another output folder"),
        ({"out": "folder.tif"}, OutputError, "is a folder"),
        ({"out": "r.img"}, ParameterError, "output: .*r.img is not the name of a GeoTIFF"),
        ({"continuum_out": "h.hdr"}, ParameterError, "continuum: .*h.hdr is not the name of a GeoTIFF"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    tmp_path: Path, make_tif: Callable[..., Path], options: dict, error: type, message: str
) -> None:
    (tmp_path / "folder.tif").mkdir()
    source = make_tif(tmp_path / "cube.tif", noisy_cube(), AXIS)
    before = source.read_bytes()
    options = {key: tmp_path / value if isinstance(value, str) else value for key, value in options.items()}
    with pytest.raises(error, match=message):
        remove_continuum_scene(source, options.pop("out", tmp_path / "r.tif"), **options)
    assert {path.name for path in tmp_path.iterdir()} <= {"cube.tif", "cube.tif.aux.xml", "folder.tif"}
    assert source.read_bytes() == before


def test_bands_that_are_marked_bad_are_told_of(tmp_path: Path, make_envi: Callable[..., Path]) -> None:
    flags = "{" + ", ".join(["0"] * 238 + ["1", "1"]) + "}"
    image = make_envi(tmp_path / "x.img", np.full((2, 2, 240), 0.2, np.float32), bbl=flags)
    with pytest.raises(
        ParameterError, match=r"has 2 usable bands there \(238 more are marked bad by the list of bad bands .* x\.img\)"
    ):
        remove_continuum_scene(image, tmp_path / "out.tif")


def test_an_image_without_data_is_refused(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    source = make_tif(tmp_path / "cube.tif", np.full_like(noisy_cube(), 65535), AXIS)
    with pytest.raises(InputError, match="no pixel has valid data"):
        remove_continuum_scene(source, tmp_path / "out" / "r.tif")
    assert not (tmp_path / "out").exists()


def test_cancelled_half_way(
    tmp_path: Path, make_tif: Callable[..., Path], recorder: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 1)
    source = make_tif(tmp_path / "cube.tif", noisy_cube(), AXIS)
    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        remove_continuum_scene(source, out / "r.tif", continuum_out=out / "x" / "h.tif", progress=recorder(stop_after=3))
    assert not out.exists()


def test_the_grid_is_the_default_range(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    cube = noisy_cube()[..., :240]
    ratio = read(remove_continuum_scene(make_tif(tmp_path / "g.tif", cube), tmp_path / "r.tif").ratio)
    assert ratio.shape[2] == WAVELENGTHS_NM.size - 3  # less the filter boundary

"""One clear line each, and nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import Cancelled, CrismError, InputError, ParameterError
from tests.mosaic_support import random_map, write_map

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def good(tmp_path: Path, make_map: Callable[..., Path]) -> Path:
    return make_map(tmp_path / "good.tif", *random_map(np.random.default_rng(0), 20, 20))


def refused(maps: list[Path], output: Path, error: type[CrismError] = InputError, **options: Any) -> str:
    """The message of a composite that must fail and write nothing."""
    with pytest.raises(error) as caught:
        make_composite(maps, output, **options)
    assert not output.parent.exists()
    message = str(caught.value)
    assert "\n" not in message and ".crism-unfinished" not in message
    return message


def without(path: Path, **changes: Any) -> Path:
    """A copy of a map's raster with something else: crs, dtype, nodata."""
    source = gdal.Open(str(path))
    copy = path.with_name("bad.tif")
    codes = source.ReadAsArray()
    dataset = gdal.GetDriverByName("GTiff").Create(str(copy), 20, 20, 1, changes.get("dtype", gdal.GDT_Byte))
    dataset.GetRasterBand(1).WriteArray(codes)
    if changes.get("nodata", 255) is not None:
        dataset.GetRasterBand(1).SetNoDataValue(255)
    if "crs" not in changes:
        dataset.SetProjection(source.GetProjection())
    dataset.SetGeoTransform(source.GetGeoTransform())
    return copy


def test_no_coordinate_system(tmp_path: Path, good: Path) -> None:
    bad = without(good, crs=None)
    message = refused([good, bad], tmp_path / "out" / "y.tif")
    assert message.startswith(str(bad)) and "coordinate reference system" in message and "DDR" in message


def test_another_body(tmp_path: Path, good: Path, make_map: Callable[..., Path]) -> None:
    earth = make_map(tmp_path / "earth.tif", *random_map(np.random.default_rng(0), 5, 5), crs="EPSG:32633")
    message = refused([good, earth], tmp_path / "out" / "y.tif")
    assert message.startswith(str(earth)) and "Mars" in message


@pytest.mark.parametrize("changes", [{"dtype": gdal.GDT_Float32}, {"nodata": None}])
def test_not_a_mineral_map(tmp_path: Path, good: Path, changes: dict) -> None:
    bad = without(good, **changes)
    message = refused([good, bad], tmp_path / "out" / "y.tif")
    assert message.startswith(str(bad)) and "not a mineral map" in message


def test_the_class_table_was_left_behind(tmp_path: Path, good: Path) -> None:
    bad = without(good)
    message = refused([good, bad], tmp_path / "out" / "y.tif", strategy="first")
    assert message.startswith(str(bad)) and "bad.tif.aux.xml" in message


def test_unreadable_and_missing_files(tmp_path: Path, good: Path) -> None:
    bad = tmp_path / "bad.tif"
    assert "no such file" in refused([good, bad], tmp_path / "out" / "y.tif")
    (tmp_path / "loop.tif").symlink_to("loop.tif")
    assert "loop.tif: cannot be read" in refused([good, tmp_path / "loop.tif"], tmp_path / "out" / "y.tif")
    bad.write_text("not a raster")
    assert refused([good, bad], tmp_path / "out" / "y.tif").startswith(f"{bad}: not a raster")
    bad.write_bytes(b"")
    assert "empty" in refused([good, bad], tmp_path / "out" / "y.tif")


@pytest.mark.parametrize("name", ["a.tif", "a_evidence.tif"])
def test_a_damaged_file(tmp_path: Path, make_map: Callable[..., Path], name: str) -> None:
    path = make_map(tmp_path / "a.tif", *random_map(np.random.default_rng(0), 300, 300))
    damaged = tmp_path / name
    data = bytearray(damaged.read_bytes())
    data[len(data) // 4 : len(data) * 3 // 4] = bytes(len(data) // 2)
    damaged.write_bytes(bytes(data))
    message = refused([path], tmp_path / "out" / "y.tif")
    assert message.startswith(str(damaged))


def test_evidence_is_missing(tmp_path: Path, good: Path, make_map: Callable[..., Path], recorder: Callable) -> None:
    blind = make_map(tmp_path / "blind.tif", random_map(np.random.default_rng(1), 20, 20)[0])
    message = refused([good, blind], tmp_path / "out" / "y.tif")
    assert message.startswith(str(blind)) and "blind_evidence.tif" in message and "strategy" in message
    progress = recorder()
    outputs = make_composite([good, blind], tmp_path / "y.tif", strategy="last", progress=progress)
    assert any("blind.tif" in warning for warning in progress.warnings)
    similarity, source = (gdal.Open(str(path)).ReadAsArray() for path in (outputs.similarity, outputs.source))
    assert np.isnan(similarity[source == 1]).all()  # blind sorts before good
    assert np.isfinite(similarity[source == 2]).any()
    alone = make_composite([blind], tmp_path / "y.tif", strategy="last")
    assert alone.similarity is None
    assert not list(tmp_path.glob("y_similarity*"))  # an earlier run's would not belong to this one


def test_evidence_of_another_map(tmp_path: Path, good: Path, make_map: Callable[..., Path]) -> None:
    other = make_map(tmp_path / "other.tif", *random_map(np.random.default_rng(1), 20, 20), left=5e6)
    (tmp_path / "other_evidence.tif").replace(tmp_path / "good_evidence.tif")
    assert other.is_file()
    assert "good_evidence.tif: is not the evidence of good.tif" in refused([good], tmp_path / "out" / "y.tif")


def test_parameters_that_make_no_sense(tmp_path: Path, good: Path) -> None:
    output = tmp_path / "out" / "y.tif"
    assert "none is given" in refused([], output, ParameterError)
    assert "best evidence, first" in refused([good], output, ParameterError, strategy="median")
    assert "pixel size" in refused([good], output, ParameterError, pixel_size=0)
    assert "pixel size" in refused([good], output, ParameterError, pixel_size=float("nan"))
    assert "larger ones" in refused([good], output, ParameterError, pixel_size=1e-5)
    assert "xmin, ymin" in refused([good], output, ParameterError, extent=(5, 0, 4, 1))
    assert "CRS" in refused([good], output, ParameterError, crs="EPSG:4326")
    assert "CRS" in refused([good], output, ParameterError, crs="nonsense")
    assert "GeoTIFF" in refused([good], tmp_path / "out" / "y.png", ParameterError)
    with pytest.raises(ParameterError, match="is the input itself"):
        make_composite([good], good)
    blind = make_composite([good], tmp_path / "blind.tif", strategy="first").composite
    with pytest.raises(ParameterError, match=r"blind.tif: is the input itself"):
        make_composite([blind], tmp_path / "blind.tif")


def test_an_extent_without_maps(tmp_path: Path, good: Path) -> None:
    message = refused([good], tmp_path / "out" / "y.tif", extent=(0, 0, 1000, 1000))
    assert message.startswith("extent:") and "none of the maps" in message


def test_a_file_given_twice_counts_once(tmp_path: Path, good: Path, recorder: Callable) -> None:
    progress = recorder()
    outputs = make_composite([good, good, tmp_path / "x" / ".." / "good.tif"], tmp_path / "y.tif", progress=progress)
    assert any("twice" in warning for warning in progress.warnings)
    assert gdal.Open(str(outputs.count)).ReadAsArray().max() == 1


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_cancelling_leaves_nothing(tmp_path: Path, make_map: Callable[..., Path], recorder: Callable, steps: int) -> None:
    rng = np.random.default_rng(0)
    maps = [make_map(tmp_path / f"{k}.tif", *random_map(rng, 30, 30)) for k in range(4)]
    with pytest.raises(Cancelled):
        make_composite(maps, tmp_path / "out" / "y.tif", progress=recorder(stop_after=steps))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("limit", [3_000, 60_000])
def test_a_full_disk(tmp_path: Path, make_map: Callable[..., Path], limit: int) -> None:
    """A file-size limit stands for it: the small one hits the class raster, the other the similarities."""
    maps = [make_map(tmp_path / "a.tif", *random_map(np.random.default_rng(0), 200, 200))]

    resource = pytest.importorskip("resource", reason="limits of POSIX")

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "crism_gan_plugin.core", "mosaic", *map(str, maps), "--out", str(tmp_path / "out" / "y.tif")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        preexec_fn=prepare,
        check=False,
    )
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ") and str(tmp_path / "out") in last and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_line(tmp_path: Path, good: Path, capsys: pytest.CaptureFixture) -> None:
    words = ["mosaic", str(good), "--out", str(tmp_path / "y.tif"), "--crs", "IAU_2015:49915", "--pixel-size", "36", "--quiet"]
    assert main(words) == 0
    printed = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[0] == tmp_path / "y.tif"
    assert len(printed) == 8 and all(path.is_file() for path in printed)
    assert main(["mosaic", str(good), "--out", str(tmp_path / "z.tif"), "--strategy", "median"]) == 2
    assert "strategy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        ("IAU_2015:49901", "counts longitudes to the west"),
        ("IAU_2015:49911", "counts longitudes to the west"),
        ("IAU_2015:49921", "counts longitudes to the west"),
        ("IAU_2015:49931", "counts longitudes to the west"),
        ("IAU_2015:49912", "planetocentric latitudes on an ellipsoid"),
        ("ESRI:104905", "is on an ellipsoid"),
    ],
)
def test_a_map_whose_coordinates_are_other_places_is_refused_by_its_crs(tmp_path: Path, good: Path, crs: str, says: str) -> None:
    codes = np.full((20, 20), 3, np.uint8)
    bad = write_map(
        tmp_path / "bad.tif", codes, np.full(codes.shape, 0.97, np.float32), left=77.58, top=18.38, pixel=0.001, crs=crs
    )
    message = refused([good, bad], tmp_path / "out" / "y.tif")
    assert message.startswith(str(bad)) and says in message and "Mars" in message and "IAU_2015:49910" in message

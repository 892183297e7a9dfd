"""Composites of what the mapping itself writes, of simulated and of real images."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from osgeo import gdal

from crism_gan_plugin.core import make_composite, map_scene
from crism_gan_plugin.core.rasters.class_table import read_class_table

CLASSES = ["talc", "kaolinite"]


def test_maps_of_the_pipeline(
    tmp_path: Path, make_tif: Callable[..., Path], pixel_of: Callable[..., np.ndarray], random_weights: Path, recorder: Callable
) -> None:
    """One scene finds two minerals, one finds nothing: it has no class table, and is a map all the same."""
    shape = (12, 12)
    maps = []
    for name, minerals in (("found", ("talc", "kaolinite")), ("bland", ("bland", "bland"))):
        cube = np.array([[pixel_of(minerals[column >= 6]) for column in range(shape[1])] for _ in range(shape[0])], np.float32)
        scene = make_tif(tmp_path / f"{name}.tif", cube)
        maps.append(
            map_scene(scene, tmp_path / "maps", classes=CLASSES, weights=random_weights, engine="numpy", scales=[1]).classes
        )
    assert read_class_table(maps[1]) == []
    progress = recorder()
    outputs = make_composite(maps, tmp_path / "y.tif", crs=gdal.Open(str(maps[0])).GetProjection(), progress=progress)
    codes, source = (gdal.Open(str(path)).ReadAsArray()[1:-1, 1:-1] for path in (outputs.composite, outputs.source))
    assert (codes[:, :5] == 21).all()
    assert (codes[:, 5:] == 15).all()
    assert (source == 2).all()  # found.tif comes after bland.tif
    assert {row.name for row in read_class_table(outputs.composite)} == set(CLASSES)
    assert not progress.warnings


def test_a_raw_image_taints_the_composite(tmp_path: Path, make_map: Callable[..., Path], recorder: Callable) -> None:
    path = make_map(tmp_path / "raw.tif", np.full((5, 5), 15), np.full((5, 5), 0.99))
    (tmp_path / "raw_provenance.json").write_text(json.dumps({"warnings": ["the image is NOT CORRECTED for the atmosphere: …"]}))
    progress = recorder()
    outputs = make_composite([path], tmp_path / "y.tif", progress=progress)
    assert any("NOT CORRECTED" in warning and "raw.tif" in warning for warning in progress.warnings)
    assert "NOT CORRECTED" in outputs.style.read_text(encoding="utf-8")
    again = recorder()
    make_composite([outputs.composite], tmp_path / "z.tif", progress=again)  # a composite passes it on
    assert any("NOT CORRECTED" in warning for warning in again.warnings)


def test_a_real_map_projected_image(tmp_path: Path, shared_data: Path, random_weights: Path) -> None:
    """Its own sphere has the local radius at 30° S; on the sphere of Mars its pixels keep their longitudes and latitudes."""
    for file in (shared_data / "crism" / "mtrdr").iterdir():
        shutil.copy(file, tmp_path)
    image, table = tmp_path / "frt0000932c_07_if164j_mtr3_subsampled.tif", tmp_path / "mtrdr_axis.tab"
    found = map_scene(image, tmp_path / "maps", wavelengths=table, weights=random_weights, engine="numpy").classes
    outputs = make_composite([found], tmp_path / "y.tif")
    before, after = gdal.Open(str(found)), gdal.Open(str(outputs.composite))
    radius = 3391159.2284
    codes, wanted = after.ReadAsArray(), before.ReadAsArray()
    left, pixel, _, top, _, down = after.GetGeoTransform()
    x = (left + (np.arange(codes.shape[1]) + 0.5) * pixel) / 3396190 * radius * np.cos(np.radians(30))
    y = (top + (np.arange(codes.shape[0]) + 0.5) * down) / 3396190 * radius
    x0, a, _, y0, _, e = before.GetGeoTransform()
    sample, line = np.floor((x - x0) / a).astype(int), np.floor((y - y0) / e).astype(int)
    inside = ((line >= 0) & (line < wanted.shape[0]))[:, None] & ((sample >= 0) & (sample < wanted.shape[1]))[None, :]
    expected = wanted[np.clip(line, 0, wanted.shape[0] - 1)][:, np.clip(sample, 0, wanted.shape[1] - 1)]
    np.testing.assert_array_equal(codes, np.where(inside, expected, 255))
    assert (codes != 255).sum() > 100

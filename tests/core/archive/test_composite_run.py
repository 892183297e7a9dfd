"""The composite of a run, in tiles, with its virtual rasters and the catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.archive import tiled
from crism_gan_plugin.core.mosaic.tiles import whole_grid

pytest.importorskip("rasterio")

PER_DEGREE = 512


def test_a_run_makes_its_composite_in_tiles_and_what_is_there_stays(
    archive: Callable, make_images: Callable, tmp_path: Path, recorder: Callable
) -> None:
    make_images(tmp_path / "images", 3)
    out = tmp_path / "out"
    asked = {"tiled_composite": True, "pixels_per_degree": PER_DEGREE}
    assert archive(tmp_path / "images", out, catalogue=False).mapped == 3
    made = archive(tmp_path / "images", out, **asked)
    assert (made.mapped, made.finished) == (0, 3)
    plain = archive(tmp_path / "images", out, catalogue=False, tries=2, scheduler="tcp://127.0.0.1:1")
    assert plain.finished == 3  # what is asked of the run decides nothing of a map: no worker is asked to look at it
    assert (made.composite, made.catalogue) == (out / "composite" / "composite.vrt", out / "catalogue" / "collection.json")
    ledger = [json.loads(line) for line in made.ledger.read_text().splitlines()]
    assert [line["scene"] for line in ledger] == ["composite N15E080", "scene000", "scene001", "scene002"]

    grid = whole_grid(PER_DEGREE)
    left = grid.left + 5 * PER_DEGREE * grid.pixel * 52
    top = grid.top - 5 * PER_DEGREE * grid.pixel * 14
    side = 5 * PER_DEGREE * grid.pixel
    maps = sorted(out.glob("scenes/*/*_minerals.tif"))
    extent = (left, top - side, left + side, top)
    whole = make_composite(maps, tmp_path / "whole.tif", crs="IAU_2015:49910", pixel_size=grid.pixel, extent=extent)
    for ending, there in (
        ("", whole.composite),
        ("_similarity", whole.similarity),
        ("_source", whole.source),
        ("_count", whole.count),
    ):
        shown = gdal.Open(str(out / "composite" / f"composite{ending}.vrt")).ReadAsArray()
        np.testing.assert_array_equal(shown, gdal.Open(str(there)).ReadAsArray())
        assert (out / "composite" / f"composite{ending}.qml").stat().st_size > 100
    assert (gdal.Open(str(made.composite)).ReadAsArray() != 255).any()

    before = {file: file.stat().st_mtime_ns for file in out.glob("composite/*/*")}
    again = archive(tmp_path / "images", out, **asked, scheduler="tcp://127.0.0.1:1")  # no worker is asked for
    assert (again.finished, again.set_aside, again.composite) == (3, (), made.composite)
    assert {file: file.stat().st_mtime_ns for file in out.glob("composite/*/*")} == before


def test_more_maps_than_a_composite_holds_are_told_of_and_kept(
    archive: Callable, make_images: Callable, tmp_path: Path, recorder: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_images(tmp_path / "images", 3)
    monkeypatch.setattr(tiled, "MOST_MAPS", 2)
    progress = recorder()
    made = archive(tmp_path / "images", tmp_path / "out", tiled_composite=True, catalogue=False, progress=progress)
    assert (made.mapped, made.composite) == (3, None)
    assert any("there are 3 maps, and a composite holds at most 2" in text for text in progress.warnings)

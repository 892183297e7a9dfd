"""A batch that fetches its images first."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.fetching.transport import UrllibTransport
from crism_gan_plugin.core.simulation import Footprint, simulate_scene
from tests.archive_server import ArchivedProduct, ArchiveServer, archive_server

SCENES = ("frt0000a001_07_if165j_mtr3", "frt0000b002_07_if165j_mtr3")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ArchiveServer]:
    products = []
    for place, name in enumerate(SCENES):
        image = simulate_scene(Footprint(name, 18.31, 77.39 + 0.01 * place, 0.4, 0.5), tmp_path / "made").image
        files = {each.name: each.read_bytes() for each in (image, image.with_suffix(".hdr"))}
        products.append(ArchivedProduct(name.upper(), "MTRDR", files))
    with archive_server(*products) as server:
        yield server


def batch(archive: ArchiveServer, folder: Path, random_weights: Path, **options: object) -> object:
    chosen = {"weights": random_weights, "engine": "numpy", "fetch_kinds": ["MTRDR"], "fetch_endpoint": archive.address, **options}
    return map_batch([], folder, transport=UrllibTransport(stalled_s=2.0), **chosen)  # type: ignore[arg-type]


def test_from_an_area_to_a_composite(archive: ArchiveServer, tmp_path: Path, random_weights: Path) -> None:
    out = tmp_path / "out"
    made = batch(archive, out, random_weights, fetch_extent=(77.2, 18.2, 77.6, 18.6))
    assert [outputs.classes.name for outputs in made.maps] == [f"{name}_minerals.tif" for name in SCENES]
    assert made.composite is not None and made.failures == ()
    assert {path.name for path in (out / "archive").iterdir()} >= {"FRT0000A001", "FRT0000B002", "footprints.gpkg"}
    archive.asked.clear()
    again = batch(archive, out, random_weights, fetch_ids="FRT0000A001 FRT0000B002")
    assert again.skipped == 2 and not archive.times()


def test_what_cannot_be_fetched_is_a_failure_among_others(archive: ArchiveServer, tmp_path: Path, random_weights: Path) -> None:
    archive.faults[f"/data/{SCENES[1]}.img"] = ["404"] * 9
    made = batch(archive, tmp_path / "out", random_weights, fetch_ids="FRT0000A001,FRT0000B002")
    assert len(made.maps) == 1
    rows = list(csv.DictReader(made.failed.open(encoding="utf-8")))
    assert "answers 404" in rows[0]["reason"] and "FRT0000B002" in rows[0]["image"]


def test_an_archive_without_such_images_is_told_and_leaves_nothing(
    archive: ArchiveServer, tmp_path: Path, random_weights: Path
) -> None:
    with pytest.raises(InputError, match="has no product of the kinds TRR3"):
        batch(archive, tmp_path / "out", random_weights, fetch_ids="FRT0000A001", fetch_kinds=["TRR3"])
    assert not (tmp_path / "out").exists()

"""A batch that fetches its images first."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.batch.images import search
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.fetching.pipeline import fetch_products
from crism_gan_plugin.core.fetching.transport import UrllibTransport
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.simulation import Footprint, simulate_scene
from crism_gan_plugin.core.simulation.mapping_data import tile_channels, write_strip, write_tile, write_wavelengths
from crism_gan_plugin.core.simulation.track import Track, geometry_name, write_geometry
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


STRIP, ALBEDO, I_OVER_F = "MSP00003E25_01_IF214L_TRR3", "T1332_MRRAL_20S332_0256_1", "T1332_MRRIF_20S332_0256_1"


def mapping_data(folder: Path) -> list[ArchivedProduct]:
    """A multispectral strip, and a map tile, as the archive has them; the strip's wavelength table, which it has not."""
    tile, strip = folder / "tile", folder / "strip"
    for each in (tile, strip):
        each.mkdir(parents=True)
    ground = np.random.default_rng(0).uniform(0.19, 0.21, (12, 12, 72))
    for name in (ALBEDO, I_OVER_F):
        write_tile(tile, name, ground, -17.5, 330.0, {"Target ID": ground[..., 0]})
    rows, shape = np.array(MAPPING_FILTERS[0].rows), (12, 64)
    nm = infrared_row_nm(rows)
    write_wavelengths(folder, "CDR450924300802_WA0300010L_3", np.tile(nm, (64, 1)), rows)
    write_strip(strip, STRIP, np.tile(ground[:, :1, : nm.size], (1, 64, 1)), rows, "CDR450924300802_WA0300010L_3.IMG")
    geometry = geometry_name(STRIP)
    line, sample = np.mgrid[: shape[0], : shape[1]]
    write_geometry(strip / f"{geometry}.LBL", geometry, *Track(pixel_m=200.0).places(line, sample, *shape))
    assert tile_channels()[0].size == ground.shape[-1]
    types = {STRIP: "TRDR", str(geometry): "TRDRDDR"}
    products: dict[str, dict[str, bytes]] = {}
    for file in sorted([*tile.iterdir(), *strip.iterdir()]):
        products.setdefault(file.stem, {})[file.name] = file.read_bytes()
    return [ArchivedProduct(name, types.get(name, "MRDR"), files) for name, files in products.items()]


@pytest.mark.parametrize("asked", [{"ids": "MSP00003E25 T1332"}, {"extent": (77.0, 18.0, 78.0, 19.0), "kinds": ["TRR3", "MRDR"]}])
def test_mapping_data_is_fetched_and_one_image_of_each_is_found(tmp_path: Path, asked: dict[str, object]) -> None:
    """A strip is a TRR3 product; an id of a tile means its MRDR products, whatever kinds are chosen."""
    with archive_server(*mapping_data(tmp_path / "made")) as server:
        folder = tmp_path / "archive"
        made = fetch_products(folder, endpoint=server.address, transport=UrllibTransport(stalled_s=2.0), **asked)  # type: ignore[arg-type]
    assert made.failures == ()
    there = {path.relative_to(folder).as_posix() for path in made.files}
    assert f"MSP00003E25/{STRIP}.IMG" in there and f"MSP00003E25/{geometry_name(STRIP)}.LBL" in there
    assert {f"T1332/{name}" for name in (f"{ALBEDO}.IMG", "T1332_MRRDE_20S332_0256_1.IMG", "T1332_MRRWV_20S332_0256_1.TAB")} < there
    images = [path.relative_to(folder).as_posix() for path in search(folder, tmp_path / "maps", Progress())]
    assert images == [f"MSP00003E25/{STRIP}.IMG", f"T1332/{ALBEDO}.IMG"]


def test_a_batch_maps_the_mapping_data_that_it_fetches(tmp_path: Path) -> None:
    """The strip's wavelength table is given as a folder, since the archive's products have none."""
    with archive_server(*mapping_data(tmp_path / "made")) as server:
        made = map_batch(
            [],
            tmp_path / "out",
            engine="numpy",
            wavelengths=tmp_path / "made",
            fetch_ids="MSP00003E25,T1332",
            fetch_endpoint=server.address,
            transport=UrllibTransport(stalled_s=2.0),
        )
    assert made.failures == ()
    assert [outputs.classes.name for outputs in made.maps] == [f"{name}_minerals.tif" for name in (STRIP, ALBEDO)]

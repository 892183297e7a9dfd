"""Small mineral maps, written as the mapping writes them, for tests of the core and of QGIS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import numpy as np

from crism_gan_plugin.core.libraries.colours import guess_tint
from crism_gan_plugin.core.mapping.map_files import EVIDENCE_BANDS, PROBABILITY_BAND
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.rasters.class_table import ClassRow, write_class_table
from crism_gan_plugin.core.rasters.geotiff import create_raster

RADIUS = 3396190.0

#: What MTRDRs have: the local radius at the standard parallel.
RADIUS_15, RADIUS_30 = 3394839.8133, 3391159.2284

CLASSES = {3: "low-Ca pyroxene", 6: "Mg-carbonate", 15: "kaolinite", 21: "talc"}
COLOURS = {3: (218, 165, 32), 6: (0, 255, 0), 15: (139, 69, 19), 21: (250, 10, 120)}


def equirectangular(parallel: float = 0.0, radius: float = RADIUS, meridian: float = 0.0) -> str:
    return f"+proj=eqc +lat_ts={parallel} +lat_0=0 +lon_0={meridian} +x_0=0 +y_0=0 +R={radius} +units=m +no_defs"


def polar(latitude: float = 90.0, radius: float = RADIUS) -> str:
    return f"+proj=stere +lat_0={latitude} +lat_ts={latitude} +lon_0=0 +x_0=0 +y_0=0 +R={radius} +units=m +no_defs"


def to_wkt(crs: str) -> str:
    from osgeo import osr

    system = osr.SpatialReference()
    assert system.SetFromUserInput(crs) == 0
    return system.ExportToWkt()


def random_map(rng: np.random.Generator, lines: int, samples: int, codes: tuple[int, ...] = tuple(CLASSES)) -> tuple[Any, Any]:
    """Codes and similarities of a noisy scene with some no data; similarities are coarse, so that ties occur.

    Levels do not depend on similarities: a guess of a class of low confidence may have a higher one than another's identification.
    """
    similarity = (rng.integers(14, 21, (lines, samples)) / 20).astype(np.float32)
    mineral = rng.choice(np.array(codes), (lines, samples))
    found = np.choose(rng.integers(0, 3, (lines, samples)), [np.zeros_like(mineral), mineral + 100, mineral]).astype(np.uint8)
    empty = rng.random((lines, samples)) < 0.15
    found[empty], similarity[empty] = 255, np.nan
    return found, similarity


def write_map(
    path: Path,
    codes: np.ndarray,
    similarity: Optional[np.ndarray] = None,
    *,
    left: float = 4.58e6,
    top: float = 1.09e6,
    pixel: float = 18.0,
    crs: Optional[str] = None,
    names: Mapping[int, str] = CLASSES,
    colours: Mapping[int, tuple[int, int, int]] = COLOURS,
    transform: Optional[tuple[float, ...]] = None,
    probability: Optional[np.ndarray] = None,
) -> Path:
    """A class raster with its table and evidence; its path. Probabilities, if there are any, are the evidence's last band."""
    lines, samples = codes.shape
    place = Georeference(to_wkt(crs or equirectangular()), transform or (left, pixel, 0.0, top, 0.0, -pixel))
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"CRISM_PRODUCT_ID": path.stem.upper(), "CRISM_PROVENANCE": f"{path.stem}_provenance.json"}
    if similarity is not None:
        metadata["CRISM_EVIDENCE"] = f"{path.stem}_evidence.tif"
    with create_raster(path, lines, samples, 1, np.uint8, nodata=255, georeference=place, metadata=metadata) as writer:
        writer.write(codes.astype(np.uint8)[None], 0)
    if similarity is not None:
        more = [] if probability is None else [probability]
        evidence = np.stack([similarity, *np.full((4, lines, samples), np.nan), *more]).astype(np.float32)
        beside, bands = path.with_name(f"{path.stem}_evidence.tif"), [*EVIDENCE_BANDS, PROBABILITY_BAND][: len(evidence)]
        about = {"georeference": place, "band_names": bands}
        with create_raster(beside, lines, samples, len(bands), np.float32, nodata=np.nan, **about) as writer:
            writer.write(evidence, 0)
    rows = []
    for code, name in names.items():
        colour = colours.get(code, (10 * code % 256, 100, 200))
        for value, level, rgb in ((code, "identification", colour), (code + 100, "guess", guess_tint(colour))):
            if count := int((codes == value).sum()):
                rows.append(ClassRow(value, name, level, rgb, count, None))
    write_class_table(path, rows)
    return path


def no_maps(folder: Path, evidence: Path, record: Path) -> list[tuple[Path, str]]:
    """Files that are no mineral maps, and what is to be said of each; the first is the image of a folder."""
    return [
        (folder / "scene.tif", "is not a mineral map"),
        (evidence, "is not a mineral map"),
        (record, "not a raster"),
        (folder / "none.tif", "no such file"),
    ]

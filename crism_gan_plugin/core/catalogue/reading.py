"""A map as its files describe it, with all that a catalogue tells of it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..files.gdal_access import open_dataset
from ..mosaic.maps import ClassRaster
from ..rasters.metadata_keys import EVIDENCE_KEY, PROVENANCE_KEY, RUN_ID_KEY
from .acquisition import Acquisition
from .footprint import Outline

MAP, COMPOSITE, SCENE = "map", "composite", "scene"

#: End of the ids of images, which no map's id has.
SCENE_END = "_image"

#: Endings of the names of files that lie beside a map and are rasters, too.
COMPANIONS = ("_evidence", "_similarity", "_source", "_count")

#: What may be in the id of an item, which is also the name of its file.
_ODD = re.compile(r"[^0-9A-Za-z._-]+")


@dataclass(frozen=True)
class MapReading:
    """A map, read.

    Attributes
    ----------
    item
        Its id in the catalogue.
    map
        The class raster, opened.
    record
        Its record; empty if there is none.
    footprint
        Its outline on Mars; None where that is not known.
    centre
        Longitude and latitude of its middle; None where they are not known.
    acquisition
        When its image was taken.
    """

    item: str
    map: ClassRaster
    record: Mapping[str, Any]
    footprint: Optional[Outline]
    centre: Optional[tuple[float, float]]
    acquisition: Acquisition

    @property
    def kind(self) -> str:
        """Whether it is the map of one image, or a composite."""
        return COMPOSITE if is_composite(self.map, self.record) else MAP

    @property
    def image(self) -> Mapping[str, Any]:
        """What the record says of the image; empty if nothing."""
        found = self.record.get("image")
        return found if isinstance(found, dict) else {}

    @property
    def scene_name(self) -> str:
        """What the image is called: its product, else its file; empty if neither is known."""
        return self.map.product_id or Path(str(self.image.get("file", ""))).stem

    @property
    def scene_item(self) -> Optional[str]:
        """The id of the image's item; None of a composite, and where the image is not known."""
        return None if self.kind == COMPOSITE or not self.scene_name else safe_id(self.scene_name, SCENE_END)

    @property
    def version(self) -> str:
        """The version of CRISM GAN that made it; empty if unknown."""
        versions = self.record.get("versions")
        return str(versions.get("crism_gan", "")) if isinstance(versions, dict) else ""

    @property
    def created(self) -> str:
        """When it was made, as its record says; empty if unknown."""
        return str(self.record.get("finished") or self.record.get("started") or "")

    def sha256_of(self, file: Path) -> Optional[str]:
        """The checksum that the record tells of one of the map's files."""
        files = self.record.get("files")
        found = files.get(file.name) if isinstance(files, dict) else None
        return found if isinstance(found, str) else None


def is_composite(mineral_map: ClassRaster, record: Mapping[str, Any]) -> bool:
    """Whether a class raster is laid of several maps."""
    path = mineral_map.path
    return isinstance(record.get("maps"), list) or path.with_name(f"{path.stem}_sources.csv").is_file()


def is_cog(path: Path) -> bool:
    """Whether a GeoTIFF is a cloud-optimised one, as GDAL sees it."""
    return bool(open_dataset(path).GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG")


def looks_like_map(path: Path) -> bool:
    """Whether a raster may be a map of ours, by what it says of itself; `InputError` if it cannot be read."""
    dataset = open_dataset(path)
    if dataset.RasterCount != 1 or dataset.GetRasterBand(1).DataType != _byte():
        return False
    known = {key for key in (RUN_ID_KEY, PROVENANCE_KEY, EVIDENCE_KEY) if dataset.GetMetadataItem(key)}
    return bool(known)


def _byte() -> int:
    from osgeo import gdal

    return int(gdal.GDT_Byte)


def record_of(mineral_map: ClassRaster) -> Mapping[str, Any]:
    """The record of a map's run; empty if there is none."""
    return mineral_map.records[0] if mineral_map.records else {}


def middle_of(mineral_map: ClassRaster, projection: Any) -> Optional[tuple[float, float]]:
    """Longitude and latitude of the middle of a map; None where it has no place there."""
    if mineral_map.georeference is None or projection is None:
        return None
    middle = mineral_map.georeference.to_map(np.array(mineral_map.samples / 2), np.array(mineral_map.lines / 2))
    longitude, latitude = (float(each) for each in projection.to_degrees(*middle))
    return (longitude, latitude) if np.isfinite(longitude) and np.isfinite(latitude) else None


def map_id(path: Path, folder: Path) -> str:
    """The id of a map in the catalogue of a folder: its name, made unique where it lies in a folder below."""
    below = path.relative_to(folder).parent.as_posix()
    ending = "" if path.suffix == ".tif" and not path.stem.endswith(SCENE_END) else path.suffix
    return safe_id(path.stem, "" if below == "." and not ending else f"-{zlib.crc32(f'{below}{ending}'.encode()):08x}")


def safe_id(name: str, end: str = "") -> str:
    """A name as an id: letters, digits, dots, dashes and underscores alone. Names that differ have ids that differ."""
    safe = _ODD.sub("_", name).lstrip(".")[:150] or "unnamed"
    return f"{safe}{end}" if safe == name else f"{safe}-{zlib.crc32(name.encode('utf-8', 'surrogateescape')):08x}{end}"

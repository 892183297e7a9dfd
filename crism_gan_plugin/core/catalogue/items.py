"""Items of the catalogue, as the JSON that STAC 1.0 has for them: one for a map, and one for the image that it was made of.

All links are relative, so that the folder can be moved; only an image that lies outside of it has its whole path.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional
from urllib.parse import quote

from ..files.names import is_regular
from ..files.reading import beside
from ..instrument.product_names import parse_product_name
from ..mars.projection import projection_of
from ..rasters.class_table import read_class_table
from ..rasters.label_pairs import labels_beside
from .extensions import CLASSIFICATION, FILE, PLANET, PROJECTION, SOLAR_SYSTEM, class_fields, file_fields, projection_fields
from .reading import COMPOSITE, MapReading, is_cog

STAC_VERSION = "1.0.0"
COLLECTION_ID, COLLECTION_FILE, CATALOG_FILE = "crism-gan-maps", "collection.json", "catalog.json"

#: Says that a file is one of a catalogue of ours, and how that is laid out; files that do not say it are never replaced.
MARK, LAYOUT = "crism:catalogue", 1

_JSON, _GEOTIFF = "application/json", "image/tiff; application=geotiff"

#: Companions of a map: key, end of the name after the map's stem, media type, title, roles.
_COMPANIONS = (
    ("style", ".qml", "application/xml", "Style for QGIS", ("metadata", "style")),
    ("provenance", "_provenance.json", _JSON, "Record of how the map was made", ("metadata",)),
    ("report", ".html", "text/html", "Report", ("overview", "metadata")),
)

#: The same of a composite alone.
_OF_COMPOSITES = (
    ("source", "_source.tif", "", "Which map each pixel shows", ("data",)),
    ("count", "_count.tif", "", "How many maps cover each pixel", ("data",)),
    ("sources", "_sources.csv", "text/csv", "The maps of the composite", ("metadata",)),
)


@dataclass(frozen=True)
class Shelf:
    """Where an item lies in the catalogue.

    Attributes
    ----------
    folder
        The folder of its file.
    title
        Title of the part of the catalogue that it is listed under.
    """

    folder: Path
    title: str

    def href(self, target: Path) -> str:
        """The address of a file, relative to the item."""
        try:
            relative = os.path.relpath(target, self.folder)
        except ValueError:  # another drive of Windows
            return target.absolute().as_uri()
        return quote(Path(relative).as_posix(), errors="surrogateescape")

    def href_of_image(self, image: Path, home: Path) -> str:
        """The address of an image: relative below ``home``, which moves with the catalogue; else its whole path."""
        inside = home.resolve() in image.resolve().parents
        return self.href(image.resolve()) if inside else image.absolute().as_uri()

    def links(self) -> list[dict[str, Any]]:
        """The links that every item has."""
        root = {"href": f"../{COLLECTION_FILE}", "type": _JSON, "title": "Mineral maps of Mars"}
        parent = {"rel": "parent", "href": f"./{CATALOG_FILE}", "type": _JSON, "title": self.title}
        return [{"rel": "root", **root}, parent, {"rel": "collection", **root}]


def map_item(reading: MapReading, shelf: Shelf, sources: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The item of a map.

    Parameters
    ----------
    reading
        The map.
    shelf
        Where the item lies.
    sources
        Address and title of the items that it was made of.
    """
    found = reading.map
    table = read_class_table(found.path)
    minerals = sorted({row.name for row in found.table if row.pixels and row.level == "identification"})
    is_composite = reading.kind == COMPOSITE
    title = f"Composite {found.path.stem}" if is_composite else f"Minerals of {reading.scene_name or found.path.stem}"
    properties: dict[str, Any] = {
        "title": title,
        "description": f"{'Identified: ' + ', '.join(minerals) if minerals else 'Nothing is identified'}.",
        **_times(reading),
        **_observer(reading),
        **({"created": created} if (created := reading.created.replace("+00:00", "Z")).endswith("Z") else {}),
        **PLANET,
        "crism:kind": reading.kind,
        "crism:minerals": minerals,
        "crism:run_id": found.run_id,
        "crism:version": reading.version,
        "crism:atmosphere_corrected": not found.uncorrected,
        MARK: LAYOUT,
    }
    extensions = [SOLAR_SYSTEM, CLASSIFICATION, FILE]
    place = found.georeference
    if place is not None and projection_of(place.wkt) is not None:
        projected = projection_fields(place, found.lines, found.samples)
        properties.update({**projected, "gsd": _metres(reading)} if projected else {})
        extensions += [PROJECTION] if projected else []
    links = [*shelf.links(), *(_link("derived_from", href, said) for href, said in sources)]
    assets = _map_assets(reading, shelf, class_fields(table))
    if "provenance" in assets:
        links.append(_link("describedby", assets["provenance"]["href"], "Record of how the map was made"))
    return _item(reading.item, reading, extensions, properties, links, assets)


def scene_item(reading: MapReading, shelf: Shelf, home: Path) -> dict[str, Any]:
    """The item of the image that a map was made of; its outline is that of the map."""
    assert reading.scene_item is not None
    properties = {
        "title": f"{reading.scene_name} (image)",
        "description": f"The image that was mapped. {_whereabouts(reading)}",
        **_times(reading),
        **_observer(reading),
        **PLANET,
        "crism:kind": "scene",
        MARK: LAYOUT,
    }
    links = shelf.links()
    return _item(reading.scene_item, reading, [SOLAR_SYSTEM, FILE], properties, links, _image_assets(reading, shelf, home))


def _item(
    name: str,
    reading: MapReading,
    extensions: list[str],
    properties: dict[str, Any],
    links: list[dict[str, Any]],
    assets: dict[str, Any],
) -> dict[str, Any]:
    footprint = reading.footprint
    box = {} if footprint is None else {"bbox": list(footprint.bbox)}
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": extensions,
        "id": name,
        "collection": COLLECTION_ID,
        "geometry": None if footprint is None else footprint.geometry,
        **box,
        "properties": properties,
        "links": links,
        "assets": assets,
    }


def _times(reading: MapReading) -> dict[str, Any]:
    """The time of acquisition; STAC lets it be null where a span is given."""
    when = reading.acquisition
    instant = when.start if when.known and reading.kind != COMPOSITE else None
    return {"datetime": instant, "start_datetime": when.start, "end_datetime": when.end, "crism:acquisition": when.said}


def _observer(reading: MapReading) -> dict[str, Any]:
    name = parse_product_name(reading.map.product_id)
    if name is None:
        return {}
    seen = {"platform": "mars-reconnaissance-orbiter", "instruments": ["crism"], "mission": "mars-reconnaissance-orbiter"}
    return {**seen, "crism:product_id": reading.map.product_id, "crism:observation_class": name.observation_class}


def _metres(reading: MapReading) -> float:
    place = reading.map.georeference
    projection = None if place is None else projection_of(place.wkt)
    assert place is not None and projection is not None
    return float(f"{min(place.pixel_size) * projection.metres_per_unit:.6g}")


def _map_assets(reading: MapReading, shelf: Shelf, classes: Mapping[str, Any]) -> dict[str, Any]:
    path, evidence = reading.map.path, reading.map.evidence
    assets = {
        "minerals": _asset(shelf, path, _raster_type(path), "Mineral classes", ("data",), reading.sha256_of(path), classes),
        "thumbnail": {
            "href": f"./{quote(reading.item)}.png",
            "type": "image/png",
            "title": "Thumbnail",
            "roles": ["thumbnail"],
        },
    }
    if evidence is not None:
        said = "Similarities and further evidence"
        assets["evidence"] = _asset(shelf, evidence, _raster_type(evidence), said, ("data",), reading.sha256_of(evidence))
    table = path.with_name(f"{path.name}.aux.xml")
    if is_regular(table):
        assets["class_table"] = _asset(shelf, table, "application/xml", "Class table, read by GDAL", ("metadata",))
    for key, end, kind, title, roles in (*_COMPANIONS, *(_OF_COMPOSITES if reading.kind == COMPOSITE else ())):
        file = path.with_name(f"{path.stem}{end}")
        if is_regular(file):
            assets[key] = _asset(shelf, file, kind or _raster_type(file), title, roles)
    return assets


def _image_assets(reading: MapReading, shelf: Shelf, home: Path) -> dict[str, Any]:
    image = _image_path(reading)
    if image is None:
        return {}
    files = [("image", image, "Image", ("data",)), *(("label", each, "Label", ("metadata",)) for each in labels_beside(image))]
    header = beside(image, f"{image.stem}.hdr")
    files += [] if header is None else [("header", header, "ENVI header", ("metadata",))]
    found: dict[str, Any] = {}
    for key, path, title, roles in files:
        kind = _raster_type(path) if path.suffix.lower() in (".tif", ".tiff") else _KINDS.get(path.suffix.lower(), _BINARY)
        asset = {"href": shelf.href_of_image(path, home), "type": kind, "title": title, "roles": list(roles)}
        found.setdefault(key, {**asset, **file_fields(path)})
    return found


_BINARY = "application/octet-stream"
_KINDS = {".lbl": "text/plain", ".txt": "text/plain", ".hdr": "text/plain", ".vrt": "application/xml"}


def _image_path(reading: MapReading) -> Optional[Path]:
    """Where the image lies; None if it is not there any more."""
    path = reading.image.get("path")
    return Path(path) if isinstance(path, str) and is_regular(Path(path)) else None


def _whereabouts(reading: MapReading) -> str:
    if _image_path(reading) is not None:
        return "It was where this item says when the map was entered in the catalogue."
    return "Its file was not there when the map was entered in the catalogue."


def _asset(
    shelf: Shelf,
    path: Path,
    kind: str,
    title: str,
    roles: Sequence[str],
    sha256: Optional[str] = None,
    more: Optional[Mapping[str, Any]] = None,
) -> dict[str, Any]:
    about = {"href": shelf.href(path), "type": kind, "title": title, "roles": list(roles)}
    return {**about, **file_fields(path, sha256), **(more or {})}


def _raster_type(path: Path) -> str:
    return f"{_GEOTIFF}; profile=cloud-optimized" if is_cog(path) else _GEOTIFF


def _link(relation: str, href: str, title: str) -> dict[str, Any]:
    return {"rel": relation, "href": href, "type": _JSON, "title": title}

"""The files that list the items: the collection at the root, and a catalogue for each of its parts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import OutputError
from ..files.outputs import AtomicOutputs
from .extensions import PLANET, SOLAR_SYSTEM
from .index import DetectionIndex
from .items import CATALOG_FILE, COLLECTION_FILE, COLLECTION_ID, LAYOUT, MARK, STAC_VERSION
from .quadrangles import QUADRANGLES
from .style import detections_qml

INDEX_FILE, STYLE_FILE = "detections.gpkg", "detections.qml"

#: Parts of the catalogue that are no quadrangle, and their titles.
COMPOSITES, NO_PLACE = "composites", "no-place"
TITLES = {**{each.id: each.title for each in QUADRANGLES}, COMPOSITES: "Composites", NO_PLACE: "Maps without a place on Mars"}

_DESCRIPTION = (
    "Mineral maps of Mars made from images by CRISM GAN, with the images that they were made of, by the quadrangles of Mars. All "
    "that was detected is one layer, detections.gpkg. Coordinates are east longitudes and planetocentric latitudes, in degrees, on "
    "the sphere of 3396.19 km. The images of CRISM are public (NASA's Planetary Data System); the maps are those of who made them."
)


def write_tree(folder: Path, index: DetectionIndex, parts: Iterable[str]) -> None:
    """Write the collection, the style of the layer, and the catalogues of these parts; one that lists nothing goes.

    All of it is made from the index, whose lines are what there is.
    """
    there = index.parts()
    if not there:
        return
    with AtomicOutputs(folder) as outputs:
        write_json(outputs, folder / COLLECTION_FILE, _collection(index, there))
        style = detections_qml(index.classes())
        outputs.place(folder / STYLE_FILE).write_text(style, encoding="utf-8")
        for part in sorted(set(parts) & set(there)):
            write_json(outputs, folder / part / CATALOG_FILE, _part(index, part))
    for part in sorted(set(parts) - set(there)):
        remove_own(folder / part / CATALOG_FILE)


def write_json(outputs: AtomicOutputs, path: Path, content: dict[str, Any]) -> None:
    """Write a file of the catalogue; one that is there already and is none of ours is not replaced."""
    if path.exists() and not is_own(path):
        raise OutputError(f"{path}: is no file of a catalogue made by CRISM GAN, and is not replaced; move it away")
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    outputs.place(path).write_text(text + "\n", encoding="utf-8")


def is_own(path: Path) -> bool:
    """Whether a file is one of a catalogue of ours."""
    try:  # not as an input: it is to be replaced
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and any(
        MARK in each for each in (content, content.get("properties")) if isinstance(each, dict)
    )


def remove_own(path: Path) -> None:
    """Remove a file of ours, if it is there, and its folder if that is empty then."""
    try:
        if path.exists() and is_own(path):
            path.unlink()
            path.parent.rmdir()
    except OSError:  # a folder with more in it stays
        return


def _collection(index: DetectionIndex, parts: list[str]) -> dict[str, Any]:
    start, stop = index.span()
    children = [_link("child", f"./{part}/{CATALOG_FILE}", TITLES.get(part, part)) for part in sorted(parts)]
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": [SOLAR_SYSTEM],
        "id": COLLECTION_ID,
        "title": "Mineral maps of Mars",
        "description": _DESCRIPTION,
        "license": "proprietary",
        "keywords": ["Mars", "minerals", "CRISM", "hyperspectral"],
        "extent": {"spatial": {"bbox": [list(index.box())]}, "temporal": {"interval": [[start, stop]]}},
        "summaries": {"ssys:targets": PLANET["ssys:targets"], "crism:minerals": sorted({each.name for each in index.classes()})},
        MARK: LAYOUT,
        "links": [_link("root", f"./{COLLECTION_FILE}", "Mineral maps of Mars"), *children],
        "assets": {
            "detections": {
                "href": f"./{INDEX_FILE}",
                "type": "application/geopackage+sqlite3",
                "title": "All detections, as points",
                "roles": ["data"],
            },
            "style": {
                "href": f"./{STYLE_FILE}",
                "type": "application/xml",
                "title": "Style for QGIS",
                "roles": ["metadata", "style"],
            },
        },
    }


def _part(index: DetectionIndex, part: str) -> dict[str, Any]:
    title = TITLES.get(part, part)
    root = f"../{COLLECTION_FILE}"
    above = [_link("root", root, "Mineral maps of Mars"), _link("parent", root, "Mineral maps of Mars")]
    items = [
        {**_link("item", f"./{quote(each.item)}.json", each.title), "type": "application/geo+json"} for each in index.entries(part)
    ]
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": part,
        "title": title,
        "description": f"{title}: maps, and the images that they were made of.",
        MARK: LAYOUT,
        "links": [*above, *items],
    }


def _link(relation: str, href: str, title: str) -> dict[str, Any]:
    return {"rel": relation, "href": href, "type": "application/json", "title": title}

"""The rules of STAC 1.0 and of the extensions that a catalogue uses, checked by hand: their schemas are on servers.

Written from the specifications: STAC 1.0.0 (item, catalogue, collection), Solar System 1.1, Projection 1.1, Classification 2.0,
File 2.1, GeoJSON (RFC 7946).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_EXTENSION = re.compile(r"https://stac-extensions\.github\.io/(\w+)/v[\d.]+/schema\.json")
_PREFIXES = {"ssys": "ssys:", "projection": "proj:", "classification": "classification:", "file": "file:"}


def read(path: Path) -> dict[str, Any]:
    """A file of the catalogue; NaN and the like are refused, which JSON has not."""

    def refuse(text: str) -> None:
        raise AssertionError(f"{path}: {text}")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def walk(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """All that can be reached from the root by its links, each checked."""
    content = read(root)
    check(root, content)
    yield root, content
    for link in content["links"]:
        if link["rel"] in ("child", "item"):
            yield from walk(target(root, link["href"]))


def target(path: Path, href: str) -> Path:
    """The file that a link of a file leads to."""
    address = urlparse(href)
    return Path(unquote(address.path)) if address.scheme == "file" else (path.parent / unquote(href)).resolve()


def check(path: Path, content: dict[str, Any]) -> None:
    """Check one file of a catalogue."""
    assert content["stac_version"] == "1.0.0"
    assert isinstance(content["id"], str) and content["id"]
    assert re.fullmatch(r"[0-9A-Za-z._-]+", content["id"])
    _check_links(path, content)
    for asset in content.get("assets", {}).values():
        _check_asset(path, asset)
    {"Feature": check_item, "Catalog": _check_catalogue, "Collection": _check_collection}[content["type"]](content)
    _check_extensions(content)


def check_item(item: dict[str, Any]) -> None:
    """Check what an item must have."""
    assert {"type", "stac_version", "id", "geometry", "properties", "links", "assets"} <= set(item)
    assert ("bbox" in item) == (item["geometry"] is not None)
    if item["geometry"] is not None:
        check_geometry(item["geometry"], item["bbox"])
    about = item["properties"]
    assert "datetime" in about
    for name in ("datetime", "start_datetime", "end_datetime", "created"):
        assert about.get(name) is None or _TIME.fullmatch(about[name]) or name == "created"
    if about["datetime"] is None:
        assert about["start_datetime"] and about["end_datetime"]
    if "start_datetime" in about:
        assert about["start_datetime"] <= about["end_datetime"]
    assert ("collection" in item) == any(link["rel"] == "collection" for link in item["links"])


def check_geometry(geometry: dict[str, Any], bbox: list[float]) -> None:
    """Check that a geometry is whole, is counterclockwise, stays on its side of 180°, and lies in its box."""
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[geometry["type"]]
    west, south, east, north = bbox
    assert -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
    for rings in polygons:
        ring = rings[0]
        assert len(ring) >= 4 and ring[0] == ring[-1]
        assert sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:])) > 0
        for x, y in ring:
            assert -180 <= x <= 180 and -90 <= y <= 90
            assert south - 1e-5 <= y <= north + 1e-5
            inside = west - 1e-5 <= x <= east + 1e-5 if west <= east else x >= west - 1e-5 or x <= east + 1e-5
            assert inside, (x, bbox)


def _check_links(path: Path, content: dict[str, Any]) -> None:
    relations = [link["rel"] for link in content["links"]]
    assert relations.count("root") == 1 and relations.count("parent") == (0 if content["type"] == "Collection" else 1)
    for link in content["links"]:
        assert {"rel", "href", "type", "title"} <= set(link) and link["title"]
        if link["href"].startswith("."):
            assert target(path, link["href"]).is_file(), link


def _check_asset(path: Path, asset: dict[str, Any]) -> None:
    assert {"href", "type", "title", "roles"} <= set(asset) and all(isinstance(role, str) for role in asset["roles"])
    file = target(path, asset["href"])
    assert file.is_file(), asset
    if "file:size" in asset:
        assert file.stat().st_size == asset["file:size"]
    if "file:checksum" in asset:
        assert re.fullmatch("1220[0-9a-f]{64}", asset["file:checksum"])


def _check_catalogue(content: dict[str, Any]) -> None:
    assert content["description"] and not content.get("stac_extensions")


def _check_collection(content: dict[str, Any]) -> None:
    assert content["description"] and content["license"]
    (box,), (interval,) = content["extent"]["spatial"]["bbox"], content["extent"]["temporal"]["interval"]
    assert len(box) == 4 and len(interval) == 2 and all(_TIME.fullmatch(each) for each in interval)


def _check_extensions(content: dict[str, Any]) -> None:
    """Fields of an extension are there only where it is named, and those that are there follow its rules."""
    named = {_EXTENSION.fullmatch(each)[1] for each in content.get("stac_extensions", ())}
    assets = list(content.get("assets", {}).values())
    places = [content.get("properties", {}), content.get("summaries", {}), *assets]
    for extension, prefix in _PREFIXES.items():
        used = {key for place in places for key in place if key.startswith(prefix)}
        assert extension in named if used else True, (extension, used)
    about = content.get("properties", {})
    if content["type"] == "Feature":
        assert about["ssys:targets"] == ["Mars"] and about["ssys:target_class"] == "planet"
    if "projection" in named:
        _check_projection(about)
    for asset in assets:
        if "classification:classes" in asset:
            _check_classes(asset["classification:classes"])


def _check_projection(about: dict[str, Any]) -> None:
    assert about["proj:epsg"] is None
    assert re.match(r"(PROJCRS|GEOGCRS|BOUNDCRS)\[", about["proj:wkt2"])
    assert about["proj:projjson"]["type"] in ("ProjectedCRS", "GeographicCRS")
    lines, samples = about["proj:shape"]
    assert isinstance(lines, int) and isinstance(samples, int)
    a, b, x0, d, e, y0 = about["proj:transform"]
    west, south, east, north = about["proj:bbox"]
    x, y = ([start, start + step * samples + other * lines] for start, step, other in ((x0, a, b), (y0, d, e)))
    if b == d == 0:
        assert [min(x), min(y), max(x), max(y)] == [west, south, east, north]


def _check_classes(classes: list[dict[str, Any]]) -> None:
    assert classes and len({each["value"] for each in classes}) == len(classes)
    for each in classes:
        assert isinstance(each["value"], int) and re.fullmatch(r"[0-9A-Za-z_-]+", each["name"]) and each["description"]
        assert re.fullmatch("[0-9A-F]{6}", each.get("color_hint", "000000"))
        assert isinstance(each.get("nodata", True), bool) and isinstance(each.get("count", 0), int)
    assert len({each["name"] for each in classes}) == len(classes)

"""The catalogue, read back by PySTAC (python3-pystac; Debian 12 has none), which checks STAC's own schemas where it can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crism_gan_plugin.core import catalogue_maps
from tests.mosaic_support import polar

pystac = pytest.importorskip("pystac", reason="PySTAC is not installed (python3-pystac)")


@pytest.fixture
def collection(place_map: Callable, tmp_path: Path) -> pystac.Collection:
    place_map("a")
    place_map("pole", crs=polar(), left=-50_000, top=40_000, pixel=10_000)
    return pystac.Collection.from_file(str(catalogue_maps(tmp_path / "maps", min_pixels=1).collection))


def test_all_items_are_found(collection: pystac.Collection) -> None:
    assert {child.id for child in collection.get_children()} == {"mc-01", "mc-13"}
    found = {item.id: item for item in collection.get_items(recursive=True)}
    assert set(found) == {"a", "A_image", "pole", "POLE_image"}
    item = found["a"]
    assert item.get_root() is collection and item.get_parent().title == "MC-13 Syrtis Major"
    assert item.datetime is None and item.common_metadata.start_datetime.year == 1965
    for asset in item.get_assets().values():
        assert Path(asset.get_absolute_href()).is_file()
    source = item.get_single_link("derived_from").resolve_stac_object(root=collection).target
    assert source.id == "A_image"


def test_extensions_are_read(collection: pystac.Collection) -> None:
    from pystac.extensions.classification import ClassificationExtension
    from pystac.extensions.projection import ProjectionExtension

    item = collection.get_item("a", recursive=True)
    projection = ProjectionExtension.ext(item)
    assert projection.epsg is None and projection.shape == [8, 10]
    assert "3396190" in projection.wkt2 and projection.projjson["type"] == "ProjectedCRS"
    classes = {each.value: each for each in ClassificationExtension.ext(item.assets["minerals"]).classes}
    assert classes[15].title == "kaolinite (identification)" and classes[15].color_hint == "8B4513"


def test_the_schemas_of_stac_itself_hold(collection: pystac.Collection) -> None:
    """PySTAC has them; those of the extensions would be fetched."""
    validation = pytest.importorskip("pystac.validation")
    if not validation.stac_validator.HAS_JSONSCHEMA:
        pytest.skip("jsonschema, which PySTAC validates with, is not installed (python3-jsonschema)")
    there = [each for root, _, items in collection.walk() for each in (root, *items)]
    assert len(there) == 7
    for each in there:
        content = each.to_dict(include_self_link=False, transform_hrefs=False)
        assert validation.validate_dict({**content, "stac_extensions": []})

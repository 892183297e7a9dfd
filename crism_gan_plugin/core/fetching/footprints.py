"""The layer of footprints: where the products lie, what they are, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..instrument.product_names import parse_product_name
from ..mars.crs import degrees_wkt
from ..vectors.geopackage import VectorLayer
from .answers import ArchiveProduct
from .area import outline, parts_of

_FIELDS = {
    **{"id": "text", "observation": "text", "class": "text", "type": "text", "start_time": "text"},
    **{"solar_longitude": "real", "incidence": "real", "emission": "real", "phase": "real"},
    **{"longitude": "real", "latitude": "real", "megabytes": "real", "files": "text", "links": "text", "state": "text"},
}

#: Coordinates are degrees already.
_AS_THEY_ARE = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class ListedProduct:
    """A product and how far it has come.

    Attributes
    ----------
    product
        The product.
    state
        "fetched", "not fetched", or why it failed.
    files
        Its files that are there.
    """

    product: ArchiveProduct
    state: str
    files: tuple[Path, ...] = ()


def write_footprints(path: Path, footprints: Sequence[ListedProduct], server: str) -> int:
    """Write a GeoPackage; how many products have no outline, and are in its table without one."""
    said = f"Products of {server}. Longitude to the east, planetocentric latitude."
    without = 0
    with VectorLayer(path, "footprints", degrees_wkt(), _AS_THEY_ARE, _FIELDS, said) as layer:
        for footprint in footprints:
            shape = outline(footprint.product.footprint)
            without += shape is None
            layer.write_polygons([] if shape is None else parts_of(shape), _row(footprint))
    return without


def _row(footprint: ListedProduct) -> dict[str, object]:
    product, name = footprint.product, parse_product_name(footprint.product.id)
    longitude = (product.longitude + 180) % 360 - 180 if np.isfinite(product.longitude) else product.longitude
    return {
        "id": product.id,
        "observation": observation_of(product.id),
        "class": name.observation_class if name else product.id[:1],
        "type": product.type,
        "start_time": product.start_time,
        "solar_longitude": product.solar_longitude,
        "incidence": product.incidence,
        "emission": product.emission,
        "phase": product.phase,
        "longitude": longitude,
        "latitude": product.latitude,
        "megabytes": product.megabytes,
        "files": " ".join(map(str, footprint.files)),
        "links": " ".join(file.url for file in product.files),
        "state": footprint.state,
    }


def observation_of(product_id: str) -> str:
    """The observation, or the map tile, that a product is of; its files lie in a folder of that name."""
    name = parse_product_name(product_id)
    return f"{name.observation_class}{name.observation_id}" if name else product_id.split("_", 1)[0]

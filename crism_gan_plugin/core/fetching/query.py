"""The archive, asked for products by id or by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlencode, urlsplit, urlunsplit

from ..errors import InputError
from ..instrument.product_names import ProductName, parse_product_name
from .answers import ArchiveProduct, read_answer
from .area import Box
from .manners import Manners, TryAgain, check_status
from .names import WantedId, central_counter
from .transport import Stopped, Transport, TransportError

#: The archive's words for the kinds of products.
_TYPES = {
    "TRR3": ("TRDR", "TRDRDDR"),
    "TRR3 visible": ("TRDR", "TRDRDDR"),
    "TER": ("TER", "TRDRDDR"),
    "MTRDR": ("MTRDR",),
    "MRDR": ("MRDR",),
}

#: Sensor and types of the products of a kind in sensor space: the image, and the geometry that it is placed by.
_IN_SENSOR_SPACE = {"TRR3": "L", "TRR3 visible": "S"}

#: What mapping needs of a map tile: its spectra, geometry and wavelengths.
_OF_A_TILE = re.compile(r"(T\d{4}_MRR)(AL|IF|DE|WV)(.*)", re.IGNORECASE)

#: What belongs to all spectra of a tile.
_BESIDE_SPECTRA = ("DE", "WV")

#: Products in an answer, bytes of the longest answer, and questions for one area or id.
_PAGE, _LONGEST, _MOST_PAGES = 100, 1 << 26, 1000

_ALWAYS = {"query": "product", "target": "mars", "ihid": "MRO", "iid": "CRISM", "results": "fmpx", "proj": "c0", "output": "JSON"}


@dataclass(frozen=True)
class Archive:
    """An Orbital Data Explorer.

    Attributes
    ----------
    endpoint
        Its address.
    transport, manners
        How it is asked, and how often.
    """

    endpoint: str
    transport: Transport
    manners: Manners

    def find_id(self, wanted: WantedId, kinds: Iterable[str], stopped: Stopped) -> list[ArchiveProduct]:
        """The products of these kinds that an id names; of all the kinds that belong to it, if it names a product or a tile."""
        kinds = kinds_of_id(wanted, kinds)
        found = self._find(({"productid": wanted.pattern},), kinds, stopped)
        return [product for product in found if is_wanted(product.id, kinds, wanted)]

    def find_boxes(self, boxes: Iterable[Box], kinds: Iterable[str], stopped: Stopped) -> list[ArchiveProduct]:
        """The products of these kinds whose footprint touches one of the boxes."""
        places = [
            {"minlat": box.south, "maxlat": box.north, "westernlon": box.west, "easternlon": box.east, "loc": "f"} for box in boxes
        ]
        return [product for product in self._find(places, kinds, stopped) if is_wanted(product.id, kinds)]

    def _find(self, places: Iterable[Mapping[str, object]], kinds: Iterable[str], stopped: Stopped) -> list[ArchiveProduct]:
        """Each product once."""
        types = dict.fromkeys(type_ for kind in kinds for type_ in _TYPES[kind])
        found: dict[str, ArchiveProduct] = {}
        for place in places:
            for type_ in types:
                for product in self._pages({**_ALWAYS, "pt": type_, **place}, stopped):
                    found.setdefault(product.id, product)
        return list(found.values())

    def _pages(self, asked: Mapping[str, object], stopped: Stopped) -> Iterator[ArchiveProduct]:
        seen: set[str] = set()
        for page in range(_MOST_PAGES):
            if stopped():
                return
            products, entries = self._ask({**asked, "limit": _PAGE, "offset": page * _PAGE}, stopped)
            new = [product for product in products if product.id not in seen]
            yield from new
            seen.update(product.id for product in new)
            if entries < _PAGE or not new:
                return

    def _ask(self, asked: Mapping[str, object], stopped: Stopped) -> tuple[list[ArchiveProduct], int]:
        parts = urlsplit(self.endpoint)
        query = "&".join(text for text in (parts.query, urlencode(asked)) if text)
        url = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))
        try:
            return read_answer(self.manners.ask(lambda: self._read(url, stopped), stopped), self.endpoint)
        except (TryAgain, TransportError) as error:
            advice = "check the network and the address of the archive, or try again later"
            raise InputError(f"{self.endpoint}: the archive cannot be asked ({error}); {advice}") from error

    def _read(self, url: str, stopped: Stopped) -> bytes:
        with self.transport.get(url, 0, stopped) as answer:
            check_status(answer.status, answer.headers)
            if answer.status != 200:
                raise InputError(f"{self.endpoint}: answers {answer.status}; check the address of the archive")
            found = bytearray()
            for piece in answer.pieces:
                found += piece
                if len(found) > _LONGEST:
                    raise InputError(f"{self.endpoint}: its answer does not end; check the address of the archive")
        told = answer.headers.get("content-length", "")
        if told.isascii() and told.isdigit() and len(found) < int(told):
            raise TryAgain("its answer breaks off")
        return bytes(found)


def kinds_of_id(wanted: WantedId, kinds: Iterable[str]) -> Iterable[str]:
    """The kinds that an id is looked for among: its own, if it names a product or a map tile; else those that were chosen."""
    if wanted.is_tile:
        return ("MRDR",)
    return kinds_of_product(wanted.product) if wanted.product else kinds


def kinds_of_product(product: ProductName) -> tuple[str, ...]:
    """The kind that a product is of."""
    if product.product_type in ("TER", "MTR"):
        return ("TER",) if product.product_type == "TER" else ("MTRDR",)
    return ("TRR3 visible",) if product.sensor == "S" else ("TRR3",)


def is_wanted(product_id: str, kinds: Iterable[str], wanted: Optional[WantedId] = None) -> bool:
    """Whether a product that the archive has found is of a chosen kind, and of the scan that is wanted."""
    name = parse_product_name(product_id)
    if name is None:
        return "MRDR" in kinds and _is_of_tile(product_id, wanted)
    counter = (wanted.counter if wanted else None) or central_counter(name.observation_class)
    return name.counter == counter and any(_is_of_kind(name, kind) for kind in kinds)


def _is_of_tile(product_id: str, wanted: Optional[WantedId]) -> bool:
    """Whether a product of a tile is what mapping needs, and of those spectra that an id names, if it names any."""
    match = _OF_A_TILE.match(product_id)
    if match is None or wanted is None:
        return match is not None
    tile, content, rest = match.groups()
    named = wanted.text[len(tile) : len(tile) + len(content)]
    beside = content.upper() in _BESIDE_SPECTRA
    return f"{tile}{named if beside and named else content}{rest}".upper().startswith(wanted.text)


def _is_of_kind(name: ProductName, kind: str) -> bool:
    if kind in _IN_SENSOR_SPACE:
        is_image = name.product_type == "TRR" and name.activity == "IF"
        return (is_image or name.product_type == "DDR") and name.sensor == _IN_SENSOR_SPACE[kind]
    if kind == "TER":
        return name.product_type == "TER" or (name.product_type == "DDR" and name.sensor == "L")
    return kind == "MTRDR" and name.product_type == "MTR"

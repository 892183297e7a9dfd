"""What the Orbital Data Explorer tells of products, as data.

Numbers come as texts, and one product or file comes as an object instead of a list. Nothing in an answer is believed: names of
files must be plain, and links must lead to web servers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ..errors import CrismError, InputError
from ..files.outputs import check_name
from .transport import check_address


@dataclass(frozen=True)
class ArchiveFile:
    """A file of a product.

    Attributes
    ----------
    name
        Its plain name.
    url
        Where it is.
    kilobytes
        Its size as the archive has it, in units of 1000 or 1024 bytes, rounded; None if it is not told.
    """

    name: str
    url: str
    kilobytes: Optional[float]


@dataclass(frozen=True)
class ArchiveProduct:
    """A product of the archive. Angles and places are in degrees, NaN where they are not told.

    Attributes
    ----------
    id
        Its id, in capitals.
    type
        The archive's word for its kind, such as TRDR.
    footprint
        Its outline as WKT; empty if it is not told.
    longitude, latitude
        Its centre.
    start_time
        UTC.
    solar_longitude, incidence, emission, phase
        L_s and the angles of the light.
    files
        Its files.
    """

    id: str
    type: str
    footprint: str
    longitude: float
    latitude: float
    start_time: str
    solar_longitude: float
    incidence: float
    emission: float
    phase: float
    files: tuple[ArchiveFile, ...]

    @property
    def megabytes(self) -> float:
        """Size of all files that tell it, in units of 1000 × 1000 bytes."""
        return sum(file.kilobytes or 0.0 for file in self.files) / 1000


def read_answer(raw: bytes, server: str) -> tuple[list[ArchiveProduct], int]:
    """The products of an answer, and how many entries it had.

    Raises
    ------
    InputError
        If it is not an answer of an Orbital Data Explorer, or tells of an error.
    """
    results = _results(raw, server)
    if str(results.get("Status", "")).upper() != "SUCCESS":
        said = results.get("Error") or results.get("Status") or "no reason given"
        if "no products" in str(said).lower():
            return [], 0
        raise InputError(f"{server}: the archive does not answer the question ({str(said)[:200]}); check the ids and the area")
    inside = results.get("Products")
    entries = _listed(inside.get("Product")) if isinstance(inside, Mapping) else []
    return [product for product in map(_product, entries) if product is not None], len(entries)


def _results(raw: bytes, server: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        kind = "a web page" if b"<html" in raw[:2000].lower() or b"<!doctype" in raw[:2000].lower() else "something"
        raise InputError(
            f"{server}: answers with {kind} that is not JSON; check the address, and whether the network wants a login first"
        ) from None
    results = answer.get("ODEResults") if isinstance(answer, dict) else None
    if not isinstance(results, dict):
        raise InputError(f"{server}: answers, but not as an Orbital Data Explorer does (ODEResults is missing); check the address")
    return results


def _product(entry: Any) -> Optional[ArchiveProduct]:
    """A product; None if the entry is of another form."""
    if not isinstance(entry, dict) or not isinstance(entry.get("pdsid"), str):
        return None
    inside = entry.get("Product_files")
    files = _listed(inside.get("Product_file")) if isinstance(inside, Mapping) else []
    return ArchiveProduct(
        entry["pdsid"].strip().upper(),
        str(entry.get("pt", "")),
        str(entry.get("Footprint_C0_geometry") or ""),
        _number(entry, "Center_longitude"),
        _number(entry, "Center_latitude"),
        str(entry.get("UTC_start_time") or ""),
        _number(entry, "Solar_longitude"),
        _number(entry, "Incidence_angle"),
        _number(entry, "Emission_angle"),
        _number(entry, "Phase_angle"),
        tuple(_files(files)),
    )


def _files(entries: list[Any]) -> Iterator[ArchiveFile]:
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        kilobytes = _number(entry, "KBytes")
        try:
            name, url = check_name(str(entry.get("FileName", ""))), check_address(str(entry.get("URL", "")), "URL")
        except CrismError:
            continue
        yield ArchiveFile(name, url, kilobytes if kilobytes > 0 else None)


def _number(entry: Mapping[str, Any], key: str) -> float:
    try:
        found = float(entry.get(key) or "nan")
    except (TypeError, ValueError):
        return math.nan
    return found if math.isfinite(found) else math.nan


def _listed(found: Any) -> list[Any]:
    """One comes as an object, several come as a list, and none as a text or nothing."""
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []

"""What kind a file is of, by the archive's name, the label, or the first bytes; for errors where another kind is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..errors import InputError
from ..files.names import PathLike, is_regular
from ..instrument.product_names import ProductName, is_original, parse_product_name
from ..rasters import envi
from ..rasters.label_pairs import labels_beside
from ..rasters.pds_label import Label, is_label, read_label

_CDR4 = re.compile(r"CDR4\d{11}_(?P<type>[A-Z]{2})\d{7}[SLJ]_", re.IGNORECASE)
_CDR6 = re.compile(r"CDR6_\d_\d{10}_(?P<type>[A-Z]{2})_[SLJ]_", re.IGNORECASE)
_ADR = re.compile(r"ADR\d{11}_(?:[0-9A-F]{5}_)?(?P<type>[A-Z]{2})\d", re.IGNORECASE)
_TILE = re.compile(r"T\d{4}_MRR(?P<type>[A-Z]{2})_", re.IGNORECASE)  # whatever follows: its files may have been renamed

#: Products of an observation that are no I/F, by activity.
_ACTIVITIES = {
    "BR": "a browse picture (BR)",
    "DE": "the geometry (DDR)",
    "DF": "a dark frame (DF)",
    "IN": "the processing information (IN)",
    "RA": "the radiance (RA)",
    "SC": "the raw counts (EDR)",
    "SR": "summary parameters (SR)",
    "SU": "summary parameters (SU)",
    "WV": "a wavelength table (WV)",
}

#: Map tiles: those of I/F (IF) and Lambert albedo (AL) are images.
_TILES = {"DE": "the geometry of a map tile (DE)", "SU": "summary parameters of a map tile (SU)", "WV": "a wavelength table (WV)"}

_CALIBRATION = {"WA": "a wavelength table (CDR WA)", "AT": "a transmission record (CDR AT)"}

_ARRAY = "a NumPy array"

#: Our own JSON files.
_OURS = {b"crism-gan-exemplars": "an exemplar library", b"crism-gan-discriminator": "the model card of a network"}

#: What files begin with that are no text.
_MAGIC = {
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"II+\0": "a TIFF image",
    b"MM\0+": "a TIFF image",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "a database (GeoPackage or the like)",
    b"\x93NUMPY": _ARRAY,
}


@dataclass(frozen=True)
class Kind:
    """A kind of product that is no I/F image.

    Attributes
    ----------
    key
        WA, AT, CDR, VS, ADR, DE, BR …
    words
        What it is.
    instead
        What to give where an image is wanted.
    """

    key: str
    words: str
    instead: str


def kind_by_name(path: PathLike) -> Optional[Kind]:
    """The kind of a product by the archive's name; None for an I/F image, or a name that is none of the archive's."""
    file = Path(path).name
    for grammar, key, known in ((_CDR4, "CDR", _CALIBRATION), (_CDR6, "CDR", {}), (_TILE, "", _TILES)):
        match = grammar.match(file)
        if match is not None:
            return _of_record(match["type"].upper(), key, known)
    match = _ADR.match(file)
    if match is not None:
        scan = match["type"].upper() == "VS"
        words = "a volcano-scan record (ADR VS)" if scan else f"a record for analysis (ADR {match['type'].upper()})"
        return Kind("VS" if scan else "ADR", words, "give the image (TRR3) that is to be corrected with it")
    name = parse_product_name(file)
    return None if name is None else _of_observation(name)


def kind_by_label(label: Label) -> Optional[Kind]:
    """The kind of a product by its label: by the product's name, or by its type where the name was changed too."""
    product = label.get("PRODUCT_ID", "")
    found = kind_by_name(str(product))
    if found is not None or parse_product_name(str(product)) is not None:
        return found
    said = str(label.get("PRODUCT_TYPE", "")).upper()
    image = next(label.find("IMAGE"), None)
    if said == "CDR":
        in_nm = image is not None and str(image.get("UNIT", "")).upper() in ("NM", "NANOMETER", "NANOMETERS")
        return _of_record("WA" if in_nm else "", "CDR", _CALIBRATION)
    if said == "ADR":
        return Kind("ADR", "a record for analysis (ADR)", "give the image (TRR3) that is to be corrected with it")
    known = {"DDR": "DE", "EDR": "SC"}
    if said in known:
        return Kind(known[said], _ACTIVITIES[known[said]], "give the I/F image of this observation")
    return None


def kind_of(path: PathLike) -> Optional[Kind]:
    """The kind of a file: by its name, by the label that it is, or by the label beside it."""
    found = kind_by_name(path)
    file = Path(path)
    if found is not None or parse_product_name(file) is not None or not is_regular(file):
        return found
    labels = [file] if is_label(file) else list(labels_beside(file)) if _is_binary(file) else []
    try:
        return kind_by_label(read_label(labels[0])) if labels else None
    except InputError:  # whoever opens it will say what is wrong
        return None


def refuse_as_image(path: PathLike, label: Optional[Label] = None) -> None:
    """Raise `InputError` if this is no I/F image, by its name, or by its label where that is known."""
    kind = kind_by_name(path) or (None if label is None else kind_by_label(label))
    if kind is not None and kind.key != "RA":
        raise InputError(f"{path}: is {kind.words}, no I/F image; {kind.instead}")


def refuse_other_kind(path: PathLike, wanted: str, advice: str, keys: tuple[str, ...] = ()) -> None:
    """Raise `InputError` if a file is known to be something else than what is wanted.

    Parameters
    ----------
    wanted, advice
        What it should be, and what to do.
    keys
        What it may be: keys of `Kind`, ``"raster"`` for rasters that are no product, ``"json"``, ``"npz"``.
    """
    kind = kind_of(path) or _kind_by_bytes(Path(path))
    if kind is not None and kind.key not in keys:
        raise InputError(f"{path}: is not {wanted}, but {kind.words}; {advice}")


def _of_record(code: str, key: str, known: dict[str, str]) -> Optional[Kind]:
    instead = "give the image (TRR3) whose label names it" if code == "WA" else "give an I/F image"
    if code in known:
        return Kind(code, known[code], instead)
    return Kind(key, f"a calibration record (CDR {code})".replace(" )", ")"), instead) if key else None


def _of_observation(name: ProductName) -> Optional[Kind]:
    if name.product_type == "HKP":
        return Kind("HKP", f"the housekeeping table {name}", f"give the I/F image of this observation ({name.segment}_IF…)")
    words = _ACTIVITIES.get(name.activity)
    if words is None and name.product_type != "EDR":
        return None
    kind = "raw counts (EDR)" if words is None else words
    return Kind(name.activity, f"{kind} {name}", f"give the I/F image of this observation ({name.segment}_IF…)")


def _kind_by_bytes(path: Path) -> Optional[Kind]:
    """What a file is by its first bytes and what lies beside it; None for text that may be anything."""
    if not is_regular(path):
        return None
    name = parse_product_name(path)
    described = is_label(path) or envi.is_header(path)
    if name is not None and name.activity == "IF" and is_original(path) and (described or _is_binary(path)):
        return Kind("IF", f"the I/F image {name}", "")
    if described:
        return Kind("raster", "the label or header of an image", "")
    head = _head(path)
    for magic, words in _MAGIC.items():
        if head.startswith(magic):
            return Kind("npz" if words == _ARRAY else "raster", words, "")
    if head.startswith(b"PK\x03\x04"):
        return Kind("npz", "a file of weights or an archive (zip)", "")
    match = re.match(rb'(?:\xef\xbb\xbf)?\s*\{\s*"format"\s*:\s*"(crism-gan-\w+)"', head)
    if match is not None:
        return Kind("json", _OURS.get(match[1], "a JSON file of this plugin"), "")
    beside = next(labels_beside(path), None) or envi.header_of(path)
    return Kind("raster", f"the image that {beside.name} describes", "") if beside is not None and _is_binary(path) else None


def _is_binary(path: Path) -> bool:
    """Whether a file is no text in any encoding that spreadsheets write: most of its bytes are no plain letters."""
    head = _head(path)
    plain = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and plain < 0.8 * len(head)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""

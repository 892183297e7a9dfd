"""PDS3 labels: a parser for the part of the language (ODL) that instrument labels use. It yields data and runs nothing.

Source: PDS Standards Reference 3.8, chapter 12 (Object Description Language).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Optional

import numpy as np

from ..errors import InputError, one_line
from ..files.names import PathLike, is_regular
from ..files.reading import beside, check_file, is_plain
from .raw_image import RawImage

#: Labels are short; an image with its label attached is not read further than this.
_LONGEST_LABEL = 1 << 20

_TOKEN = re.compile(
    r"""\s+ | /\*.*?\*/                       # blanks and comments: dropped
      | (?P<open>/\*)                          # a comment that does not end
      | (?P<text>"[^"]*")
      | (?P<symbol>'[^']*')
      | (?P<based>[+-]?\d{1,2}\#[0-9A-Za-z]{1,64}\#)
      | (?P<unit><[^>]*>)
      | (?P<mark>[=(){},])
      | (?P<word>[^\s=(){},"'<]+)""",
    re.VERBOSE | re.DOTALL,
)

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_REAL = re.compile(r"[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([Ee][+-]?[0-9]{1,3})?")

#: Objects within objects, and lists within lists: the standard's own labels have four and two.
_DEEPEST = 20

#: Source: PDS Standards Reference 3.8, chapter 3. VAX's reals are of another format.
_SAMPLE_TYPES = {
    "PC_REAL": "<f",
    **dict.fromkeys(("IEEE_REAL", "REAL", "FLOAT", "MAC_REAL", "SUN_REAL"), ">f"),
    **dict.fromkeys(("MSB_INTEGER", "INTEGER", "MAC_INTEGER", "SUN_INTEGER"), ">i"),
    **dict.fromkeys(("LSB_INTEGER", "PC_INTEGER", "VAX_INTEGER"), "<i"),
    **dict.fromkeys((f"{name}UNSIGNED_INTEGER" for name in ("MSB_", "", "MAC_", "SUN_")), ">u"),
    **dict.fromkeys((f"{name}UNSIGNED_INTEGER" for name in ("LSB_", "PC_", "VAX_")), "<u"),
    "CHARACTER": "|u",
}
_STORAGE = {"LINE_INTERLEAVED": "bil", "SAMPLE_INTERLEAVED": "bip", "BAND_SEQUENTIAL": "bsq"}


#: Keywords of an image that say how its numbers lie; if one is there twice, it is not known which one counts.
_OF_LAYOUT = {
    *("LINES", "LINE_SAMPLES", "BANDS", "BAND_STORAGE_TYPE", "LINE_PREFIX_BYTES", "LINE_SUFFIX_BYTES"),
    *("SAMPLE_TYPE", "SAMPLE_BITS", "SCALING_FACTOR", "OFFSET", "MISSING_CONSTANT"),
}


class Bits(int):
    """A whole number that is written in another base than ten, ``16#FFFF#``, as the bits of numbers are."""


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, ``3.75 <HZ>``."""

    value: Any
    unit: str


@dataclass(frozen=True)
class Label:
    """A label, or one object of it.

    Attributes
    ----------
    name
        The object's name (``"FILE"``); empty for the label itself.
    values
        Its own keywords, in capitals. Values are str, int, float, `Quantity`, or lists of them.
    objects
        The objects and groups inside it, in order; names repeat (a CRISM TRDR has two FILE objects).
    contradictory
        Keywords that are there twice, with different values.
    """

    name: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    objects: list[Label] = field(default_factory=list)
    contradictory: set[str] = field(default_factory=set)

    def find(self, name: str) -> Iterator[Label]:
        """All objects of that name at any depth, in the order of the label."""
        for child in self.objects:
            if child.name == name:
                yield child
            yield from child.find(name)

    def get(self, keyword: str, default: Any = None) -> Any:
        """A keyword's value without its unit; ``default`` where it is missing, "N/A", "UNK" or NULL."""
        value = self.values.get(keyword)
        value = value.value if isinstance(value, Quantity) else value
        return default if value is None or value in ("N/A", "UNK", "NULL") else value


def is_label(path: Path) -> bool:
    """Whether the file begins as PDS3 labels do."""
    if not is_regular(path):
        return False
    try:
        with path.open("rb") as file:
            return b"PDS_VERSION_ID" in file.read(512)
    except OSError:
        return False


def read_label(path: PathLike) -> Label:
    """Parse a label file; `InputError` if it is none."""
    path = check_file(path)
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_LABEL).decode("latin-1")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if "PDS_VERSION_ID" not in text[:512]:
        raise InputError(f"{path}: not a PDS3 label (PDS_VERSION_ID is missing)")
    try:
        return parse_label(text)
    except ValueError as error:
        raise InputError(f"{path}: this label cannot be understood ({error}); get the file again") from error


def parse_label(text: str) -> Label:
    """Parse a label's text up to its END; raises `ValueError` with the reason where it is malformed."""
    tokens = _Tokens(text)
    stack = [Label()]
    while True:
        keyword = tokens.keyword()
        if keyword == "END":
            break
        if keyword in ("END_OBJECT", "END_GROUP"):
            if tokens.peek() == "=":
                tokens.take("=")
                tokens.value()
            if len(stack) == 1:
                raise ValueError(f"{keyword} without its beginning")
            stack.pop()
            continue
        tokens.take("=")
        value = tokens.value()
        if keyword in ("OBJECT", "GROUP"):
            if len(stack) > _DEEPEST:
                raise ValueError("its objects are nested too deeply")
            child = Label(str(value).upper())
            stack[-1].objects.append(child)
            stack.append(child)
        else:
            if stack[-1].values.setdefault(keyword, value) != value:
                stack[-1].contradictory.add(keyword)
            stack[-1].values[keyword] = value
    if len(stack) > 1:
        raise ValueError(f"the object {stack[-1].name} does not end")
    return stack[0]


class _Tokens:
    """The label's words, one after the other; they are found as they are asked for, so what follows END is never looked at."""

    def __init__(self, text: str) -> None:
        self._text, self._place = text, 0
        self._next: Optional[tuple[str, str]] = None

    def _look(self) -> tuple[str, str]:
        while self._next is None:
            if self._place >= len(self._text):
                raise ValueError("it has no END")
            match = _TOKEN.match(self._text, self._place)
            if match is None or match.lastgroup == "open":
                raise ValueError(f"line {self._text.count(chr(10), 0, self._place) + 1}")
            self._place = match.end()
            if match.lastgroup is not None:
                self._next = match.lastgroup, match.group()
        return self._next

    def peek(self) -> str:
        return self._look()[1]

    def _pop(self) -> tuple[str, str]:
        token, self._next = self._look(), None
        return token

    def keyword(self) -> str:
        kind, text = self._pop()
        if kind != "word":
            raise ValueError(f"a keyword should stand where {text!r} is")
        return text.upper()

    def take(self, mark: str) -> None:
        text = self._pop()[1]
        if text != mark:
            raise ValueError(f"{mark!r} should stand where {text!r} is")

    def value(self, depth: int = 0) -> Any:
        kind, text = self._pop()
        if text in ("(", "{") and kind == "mark":
            if depth == _DEEPEST:
                raise ValueError("its lists are nested too deeply")
            return self._items(")" if text == "(" else "}", depth + 1)
        if kind in ("mark", "unit"):
            raise ValueError(f"a value should stand where {text!r} is")
        value = _scalar(kind, text)
        if self.peek_kind() == "unit":
            value = Quantity(value, self._pop()[1].strip("<> \t"))
        return value

    def peek_kind(self) -> str:
        try:
            return self._look()[0]
        except ValueError:  # the end of the text is the caller's business
            return ""

    def _items(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while self.peek() != closing:
            if self.peek() == ",":
                self.take(",")
            else:
                items.append(self.value(depth))
        self.take(closing)
        return items


def _scalar(kind: str, text: str) -> Any:
    """The value of a word: a number where it looks like one, else a string in one line."""
    if kind in ("text", "symbol"):
        return " ".join(text[1:-1].split())
    if kind == "based":
        base, digits, _ = text.split("#")
        return Bits(int(digits, abs(int(base))) * (-1 if base.startswith("-") else 1))
    if _WHOLE.fullmatch(text):
        return int(text)
    number = float(text) if _REAL.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text


def describe_image(path: Path, label: Label) -> RawImage:
    """The image that a label describes, found beside it; `InputError` where the label says nothing usable."""
    holders = (*label.find("FILE"), *label.find("UNCOMPRESSED_FILE"), label)
    holder = next((part for part in holders if "^IMAGE" in part.values), None)
    image = next((holder or label).find("IMAGE"), None)
    if holder is None or image is None:
        raise InputError(f"{path}: this label describes no image; give the label of the image")
    record = holder.get("RECORD_BYTES", label.get("RECORD_BYTES"))
    record = record if isinstance(record, int) and record > 0 else None  # UNDEFINED where there are no records
    records = holder.get("FILE_RECORDS")
    file, offset = _pointer(path, holder.values["^IMAGE"], record)
    dtype = _sample_type(path, image)
    interleave = _STORAGE.get(str(image.get("BAND_STORAGE_TYPE", "BAND_SEQUENTIAL")).upper())
    padded = any(image.get(f"LINE_{end}FIX_BYTES", 0) for end in ("PRE", "SUF"))
    packed = image.get("ENCODING_TYPE", "NONE") != "NONE"
    twice = sorted(_OF_LAYOUT & image.contradictory)
    if twice:
        raise InputError(f"{path}: says {twice[0]} twice, differently; correct the label")
    if interleave is None or padded or packed:
        raise InputError(f"{path}: this label describes a kind of image that CRISM products do not have; export it as GeoTIFF")
    lines, samples, bands = (image.get(key, default) for key, default in (("LINES", 0), ("LINE_SAMPLES", 0), ("BANDS", 1)))
    if not all(isinstance(size, int) and size > 0 for size in (lines, samples, bands)):
        raise InputError(f"{path}: LINES, LINE_SAMPLES and BANDS must be positive whole numbers")
    whole = records * record if isinstance(records, int) and record is not None else None
    return RawImage(file, path, lines, samples, bands, dtype, interleave, offset, whole)


def _sample_type(path: Path, image: Label) -> np.dtype[Any]:
    name, bits = image.get("SAMPLE_TYPE", "missing"), image.get("SAMPLE_BITS", "missing")
    kind = _SAMPLE_TYPES.get(str(name).upper())
    sizes = {"f": (32, 64), "i": (8, 16, 32, 64), "u": (8, 16, 32, 64)}.get(kind[1], ()) if kind else ()
    if not isinstance(bits, int) or bits not in (sizes[:1] if kind == "|u" else sizes):
        raise InputError(
            f"{path}: SAMPLE_TYPE {_quoted(name)} with SAMPLE_BITS {_quoted(bits)} is no kind of number that CRISM images have; "
            "correct the label, or export the image as GeoTIFF"
        )
    return np.dtype(f"{kind}{bits // 8}")


def _quoted(value: Any) -> str:
    return one_line(str(value), 40)


def _pointer(path: Path, pointer: Any, record: Optional[int]) -> tuple[Path, int]:
    """File and offset in bytes of ``^IMAGE``: "FILE", ("FILE", record), ("FILE", n <BYTES>), or the same without a file."""
    parts = pointer if isinstance(pointer, list) else [pointer]
    names = [part for part in parts if isinstance(part, str)]
    places = [part for part in parts if not isinstance(part, str)]
    offset = _offset(places[0] if places else 1, record)
    name = Path(names[0]).name if names else path.name  # some labels name a folder, too, where the archive has it
    if len(names) > 1 or len(places) > 1 or not parts or offset is None or not is_plain(name):
        raise InputError(
            f"{path}: ^IMAGE = {_quoted(_plain(pointer))} does not say where the image is; "
            'it must be "FILE", ("FILE", record) or ("FILE", place <BYTES>); correct the label'
        )
    return beside(path, name) or path.with_name(name), offset


def _offset(place: Any, record: Optional[int]) -> Optional[int]:
    """Bytes before a place that is counted from 1, in records or bytes; None if it is none."""
    value, unit = (place.value, place.unit.upper()) if isinstance(place, Quantity) else (place, "")
    step = {"": record or (1 if value == 1 else None), "BYTES": 1, "BYTE": 1}.get(unit)
    return (value - 1) * step if isinstance(value, int) and value > 0 and step is not None else None


def _plain(value: Any) -> str:
    """A value as a label writes it."""
    if isinstance(value, Quantity):
        return f"{value.value} <{value.unit}>"
    return f"({', '.join(map(_plain, value))})" if isinstance(value, list) else str(value)

"""PDS3 labels: a parser for the part of the language (ODL) that instrument labels use. It yields data and runs nothing.

Source: PDS Standards Reference 3.8, chapter 12 (Object Description Language).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Optional, Union

import numpy as np

from ..errors import InputError
from ..files import beside
from ..raw_image import RawImage

#: Labels are short; an image with its label attached is not read further than this.
_LONGEST_LABEL = 1 << 20

_TOKEN = re.compile(
    r"""\s+ | /\*.*?\*/                       # blanks and comments: dropped
      | (?P<text>"[^"]*")
      | (?P<symbol>'[^']*')
      | (?P<based>[+-]?\d{1,2}\#[0-9A-Za-z]+\#)
      | (?P<unit><[^>]*>)
      | (?P<mark>[=(){},])
      | (?P<word>[^\s=(){},"'<]+)""",
    re.VERBOSE | re.DOTALL,
)

_SAMPLE_TYPES = {
    "PC_REAL": "<f",
    "IEEE_REAL": ">f",
    "REAL": ">f",
    "FLOAT": ">f",
    "MSB_INTEGER": ">i",
    "LSB_INTEGER": "<i",
    "PC_INTEGER": "<i",
    "MSB_UNSIGNED_INTEGER": ">u",
    "LSB_UNSIGNED_INTEGER": "<u",
    "PC_UNSIGNED_INTEGER": "<u",
    "UNSIGNED_INTEGER": ">u",
    "CHARACTER": "|u",
}
_STORAGE = {"LINE_INTERLEAVED": "bil", "SAMPLE_INTERLEAVED": "bip", "BAND_SEQUENTIAL": "bsq"}


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
    """

    name: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    objects: list[Label] = field(default_factory=list)

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
    try:
        with path.open("rb") as file:
            return b"PDS_VERSION_ID" in file.read(512)
    except OSError:
        return False


def read_label(path: Union[str, Path]) -> Label:
    """Parse a label file; `InputError` if it is none."""
    path = Path(path)
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
            child = Label(str(value).upper())
            stack[-1].objects.append(child)
            stack.append(child)
        else:
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
            if match is None:
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

    def value(self) -> Any:
        kind, text = self._pop()
        if text in ("(", "{") and kind == "mark":
            return self._items(")" if text == "(" else "}")
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

    def _items(self, closing: str) -> list[Any]:
        items: list[Any] = []
        while self.peek() != closing:
            if self.peek() == ",":
                self.take(",")
            else:
                items.append(self.value())
        self.take(closing)
        return items


def _scalar(kind: str, text: str) -> Any:
    """A string in one line, or a number where it looks like one."""
    if kind in ("text", "symbol"):
        return " ".join(text[1:-1].split())
    if kind == "based":
        base, digits, _ = text.split("#")
        return int(digits, abs(int(base))) * (-1 if base.startswith("-") else 1)
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def describe_image(path: Path, label: Label) -> RawImage:
    """The image that a label describes, found beside it; `InputError` where the label says nothing usable."""
    holder = next((part for part in (*label.find("FILE"), label) if "^IMAGE" in part.values), None)
    image = next((holder or label).find("IMAGE"), None)
    if holder is None or image is None:
        raise InputError(f"{path}: this label describes no image; give the label of the image")
    record = int(holder.get("RECORD_BYTES", label.get("RECORD_BYTES", 1)))
    records = holder.get("FILE_RECORDS")
    file, offset = _pointer(path, holder.values["^IMAGE"], record)
    bits, kind = image.get("SAMPLE_BITS", 8), _SAMPLE_TYPES.get(str(image.get("SAMPLE_TYPE", "")).upper())
    interleave = _STORAGE.get(str(image.get("BAND_STORAGE_TYPE", "BAND_SEQUENTIAL")).upper())
    padded = any(image.get(f"LINE_{end}FIX_BYTES", 0) for end in ("PRE", "SUF"))
    if kind is None or interleave is None or padded or bits not in (8, 16, 32, 64):
        raise InputError(f"{path}: this label describes a kind of image that CRISM products do not have; export it as GeoTIFF")
    lines, samples, bands = (image.get(key, default) for key, default in (("LINES", 0), ("LINE_SAMPLES", 0), ("BANDS", 1)))
    if not all(isinstance(size, int) and size > 0 for size in (lines, samples, bands)):
        raise InputError(f"{path}: LINES, LINE_SAMPLES and BANDS must be positive whole numbers")
    dtype = np.dtype(f"{kind}{bits // 8}")
    whole = int(records) * record if isinstance(records, int) else None
    return RawImage(file, path, lines, samples, bands, dtype, interleave, offset, whole)


def _pointer(path: Path, pointer: Any, record: int) -> tuple[Path, int]:
    """File and offset in bytes of ``^IMAGE``: "FILE", ("FILE", record), ("FILE", n <BYTES>), or the same without a file."""
    parts = pointer if isinstance(pointer, list) else [pointer]
    name = next((part for part in parts if isinstance(part, str)), None)
    place = next((part for part in parts if not isinstance(part, str)), 1)
    if isinstance(place, Quantity):
        offset = int(place.value) - 1
    else:
        offset = (int(place) - 1) * record
    if name is None:
        return path, offset
    return beside(path, Path(name).name) or path.with_name(Path(name).name), offset

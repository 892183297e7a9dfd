"""Which of our classes a label of others means, as a table that its user may edit."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import read_whole
from ..libraries.exemplars import ExemplarLibrary, unknown_class

#: The labels of Plebani and others (2022): a copy of it is what a user edits.
PLEBANI = Path(__file__).with_name("plebani_labels.csv")

#: What the table calls bare ground.
BLAND = "bland"

#: Code of a pixel that is not judged.
NOT_JUDGED = -1

#: Names of the columns that count.
_LABEL, _CLASS = "label", "class"


@dataclass
class Labels:
    """Which code each label means, and how many pixels have labels that mean none.

    Attributes
    ----------
    codes
        Label in small letters → code of a class, 0 for bare ground.
    unmapped
        Labels without a class, and their pixels so far.
    """

    codes: Mapping[str, int]
    unmapped: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def of_file(path: PathLike, library: ExemplarLibrary, strict: bool = True) -> Labels:
        """Read a table with the columns label and class.

        Parameters
        ----------
        strict
            Whether a class that the library lacks is an error; else its labels mean nothing.

        Raises
        ------
        InputError
            If it cannot be read, lacks a column, names a label twice, or a class that the library does not have.
        """
        known = {mineral.name.casefold(): mineral.code for mineral in library.classes}
        codes: dict[str, int] = {}
        for number, row in _rows(Path(path)):
            label, name = row[_LABEL].casefold(), row[_CLASS]
            if not label:
                continue
            if label in codes:
                raise InputError(f"{path}, line {number}: has the label {row[_LABEL]!r} once more; keep one line of it")
            if name.casefold() == BLAND:
                codes[label] = 0
            elif name.casefold() in known:
                codes[label] = known[name.casefold()]
            elif name and strict:
                raise InputError(f"{path}, line {number}: the class {unknown_class(name, library.class_names)}")
            else:
                codes[label] = NOT_JUDGED
        return Labels(codes)

    @staticmethod
    def own(library: ExemplarLibrary) -> Labels:
        """Labels that are our own: codes, or names, of the classes; 0 or bland for bare ground."""
        names = {mineral.name.casefold(): mineral.code for mineral in library.classes}
        return Labels({**{str(code): code for code in names.values()}, **names, "0": 0, BLAND: 0})

    def of_text(self, label: str, pixels: int) -> int:
        """The code of a label that so many pixels have; those without one are counted."""
        code = self.codes.get(" ".join(label.casefold().split()), NOT_JUDGED)
        if code == NOT_JUDGED:
            self.unmapped[label] += pixels
        return code

    def of_numbers(self, numbers: IntArray, missing: Sequence[int] = ()) -> IntArray:
        """Codes of whole numbers; those that mean missing data are not counted."""
        codes = np.full(numbers.shape, NOT_JUDGED, np.int64)
        for number, pixels in zip(*(each.tolist() for each in np.unique(numbers, return_counts=True))):
            if number not in missing:
                codes[numbers == number] = self.of_text(str(number), pixels)
        return codes

    def note(self) -> Optional[str]:
        """What was left out, for the log; None if nothing was."""
        if not self.unmapped:
            return None
        told = ", ".join(f"{label} ({pixels})" for label, pixels in self.unmapped.most_common(30))
        return f"{sum(self.unmapped.values())} pixels have labels without a class that is looked for, and are not judged: {told}"


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Number of the line and the cells of each row, by the names in the first line."""
    try:
        text = read_whole(path).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no table in UTF-8 with commas ({error}); save it as CSV") from None
    heading = [name.strip().casefold() for name in lines[0]] if lines else []
    if _LABEL not in heading or _CLASS not in heading:
        raise InputError(f"{path}: has no columns {_LABEL} and {_CLASS} in its first line; give a table that has them")
    places = {name: heading.index(name) for name in (_LABEL, _CLASS)}
    found = []
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells):
            found.append((number, {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}))
    return found

"""Lists of wavelengths as people, programs and spreadsheets write them: text in columns.

Spreadsheets write as the language of the computer asks: with tabs or semicolons between cells, with commas in numbers, in UTF-16 or
the old 8-bit letters. A text that can be read in two ways that differ is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..errors import InputError, one_line
from ..files.reading import read_whole
from ..instrument.detectors import MISSING
from .wavelength_units import UNITS_NM

_UNIT = "|".join(sorted((unit for unit in UNITS_NM if unit not in ("m", "cm")), key=len, reverse=True))
_UNIT_WORD = re.compile(rf"(?<![a-zµμ])({_UNIT})(?![a-zµμ])", re.IGNORECASE)
_UNIT_OF_CELL = re.compile(rf"(?<=[\d.,])[ \u00a0]*({_UNIT})(?![a-zµμ])", re.IGNORECASE)

#: Cells of which a spreadsheet has no number.
_EMPTY = re.compile(r"(nan|na|n/a|null|none|-+|#[a-z0-9/]+[!?]?)?", re.IGNORECASE)
_EMPTY_WORD = re.compile(r"(?<!\S)#(n/?a|n/?v|value!|wert!|ref!|div/0!)", re.IGNORECASE)

_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d*)?")

_SEPARATOR_LINE = re.compile(r"\"?sep=([;,|\t])?\"?", re.IGNORECASE)

_WAVENUMBER = re.compile(r"wave\s*-?number|wellenzahl|cm\s*\^?[-−]\s*1|1/cm", re.IGNORECASE)
_FREQUENCY = re.compile(r"\b[kmgt]?hz\b|fr[eé]quen", re.IGNORECASE)
_WAVE_HEADING = re.compile(r"wave|wvl|lambda|λ|wellenl|longueur|longitud|cent(er|re)", re.IGNORECASE)
_WIDTH_HEADING = re.compile(r"fwhm|width|breite|resolution|bandpass", re.IGNORECASE)
_FLAG_HEADING = re.compile(r"bbl|good|flag|bad", re.IGNORECASE)

#: Headings of flags that are 1 for bad bands; ENVI's list of bad bands has 1 for the good ones.
_BAD_HEADING = re.compile(r"^(?!.*(bbl|good|list|multiplier)).*bad", re.IGNORECASE)

#: Widths of channels that follow each other are alike; whole numbers that differ by more are rather decimals.
_LARGEST_RATIO_OF_WIDTHS = 4

#: What wavelengths and widths can be, nm; and the largest over the smallest wavelength of one list: CRISM's is 11.
_WAVELENGTHS_NM, _WIDTHS_NM, _LARGEST_SPAN = (200.0, 6000.0), (0.5, 150.0), 50.0

_DETECTOR_ROWS = 480

#: Letters of a cell with a number, and of a line with several, at most.
_LONGEST_CELL, _LONGEST_LINE = 64, 2000


@dataclass(frozen=True)
class WavelengthText:
    """What such a file tells, in its own units.

    Attributes
    ----------
    wavelengths
        (bands,) NaN for cells without a number.
    unit
        The unit that the cells or the headings name; empty where they name none.
    widths
        (bands,) in a unit that `in_nanometres` of the wavelengths does not decide, see `widths_nm`; or None.
    good
        (bands,) bool, or None.
    """

    wavelengths: FloatArray
    unit: str
    widths: Optional[FloatArray] = None
    good: Optional[BoolArray] = None


def read_wavelength_text(path: Path) -> WavelengthText:
    """Read one column of wavelengths, or several: number, sensor or row of the bands before, widths and flags after it.

    Raises
    ------
    InputError
        If it is no text, holds no numbers, can be read in two ways, or lists a wavelength twice.
    """
    table = _Table(path, _decoded(path))
    wave, width, flag = table.choose_columns()
    values, unit = table.numbers[:, wave], table.unit_of(wave)
    _check_values(path, values, table.line_numbers)
    return WavelengthText(
        values,
        unit,
        None if width is None else table.numbers[:, width],
        None if flag is None else table.good(flag),
    )


def widths_nm(widths: FloatArray, factor: float) -> Optional[FloatArray]:
    """Widths in nm, in the unit of the wavelengths, else in nm, else in µm; None for what can be no widths."""
    for each in (factor, 1.0, 1000.0):
        if _median_within(widths * each, _WIDTHS_NM):
            return widths * each
    return None


def _decoded(path: Path) -> str:
    data = read_whole(path)
    zeros = data[:200:2].count(0), data[1:200:2].count(0)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    elif max(zeros) > min(len(data), 200) / 3 and not min(zeros):  # UTF-16 without its mark: every second byte of letters is zero
        text = data.decode("utf-16-le" if zeros[1] else "utf-16-be", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    text = text.rstrip("\x1a")  # how old editors end a file
    if any(ord(c) < 32 and c not in "\t\n\r\f" for c in text) or text.count("\ufffd") > 0.01 * len(text):
        raise InputError(f"{path}: cannot be read as a wavelength file; give a WA or WV table, or plain text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Table:
    """The numbers of a text, by rows and columns."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._headings: list[str] = []
        self._heading_cells: list[str] = []
        self._cell_units: list[set[str]] = []
        self.line_numbers: list[int] = []
        lines = [(number, _EMPTY_WORD.sub("NaN", line)) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
        declared = _SEPARATOR_LINE.fullmatch(lines[0][1].strip()) if lines else None
        lines = lines[1:] if declared else lines
        lines = [(number, re.sub(r"(?<!\S)#.*", "", line) if line.strip()[0] != "#" else line) for number, line in lines]
        separator = declared[1] if declared and declared[1] else _separator(line for _, line in lines)
        if separator != ";":
            lines = [(number, line.split(";", 1)[0]) for number, line in lines]
        else:
            lines = [(number, line) for number, line in lines if line.strip()[0] != ";" or any(map(_is_number, _split(line, ";")))]
        if separator == "":
            separator = self._blank_or_comma([line for _, line in lines])
        self._rows(lines, separator)

    def _blank_or_comma(self, lines: list[str]) -> str:
        """What separates cells where neither tabs nor semicolons do: "," or " "; commas may be decimal ones."""
        data = [line.strip() for line in (_UNIT_OF_CELL.sub("", line).replace("NaN", "") for line in lines) if _is_data(line)]
        with_comma = [line for line in data if "," in line]
        if not with_comma:
            return "," if not data and _has_names(lines) else " "
        if any('"' in line for line in with_comma):
            return ","
        pairs = [re.fullmatch(r"(\d*),(\d*(?:\.\d*)?)", line) for line in data]
        firsts = [int(pair[1]) for pair in pairs if pair and pair[1]]
        numbered = len(firsts) == len(data) and firsts == list(range(firsts[0], firsts[0] + len(data))) and firsts[0] in (0, 1)
        if not numbered and len(data) > 1 and all(re.fullmatch(r"\d{1,3}(,\d{3})?\.\d+|\d{1,3},\d{3}", line) for line in data):
            raise self._thousands(with_comma[0])
        grouped = {line.rpartition(",")[2] for line in data if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", line)}
        if len(grouped) > 1 and not grouped <= {"0", "1"} and all("," in line for line in data):
            raise self._thousands(with_comma[0])
        triples = [re.fullmatch(r"(\d+),\d+,(\d+)", line) for line in data]
        thirds = [int(triple[2]) for triple in triples if triple]
        uneven = len(thirds) == len(data) and set(thirds) != {0, 1} and max(thirds) > _LARGEST_RATIO_OF_WIDTHS * min(thirds)
        if uneven:
            raise self._ambiguous(with_comma[0], "two numbers or three")
        if any("." in line or re.search(r",(\s|$)", line) for line in with_comma) or any(
            word.count(",") > 1 for line in with_comma for word in line.split()
        ):
            return ","
        if any(len(line.split()) > 1 for line in data):
            return " "
        if numbered:
            return ","
        seconds = [pair[2] for pair in pairs if pair]
        if len(set(firsts)) < len(data) or len(with_comma) < len(data) or any(len(text) > 1 and text[0] == "0" for text in seconds):
            return " "
        raise self._ambiguous(with_comma[0], "one number or two")

    def _ambiguous(self, line: str, what: str) -> InputError:
        return InputError(f"{self._path}: {one_line(line, 40)!r} can be {what}; write a decimal point, or ';' between columns")

    def _thousands(self, cell: str) -> InputError:
        return InputError(
            f"{self._path}: in {one_line(cell.strip(), 40)!r} a sign may part thousands or decimals; write numbers without signs "
            "for thousands"
        )

    def _rows(self, lines: list[tuple[int, str]], separator: str) -> None:
        rows: list[list[str]] = []
        for number, line in lines:
            if line.strip()[:1] == "#":
                self._headings += [] if rows else [line]
                continue
            cells = [cell.strip().strip("'\"").strip() for cell in _split(line, separator)]
            plain = [_UNIT_OF_CELL.sub("", cell) for cell in cells]
            kinds = [self._kind(cell) for cell in plain]
            row = "number" in kinds and (separator in ";\t|," or "words" not in kinds)
            if row or (rows and "words" not in kinds and any(plain)) or (not rows and set(kinds) == {"none"} and any(plain)):
                self._add(rows, plain, cells, number)
            elif rows and "words" in kinds:
                raise self._no_numbers(number, line)
            elif "words" in kinds:
                self._headings.append(line)
                self._heading_cells = cells
        if not rows:
            raise InputError(f"{self._path}: holds no numbers; give a wavelength table, one line a band")
        self.numbers = self._as_numbers(rows)

    def _kind(self, cell: str) -> str:
        if _is_number(cell):
            return "number"
        if _is_grouped(cell):
            raise self._thousands(cell)
        return "none" if _EMPTY.fullmatch(cell) else "words"

    def _no_numbers(self, number: int, text: str) -> InputError:
        return InputError(f"{self._path}: line {number} is not numbers ({one_line(text.strip()[:40])!r}); correct the file")

    def _add(self, rows: list[list[str]], plain: list[str], cells: list[str], number: int) -> None:
        width = len(rows[0]) if rows else len(plain)
        while len(plain) > width and not plain[-1]:
            plain.pop()
        if len(plain) != width:
            raise InputError(f"{self._path}: line {number} has {len(plain)} columns, not {width}; correct the file")
        rows.append(plain)
        self.line_numbers.append(number)
        self._cell_units = self._cell_units or [set() for _ in plain]
        for units, cell in zip(self._cell_units, cells):
            found = _UNIT_OF_CELL.search(cell)
            if found:
                units.add(found[1].lower())

    def _as_numbers(self, rows: list[list[str]]) -> FloatArray:
        """(rows, columns), columns of words and empty ones left out."""
        if any("," in cell for row in rows for cell in row) and any(
            "." in cell for row in rows for cell in row if _is_number(cell)
        ):
            raise InputError(
                f"{self._path}: has numbers with decimal points and others with commas; write all of them in one way, "
                "without signs for thousands"
            )
        columns, headings, units = [], [], []
        for place, column in enumerate(zip(*rows)):
            kinds = [self._kind(cell) for cell in column]
            if "number" not in kinds and len(rows[0]) > 1:
                continue
            if "words" in kinds:
                where = kinds.index("words")
                raise self._no_numbers(self.line_numbers[where], column[where])
            columns.append([float(cell.replace(",", ".")) if _is_number(cell) else np.nan for cell in column])
            headings.append(self._heading_cells[place] if len(self._heading_cells) >= len(rows[0]) else "")
            units.append(self._cell_units[place])
        if not columns:
            raise InputError(f"{self._path}: holds no numbers; give a wavelength table, one line a band")
        if len(rows) == 1 and len(columns) > 2:  # all in one line
            columns, headings, units = [[column[0] for column in columns]], [""], [set().union(*units)]
            self.line_numbers *= len(columns[0])
        self._column_headings, self._column_units = headings, units
        return np.array(columns).T

    def good(self, column: int) -> BoolArray:
        """(bands,) bool of a column of flags."""
        return (self.numbers[:, column] != 0) != bool(_BAD_HEADING.search(self._column_headings[column]))

    def unit_of(self, column: int) -> str:
        """The unit that the column's cells name, else its heading, else any heading."""
        if _WAVENUMBER.search(self._column_headings[column] or " ".join(self._headings)):
            return "wavenumber"
        if _FREQUENCY.search(self._column_headings[column] or " ".join(self._headings)):
            return "Hz"
        units = self._column_units[column]
        if not units:
            units = {word.lower() for word in _UNIT_WORD.findall(self._column_headings[column])}
        if not units:
            units = {word.lower() for line in self._headings for word in _UNIT_WORD.findall(line)}
            units = set() if len({UNITS_NM[unit] for unit in units}) > 1 else units
        if len({UNITS_NM[unit] for unit in units}) > 1:
            raise InputError(f"{self._path}: has wavelengths in {' and in '.join(sorted(units))}; write all of them in one unit")
        return min(units, default="")

    def choose_columns(self) -> tuple[int, Optional[int], Optional[int]]:
        """Which columns hold wavelengths, widths and flags."""
        count = self.numbers.shape[1]
        if count == 1 and len(self.numbers) > 2 and _is_count(self.numbers[:, 0]) and self.numbers.min() in (0, 1):
            raise InputError(f"{self._path}: holds the numbers of the bands alone; give their wavelengths, one line a band")
        if count == 1:
            return 0, None, None
        columns = list(self.numbers.T)
        named = [k for k, heading in enumerate(self._column_headings) if _is_wave_heading(heading)]
        if count >= 3 and _is_flag(columns[0]) and _is_detector_row(columns[1]) and _is_wave(columns[2]) and not named:
            wave = [2]  # sensor, row, wavelength: tables of the archive
        else:
            wave = named or _alike([k for k, column in enumerate(columns) if _is_wave(column) and not _is_count(column)], columns)
        if len(wave) != 1:
            which = (
                f"{len(wave)} could hold the wavelengths (columns {', '.join(str(k + 1) for k in wave)})" if wave else "none holds "
            )
            raise InputError(
                f"{self._path}: has {count} columns, of which {which if wave else 'none holds wavelengths'}; leave one column of "
                "wavelengths, with the numbers of the bands before it and their widths after it if wanted"
            )
        numbers = next((column for column in columns[: wave[0]] if _is_shuffled_count(column)), None)
        if numbers is not None:
            raise InputError(
                f"{self._path}: its lines are not in the order of the band numbers before the wavelengths ({numbers[0]:g}, "
                f"{numbers[1]:g}, …); sort them by these, or leave the numbers out"
            )
        later = range(wave[0] + 1, count)
        widths = [k for k, text in enumerate(self._column_headings) if _WIDTH_HEADING.search(text) and k != wave[0]]
        widths = widths or [k for k in later if not (_is_flag(columns[k]) or _is_count(columns[k]) or self._column_headings[k])]
        flags = [k for k, text in enumerate(self._column_headings) if _FLAG_HEADING.search(text) and _is_flag(columns[k])]
        flags = flags or [k for k in later if _is_flag(columns[k])]
        return wave[0], next(iter(widths), None), next(iter(flags), None)


def _separator(lines: Iterable[str]) -> str:
    """ ";" or a tab where lines of numbers use them, else empty."""
    found = ""
    for line in lines:
        cells = _split(line, ";")
        numeric = [_is_number(cell) or _is_grouped(cell) for cell in cells]
        if any(numeric[1:]) or (len(cells) > 1 and numeric[0] and not any(cell.strip() for cell in cells[1:])):
            return ";"
        cells = line.split("\t")
        if len(cells) > 1 and any(map(_is_number, cells)):
            found = "\t"
    return found


def _split(line: str, separator: str) -> list[str]:
    if separator == " ":
        return _UNIT_OF_CELL.sub(lambda match: match[1], line).split()
    try:
        return next(csv.reader([line.strip(" ")], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:  # a cell of more than 100,000 letters
        return line.split(separator)


def _has_names(lines: list[str]) -> bool:
    """Whether lines are "name,number", commas being no decimal ones: two cells, or numbers with points."""
    rows = [line.split(",") for line in lines]
    rows = [cells for cells in rows if any(_is_number(cell) for cell in cells[1:])]
    return bool(rows) and all(len(cells) == 2 or any("." in cell for cell in cells[1:]) for cells in rows)


def _is_data(line: str) -> bool:
    """Whether a line holds numbers."""
    plain = _UNIT_OF_CELL.sub("", line).replace("NaN", "")
    return (
        len(line) < _LONGEST_LINE
        and re.fullmatch(r"[\d\s.,+\-e\"']+", plain, re.IGNORECASE) is not None
        and bool(re.search(r"\d", plain))
    )


def _is_number(cell: str) -> bool:
    return len(cell) < _LONGEST_CELL and _NUMBER.fullmatch(_UNIT_OF_CELL.sub("", cell).strip().strip("\"'").strip()) is not None


def _is_grouped(cell: str) -> bool:
    return len(cell) < _LONGEST_CELL and _GROUPED.fullmatch(cell.strip()) is not None


def _is_wave_heading(heading: str) -> bool:
    return bool(_WAVE_HEADING.search(heading)) and not _WIDTH_HEADING.search(heading)


def _median_within(values: FloatArray, limits: tuple[float, float]) -> bool:
    known = values[np.isfinite(values)]
    return known.size > 0 and limits[0] <= float(np.median(known)) <= limits[1]


def _is_wave(column: FloatArray) -> bool:
    known = column[np.isfinite(column) & (column > 0) & (column < MISSING)]
    if known.size < max(2, column.size / 2) or np.unique(known).size < 0.9 * known.size or np.ptp(known) < 0.002 * known.max():
        return False
    return any(_median_within(known * factor, _WAVELENGTHS_NM) for factor in (1.0, 1000.0))


def _alike(found: list[int], columns: list[FloatArray]) -> list[int]:
    """Those that can be the wavelengths in nm or in µm; small numbers beside others in nm that are not the same can not."""
    middles = {k: float(np.nanmedian(columns[k])) for k in found}
    largest = max(middles.values(), default=0.0)
    if largest < _WAVELENGTHS_NM[0]:
        return found
    return [k for k in found if middles[k] >= _WAVELENGTHS_NM[0] or 0.8 < 1000 * middles[k] / largest < 1.25]


def _is_count(column: FloatArray) -> bool:
    steps = np.diff(column)
    return bool(np.isin(steps, (1, -1)).all() and (steps == steps[:1]).all() and (column == np.round(column)).all())


def _is_shuffled_count(column: FloatArray) -> bool:
    """Whether it holds the numbers of all bands, but not ascending."""
    ascending = np.sort(column)
    return bool(ascending[0] in (0, 1) and column.size > 2 and (np.diff(ascending) == 1).all() and (column != ascending).any())


def _is_flag(column: FloatArray) -> bool:
    return bool(np.isin(column, (0, 1)).all())


def _is_detector_row(column: FloatArray) -> bool:
    return bool(((column == np.round(column)) & (column >= 0) & (column < _DETECTOR_ROWS)).all())


def _check_values(path: Path, values: FloatArray, line_numbers: list[int]) -> None:
    known = np.flatnonzero(np.isfinite(values) & (values > 0) & (values < MISSING))
    if not known.size:
        return
    low, high = values[known].min(), values[known].max()
    if low == high:  # one wavelength for all: whoever asks for the image's axis says that it is none
        return
    if high > _LARGEST_SPAN * low:
        raise InputError(
            f"{path}: its wavelengths go from {low:g} to {high:g}, which are not of one unit; write all in nm, "
            "without signs for thousands"
        )
    order = known[np.argsort(values[known], kind="stable")]
    again = np.flatnonzero(np.diff(values[order]) == 0)
    if again.size:
        first, second = sorted(order[again[0] : again[0] + 2])
        raise InputError(
            f"{path}: lists {values[first]:g} for more than one band (lines {line_numbers[first]} and {line_numbers[second]}); "
            "give each band its own wavelength, with enough digits"
        )

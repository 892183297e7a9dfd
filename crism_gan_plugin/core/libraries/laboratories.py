"""Spectra as laboratories give them out as text: USGS, ECOSTRESS (formerly ASTER) and RELAB."""

from __future__ import annotations

import re
from typing import Callable, Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..products.wavelength_units import UNITS_NM, in_nanometres
from .measured import MeasuredSpectrum
from .spectral_folder import Member, SpectralFolder
from .text_tables import cells_of, number_of

#: Line 1 of splib07: ``splib07a Record=2250: Calcite CO2004                BECKb AREF``.
_USGS_07 = re.compile(r"\s*(?P<library>splib\w+)\s+Record=(?P<record>\d+):\s*(?P<title>.*?)\s*")

_USGS_06 = "USGS Digital Spectral Library"

#: Spectrometer and kind of measurement at the end of a title of USGS's.
_SPECTROMETER = re.compile(r"\s+(?P<code>[A-Z][A-Z0-9]{2,}|W\dR\d)[A-Za-z]{0,3}\s+[ART][A-Z]{3}\s*$")

#: Titles of USGS's records that are no spectra.
_NO_SPECTRUM = re.compile(
    r"(.*\bwave(length)?s\b.*|bandpass.*|.*\bresolution +in\b.*|error ?bars?.*|data value\b.*channel.*)", re.I
)

_RELAB = re.compile(r"relab", re.IGNORECASE)


def is_bookkeeping(title: str) -> bool:
    """Whether a record of USGS's called so is a list of wavelengths or the like, and no spectrum."""
    return _NO_SPECTRUM.fullmatch(title.strip()) is not None


def reader_of(lines: list[str], member: Member, folder: SpectralFolder) -> Optional[Callable[[], MeasuredSpectrum]]:
    """What reads the text, if a laboratory wrote it; None for other text."""
    first = next((line for line in lines if line.strip()), "")
    head = lines[:60]
    if _USGS_07.fullmatch(first):
        return lambda: _read_usgs_07(lines, member, folder)
    if first.strip().startswith(_USGS_06):
        return lambda: _read_usgs_06(lines, member)
    if _fields(head).keys() & {"x units", "y units"}:
        return lambda: _read_ecostress(lines, member)
    label = folder.beside(member, ".xml")
    if re.fullmatch(r"\s*\d+\s*", first) and len(lines) > 2:
        return lambda: _read_relab_counted(lines, member)
    if label is not None and _RELAB.search(label.read().decode("utf-8", "replace")):
        return lambda: _read_relab_table(lines, member, label)
    return None


def title_of(lines: list[str]) -> Optional[str]:
    """The title of a record of splib07; None for other text."""
    match = _USGS_07.fullmatch(next((line for line in lines if line.strip()), ""))
    return None if match is None else match["title"]


def _read_usgs_07(lines: list[str], member: Member, folder: SpectralFolder) -> MeasuredSpectrum:
    """splib07: a title and reflectances; the wavelengths of each spectrometer are a file of their own."""
    match = _USGS_07.fullmatch(next(line for line in lines if line.strip()))
    assert match is not None
    title, values = match["title"], _column(lines, member)
    if is_bookkeeping(title):
        raise InputError(f"{member.where}: is {title!r}, no spectrum; give a spectrum of the library")
    subject, code = _subject(title)
    nm = _usgs_wavelengths(code, match["library"], values.size, member, folder)
    source = f"USGS {match['library']}, record {match['record']}, {' '.join(title.split())}"
    return MeasuredSpectrum(" ".join(title.split()), subject, source, member.where, nm, values)


def _subject(title: str) -> tuple[str, str]:
    """What a title's spectrum shows, and the code of the spectrometer, empty if there is none."""
    match = _SPECTROMETER.search(title)
    subject = " ".join((title if match is None else title[: match.start()]).split())
    return subject, "" if match is None else match["code"]


def _usgs_wavelengths(code: str, library: str, channels: int, member: Member, folder: SpectralFolder) -> FloatArray:
    """(channels,) nm of a spectrometer, from the file beside the spectrum or in a folder above."""
    fitting = []
    for other in folder.around:
        if other.ending not in (".txt", ".asc") or "wavelength" not in other.name.lower():
            continue
        lines = other.read().decode("latin-1").splitlines()
        if title_of(lines) is not None:
            values = _column(lines, other)
            if values.size == channels:
                fitting.append((other, values))
    named = [(other, values) for other, values in fitting if code[:3].lower() in other.name.lower()] if code else []
    chosen = named or fitting
    if not chosen:
        raise InputError(
            f"{member.where}: has {channels} values, and no file with so many wavelengths lies beside it or in the folder above; "
            f"put the library's file of wavelengths there ({library}_Wavelengths_…)"
        )
    return in_nanometres(chosen[0][1], "microns", chosen[0][0].where)[0]


def _column(lines: list[str], member: Member) -> FloatArray:
    """(n,) the numbers below a title, one a line."""
    values = []
    started = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not started:
            started = True
            continue
        value = number_of(line.strip())
        if value is None:
            raise InputError(f"{member.where}: line {number} ({line.strip()[:30]!r}) is no number; get the file again")
        values.append(value)
    return np.array(values, np.float64)


def _read_usgs_06(lines: list[str], member: Member) -> MeasuredSpectrum:
    """splib05 and 06: a heading, a rule of dashes, the title, its history; wavelength in µm, reflectance and deviation."""
    rule = next((number for number, line in enumerate(lines) if re.fullmatch(r"\s*-{10,}\s*", line)), 0)
    below = [line.strip() for line in lines[rule + 1 :] if line.strip()]
    title = below[0] if below else member.stem
    nm, values = _columns(lines[rule + 2 :], member, "microns")
    return MeasuredSpectrum(
        " ".join(title.split()), _subject(title)[0], f"{_USGS_06}, {' '.join(title.split())}", member.where, nm, values
    )


def _read_ecostress(lines: list[str], member: Member) -> MeasuredSpectrum:
    """ECOSTRESS and ASTER: lines of ``Key: value``, then wavelength and reflectance, often in percent."""
    fields = _fields(lines)
    y, x = fields.get("y units", ""), fields.get("x units", "")
    if y and "reflectance" not in y.lower():
        raise InputError(f"{member.where}: holds {y!r}, no reflectances; give a file of reflectances")
    start = next((number for number, line in enumerate(lines) if _pair(line) is not None), len(lines))
    unit = re.search(r"\(([^)]*)\)", x)
    nm, values = _columns(lines[start:], member, _unit(x if unit is None else unit[1]))
    said = fields.get("number of x values", "")
    if said.isdecimal() and int(said) != values.size:
        raise InputError(f"{member.where}: has {values.size} lines of numbers, but says that they are {said}; get the file again")
    name = " ".join(fields.get("name", "").split()) or member.stem
    sample = fields.get("sample no.", "")
    source = f"ECOSTRESS, {name}" + (f", sample {sample}" if sample else "") + f", {member.name}"
    percent = "percent" in y.lower() or "%" in y
    return MeasuredSpectrum(name, name, source, member.where, nm, values / 100 if percent else values)


def _unit(said: str) -> str:
    """The unit in the words of ``X Units``; what is none of length stays, so that it is refused."""
    word = said.strip().lower()
    return word if word in UNITS_NM else re.sub(r"^wavelength\s+", "", word)


def _read_relab_counted(lines: list[str], member: Member) -> MeasuredSpectrum:
    """RELAB's .asc: how many lines follow; wavelength, reflectance and often deviation; then the names of file and sample."""
    start = next(number for number, line in enumerate(lines) if line.strip())
    count = int(lines[start])
    body = lines[start + 1 : start + 1 + count]
    wrong = next((number for number, line in enumerate(body) if _pair(line) is None), len(body))
    more = start + 1 + count < len(lines) and _pair(lines[start + 1 + count]) is not None
    if wrong < count or more:
        raise InputError(
            f"{member.where}: says that {count} lines of numbers follow, but {'more' if more else wrong} do; get the file again"
        )
    nm, values = _columns(body, member, "")
    words = [" ".join(line.split()) for line in lines[start + 1 + count :] if line.strip()]
    name = " ".join(words[1:2]) or member.stem
    source = "RELAB, " + ", ".join(dict.fromkeys([member.stem, *words[:3]]))
    return MeasuredSpectrum(name, name, source, member.where, nm, values)


def _read_relab_table(lines: list[str], member: Member, label: Member) -> MeasuredSpectrum:
    """RELAB in PDS4: wavelength, reflectance and deviation; the label (.xml) names the specimen."""
    text = label.read().decode("utf-8", "replace")
    found = {key: re.search(rf"<speclib:{key}>\s*([^<]*?)\s*</", text) for key in ("specimen_name", "specimen_id")}
    named = {key: " ".join(match.group(1).split()) for key, match in found.items() if match is not None}
    start = next((number for number, line in enumerate(lines) if _pair(line) is not None), len(lines))
    nm, values = _columns(lines[start:], member, "")
    name = named.get("specimen_name") or member.stem
    sample = named.get("specimen_id", "")
    return MeasuredSpectrum(name, name, ", ".join(filter(None, ["RELAB", name, sample, member.stem])), member.where, nm, values)


def _fields(lines: list[str]) -> dict[str, str]:
    """Keys in small letters and values of lines ``Key: value`` before the first numbers."""
    found: dict[str, str] = {}
    for line in lines:
        if _pair(line) is not None:
            break
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip().lower(), value.strip())
    return found


def _pair(line: str) -> Optional[tuple[float, float]]:
    """The first two numbers of a line that begins with two; None for other lines."""
    cells = cells_of(line)
    if len(cells) < 2:
        return None
    one, other = number_of(cells[0]), number_of(cells[1])
    return None if one is None or other is None else (one, other)


def _columns(lines: list[str], member: Member, unit: str) -> tuple[FloatArray, FloatArray]:
    """Wavelengths in nm and values: the first two columns."""
    pairs = []
    for line in lines:
        pair = _pair(line)
        if pair is not None:
            pairs.append(pair)
        elif line.strip() and pairs:
            raise InputError(f"{member.where}: the line {line.strip()[:30]!r} is not two numbers; get the file again")
    if len(pairs) < 2:
        raise InputError(f"{member.where}: has no lines of numbers; give a file of wavelengths and reflectances")
    table = np.array(pairs, np.float64)
    return in_nanometres(table[:, 0], unit, member.where)[0], table[:, 1]

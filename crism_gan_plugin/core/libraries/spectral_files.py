"""Spectra of others, from files of any format that is known: a file, a folder or an archive (zip)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from ..errors import InputError
from ..files.names import PathLike
from ..products.kinds import refuse_other_kind
from ..rasters import envi
from .exemplars import ExemplarLibrary
from .importers import read_envi_spectra
from .laboratories import is_bookkeeping, reader_of, title_of
from .measured import MeasuredSpectrum
from .mica import is_type_spectrum, read_type_spectrum
from .spectral_folder import Member, SpectralFolder, open_folder
from .text_tables import decoded, parse_table

#: What is read, in words.
FORMATS = (
    "the MICA volume, an ENVI spectral library (.sli with .hdr), text of USGS, ECOSTRESS or RELAB, or text in columns (CSV); a "
    "file, or a folder or zip of such files"
)

#: Endings of text with spectra, in folders and archives.
_TEXT = (".txt", ".tab", ".csv", ".asc", ".dat")

#: Files that describe others, by their beginnings and ends.
_DESCRIBING = (".ancillary.txt", ".lbl", ".hdr", ".xml", ".fmt", ".cat")
_INDEX = ("index", "readme", "aareadme", "errata", "checksum", "manifest", "license")


@dataclass(frozen=True)
class SpectraRead:
    """What was read.

    Attributes
    ----------
    spectra
        In the order of the files; no two have one name.
    left_out
        What holds no spectrum, such as lists of wavelengths: a line each, with its file.
    unreadable
        Files of a folder or archive that cannot be read: a line each, with the reason.
    """

    spectra: tuple[MeasuredSpectrum, ...]
    left_out: tuple[str, ...]
    unreadable: tuple[str, ...]


def read_spectra(path: PathLike, known: ExemplarLibrary) -> SpectraRead:
    """Read all spectra of a file, folder or archive.

    Parameters
    ----------
    known
        The library whose classes give the phases of MICA their names.

    Raises
    ------
    InputError
        If a file that is given alone cannot be read, or nothing is of a known format, in one line that names it.
    """
    spectra: list[MeasuredSpectrum] = []
    left_out: list[str] = []
    unreadable: list[str] = []
    with open_folder(path) as folder:
        partners = {_partner(member) for member in folder.members}
        types_only = folder.whole and any(map(is_type_spectrum, folder.members))
        for member in folder.members:
            if folder.whole and _describes(member):
                continue
            try:
                reason = _no_spectrum(member, partners, types_only) if folder.whole else ""
                found, more = ([], [f"{member.where}: {reason}"]) if reason else _read(member, folder, known)
            except InputError as error:
                if not folder.whole:
                    raise
                unreadable.append(str(error))
                continue
            spectra += found
            left_out += more
    if not spectra:
        first = f" (the first of {len(unreadable)} faults: {unreadable[0]})" if unreadable else ""
        raise InputError(f"{path}: holds no spectrum that is read; give {FORMATS}{first}")
    return SpectraRead(tuple(_with_own_names(spectra)), tuple(left_out), tuple(unreadable))


def _partner(member: Member) -> Optional[str]:
    """The data file of an ENVI header, as text; None for other files."""
    if member.disk is None or not envi.is_header(member.disk):
        return None
    data = _library_of(member)
    return None if data is None or data.disk is None else str(data.disk)


def _library_of(member: Member) -> Optional[Member]:
    """The file of spectra that an ENVI header belongs to."""
    assert member.disk is not None
    for name in (f"{member.stem}.sli", member.stem):
        file = member.disk.with_name(name)
        if file.is_file():
            return replace(member, where=str(file), name=file.name, disk=file)
    return None


def _describes(member: Member) -> bool:
    """Whether a file of a folder is a label, a header or a list of the others."""
    name = member.name.lower()
    return name.endswith(_DESCRIBING) or name.startswith(_INDEX)


def _no_spectrum(member: Member, partners: set[Optional[str]], types_only: bool) -> str:
    """Why a file of a folder or archive is passed over; empty if it is to be read."""
    if types_only and not is_type_spectrum(member):
        return "is no type spectrum"
    if str(member.disk) in partners:
        return ""
    if member.ending == ".sli":
        return "" if member.disk is not None else "ENVI libraries are not read in archives; unpack it"
    if member.ending not in _TEXT:
        return "is no file of spectra, by its ending"
    title = title_of(member.read()[:2000].decode("latin-1").splitlines())
    return f"is {title!r}, no spectrum" if title is not None and is_bookkeeping(title) else ""


def _read(member: Member, folder: SpectralFolder, known: ExemplarLibrary) -> tuple[list[MeasuredSpectrum], list[str]]:
    """The spectra of one file, and what it holds besides."""
    if member.disk is not None and (envi.is_header(member.disk) or envi.header_of(member.disk) is not None):
        data = _library_of(member) if envi.is_header(member.disk) else member
        if data is None:
            raise InputError(
                f"{member.where}: the spectral library that this header describes ({member.stem}.sli) is not beside it"
            )
        return _read_envi(data)
    if is_type_spectrum(member):
        return read_type_spectrum(member, folder, known), []
    if member.disk is not None:
        refuse_other_kind(member.disk, "a file of spectra", f"give {FORMATS}", ("raster",))
    text = decoded(member.read(), member.where)
    lines = text.splitlines()
    reader = reader_of(lines, member, folder)
    return ([reader()], []) if reader is not None else _read_table(text, member)


def _read_envi(member: Member) -> tuple[list[MeasuredSpectrum], list[str]]:
    assert member.disk is not None
    names, wavelengths, values = read_envi_spectra(member.disk)
    spectra, left_out = [], []
    for number, (name, row) in enumerate(zip(names, values), 1):
        words = " ".join(name.split()) or f"{member.stem} {number}"
        if is_bookkeeping(words):
            left_out.append(f"{member.where}: spectrum {number} is {words!r}, no spectrum")
        else:
            spectra.append(MeasuredSpectrum(words, words, f"{member.name}, {words}", member.where, wavelengths, row))
    return spectra, left_out


def _read_table(text: str, member: Member) -> tuple[list[MeasuredSpectrum], list[str]]:
    """Text in columns."""
    table = parse_table(text, member.where)
    count = table.values.shape[1]
    spectra = []
    for number in range(count):
        name = " ".join(table.names[number].split())
        words = (name if count > 1 else member.stem) or (member.stem if count == 1 else f"{member.stem} {number + 1}")
        source = f"{member.name}, {name or f'column {number + 2}'}, wavelengths {table.unit}"
        spectra.append(MeasuredSpectrum(words, words, source, member.where, table.wavelengths_nm, table.values[:, number]))
    return spectra, [f"{member.where}: the column {name!r} holds no spectrum" for name in table.left_out]


def _with_own_names(spectra: list[MeasuredSpectrum]) -> list[MeasuredSpectrum]:
    """The spectra with a number after names that were there before, so that none is lost."""
    seen: dict[str, int] = {}
    found = []
    for each in spectra:
        name, number = each.name, 1
        while name.casefold() in seen:
            number += 1
            name = f"{each.name} ({number})"
        seen[name.casefold()] = 1
        found.append(replace(each, name=name))
    return found

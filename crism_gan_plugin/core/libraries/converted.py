"""An exemplar library made of the spectra of a file, folder or archive: a class for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..files.names import PathLike
from .editing import LONGEST_NAME, NewExemplar, add_exemplars, empty_library, plain_name, unlike
from .exemplars import ExemplarLibrary
from .measured import MeasuredSpectrum
from .minerals import mineral_of
from .spectral_files import read_spectra

#: How spectra are put in classes.
BY_NAME, BY_FILE, BY_MINERAL = "name", "file", "mineral"

#: What people are sent to.
BUILDER = "CRISM Build Exemplar Library (core exemplars in a shell)"


@dataclass(frozen=True)
class Converted:
    """Spectra on the network's grid.

    Attributes
    ----------
    exemplars
        What can be looked for.
    refused
        A line for each spectrum that cannot be, with the reason.
    """

    exemplars: tuple[NewExemplar, ...]
    refused: tuple[str, ...]


def convert(spectra: Sequence[MeasuredSpectrum], taken: Sequence[str], classes: str = BY_NAME, class_name: str = "") -> Converted:
    """Bring spectra to the network's grid and give each the name of its class.

    Parameters
    ----------
    taken
        Names of spectra that must not occur.
    classes
        ``"name"``: a class for each spectrum, called as what it shows; ``"file"``: a class for each file; ``"mineral"``: the
        mineral that the name tells, by its first word.
    class_name
        One class for all of them; empty: as ``classes`` says.
    """
    names = list(taken)
    found, refused = [], []
    for each in spectra:
        try:
            ratio, note = each.on_grid()
        except InputError as error:
            refused.append(str(error))
            continue
        name = unlike(plain_name(each.name) or "spectrum", names)
        names.append(name)
        source = f"{each.source} ({note})" if note else each.source
        chosen = plain_name(class_name or _class_of(each, classes)) or name
        found.append(NewExemplar(name, chosen[:LONGEST_NAME], ratio, source, each.on_ground))
    return Converted(tuple(found), tuple(refused))


def _class_of(each: MeasuredSpectrum, classes: str) -> str:
    if classes == BY_FILE:
        return re.split(r"[\\/]", each.file)[-1].rpartition(".")[0] or each.file
    if classes == BY_MINERAL:
        return mineral_of(each.subject) or each.subject
    return each.subject


def library_of_spectra(path: PathLike, shipped: ExemplarLibrary) -> ExemplarLibrary:
    """The library that a file, folder or archive of spectra is taken for where a library is asked for.

    Spectra that show the same, by their names, are one class.

    Raises
    ------
    InputError, ParameterError
        If one of the spectra cannot be looked for, or they are more classes than there are codes.
    """
    read = read_spectra(path, shipped)
    made = convert(read.spectra, ())
    faults = [*read.unreadable, *made.refused]
    if faults:
        count = len(made.exemplars) + len(faults)
        raise InputError(f"{faults[0]} ({len(faults)} of {count} cannot be looked for; to leave them out, use {BUILDER})")
    return add_exemplars(empty_library(), made.exemplars, shipped, str(path))

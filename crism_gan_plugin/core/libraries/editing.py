"""Changes of an exemplar library: each gives a new library. The old one stays as it was, so that whoever keeps it can undo."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Optional, Union

import numpy as np

from ..arrays import FloatArray
from ..errors import ParameterError
from ..spectra.grid import WAVELENGTHS_NM
from .bands import AbsorptionBand
from .colours import distinct_colours
from .exemplars import ExemplarLibrary, MineralClass, PixelOrigin, unknown_class

#: Codes of classes that users may have; the others are those of the plugin's own classes, and of artefacts.
USER_CODES = range(33, 97)

#: As long as a legend can show.
LONGEST_NAME = 100


@dataclass(frozen=True)
class NewExemplar:
    """A spectrum that is to be a library's.

    Attributes
    ----------
    name, source
        Of the spectrum.
    class_name
        The class that it becomes a variant of, or is the first spectrum of.
    ratio
        (240,) on the network's grid and continuum-removed.
    on_ground, origin, bands
        As in `ExemplarLibrary`.
    mineral
        What the class is like if it is made; None: as the plugin has it, or a new one.
    """

    name: str
    class_name: str
    ratio: FloatArray
    source: str = ""
    on_ground: bool = False
    origin: Optional[PixelOrigin] = None
    bands: Optional[tuple[AbsorptionBand, ...]] = None
    mineral: Optional[MineralClass] = None


def empty_library() -> ExemplarLibrary:
    """A library without spectra, to begin with."""
    return ExemplarLibrary([], np.zeros((0, WAVELENGTHS_NM.size)), [], np.zeros(0, int))


def add_exemplars(library: ExemplarLibrary, new: Sequence[NewExemplar], shipped: ExemplarLibrary, source: str) -> ExemplarLibrary:
    """The library with more spectra, which come last, in classes that it has or in new ones.

    A new class that is called as one of the plugin's gets that one's code and colour. Others get the next of the codes 33 … 96,
    and the colour that belongs to the code.

    Parameters
    ----------
    shipped
        The plugin's library.
    source
        Where the spectra come from, for messages.

    Raises
    ------
    ParameterError
        If there are more new classes than codes, or a spectrum is called as one that is there.
    """
    classes = list(library.classes)
    places = {folded(mineral.name): place for place, mineral in enumerate(classes)}
    own = {folded(mineral.name): mineral for mineral in shipped.classes}
    names = {folded(name) for name in library.names}
    index: list[int] = []
    wanted: list[Union[str, MineralClass]] = []
    for each in new:
        if folded(each.name) in names:
            raise ParameterError(f"{source}: the library has a spectrum {each.name!r} already; give this one another name")
        names.add(folded(each.name))
        key = folded(each.class_name)
        if key not in places:
            places[key] = len(classes) + len(wanted)
            wanted.append(each.mineral or own.get(key) or each.class_name)
        index.append(places[key])
    classes += _new_classes(wanted, library, shipped, source)
    return replace(
        library,
        names=[*library.names, *(each.name for each in new)],
        spectra=np.concatenate([library.spectra, *(each.ratio[np.newaxis] for each in new)]),
        classes=classes,
        class_index=np.concatenate([library.class_index, np.array(index, int)]).astype(int),
        sources=[*library.sources, *(each.source for each in new)],
        bands=[*library.bands, *(each.bands for each in new)],
        positions=np.arange(len(library.names) + len(new)),
        on_ground=np.concatenate([library.on_ground, np.array([each.on_ground for each in new], bool)]),
        origins=[*library.origins, *(each.origin for each in new)],
    )


def _new_classes(
    wanted: Sequence[Union[str, MineralClass]], library: ExemplarLibrary, shipped: ExemplarLibrary, source: str
) -> list[MineralClass]:
    """Classes with codes that are not used yet.

    Parameters
    ----------
    wanted
        The plugin's own classes, or names of new ones.
    """
    used = {mineral.code for mineral in library.classes}
    own = []
    for each in wanted:
        if isinstance(each, MineralClass) and each.code not in used:
            own.append(each)
            used.add(each.code)
    highest = max((code for code in used if code in USER_CODES), default=USER_CODES[0] - 1)
    free = [code for code in USER_CODES if code > highest] + [code for code in USER_CODES if code < highest and code not in used]
    count = len(wanted) - len(own)
    if count > len(free):
        raise ParameterError(
            f"{source}: has {count} classes that are new, but {len(free)} codes are free for them ({USER_CODES[0]} to "
            f"{USER_CODES[-1]}); choose some of the spectra, or put several in a class (CRISM Build Exemplar Library, or core "
            "exemplars with --only or --classes)"
        )
    codes = iter(free)
    found = []
    for each in wanted:
        if isinstance(each, MineralClass) and each in own:
            found.append(each)
        else:
            code = next(codes)
            found.append(MineralClass(code, each if isinstance(each, str) else each.name, user_colour(code, shipped)))
    return found


def user_colour(code: int, shipped: ExemplarLibrary) -> tuple[int, int, int]:
    """The colour that a class of a user begins with; the same code has the same colour in all libraries."""
    return _user_colours(tuple(mineral.rgb for mineral in shipped.classes))[code - USER_CODES[0]]


@lru_cache(4)
def _user_colours(taken: tuple[tuple[int, int, int], ...]) -> list[tuple[int, int, int]]:
    return distinct_colours(taken, len(USER_CODES))


def rename_class(library: ExemplarLibrary, name: str, new_name: str) -> ExemplarLibrary:
    """The library with a class called otherwise; its code stays. `ParameterError` if the name is taken, or none."""
    place, new_name = place_of(library, name), plain_name(new_name)
    if not new_name:
        raise ParameterError("class: the new name is empty; give one")
    if any(folded(other) == folded(new_name) for k, other in enumerate(library.class_names) if k != place):
        raise ParameterError(f"class: the library has a class {new_name!r} already; give another name")
    return _with_class(library, place, name=new_name)


def recolour_class(library: ExemplarLibrary, name: str, rgb: tuple[int, int, int]) -> ExemplarLibrary:
    """The library with another colour for a class; three whole numbers 0 … 255, or `ParameterError`."""
    try:
        return _with_class(library, place_of(library, name), rgb=(int(rgb[0]), int(rgb[1]), int(rgb[2])))
    except (ValueError, TypeError, IndexError) as error:
        raise ParameterError(f"class {name!r}: {error}; give a colour as three whole numbers 0…255") from error


def switch_class(library: ExemplarLibrary, name: str, on: bool) -> ExemplarLibrary:
    """The library with a class that is looked for by default, or is not."""
    return _with_class(library, place_of(library, name), default_on=bool(on))


def doubt_class(library: ExemplarLibrary, name: str, low_confidence: bool) -> ExemplarLibrary:
    """The library with a class that needs the higher scores of those that are easily mistaken, or does not."""
    return _with_class(library, place_of(library, name), low_confidence=bool(low_confidence))


def remove_class(library: ExemplarLibrary, name: str) -> ExemplarLibrary:
    """The library without a class and its spectra."""
    place = place_of(library, name)
    return _of_rows(library, np.flatnonzero(library.class_index != place).tolist())


def remove_exemplar(library: ExemplarLibrary, name: str) -> ExemplarLibrary:
    """The library without a spectrum; without its class, too, if it was the last one."""
    row = row_of(library, name)
    return _of_rows(library, [other for other in range(len(library.names)) if other != row])


def move_exemplar(library: ExemplarLibrary, name: str, class_name: str) -> ExemplarLibrary:
    """The library with a spectrum that is a variant of another of its classes; a class that loses its last spectrum goes."""
    index = library.class_index.copy()
    index[row_of(library, name)] = place_of(library, class_name)
    return _of_rows(replace(library, class_index=index), range(len(library.names)))


def place_of(library: ExemplarLibrary, name: str) -> int:
    """The place of a class; `ParameterError` with the likely names if there is none."""
    places = {folded(each): place for place, each in enumerate(library.class_names)}
    if folded(name) not in places:
        raise ParameterError(f"class: {unknown_class(name, library.class_names)}")
    return places[folded(name)]


def row_of(library: ExemplarLibrary, name: str) -> int:
    """The row of a spectrum, or `ParameterError`."""
    rows = {folded(each): row for row, each in enumerate(library.names)}
    if folded(name) not in rows:
        raise ParameterError(f"spectrum: the library has none called {name!r}; choose one of its own")
    return rows[folded(name)]


def _with_class(library: ExemplarLibrary, place: int, **changes: Any) -> ExemplarLibrary:
    classes = list(library.classes)
    classes[place] = replace(classes[place], **changes)
    return replace(library, classes=classes)


def _of_rows(library: ExemplarLibrary, rows: Sequence[int]) -> ExemplarLibrary:
    """A whole library of some spectra, with the classes that they have."""
    index = library.class_index[list(rows)].astype(int)
    kept = np.unique(index)
    return replace(
        library,
        names=[library.names[row] for row in rows],
        spectra=library.spectra[list(rows)],
        classes=[library.classes[place] for place in kept],
        class_index=np.searchsorted(kept, index),
        sources=[library.sources[row] for row in rows],
        bands=[library.bands[row] for row in rows],
        positions=np.arange(len(rows)),
        on_ground=library.on_ground[list(rows)],
        origins=[library.origins[row] for row in rows],
    )


def folded(name: str) -> str:
    """A name without the differences that a reader would not see."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def plain_name(text: str) -> str:
    """A name as legends, tables and lists of classes can hold it: one line, without commas, which part names; not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    words = " ".join(printable.replace(",", " ").split())
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1].rstrip() + "…"


def unlike(name: str, taken: Iterable[str]) -> str:
    """A name, with a number after it if it is taken."""
    known = {folded(each) for each in taken}
    if folded(name) not in known:
        return name
    stem, number = name[: LONGEST_NAME - 8], 2
    while folded(f"{stem} ({number})") in known:
        number += 1
    return f"{stem} ({number})"

"""Makes one legend for many maps. Classes of one name are the same class, whatever library each map was made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import IntArray
from ..errors import InputError
from ..libraries.colours import TINT
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import CODES, MineralClass
from ..mapping.legend import BESIDES, LegendEntry, entries_of
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from .maps import MineralMap

#: Stands in a table of codes for a code that the map's class table does not name.
UNNAMED = 254


@dataclass(frozen=True)
class Legend:
    """The classes of a composite.

    Attributes
    ----------
    classes
        The classes in the order of their codes.
    notes
        Which codes were changed, in words.
    besides
        Codes of what the composite shows that is no mineral.
    """

    classes: tuple[MineralClass, ...]
    notes: tuple[str, ...]
    besides: tuple[int, ...] = ()

    def code_of(self, name: str) -> Optional[int]:
        """The code of the class of this name; None if there is none."""
        return next((mineral.code for mineral in self.classes if _key(mineral.name) == _key(name)), None)

    def entries(self, occurring: Sequence[int]) -> list[LegendEntry]:
        """The legend's lines for these codes."""
        more = [entry for entry in BESIDES if entry.value in self.besides and entry.value in occurring]
        return [*entries_of(self.classes, occurring), *more]

    def translation(self, each: MineralMap) -> IntArray:
        """The composite's code for each code of a map, (256,) uint8; `UNNAMED` for codes that the map's table lacks."""
        codes = {_key(mineral.name): mineral.code for mineral in self.classes}
        table = np.full(256, UNNAMED, np.uint8)
        table[[0, NO_DATA]] = 0, NO_DATA
        for code in each.besides:
            table[code] = code if code in self.besides else 0
        for row in each.table:
            code = codes[_key(row.name)]
            table[row.value % GUESS_OFFSET], table[row.value % GUESS_OFFSET + GUESS_OFFSET] = code, code + GUESS_OFFSET
        return table


def merge_legends(maps: Sequence[MineralMap], with_besides: bool = False) -> Legend:
    """Make one legend, which does not depend on the order of the maps.

    A code may mean different classes in different maps. It stays with the class that has it in the plugin's library, else with the
    first class by alphabet. The other classes get free codes, first from those for users (33 … 96).

    Parameters
    ----------
    with_besides
        Whether what is no mineral has entries, too. It has its codes in any case; a class that has one of them gets another.

    Raises
    ------
    InputError
        If one name has two codes, or there are more than 99 classes.
    """
    seen = _collect(maps)
    besides = tuple(entry.value for entry in BESIDES if with_besides and any(entry.value in each.besides for each in maps))
    room = len(CODES) - len(besides)
    if len(seen) > room:
        raise InputError(f"the maps have {len(seen)} different classes, and a class raster has room for {room}; leave some out")
    shipped = {_key(mineral.name): mineral.code for mineral in load_exemplars().classes}
    ranked = sorted(seen, key=lambda name: (shipped.get(name) != seen[name].code, name))
    taken = set(besides)
    homeless = []
    for name in ranked:
        if seen[name].code in taken:
            homeless.append(name)
        else:
            taken.add(seen[name].code)
    reserved = {*shipped.values(), *(entry.value for entry in BESIDES)}
    free = iter(sorted((code for code in CODES if code not in taken), key=lambda code: (code in reserved, code)))
    classes, notes = {name: seen[name] for name in seen if name not in homeless}, []
    for name in homeless:
        old = seen[name]
        classes[name] = MineralClass(next(free), old.name, old.rgb)
        other = "what is no mineral" if old.code in besides else "another class"
        notes.append(f"{old.name}: code {old.code} is also that of {other}; it is {classes[name].code} in the composite")
    return Legend(tuple(sorted(classes.values(), key=lambda mineral: mineral.code)), tuple(notes), besides)


def _collect(maps: Sequence[MineralMap]) -> dict[str, MineralClass]:
    """Every class by its name, in the colour of the first map that identifies it, or else of the first that guesses it."""
    found: dict[str, MineralClass] = {}
    home: dict[str, MineralMap] = {}
    levels: dict[str, str] = {}
    for each in maps:
        for row in each.table:
            name, code = _key(row.name), row.value % GUESS_OFFSET
            if name in found and found[name].code != code:
                raise InputError(
                    f"{each.path}: class '{row.name}' has code {code} there and {found[name].code} in {home[name].path}; "
                    "map these images again with one library"
                )
            if name not in found or (levels[name], row.level) == ("guess", "identification"):
                rgb = row.rgb if row.level == "identification" else _strong(row.rgb)
                found[name], home[name], levels[name] = MineralClass(code, row.name.strip(), rgb), each, row.level
    return found


def _strong(tint: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour whose `guess_tint` this is."""
    red, green, blue = (max(0, round((channel - TINT * 255) / (1 - TINT))) for channel in tint)
    return red, green, blue


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()

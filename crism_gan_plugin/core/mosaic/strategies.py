"""The rules that say which map shows where several cover one pixel, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ..errors import ParameterError
from ..options import composite
from .maps import MineralMap


@dataclass(frozen=True)
class Strategy:
    """An overlap rule.

    Attributes
    ----------
    summary
        What it does, for a log.
    key
        A function of a map's place in the list and the map. It returns what the maps are sorted by. Of two maps that are equal
        otherwise, the one that sorts first shows.
    by_evidence
        Whether the better level shows, then the higher similarity. If not, the first map that has data in the pixel shows, even if
        it found nothing there.
    by_probability
        Whether, by evidence, the level does not count, and probability does before similarity.
    """

    summary: str
    key: Callable[[int, MineralMap], Any]
    by_evidence: bool = False
    by_probability: bool = False


def _finest(_: int, each: MineralMap) -> Any:
    return each.pixel_metres, *name_key(each)


#: The key of each rule, and whether it goes by evidence, and by probability. The help of the option says what each rule does.
_RULES: dict[str, tuple[Callable[[int, MineralMap], Any], bool, bool]] = {
    "best evidence": (_finest, True, False),
    "first": (lambda place, _: place, False, False),
    "last": (lambda place, _: -place, False, False),
    "finest": (_finest, False, False),
    "most detections": (lambda _, each: (-each.detected_m2, *name_key(each)), False, False),
    "most probable": (_finest, True, True),
}

STRATEGIES = {name: Strategy(composite.STRATEGIES[name].rstrip("."), *rule) for name, rule in _RULES.items()}


def name_key(each: MineralMap) -> tuple[str, str]:
    """What orders maps when nothing else does: the file's name, then its folder."""
    return each.path.name, str(each.path.resolve())


def find_strategy(name: str) -> Strategy:
    """The rule of a name, in which ``_`` and ``-`` count as spaces. Raises `ParameterError` if there is none."""
    wanted = name.strip().casefold().replace("_", " ").replace("-", " ")
    if wanted not in STRATEGIES:
        raise ParameterError(f"strategy: '{name}' is not one of: {', '.join(STRATEGIES)}")
    return STRATEGIES[wanted]


def order(maps: Sequence[MineralMap], strategy: Strategy, given: Sequence[int]) -> list[int]:
    """The numbers of the maps, first the one that shows first. ``given`` has the place of each map in the user's list."""
    return sorted(range(len(maps)), key=lambda number: strategy.key(given[number], maps[number]))

"""Which map shows where several cover one pixel: small named rules in one table."""

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
        Place in the list of maps, and the map → what the maps are sorted by. Of two that are equal otherwise, the one that sorts
        first shows.
    by_evidence
        Whether the better level shows, then the higher similarity. Otherwise the first map that has data there shows, even if it
        found nothing.
    """

    summary: str
    key: Callable[[int, MineralMap], Any]
    by_evidence: bool = False


def _finest(_: int, each: MineralMap) -> Any:
    return each.pixel_metres, *name_key(each)


#: The key of each, and whether it goes by evidence; what they are for stands with the option.
_RULES: dict[str, tuple[Callable[[int, MineralMap], Any], bool]] = {
    "best evidence": (_finest, True),
    "first": (lambda place, _: place, False),
    "last": (lambda place, _: -place, False),
    "finest": (_finest, False),
    "most detections": (lambda _, each: (-each.detected_m2, *name_key(each)), False),
}

STRATEGIES = {name: Strategy(composite.STRATEGIES[name].rstrip("."), *rule) for name, rule in _RULES.items()}


def name_key(each: MineralMap) -> tuple[str, str]:
    """What orders maps when nothing else does: the file's name, then its folder."""
    return each.path.name, str(each.path.resolve())


def find_strategy(name: str) -> Strategy:
    """By its name, in which ``_`` and ``-`` count as spaces; `ParameterError` if there is none."""
    wanted = name.strip().casefold().replace("_", " ").replace("-", " ")
    if wanted not in STRATEGIES:
        raise ParameterError(f"strategy: '{name}' is not one of: {', '.join(STRATEGIES)}")
    return STRATEGIES[wanted]


def order(maps: Sequence[MineralMap], strategy: Strategy, given: Sequence[int]) -> list[int]:
    """Numbers of the maps, the one that shows first at the front; ``given`` is each one's place in the user's list."""
    return sorted(range(len(maps)), key=lambda number: strategy.key(given[number], maps[number]))

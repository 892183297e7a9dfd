"""Which map shows where several cover one pixel: small named rules in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ..errors import ParameterError
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


STRATEGIES = {
    "best evidence": Strategy("identification before guess before nothing, then similarity, then the finer pixel", _finest, True),
    "first": Strategy("the map that comes first in the list", lambda place, _: place),
    "last": Strategy("the map that comes last in the list", lambda place, _: -place),
    "finest": Strategy("the map with the finest pixels", _finest),
    "most detections": Strategy("the map that found minerals on most ground", lambda _, each: (-each.detected_m2, *name_key(each))),
}


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

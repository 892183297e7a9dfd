"""Fields of the methods' parameters that say which values make sense."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import Field, field
from math import inf, isfinite
from numbers import Real
from typing import Any


def limited(default: Any, least: float, most: float = inf, apart: float = 0) -> Any:
    """Numbers from ``least`` to ``most``; of two that are a range, the second is more than ``apart`` above the first."""
    return field(default=default, metadata={"least": least, "most": most, "apart": apart})


def one_of(default: str, words: Iterable[str]) -> Any:
    """One of some words."""
    return field(default=default, metadata={"words": tuple(words)})


def what_is_wrong(about: Field[Any], value: Any) -> str:
    """What the value of a field must be, in words; empty if it is right."""
    words = about.metadata.get("words")
    if words is not None:
        return "" if value in words else f"one of {', '.join(words)}"
    least, most, apart = (about.metadata[key] for key in ("least", "most", "apart"))
    if not all(least <= number <= most and isfinite(number) for number in _numbers(value)):
        return f"from {least:g} to {most:g}" if most < inf else f"{least:g} or more"
    is_range = isinstance(value, tuple) and all(isinstance(number, Real) for number in value)
    if is_range and not value[1] - value[0] > apart:
        return f"two numbers, the second more than {apart:g} above the first"
    return ""


def _numbers(value: Any) -> list[float]:
    if isinstance(value, Collection):
        return [number for each in value for number in _numbers(each)]
    return [value]

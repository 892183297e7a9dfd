"""Thresholds of single classes as a person writes them, in a shell or a dialog."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ParameterError


def parse_class_thresholds(items: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read items ``NAME=GUESS,IDENTIFICATION`` into {name: (guess, identification)}. Anything else raises `ParameterError`."""
    thresholds = {}
    for item in items:
        name, _, numbers = item.rpartition("=")
        try:
            guess, identification = (float(number) for number in numbers.split(","))
            if not name.strip():
                raise ValueError("no name")
        except ValueError as error:
            raise ParameterError(
                f"class threshold '{item}': must be NAME=GUESS,IDENTIFICATION, such as kaolinite=0.8,0.93"
            ) from error
        thresholds[name.strip()] = (guess, identification)
    return thresholds

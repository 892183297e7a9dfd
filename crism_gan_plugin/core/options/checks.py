"""Refuses values that a parameter cannot have, in one line that says what it must be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from numbers import Integral, Real
from os import PathLike
from typing import Any

from ..errors import ParameterError
from .parameter import Parameter, ValueKind

_PATHS = {ValueKind.FILE, ValueKind.IMAGE, ValueKind.OUTPUT, ValueKind.POLYGONS, ValueKind.PAGE, ValueKind.FOLDER}

_LISTS = {
    ValueKind.FILES: "files",
    ValueKind.IMAGES: "files",
    ValueKind.NAMES: "names",
    ValueKind.SETTINGS: "texts",
    ValueKind.CHOICES: "names",
    ValueKind.SIZES: "numbers",
}

_NUMBERS = {ValueKind.RANGE: "two", ValueKind.EXTENT: "four", ValueKind.POINT: "two"}


def check_value(parameter: Parameter, value: Any) -> None:
    """Raise `ParameterError` for a value of another kind, for a word that is no choice, and for a number out of range."""
    if value is None and (parameter.default in (None, ()) or parameter.kind is ValueKind.OUTPUT):
        return
    wanted = _wanted(parameter, value)
    if wanted:
        raise ParameterError(f"{parameter.name} {value!r}: must be {wanted}")
    if parameter.kind in (ValueKind.NUMBER, ValueKind.WHOLE_NUMBER) and not parameter.checked_by_stage:
        _check_range(parameter, value)


def _wanted(parameter: Parameter, value: Any) -> str:
    """What the value must be, in words. The text is empty if the value is right."""
    kind, is_path = parameter.kind, isinstance(value, (str, PathLike))
    if kind in _LISTS and (is_path or not isinstance(value, Collection)):
        return f"a list of {_LISTS[kind]}" + (f", such as [{str(value)!r}]" if is_path else "")
    if kind in _PATHS and not is_path:
        return f"the path of a {'folder' if kind is ValueKind.FOLDER else 'file'}"
    if kind is ValueKind.CRS and not isinstance(value, str):
        return "a text such as 'IAU_2015:49910'"
    if kind is ValueKind.TEXT and not (isinstance(value, str) and value.strip()):
        return "a text"
    if kind is ValueKind.CHOICE and not (isinstance(value, str) and (parameter.checked_by_stage or value in parameter.choices)):
        return f"one of {', '.join(parameter.choices)}"
    if kind is ValueKind.CHOICES and not set(value) <= set(parameter.choices):
        return f"names out of {', '.join(parameter.choices)}"
    if kind is ValueKind.FLAG and value not in (True, False):
        return "True or False"
    if kind is ValueKind.THRESHOLDS and not isinstance(value, Mapping):
        return "names with their pairs of numbers, such as {'kaolinite': (0.8, 0.93)}"
    if kind is ValueKind.WHOLE_NUMBER and not (isinstance(value, Integral) and not isinstance(value, bool)):
        return "a whole number"
    if kind is ValueKind.NUMBER and not _is_number(value):
        return "a number"
    if kind in _NUMBERS and not _are_numbers(value, 4 if kind is ValueKind.EXTENT else 2):
        return f"{_NUMBERS[kind]} numbers"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _are_numbers(value: Any, count: int) -> bool:
    return isinstance(value, Collection) and len(value) == count and all(map(_is_number, value))


def _check_range(parameter: Parameter, value: Any) -> None:
    least, most = parameter.least, parameter.most
    if (least is None or value >= least) and (most is None or value <= most):
        return
    limits = f"from {least:g} to {most:g}" if least is not None and most is not None else f"{least:g} or more"
    raise ParameterError(f"{parameter.name}: must be {limits}, not {value:g}")

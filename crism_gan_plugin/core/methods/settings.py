"""Parameters of the methods, chosen by texts ``METHOD.NAME=VALUE``.

The class of a method's parameters says all of them: names, types, defaults and limits are its fields, meanings and sources its
docstring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from inspect import cleandoc
from typing import Any, Callable, NamedTuple, get_type_hints

from ..errors import ParameterError
from .limits import what_is_wrong
from .table import METHODS, Method


class MethodParameter(NamedTuple):
    """A parameter of a method: ``default`` as one writes it, ``said`` what it means and where the default is from."""

    method: str
    name: str
    default: str
    said: str


def chosen_parameters(texts: Sequence[str], methods: Sequence[Method]) -> Mapping[str, Any]:
    """The parameters of each method by its key: those that the texts choose, and the published ones else.

    Raises
    ------
    ParameterError
        For a text of another form, a method that is none of these, a name that it does not have, and what is no value of it.

    Examples
    --------
    >>> from crism_gan_plugin.core.methods.settings import chosen_parameters
    >>> from crism_gan_plugin.core.methods.table import METHODS
    >>> chosen_parameters(["smacc.endmembers=30"], [METHODS["smacc"]])["smacc"].endmembers
    30
    """
    found = {method.key: method.defaults() for method in methods}
    seen = set()
    for text in texts:
        place, is_one, written = str(text).partition("=")
        key, has_name, name = (part.strip() for part in place.partition("."))
        if not (is_one and has_name and name):
            raise ParameterError(f"method_parameters '{text}': must be METHOD.NAME=VALUE, such as smacc.endmembers=30")
        if key not in METHODS:
            raise ParameterError(f"method_parameters '{text}': there is no method {key}; there are {', '.join(METHODS)}")
        if key not in found:
            raise ParameterError(f"method_parameters '{text}': the method {key} is not among those that are run")
        if (key, name) in seen:
            raise ParameterError(f"method_parameters '{text}': {key}.{name} is given twice")
        seen.add((key, name))
        found[key] = _with(found[key], str(text), key, name, written.strip())
    return found


def settings() -> Iterator[MethodParameter]:
    """All parameters of all methods."""
    for key, method in METHODS.items():
        defaults = method.defaults()
        said = dict(_said(type(defaults).__doc__ or ""))
        for each in fields(defaults):
            yield MethodParameter(key, each.name, _written(getattr(defaults, each.name)), said[each.name])


def _with(parameters: Any, text: str, key: str, name: str, written: str) -> Any:
    """The same parameters with one that is read from its text."""
    about = next((each for each in fields(parameters) if each.name == name), None)
    if about is None:
        names = ", ".join(each.name for each in fields(parameters))
        raise ParameterError(f"method_parameters '{text}': {key} has no parameter {name}; it has {names}")
    read, kind = _KINDS[str(get_type_hints(type(parameters))[name])]
    try:
        value = read(written)
    except ValueError as error:
        raise ParameterError(f"method_parameters '{text}': {key}.{name} must be {kind}") from error
    wrong = what_is_wrong(about, value)
    if wrong:
        raise ParameterError(f"method_parameters '{text}': {key}.{name} must be {wrong}")
    return replace(parameters, **{name: value})


def _two(text: str) -> tuple[float, float]:
    low, high = (float(number) for number in text.split(","))
    return low, high


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    pairs = []
    for size in text.split(","):
        height, width = (int(number) for number in size.split("x"))
        pairs.append((height, width))
    return tuple(pairs)


#: By the type of a field: how its text is read, and what it must be, in words.
_KINDS: dict[str, tuple[Callable[[str], Any], str]] = {
    str(float): (float, "a number"),
    str(int): (int, "a whole number"),
    str(str): (str, "a word"),
    str(tuple[float, float]): (_two, "two numbers, such as 1067,2600"),
    str(tuple[tuple[int, int], ...]): (_sizes, "sizes, such as 6x8,8x6"),
}


def _written(value: Any) -> str:
    """The text that is read as this value."""
    if isinstance(value, tuple):
        return ",".join("x".join(map(str, each)) if isinstance(each, tuple) else f"{each:g}" for each in value)
    return value if isinstance(value, str) else f"{value:g}"


def _said(docstring: str) -> Iterator[tuple[str, str]]:
    """Names and texts of the attributes of a NumPy docstring; several names may share a text."""
    attributes = cleandoc(docstring).partition("----------\n")[2]  # from Python 3.13 on it has no margin anyway
    for names, text in re.findall(r"^(\S.*)\n((?: {4}.*(?:\n|$))+)", attributes, re.MULTILINE):
        for name in names.split(","):
            yield name.strip(), " ".join(text.split())

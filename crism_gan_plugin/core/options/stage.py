"""What is said of all parameters of a stage: a class of options, whose fields they are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from .checks import check_value
from .parameter import Parameter

_KEY = "parameter"


def described(default: Any, parameter: Parameter) -> Any:
    """The field of a class of options: its default, and what is said of it."""
    return field(default=default, metadata={_KEY: parameter})


def parameters_of(options: type) -> tuple[Parameter, ...]:
    """What is said of each field of a class of options, in their order."""
    found = []
    for each in fields(options):
        said = each.metadata[_KEY]
        names = {"id": said.id or each.name.upper(), "word": said.word or each.name.replace("_", "-")}
        found.append(replace(said, name=each.name, default=each.default, **names))
    return tuple(found)


def parameter_of(options: type, name: str) -> Parameter:
    """What is said of one field."""
    return next(parameter for parameter in parameters_of(options) if parameter.name == name)


@dataclass(frozen=True)
class Options:
    """The parameters of a stage. What makes no sense by itself cannot be made: it is a `ParameterError`."""

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)):
            value = getattr(self, parameter.name)
            check_value(parameter, value)
            if value is None and parameter.default == ():
                object.__setattr__(self, parameter.name, ())

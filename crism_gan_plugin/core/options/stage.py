"""The base of the classes of options. Each stage has one, and its fields are the parameters of the stage."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from .checks import check_value
from .parameter import Parameter

_KEY = "parameter"


def described(default: Any, parameter: Parameter) -> Any:
    """A field of a class of options, with its default and its description."""
    return field(default=default, metadata={_KEY: parameter})


def parameters_of(options: type) -> tuple[Parameter, ...]:
    """The descriptions of the fields of a class of options, in their order."""
    found = []
    for each in fields(options):
        said = each.metadata[_KEY]
        names = {"id": said.id or each.name.upper(), "word": said.word or each.name.replace("_", "-")}
        found.append(replace(said, name=each.name, default=each.default, **names))
    return tuple(found)


def parameter_of(options: type, name: str) -> Parameter:
    """The description of one field."""
    return next(parameter for parameter in parameters_of(options) if parameter.name == name)


@dataclass(frozen=True)
class Options:
    """The parameters of a stage. A value that makes no sense by itself raises `ParameterError`."""

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)):
            value = getattr(self, parameter.name)
            check_value(parameter, value)
            if value is None and parameter.default == ():
                object.__setattr__(self, parameter.name, ())

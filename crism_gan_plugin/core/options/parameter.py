"""What is said of a parameter, and of all parameters of a stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, auto
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType
from typing import Any, Optional, Union

from ..errors import ParameterError

PathLike = Union[str, Path]

_KEY = "parameter"


class ValueKind(Enum):
    """What a parameter holds; each front end has its own way to ask for it."""

    NUMBER = auto()
    WHOLE_NUMBER = auto()
    CHOICE = auto()
    FLAG = auto()
    NAMES = auto()
    THRESHOLDS = auto()
    SIZES = auto()
    CRS = auto()
    RANGE = auto()
    EXTENT = auto()
    FILE = auto()
    FILES = auto()
    IMAGE = auto()
    IMAGES = auto()
    OUTPUT = auto()


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes
    ----------
    kind
        What it holds.
    title
        A few words: its label in a dialog.
    help
        Plain sentences, the same in ``--help``, in dialogs and in docstrings.
    in_dialogs
        Sentences that only a dialog needs.
    more
        Sentences after the choices.
    choices
        Of `ValueKind.CHOICE`: each word, and what it means.
    checked_by_stage
        Whether the stage itself checks choice or range: it takes words in other spellings, or sees numbers in their order.
    least, most
        The range of a number; None: no limit.
    file_types
        What files are offered in a dialog, such as ``JSON (*.json)``; empty: all.
    id
        Its name in Processing, which never changes; empty: the name in capitals.
    word
        Its option on the command line without the dashes; empty: the name with dashes.
    old_words
        Options that it had before, which still work.
    required
        Whether it must be given.
    advanced
        Whether a dialog shows it only when asked.
    of_one_image
        Whether it makes sense for one image only, and not for a list of them.
    shell_only
        Whether dialogs leave it out.
    name, default
        Those of the field that it describes; `parameters_of` fills them in.
    """

    kind: ValueKind
    title: str
    help: str
    in_dialogs: str = ""
    more: str = ""
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    checked_by_stage: bool = False
    least: Optional[float] = None
    most: Optional[float] = None
    file_types: str = ""
    id: str = ""
    word: str = ""
    old_words: tuple[str, ...] = ()
    required: bool = False
    advanced: bool = False
    of_one_image: bool = False
    shell_only: bool = False
    name: str = ""
    default: Any = None

    def sentences(self) -> str:
        """The help with what each choice means, as plain text."""
        choices = (f"{word}: {meaning}" for word, meaning in self.choices.items())
        return " ".join(text for text in (self.help, *choices, self.more) if text)

    def default_text(self) -> str:
        """The default as a person writes it; empty where there is none to speak of."""
        if self.kind is ValueKind.FLAG or self.default is None or self.default == ():
            return ""
        return " ".join(map(str, self.default)) if isinstance(self.default, tuple) else str(self.default)

    def check(self, value: Any) -> None:
        """`ParameterError` for what is no choice, no number, or out of range."""
        if value is None and (self.default is None or self.kind is ValueKind.OUTPUT):
            return
        if self.kind is ValueKind.CHOICE and not self.checked_by_stage and value not in tuple(self.choices):
            raise ParameterError(f"{self.name} {value!r}: must be one of {', '.join(self.choices)}")
        if self.kind in (ValueKind.NUMBER, ValueKind.WHOLE_NUMBER):
            self._check_number(value)

    def _check_number(self, value: Any) -> None:
        whole = self.kind is ValueKind.WHOLE_NUMBER
        if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
            raise ParameterError(f"{self.name} {value!r}: must be a {'whole ' if whole else ''}number")
        least, most = self.least, self.most
        if self.checked_by_stage or ((least is None or value >= least) and (most is None or value <= most)):
            return
        limits = f"from {least:g} to {most:g}" if least is not None and most is not None else f"{least:g} or more"
        raise ParameterError(f"{self.name}: must be {limits}, not {value:g}")


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
            parameter.check(getattr(self, parameter.name))

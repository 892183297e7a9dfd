"""The description of a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Optional


class ValueKind(Enum):
    """The kind of value that a parameter holds. Each front end has its own way to ask for it."""

    NUMBER = auto()
    WHOLE_NUMBER = auto()
    CHOICE = auto()
    CHOICES = auto()
    FLAG = auto()
    NAMES = auto()
    THRESHOLDS = auto()
    SETTINGS = auto()
    SIZES = auto()
    CRS = auto()
    RANGE = auto()
    EXTENT = auto()
    FILE = auto()
    FILES = auto()
    IMAGE = auto()
    IMAGES = auto()
    OUTPUT = auto()
    TEXT = auto()
    POINT = auto()
    POLYGONS = auto()
    PAGE = auto()
    FOLDER = auto()


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes
    ----------
    kind
        What it holds.
    title
        Its label in a dialog, a few words.
    help
        Plain sentences, the same in ``--help``, in dialogs and in docstrings.
    in_dialogs
        Sentences that only a dialog needs.
    more
        Sentences after the choices.
    choices
        The words of a `ValueKind.CHOICE` or `ValueKind.CHOICES`, and what each means.
    checked_by_stage
        Whether the stage itself checks choice or range: it takes words in other spellings, or sees numbers in their order.
    least, most
        The range of a number; None: no limit.
    file_types
        What files are offered in a dialog, such as ``JSON (*.json)``; empty: all.
    id
        Its name in Processing, which never changes; empty: the name in capitals.
    word
        Its option on the command line, without the two dashes in front. If empty, it is the name with - for _.
    old_words
        Earlier options of it, which still work.
    required
        Whether it must be given.
    advanced
        Whether a dialog shows it only among the advanced parameters.
    of_one_image
        Whether it makes sense for one image only, and not for a list of them.
    shell_only
        Whether dialogs leave it out.
    name, default
        The name and default of the field that it describes. `parameters_of` fills them in.
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
        """The default as a person writes it. Flags, and parameters without a default, have an empty text."""
        if self.kind is ValueKind.FLAG or self.default is None or self.default == ():
            return ""
        return " ".join(map(str, self.default)) if isinstance(self.default, tuple) else str(self.default)

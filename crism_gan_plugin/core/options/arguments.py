"""The options of the command line, made from the descriptions of the parameters."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .parameter import Parameter, ValueKind
from .stage import Options, parameters_of
from .threshold_text import parse_class_thresholds

#: How argparse reads and shows a value of each kind. Flags and choices are in `_reading`.
_READ: dict[ValueKind, dict[str, Any]] = {
    ValueKind.NUMBER: {"type": float, "metavar": "N"},
    ValueKind.WHOLE_NUMBER: {"type": int, "metavar": "N"},
    ValueKind.NAMES: {"nargs": "+", "metavar": "NAME"},
    ValueKind.THRESHOLDS: {"action": "append", "metavar": "NAME=GUESS,IDENT"},
    ValueKind.SETTINGS: {"nargs": "+", "metavar": "METHOD.NAME=VALUE"},
    ValueKind.SIZES: {"type": int, "nargs": "+", "metavar": "N"},
    ValueKind.CRS: {"metavar": "AUTH:CODE"},
    ValueKind.RANGE: {"type": float, "nargs": 2, "metavar": ("SHORT", "LONG")},
    ValueKind.EXTENT: {"type": float, "nargs": 4, "metavar": ("XMIN", "YMIN", "XMAX", "YMAX")},
    ValueKind.FILE: {"type": Path, "metavar": "F"},
    ValueKind.FILES: {"type": Path, "nargs": "+", "metavar": "F"},
    ValueKind.IMAGE: {"type": Path, "metavar": "F"},
    ValueKind.IMAGES: {"type": Path, "nargs": "+", "metavar": "F"},
    ValueKind.OUTPUT: {"type": Path, "metavar": "F"},
    ValueKind.TEXT: {"metavar": "NAME"},
    ValueKind.POINT: {"type": float, "nargs": 2, "metavar": ("X", "Y")},
    ValueKind.POLYGONS: {"type": Path, "metavar": "F"},
    ValueKind.PAGE: {"type": Path, "metavar": "F"},
    ValueKind.FOLDER: {"type": Path, "metavar": "D"},
}


def add_options(parser: argparse.ArgumentParser, options: type[Options], of_many: bool = False) -> None:
    """Add an option for each parameter. ``of_many`` leaves out the parameters that make sense for one image only."""
    for parameter in parameters_of(options):
        if not (of_many and parameter.of_one_image):
            _add(parser, parameter)


def values_of(arguments: argparse.Namespace, options: type[Options]) -> dict[str, Any]:
    """The values of the parameters that were given. The class of options has the defaults of the others."""
    found = {each.name: getattr(arguments, each.name) for each in parameters_of(options) if hasattr(arguments, each.name)}
    for parameter in parameters_of(options):
        if parameter.kind is ValueKind.THRESHOLDS and parameter.name in found:
            found[parameter.name] = parse_class_thresholds(found[parameter.name])
    return found


def input_help(parameter: Parameter) -> str:
    """The help of an argument that has no option word, such as the image."""
    return parameter.sentences().replace("%", "%%")


def _add(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    about: dict[str, Any] = {"dest": parameter.name, "default": argparse.SUPPRESS, **_reading(parameter)}
    is_off_switch = parameter.kind is ValueKind.FLAG and parameter.default
    word = f"--no-{parameter.word}" if is_off_switch else f"--{parameter.word}"
    parser.add_argument(word, help=_help(parameter), **about)
    for old in parameter.old_words:
        parser.add_argument(f"--{old}", help=argparse.SUPPRESS, **about)
    if parameter.kind is ValueKind.OUTPUT and parameter.default is not None:
        none: dict[str, Any] = {"action": "store_const", "const": None, "default": argparse.SUPPRESS, "dest": parameter.name}
        parser.add_argument(f"--no-{parameter.word}", help="Make none.", **none)


def _reading(parameter: Parameter) -> dict[str, Any]:
    if parameter.kind is ValueKind.FLAG:
        return {"action": "store_false" if parameter.default else "store_true"}
    if parameter.kind is ValueKind.CHOICES:
        return {"nargs": "*", "metavar": "NAME", "choices": tuple(parameter.choices)}
    if parameter.kind is ValueKind.CHOICE:
        return {"metavar": "NAME"} if parameter.checked_by_stage else {"choices": tuple(parameter.choices)}
    return _READ[parameter.kind]


def _help(parameter: Parameter) -> str:
    text = input_help(parameter)
    if parameter.kind is ValueKind.FLAG and parameter.default:
        text = f"Without this option: {text[0].lower()}{text[1:]}"
    if parameter.kind is ValueKind.THRESHOLDS:
        text += " May be repeated."
    default = parameter.default_text()
    return f"{text} Default: {default}." if default else text

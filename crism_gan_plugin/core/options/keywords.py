"""Functions that take the parameters of a stage as keywords, without listing them again."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from dataclasses import fields
from functools import wraps
from typing import Any, Callable, Optional, TypeVar

from .stage import Options, parameters_of

Result = TypeVar("Result")

#: The line of a docstring that is replaced by the parameters.
_PLACE = "{options}"

_WIDTH = 120


def takes(options: type[Options], **old: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Decorate a function that has the keyword ``options``: its callers give the fields of that class as keywords instead.

    The signature names all fields. The docstring explains them in place of its line ``{options}``.

    Parameters
    ----------
    options
        The class of options.
    old
        Earlier keyword of a field = the field's name now. Earlier keywords are still accepted, with a `DeprecationWarning`.
    """

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        names = [parameter.name for parameter in parameters_of(options)]
        signature = _signature(function, options)

        @wraps(function)
        def with_keywords(*positional: Any, **keywords: Any) -> Result:
            for before, now in old.items():
                if before in keywords and now not in keywords:
                    warnings.warn(f"{function.__name__}: {before} is called {now} now", DeprecationWarning, stacklevel=2)
                    keywords[now] = keywords.pop(before)
            signature.bind(*positional, **keywords)  # refuses unknown keywords, as Python does
            chosen = options(**{name: keywords.pop(name) for name in names if name in keywords})
            return function(*positional, options=chosen, **keywords)

        with_keywords.__signature__ = signature  # type: ignore[attr-defined]
        with_keywords.__doc__ = _explained(function.__doc__, options)
        return with_keywords

    return decorate


def _signature(function: Callable[..., Any], options: type[Options]) -> inspect.Signature:
    """The function's own signature, with the fields in place of ``options``."""
    signature = inspect.signature(function)
    found = []
    for parameter in signature.parameters.values():
        if parameter.name != "options":
            found.append(parameter)
            continue
        annotations = {each.name: each.type for each in fields(options)}
        found += [
            inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=annotations[each.name])
            for each in parameters_of(options)
        ]
    return signature.replace(parameters=found)


def _explained(text: Optional[str], options: type[Options]) -> Optional[str]:
    """The docstring with the parameters put in. None stays None, as there are no docstrings under ``python -OO``."""
    if text is None:
        return None
    lines = []
    for line in text.splitlines():
        if line.strip() != _PLACE:
            lines.append(line)
            continue
        indent = line[: -len(line.lstrip())]
        for parameter in parameters_of(options):
            default = parameter.default_text() or ("" if parameter.default is None else repr(parameter.default))
            said = parameter.sentences() + (f" Default: {default}." if default else "")
            deeper = f"{indent}    "
            lines += [f"{indent}{parameter.name}", *textwrap.wrap(said, _WIDTH, initial_indent=deeper, subsequent_indent=deeper)]
    return "\n".join(lines)

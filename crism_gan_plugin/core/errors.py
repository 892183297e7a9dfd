"""Every way in which CRISM GAN can refuse to go on.

All errors have one root, so a caller (the Processing bridge, the command line) needs one ``except``. Each message is one line: it
names the file or the parameter, says what is wrong with it, and what to do about it.
"""

from __future__ import annotations

#: A message is at most this long: what it quotes of a file, or a path, may be of any length.
_LONGEST = 1000


class CrismError(Exception):
    """Root of all errors that the user can do something about. The message becomes one line of printable characters.

    Examples
    --------
    >>> from crism_gan_plugin.core import CrismError, load_exemplars
    >>> try:
    ...     load_exemplars().select(["kaolinit"])
    ... except CrismError as error:
    ...     print(error)
    classes: 'kaolinit' is not in the library; did you mean 'kaolinite' or 'alunite'?
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str, longest: int = _LONGEST) -> str:
    """The text in one line. What cannot be printed is written as escapes, and the middle is left out where the text is too long."""
    line = text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    if len(line) <= longest:
        return line
    end = longest // 4
    return f"{line[: longest - end - 3]} … {line[-end:]}"


class InputError(CrismError):
    """A file that was given cannot be read, or is not what it should be."""


class MovedFileError(InputError):
    """A file that a map was made of is not where it was; ``path`` is where that was."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class ParameterError(CrismError):
    """A parameter has a value that makes no sense."""


class OutputError(CrismError):
    """A result could not be written."""


class MissingDependencyError(CrismError):
    """A package that this step needs is not installed."""


class ClusterError(CrismError):
    """The cluster of an archive run cannot be reached, or none of its workers can be used."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The user asked to stop. Not an error: nothing is wrong, and nothing was written.

    Examples
    --------
    >>> from crism_gan_plugin.core import Progress
    >>> class Stopped(Progress):
    ...     def is_cancelled(self):
    ...         return True
    >>> try:
    ...     Stopped().check()
    ... except Cancelled as reason:
    ...     print(reason)
    cancelled; nothing was written
    """

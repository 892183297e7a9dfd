"""Every way in which CRISM GAN can refuse to go on.

One root, so that a caller (the Processing bridge, the command line) needs one ``except``. Each message is one line that names the
file or the parameter, says what is wrong with it, and what to do about it.
"""

from __future__ import annotations


class CrismError(Exception):
    """Root of all errors that the user can do something about."""


class InputError(CrismError):
    """A file that was given cannot be read, or is not what it should be."""


class ParameterError(CrismError):
    """A parameter has a value that makes no sense."""


class OutputError(CrismError):
    """A result could not be written."""


class MissingDependencyError(CrismError):
    """A package that this step needs is not installed."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The user asked to stop. Not an error: nothing is wrong, and nothing was written."""

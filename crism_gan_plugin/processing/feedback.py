"""Connects the core with Processing: passes on its progress and errors, and the user's wish to cancel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

from qgis.core import QgsProcessingException, QgsProcessingFeedback

from ..core.errors import Cancelled, CrismError, one_line
from ..core.progress import Progress


class FeedbackProgress(Progress):
    """A `Progress` that speaks through Processing's feedback, and stops when its Cancel button is pressed."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback

    def info(self, text: str) -> None:
        self._feedback.pushInfo(one_line(text))

    def warn(self, text: str) -> None:
        self._feedback.pushWarning(one_line(text))

    def is_cancelled(self) -> bool:
        return self._feedback.isCanceled()

    def _show(self, fraction: float, text: Optional[str]) -> None:
        self._feedback.setProgress(100.0 * fraction)
        if text:
            self._feedback.setProgressText(text)


@contextmanager
def errors_for_processing() -> Iterator[None]:
    """Turn the core's errors into one that Processing shows as one line, without a traceback.

    Raises
    ------
    QgsProcessingException
        In place of `CrismError` and `Cancelled`.
    """
    try:
        yield
    except (CrismError, Cancelled) as error:
        raise QgsProcessingException(str(error)) from None

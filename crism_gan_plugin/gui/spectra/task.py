"""Spectra read and scored beside QGIS's window, which never waits for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Union

from qgis.core import QgsApplication, QgsTask

from ...core.errors import Cancelled
from ...core.progress import Progress
from .questions import DepositQuestion, PixelQuestion

if TYPE_CHECKING:
    from ...core.inspection import CompositeInspector, DepositInspector, Inspector, PixelEvidence

#: Maps and images that stay open for the next click.
_KEPT = 4

#: Tasks under way: QGIS forgets the Python half of a task that nobody else remembers.
_under_way: set[QgsTask] = set()

#: Milliseconds that unloading waits for a task that was cancelled.
_LAST_WAIT = 30_000


def start(task: QgsTask) -> None:
    """Hand a task to QGIS, and remember it until it is finished."""
    _under_way.add(task)
    QgsApplication.taskManager().addTask(task)


def forget(task: QgsTask) -> None:
    """A task is finished."""
    _under_way.discard(task)


def end_all() -> None:
    """Give up all tasks, and wait until they have noticed."""
    for task in tuple(_under_way):
        task.cancel()
        if task.status() == QgsTask.TaskStatus.Running:
            task.waitForFinished(_LAST_WAIT)
    _under_way.clear()


class Inspectors:
    """Maps and images that were asked lately, opened once; a file that was written anew is opened anew."""

    def __init__(self) -> None:
        self.moved: dict[str, str] = {}
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[str, float], Union[Inspector, CompositeInspector]] = OrderedDict()
        self._deposits: Optional[DepositInspector] = None

    def get(self, source: str) -> Union[Inspector, CompositeInspector]:
        """That of a file; raises what `open_any_inspection` does."""
        from ...core.inspection import open_any_inspection  # here, so that QGIS does not wait for it when it starts

        key = source, _changed(source)
        with self._lock:
            if key not in self._open:
                self._open[key] = open_any_inspection(source, self.moved)
            self._open.move_to_end(key)
            while len(self._open) > _KEPT:
                self._open.popitem(last=False)
            return self._open[key]

    def deposits(self) -> DepositInspector:
        """What asks deposits."""
        from ...core.inspection import open_deposits

        with self._lock:
            if self._deposits is None:
                self._deposits = open_deposits()
            return self._deposits

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            for inspector in self._open.values():
                inspector.close()
            self._open.clear()
            self._deposits = None


class SpectrumTask(QgsTask):
    """One question.

    Parameters
    ----------
    question
        What was asked.
    inspectors
        Where opened files are kept.
    done
        Called in the window's thread with the answer, None where there is no pixel, or with the error; not after a cancel.
    """

    def __init__(
        self,
        question: Union[PixelQuestion, DepositQuestion],
        inspectors: Inspectors,
        done: Callable[[Optional[PixelEvidence], Optional[Exception]], None],
    ) -> None:
        super().__init__("CRISM spectrum", QgsTask.Flag.CanCancel)
        self._question, self._inspectors, self._done = question, inspectors, done
        self._found: Optional[PixelEvidence] = None
        self._error: Optional[Exception] = None

    def run(self) -> bool:
        try:
            self._found = self._question.answer(self._inspectors, _TaskProgress(self))
        except Cancelled:
            return False
        except Exception as error:  # shown in the window's thread; an exception that leaves this one ends QGIS
            self._error = error
            return False
        return True

    def finished(self, result: bool) -> None:
        forget(self)
        if not self.isCanceled():
            self._done(self._found, self._error)


class OpeningTask(QgsTask):
    """Opens a map or an image ahead of the first question; what is wrong with it is told when it is asked."""

    def __init__(self, inspectors: Inspectors, source: str) -> None:
        super().__init__("CRISM spectra: opening", QgsTask.Flag.CanCancel)
        self._inspectors, self._source = inspectors, source

    def run(self) -> bool:
        try:
            self._inspectors.get(self._source)
        except Exception:
            return False
        return True

    def finished(self, result: bool) -> None:
        forget(self)


class _TaskProgress(Progress):
    def __init__(self, task: QgsTask) -> None:
        self._task = task

    def is_cancelled(self) -> bool:
        return self._task.isCanceled()


def _changed(source: str) -> float:
    try:
        return Path(source).stat().st_mtime
    except OSError:
        return 0.0

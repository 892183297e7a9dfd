"""A spectrum becomes one of an exemplar library: the user says which library and which class, and a task does the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog

from ...core.errors import CrismError
from ...core.libraries import load_exemplars
from .picked import Picked
from .task import forget

if TYPE_CHECKING:
    from ...core.own_minerals.adding import Added


@dataclass(frozen=True)
class Wanted:
    """A spectrum, and the library file and class that it is to be added to."""

    picked: Picked
    library: Path
    class_name: str


def ask_where(parent: Any, picked: Picked) -> Optional[Wanted]:
    """Ask for the library and the class; None where the user gives up.

    Raises
    ------
    CrismError
        If the file is no library.
    """
    path, _ = QFileDialog.getSaveFileName(
        parent,
        _tr("Add {} to which library?").format(picked.name),
        "my_minerals.json",
        _tr("Exemplar libraries (*.json)"),
        "",
        QFileDialog.Option.DontConfirmOverwrite,
    )
    if not path:
        return None
    library = Path(path) if Path(path).suffix else Path(f"{path}.json")
    names = list(load_exemplars(library if library.is_file() else None).class_names)
    likely = picked.evidence.deciding.mineral
    row = names.index(likely) if likely in names else 0
    class_name, agreed = QInputDialog.getItem(parent, picked.title, _tr("Class, or the name of a new one"), names, row, True)
    return Wanted(picked, library, class_name) if agreed and class_name.strip() else None


class AddingTask(QgsTask):
    """Adds a spectrum to a library, and finds out which classes it cannot be told from.

    Parameters
    ----------
    wanted
        What is added to what.
    done
        Called in the window's thread with what the library has now, or with the error.
    """

    def __init__(self, wanted: Wanted, done: Callable[[Optional[Added], Optional[Exception]], None]) -> None:
        super().__init__("CRISM spectra: adding to a library", QgsTask.Flag())  # half a library is of no use: no cancelling
        self._wanted, self._done = wanted, done
        self._added: Optional[Added] = None
        self._error: Optional[Exception] = None

    def run(self) -> bool:
        try:
            self._added = add(self._wanted)
        except Exception as error:  # shown in the window's thread; an exception that leaves this one ends QGIS
            self._error = error
            return False
        return True

    def finished(self, result: bool) -> None:
        forget(self)
        if not self.isCanceled():  # as when the plugin is unloaded
            self._done(self._added, self._error)


def add(wanted: Wanted) -> Added:
    """Add the continuum-removed spectrum that decided, with where it is from; raises what `add_to_library` does."""
    from ...core.libraries.exemplars import PixelOrigin
    from ...core.own_minerals.adding import add_to_library
    from ...core.spectra.grid import WAVELENGTHS_NM
    from .text import where

    found = wanted.picked.evidence
    place, size = found.place, found.deciding.size
    origin = None
    if size == 1 and place.line is not None and place.sample is not None:
        origin = PixelOrigin(place.scene, 1, ((place.line, place.sample, place.sample),))
    window = f", mean of {size} × {size} pixels" if size > 1 else ""
    return add_to_library(
        wanted.library,
        wanted.class_name,
        f"{wanted.class_name} ({place.scene})",
        WAVELENGTHS_NM,
        found.deciding.spectrum,
        source=where(place) + window,
        on_ground=found.ground is None,
        continuum_removed=True,
        origin=origin,
    )


def said(added: Optional[Added], error: Optional[Exception]) -> str:
    """What came of it, in words."""
    if added is None:
        return str(error) if isinstance(error, CrismError) else f"{type(error).__name__}: {error}"
    return " ".join([f"{added.path.name} has {added.name} (class {added.class_name}, code {added.code}) now.", *added.said])


def _tr(text: str) -> str:
    return QCoreApplication.translate("CrismSpectra", text)

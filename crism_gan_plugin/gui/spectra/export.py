"""What leaves the dock: numbers, pictures, and a spectrum that is looked for elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingUtils
from qgis.PyQt.QtCore import QMimeData
from qgis.PyQt.QtGui import QGuiApplication

from ...core.inspection import PixelEvidence, evidence_table
from .picked import Picked

#: Endings of pictures, as file dialogs have them.
PICTURES = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"


def table(picked: Sequence[Picked]) -> str:
    """CSV of all curves."""
    return evidence_table((each.name, each.evidence) for each in picked)


def copy(picked: Sequence[Picked], canvas: Any) -> None:
    """Put the plots on the clipboard as an image, and the numbers as text."""
    content = QMimeData()
    content.setText(table(picked))
    content.setImageData(canvas.grab().toImage())
    QGuiApplication.clipboard().setMimeData(content)


def with_ending(path: str, chosen: str) -> str:
    """A path as it is, or with the ending of the chosen kind of file, such as ``PNG (*.png)``."""
    return path if Path(path).suffix else path + chosen.partition("*")[2].rstrip(")")


def save_figure(figure: Any, path: str) -> None:
    """PNG, SVG or PDF, as the name ends."""
    figure.savefig(path, dpi=200)


def find_more_like(picked: Picked) -> None:
    """Open CRISM Similarity Map with a spectrum, and with its image where that is known."""
    import processing

    folder = Path(tempfile.mkdtemp(dir=QgsProcessingUtils.tempFolder()))
    file = folder / f"like_{picked.name}.txt"
    file.write_text(spectrum_text(picked.evidence), encoding="utf-8")
    parameters = {"SPECTRUM_FILE": str(file)}
    if picked.evidence.place.image is not None:
        parameters["INPUT"] = picked.evidence.place.image
    processing.execAlgorithmDialog("crism:similaritymap", parameters)


def spectrum_text(evidence: PixelEvidence) -> str:
    """I/F in two columns, wavelength in nm and value, without gaps."""
    rows = zip(evidence.iof.wavelengths_nm.tolist(), evidence.iof.values.tolist())
    return "".join(f"{nm:.4f} {value:.7g}\n" for nm, value in rows if value > 0)

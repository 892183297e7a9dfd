"""Parameters that several algorithms share."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterFile, QgsProcessingParameterRasterLayer

from .algorithm import CrismAlgorithm


def add_scene(algorithm: CrismAlgorithm) -> None:
    """INPUT, the image."""
    algorithm.add(
        QgsProcessingParameterRasterLayer("INPUT", "CRISM image"),
        "A layer, or the path of a file: an MTRDR or TER cube (.img with .hdr), the label (.lbl) of a TRR3 product, or any ENVI or "
        "GeoTIFF cube of I/F whose wavelengths are known. A path need not be one that QGIS can show.",
    )


def add_wavelengths(algorithm: CrismAlgorithm) -> None:
    """WAVELENGTHS, a table for images that do not know their own."""
    algorithm.add(
        QgsProcessingParameterFile("WAVELENGTHS", "Wavelength table", optional=True),
        "Only where the image does not know its wavelengths: a WA table (.img), an MTRDR wavelength table (.tab), or a text file "
        "with one wavelength a line, in nm or µm. For a TRR3 product, the table that its label names is looked for beside it.",
    )

"""Parameters that several algorithms share."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
)

from .algorithm import CrismAlgorithm, Parameters
from .mars_crs import to_wkt


def add_scene(algorithm: CrismAlgorithm) -> None:
    """INPUT, the image."""
    algorithm.add(
        QgsProcessingParameterRasterLayer("INPUT", "CRISM image"),
        "A layer, or the path of a file: an MTRDR or TER cube (.img with .hdr), the label (.lbl) of a TRR3 product, or any ENVI or "
        "GeoTIFF cube of I/F whose wavelengths are known. A path need not be one that QGIS can show, and may lead into an archive "
        "(/vsizip/images.zip/image.lbl). The CRS that is set on a layer counts.",
    )


def add_wavelengths(algorithm: CrismAlgorithm) -> None:
    """WAVELENGTHS, a table for images that do not know their own."""
    algorithm.add(
        QgsProcessingParameterFile("WAVELENGTHS", "Wavelength table", optional=True),
        "Only where the image does not know its wavelengths: a WA table (.img), an MTRDR wavelength table (.tab), or text in "
        "columns, as spreadsheets write it, with one wavelength a line, in nm or µm. For a TRR3 product, the table that its label "
        "names is looked for beside it.",
    )


def add_volcano_scans(algorithm: CrismAlgorithm) -> None:
    """VOLCANO_SCANS and SCAN_TABLE: what an atmosphere is taken from."""
    algorithm.add(
        QgsProcessingParameterMultipleLayers(
            "VOLCANO_SCANS", "Volcano scans (ADR)", QgsProcessing.SourceType.TypeFile, optional=True
        ),
        "Transmissions of the atmosphere (ADR…_VS… .IMG) for an image that still has it in it (TRR3). The denoiser uses all of "
        "them, the quick correction the first. Empty: those that lie beside the image.",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterFile("SCAN_TABLE", "Table of recommended volcano scans", optional=True),
        "The instrument team's table (crism_obs_info.txt): the scan that it recommends for the image comes first. It is looked for "
        "beside the image, the table and the given scans.",
        advanced=True,
    )


def volcano_scans(algorithm: CrismAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> dict[str, Any]:
    """The two as the core wants them."""
    return {
        "volcano_scans": algorithm.file_list(parameters, "VOLCANO_SCANS", context),
        "scan_table": algorithm.optional_path(parameters, "SCAN_TABLE", context),
    }


def add_geometry(algorithm: CrismAlgorithm, crs: str) -> None:
    """GEOMETRY, the DDR of an image in sensor space, and the CRS of what is placed by it, under the name ``crs``."""
    algorithm.add(
        QgsProcessingParameterFile("GEOMETRY", "Geometry (DDR)", optional=True),
        "For an image in sensor space (TRR3, TER): the label of its DDR (…_DE…_DDR1.LBL), which says where on Mars each pixel "
        "lies. Empty: the one that lies beside the image is used, found by its name.",
    )
    algorithm.add(
        QgsProcessingParameterCrs(crs, "CRS of the map", optional=True),
        "The CRS in which an image in sensor space is placed. Empty: the equirectangular map of Mars, IAU_2015:49910, and the "
        "polar maps 49930 and 49935 beyond 65° of latitude.",
        advanced=True,
    )


def crs_of(algorithm: CrismAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext) -> str | None:
    """A CRS parameter as WKT, or as it stands where this QGIS does not know it; None when it was left empty."""
    found = algorithm.parameterAsCrs(parameters, name, context)
    return to_wkt(found) or found.authid() if found.isValid() else algorithm.parameterAsString(parameters, name, context) or None

"""CRISM Import Product: an archive product as a clean cube."""

from __future__ import annotations

from qgis.core import QgsProcessingContext, QgsProcessingParameterRasterDestination

from ..core.options.importing import ImportOptions
from ..core.options.shared import IMAGE
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters


class ImportProduct(CrismAlgorithm):
    NAME = "importproduct"
    TITLE = "CRISM Import Product"
    GROUP = "Images"
    ICON = "import.svg"
    TAGS = ("pds", "trr3", "ter", "mtrdr", "ddr", "georeference", "hyperspectral cube")
    SCENES = ("INPUT",)
    HELP = """Turns a CRISM product (TRR3, TER, MTRDR) into a GeoTIFF cube that says all about itself: wavelengths, widths, bad
    bands, no data and the product's name, for QGIS, EnMAP-Box and the other algorithms here.

    The files that belong together are found by their names, in capitals or small letters, and named in the log: the other
    sensor's image of a TRR3 pair, with which it is joined (visible bands up to the infrared detector's first good one at
    1027.5 nm), wavelength tables, and the geometry (DDR), by which an image in sensor space is placed on the map of Mars.

    The columns of a TRR3, whose wavelengths differ, are brought on to one axis, that of the detector's sweet spot. What is no
    valid I/F (65535, zero or less, columns without scene) is no data."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(ImportOptions)
        self.add(QgsProcessingParameterRasterDestination("OUTPUT", "Cube"), "The cube, a GeoTIFF of 32-bit numbers.")

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.importing import import_product

        outputs = import_product(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, ImportOptions),
            progress=progress,
        )
        return {"OUTPUT": str(outputs.cube)}

"""CRISM Import Product: writes an archive product as a clean cube."""

from __future__ import annotations

from qgis.core import QgsProcessingContext, QgsProcessingParameterRasterDestination

from ..core.options.importing import ImportOptions
from ..core.options.shared import IMAGE
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results


class ImportProduct(CrismAlgorithm):
    NAME = "importproduct"
    TITLE = "CRISM Import Product"
    GROUP = "Images"
    ICON = "import.svg"
    TAGS = ("pds", "trr3", "ter", "mtrdr", "ddr", "georeference", "hyperspectral cube")
    SCENES = ("INPUT",)
    HELP = """Turns a CRISM product (TRR3, TER, MTRDR, MRDR) into a GeoTIFF cube that describes itself. Strips of the mapping modes
    are TRR3 products. The cube's metadata tell wavelengths, widths, bad bands, no data and the product's name, for QGIS, EnMAP-Box
    and the other algorithms here.

    Files that belong to the product are found by their names, in capitals or small letters, and the log names them. The image of a
    TRR3 is joined with that of the other sensor: visible bands come first, up to the infrared detector's first good band at
    1027.5 nm. Wavelength tables give the wavelengths. By the geometry (DDR), an image in sensor space is placed on the map of Mars.

    The columns of a TRR3 differ in wavelengths. They are resampled to one axis, that of the detector's sweet spot. Values that are
    no valid I/F (65535, zero or less, columns without scene) become no data."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(ImportOptions)
        self.add(QgsProcessingParameterRasterDestination("OUTPUT", "Cube"), "The cube, as a GeoTIFF of 32-bit numbers.")

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.importing import import_product

        outputs = import_product(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, ImportOptions),
            progress=progress,
        )
        return results(OUTPUT=outputs.cube)

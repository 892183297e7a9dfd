"""CRISM Import Product: an archive product as a clean cube."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterDestination,
)

from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .scene_parameters import add_geometry, add_scene, add_wavelengths, crs_of

RESAMPLING = ("nearest", "bilinear")


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
        add_scene(self)
        add_wavelengths(self)
        add_geometry(self, "CRS")
        self.add(
            QgsProcessingParameterEnum("RESAMPLING", "Resampling", RESAMPLING, defaultValue=RESAMPLING[0], usesStaticStrings=True),
            "How an image is placed on the map. <i>nearest</i> leaves every spectrum as it was measured; <i>bilinear</i> is "
            "smoother, and mixes up to four.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("SENSOR_SPACE", "Stay in sensor space", defaultValue=False),
            "Do not place the image on the map, even if there is geometry: for work on the detector's own columns, such as "
            "denoising.",
        )
        self.add(
            QgsProcessingParameterBoolean("JOIN", "Join visible and infrared", defaultValue=True),
            "Join a TRR3 with the other sensor's image of the same scan, where that lies beside it and has the same size.",
            advanced=True,
        )
        self.add(QgsProcessingParameterRasterDestination("OUTPUT", "Cube"), "The cube, a GeoTIFF of 32-bit numbers.")

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.importing import import_product

        outputs = import_product(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            geometry=self.optional_path(parameters, "GEOMETRY", context),
            wavelengths=self.optional_path(parameters, "WAVELENGTHS", context),
            crs=crs_of(self, parameters, "CRS", context),
            resampling=self.parameterAsEnumString(parameters, "RESAMPLING", context),
            sensor_space=self.parameterAsBoolean(parameters, "SENSOR_SPACE", context),
            join=self.parameterAsBoolean(parameters, "JOIN", context),
            progress=progress,
        )
        return {"OUTPUT": str(outputs.cube)}

"""CRISM Continuum Removal: every spectrum divided by its upper convex hull."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRange,
    QgsProcessingParameterRasterDestination,
)

from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .scene_parameters import add_scene, add_wavelengths

#: The range of the mapping's grid, rounded outwards.
DEFAULT_RANGE_NM = "1027,2603"


class ContinuumRemoval(CrismAlgorithm):
    NAME = "continuumremoval"
    TITLE = "CRISM Continuum Removal"
    GROUP = "Spectra"
    ICON = "continuum.svg"
    TAGS = ("spectral", "continuum", "convex hull", "absorption", "band depth")
    SCENES = ("INPUT",)
    HELP = """Divides every spectrum of an image by its continuum, so that absorptions show whatever the brightness and slope.

    The continuum is the upper convex hull of the spectrum (Clark and Roush 1984), computed exactly on the image's own bands within
    the range; missing values are left out. The result is 1 on the continuum and smaller in absorptions."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        add_scene(self)
        add_wavelengths(self)
        self.add(
            QgsProcessingParameterRange(
                "RANGE", "Wavelength range [nm]", QgsProcessingParameterNumber.Type.Double, DEFAULT_RANGE_NM, optional=True
            ),
            "Shortest and longest wavelength, separated by a comma. The hull is that of the bands within, and only "
            "these are written. Empty: that of the mapping, 1027 to 2603 nm.",
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Continuum removed"),
            "The ratio of image and continuum, a GeoTIFF with a band for each wavelength.",
        )
        self.add(
            QgsProcessingParameterRasterDestination("CONTINUUM", "Continuum", optional=True, createByDefault=False),
            "The continuum itself, if it is wanted too.",
        )

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.continuum_cube import remove_continuum_scene

        low, high = self.parameterAsRange(parameters, "RANGE", context)
        outputs = remove_continuum_scene(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            wavelengths=self.optional_path(parameters, "WAVELENGTHS", context),
            range_nm=(low, high),
            continuum_out=self.geotiff_path(parameters, "CONTINUUM", context),
            progress=progress,
        )
        results = {"OUTPUT": outputs.ratio, "CONTINUUM": outputs.continuum}
        return {name: str(path) for name, path in results.items() if path is not None}

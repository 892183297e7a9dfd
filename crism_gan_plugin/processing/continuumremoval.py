"""CRISM Continuum Removal: divides every spectrum by its upper convex hull."""

from __future__ import annotations

from qgis.core import QgsProcessingContext, QgsProcessingParameterRasterDestination

from ..core.options.continuum import ContinuumOptions
from ..core.options.shared import IMAGE
from ..core.options.stage import parameter_of
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results


class ContinuumRemoval(CrismAlgorithm):
    NAME = "continuumremoval"
    TITLE = "CRISM Continuum Removal"
    GROUP = "Spectra"
    ICON = "continuum.svg"
    TAGS = ("spectral", "continuum", "convex hull", "absorption", "band depth")
    SCENES = ("INPUT",)
    HELP = """Divides every spectrum of an image by its continuum, so that absorptions show whatever the brightness and slope.

    The continuum is the upper convex hull of the spectrum (Clark and Roush 1984). It is computed exactly, on the image's own bands
    within the range. Missing values are left out. The result is 1 on the continuum and smaller in absorptions. Map tiles and
    multispectral strips are taken, too."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(ContinuumOptions, but=("continuum_out",))
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Continuum removed"),
            "The image divided by its continuum, as a GeoTIFF with a band for each wavelength.",
        )
        self.add_parameter(parameter_of(ContinuumOptions, "continuum_out"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.continuum_cube import remove_continuum_scene

        outputs = remove_continuum_scene(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, ContinuumOptions),
            progress=progress,
        )
        return results(OUTPUT=outputs.ratio, CONTINUUM=outputs.continuum)

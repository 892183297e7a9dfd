"""CRISM Is It There?: which of a library's minerals may be anywhere in which images, before any map."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..core.mars.georeference import FileWithCrs
from ..core.options.batch import IMAGES
from ..core.options.screening import ScreenOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results


class TargetScreen(CrismAlgorithm):
    NAME = "targetscreen"
    TITLE = "CRISM Is It There?"
    GROUP = "Mapping"
    ICON = "screen.svg"
    TAGS = ("factor analysis", "target transformation", "FATT", "DAFATT", "triage", "screening", "presence", "batch", "Bandfield")
    SCENE_LISTS = ("INPUT",)
    HELP = """Asks for the minerals of a library in many images: is each of them anywhere? One table answers, seconds an image,
    before any map is made.

    Factor analysis and target transformation (Thomas and Bandfield, 2017): in windows of 8 × 8 pixels, the directions in which
    spectra differ from the ground's are found, and how much of a mineral's spectrum they make, beyond a parabola.

    <i>likely</i>: 0.8 or more of it in some window, and no other mineral more. <i>perhaps</i>: 0.6 or more. A mineral that is a
    mixture of others passes where these are. Olivine, pyroxene and plagioclase have little beyond a parabola at 1.7-2.6 µm, and are
    often missed. So look at a map before you believe the table."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGES)
        self.add(
            QgsProcessingParameterFile("FOLDER", "Folder of images", QgsProcessingParameterFile.Behavior.Folder, optional=True),
            "A folder that is searched, with the folders in it, for more images: CRISM's I/F products, and other cubes of spectra.",
        )
        self.add_options(ScreenOptions)
        self.add(
            QgsProcessingParameterFileDestination("OUTPUT", "Table", "CSV (*.csv)"),
            "A line for each mineral of each image, and one for each image that could not be read.",
        )
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how it was made"))
        self.addOutput(QgsProcessingOutputNumber("FAILED", "Number of images that could not be screened"))

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> tuple[bool, str]:
        folder = self.parameterAsString(parameters, "FOLDER", context)
        if not self._inputs(parameters, context):
            return False, "INPUT: no image is given; choose layers or files, or a FOLDER of images"
        if folder and not Path(folder).is_dir():
            return False, f"FOLDER: {folder} is not a folder; choose the one that the images lie in"
        return super().checkParameterValues(parameters, context)

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.screening.pipeline import screen_images

        made = screen_images(
            self._inputs(parameters, context),
            self.parameterAsFileOutput(parameters, "OUTPUT", context),
            **self.options(parameters, context, ScreenOptions),
            progress=progress,
        )
        return {**results(OUTPUT=made.table, PROVENANCE=made.provenance), "FAILED": len(made.failures)}

    def _inputs(self, parameters: Parameters, context: QgsProcessingContext) -> list[str | FileWithCrs]:
        """The images that were given, then the folder."""
        folder = self.parameterAsString(parameters, "FOLDER", context)
        return [*self.scene_paths(parameters, "INPUT", context), *([folder] if folder else [])]

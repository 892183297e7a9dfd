"""CRISM Detection Limits: what a map would have shown, had it been there."""

from __future__ import annotations

from qgis.core import QgsProcessingContext, QgsProcessingOutputFile, QgsProcessingParameterRasterDestination

from ..core.options.detection_limit import MAP, LimitOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .layers import show_with_legend


class DetectionLimit(CrismAlgorithm):
    NAME = "detectionlimit"
    TITLE = "CRISM Detection Limits"
    GROUP = "Maps"
    ICON = "limits.svg"
    TAGS = ("limit", "completeness", "implant", "injection", "recovery", "absence", "non-detection", "upper limit")
    SCENES = ("INPUT", "IMAGE")
    HELP = """Tells above which share a mineral is not in the image where the map has none.

    Absorptions of each mineral, at shares of 1 to 100 %, are laid into small patches of the image's own bland ground, with all
    its noise, stripes and residuals of the atmosphere. They are mapped as the image was. A share of 100 % is an absorption as deep
    as in the library's spectrum.

    The result (x.tif) has a band for each mineral: the smallest share, in percent, at which the map names 9 of 10 pixels of a
    patch. It is told for regions of different noise and brightness, and is 101 where not even 100 % is enough. It has no data
    where the map names something: limits are those of bland ground, where the map names nothing. Beside it are written:
    x_limits.csv, the limits by mineral, width of the patch and region; x_curves.csv and x_curves.png, how much is found at which
    share; and a record of how it was made. The log says it in words.

    A real mineral whose absorption differs from the library's is found less often."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(MAP)
        self.add_options(LimitOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Detection limits"),
            "The limits in percent, a GeoTIFF. The other files get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputFile("TABLE", "Limits as a table"))
        self.addOutput(QgsProcessingOutputFile("CURVES", "Curves as a table"))
        self.addOutput(QgsProcessingOutputFile("FIGURE", "Curves as a picture"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how the limits were found"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.detection_limit.pipeline import find_detection_limits

        outputs = find_detection_limits(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, LimitOptions),
            progress=progress,
        )
        show_with_legend(context, str(outputs.limits), outputs.limits.stem)
        results = {
            "OUTPUT": outputs.limits,
            "TABLE": outputs.table,
            "CURVES": outputs.curves,
            "FIGURE": outputs.figure,
            "STYLE": outputs.style,
            "PROVENANCE": outputs.provenance,
        }
        return {key: str(path) for key, path in results.items() if path is not None}

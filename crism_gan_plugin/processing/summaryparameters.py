"""CRISM Summary Parameters: band depths and indices of an image, and colour images of them."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ..core.options.shared import IMAGE
from ..core.options.summary_parameters import SummaryOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import also_show, show_with_legend


class SummaryParameters(CrismAlgorithm):
    NAME = "summaryparameters"
    TITLE = "CRISM Summary Parameters and Browse Products"
    GROUP = "Spectra"
    ICON = "summary.svg"
    TAGS = ("band depth", "index", "olivine", "pyroxene", "browse", "RGB", "SU", "SR", "BR", "OLINDEX", "D2300", "Viviano-Beck")
    SCENES = ("INPUT",)
    HELP = """Makes the summary parameters of an image, and browse products: colour images of three parameters each.

    The sixty parameters are those of Viviano-Beck and others (2014), as the archive's products have them. Each is a number per
    pixel, such as the depth of a band. An image without visible channels gives the infrared ones, and the other way round. What the
    archive delivers with an image (SR or SU, and BR) is read from the files beside it, and not computed again.

    A high value is a hint and no identification: slopes, noise and other minerals raise it, too. Look at the spectra."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(SummaryOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Summary parameters"),
            "A GeoTIFF with a band for each parameter. The browse products and the other files get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputMultipleLayers("BROWSE", "Browse products"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how they were made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.summary_parameters.pipeline import make_summary_parameters

        outputs = make_summary_parameters(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, SummaryOptions),
            progress=progress,
        )
        show_with_legend(context, str(outputs.parameters), outputs.parameters.stem)
        for path in outputs.products:
            also_show(context, str(outputs.parameters), str(path), path.stem)
        made = results(OUTPUT=outputs.parameters, STYLE=outputs.style, PROVENANCE=outputs.provenance)
        return {**made, "BROWSE": [str(path) for path in outputs.products]}

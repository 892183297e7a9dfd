"""CRISM Compare Methods: an image mapped by several published methods."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ..core.options.methods import CompareOptions
from ..core.options.shared import IMAGE
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import also_show, show_with_legend


class CompareMethods(CrismAlgorithm):
    NAME = "comparemethods"
    TITLE = "CRISM Compare Methods"
    GROUP = "Maps"
    ICON = "methods.svg"
    TAGS = (
        "spectral angle",
        "SAM",
        "Euclidean",
        "derivative",
        "adaptive cosine estimator",
        "ACE",
        "DCGAN",
        "agreement",
        "accuracy",
    )
    SCENES = ("INPUT", "TRUTH")
    HELP = """Maps an image by several methods, in the same codes and legend, and tells what each finds and costs.

    All methods see the same spectra, minerals and smoothing windows. Each has the parameters that were published for it,
    unless others are chosen.

    The result (x.tif) says how many methods agree. Beside it are written: a class raster for each method (x_network.tif and so on),
    with its style; x_compare.csv, pixels, km², seconds and memory of each method and mineral, and with a truth how right it is; and
    a record of how all was made.

    That methods agree is no proof: most of them are misled by the same ground and the same faults of an image."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(CompareOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Agreement"),
            "A GeoTIFF that says how many methods agree. The other files get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputMultipleLayers("MAPS", "Map of each method"))
        self.addOutput(QgsProcessingOutputFile("TABLE", "Table"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how they were made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.methods.pipeline import compare_methods

        outputs = compare_methods(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, CompareOptions),
            progress=progress,
        )
        show_with_legend(context, str(outputs.agreement), f"{outputs.agreement.stem} agreement")
        for path in outputs.maps:
            also_show(context, str(outputs.agreement), str(path), path.stem)
        made = results(OUTPUT=outputs.agreement, TABLE=outputs.table, STYLE=outputs.style, PROVENANCE=outputs.provenance)
        return {**made, "MAPS": [str(path) for path in outputs.maps]}

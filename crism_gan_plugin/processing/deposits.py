"""CRISM Deposits: makes polygons of the connected patches of a map's minerals."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingParameterVectorDestination,
)

from ..core.options.deposits import MAP, DepositOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import show_with_legend


class Deposits(CrismAlgorithm):
    NAME = "deposits"
    TITLE = "CRISM Deposits (polygons)"
    GROUP = "Maps"
    ICON = "deposits.svg"
    TAGS = ("polygon", "vector", "vectorize", "patch", "area", "mineral", "geopackage", "spectrum")
    SCENES = ("INPUT", "IMAGE")
    HELP = """Makes a polygon of every connected patch of a mineral in a map or a composite: a deposit.

    Each deposit has its class, code and level as in the map's table. It has its pixels, detector columns and km², its mean and best
    score, and its mean lead over other classes. It names the exemplar that most of its pixels were matched with, the scene, and the
    longitude and latitude of its centre. It has its mean spectrum as JSON, if the image that was mapped is at hand. The polygons
    have the map's colours. With the least size 1, and nothing sieved or filled, their km² add up to those of the map's table.

    On a composite, <i>source</i> is the map that most of the deposit shows, by its number in the composite's table of sources.
    The deposits of a map in sensor space have pixels as coordinates."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(MAP)
        self.add_options(DepositOptions)
        self.add(
            QgsProcessingParameterVectorDestination("OUTPUT", "Deposits", QgsProcessing.SourceType.TypeVectorPolygon),
            "A GeoPackage (.gpkg). Its style and the record of how it was made get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how the deposits were made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.deposits.pipeline import make_deposits

        outputs = make_deposits(
            self.scene_path(parameters, "INPUT", context),
            self.parameterAsOutputLayer(parameters, "OUTPUT", context),
            **self.options(parameters, context, DepositOptions),
            progress=progress,
        )
        show_with_legend(context, str(outputs.deposits), outputs.deposits.stem)
        return results(OUTPUT=outputs.deposits, STYLE=outputs.style, PROVENANCE=outputs.provenance)

"""CRISM GAN Map: maps the minerals of one image."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterRasterDestination,
)

from .. import paths
from ..core.options.report import ReportedMapOptions
from ..core.options.shared import IMAGE
from ..core.options.stage import parameter_of
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import also_show, show_with_legend
from .thresholds import thresholds_fault


class GanMap(CrismAlgorithm):
    NAME = "ganmap"
    TITLE = "CRISM GAN Map"
    GROUP = "Mapping"
    ICON = "map.svg"
    TAGS = ("mineral", "classification", "neural network", "spectral")
    SCENES = ("INPUT", "MODEL")
    HELP = """Maps the minerals of a CRISM image. The map is a class raster that opens in colour, with its legend.

    Every spectrum is divided by its continuum and compared with a library of minerals, in the feature space of a neural network
    that was trained to tell real absorptions from noise. Values 1 to 99 are identifications, and 101 to 199 are guesses of the same
    minerals. 0 is nothing, 255 is no data. A style, the evidence (similarities) and a record of how the map was made are written
    beside the map.

    Targeted images (MTRDR, TER, TRR3) are mapped, and mapping data, too: map tiles (MRDR, their Lambert albedo) and strips (TRR3 of
    the classes MSP, MSW and HSP). Most of these have few channels, which do not tell all minerals apart; the log says which.

    Method: Saranathan and Parente (2021), Icarus 355, 114107."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(ReportedMapOptions, but=("report",))
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Mineral map"),
            "The map, as a GeoTIFF. Its style (.qml), evidence and record (_provenance.json) get names that begin like its own.",
        )
        self.add_parameter(parameter_of(ReportedMapOptions, "report"))
        self.addOutput(QgsProcessingOutputRasterLayer("EVIDENCE", "Evidence"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how the map was made"))
        self.addOutput(QgsProcessingOutputRasterLayer("DETECTION_LIMITS", "Detection limits"))

    def canExecute(self) -> tuple[bool, str]:
        for file in (paths.weights(), paths.exemplars()):
            if not file.is_file():
                return False, f"{file} is missing: install the plugin again."
        return True, ""

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> tuple[bool, str]:
        fault = thresholds_fault(self, parameters, context)
        return (False, fault) if fault else super().checkParameterValues(parameters, context)

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.catalogue.mapped import map_scene
        from ..core.detection_limit.of_map import named_by_map

        source = self.scene_path(parameters, "INPUT", context)
        target = self.geotiff_path(parameters, "OUTPUT", context)
        options = self.options(parameters, context, ReportedMapOptions)
        outputs = map_scene(source, target.parent, name=target.name, **options, progress=progress)
        show_with_legend(context, str(outputs.classes), f"{Path(source).stem} minerals")
        limits = named_by_map(outputs.classes).limits if options["limits"] else None
        if limits is not None and limits.is_file():
            also_show(context, str(outputs.classes), str(limits), f"{Path(source).stem} detection limits")
        return results(
            OUTPUT=outputs.classes,
            EVIDENCE=outputs.evidence,
            STYLE=outputs.style,
            PROVENANCE=outputs.provenance,
            REPORT=options["report"],
            DETECTION_LIMITS=limits if limits is not None and limits.is_file() else None,
        )

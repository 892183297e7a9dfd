"""CRISM Scene Endmembers: the few spectra that say most of an image, and which of them the library lacks."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterRasterDestination,
)

from ..core.options.endmembers import EndmemberOptions
from ..core.options.shared import IMAGE
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import also_show, show_with_legend


class SceneEndmembers(CrismAlgorithm):
    NAME = "sceneendmembers"
    TITLE = "CRISM Scene Endmembers"
    GROUP = "Spectra"
    ICON = "endmembers.svg"
    TAGS = ("endmember", "superpixel", "segmentation", "SMACC", "DEMUD", "unknown", "discovery", "library", "exemplar")
    SCENES = ("INPUT",)
    HELP = """Finds what an image shows that the library lacks: the few spectra that say most of it, each compared with the library.

    Pixels that are alike and lie side by side make segments. Some of their mean spectra are chosen as endmembers. The result
    (x.tif) shows which endmember each segment resembles most. Beside it are written: x_points.gpkg, the endmembers as points with
    their spectra; x_table.csv, what each resembles; x_spectra.svg, a picture of the spectra; x_exemplars.json, an exemplar library
    of those that the library lacks, which CRISM GAN Map takes as its exemplar library; and a record of how it was made.

    An endmember is a spectrum that stands out, and no identification: stripes, spikes and bland ground stand out, too. Look at the
    spectra before you name a mineral."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(EndmemberOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Segments"),
            "A GeoTIFF of the segments. The other files get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputVectorLayer("POINTS", "Endmembers"))
        self.addOutput(QgsProcessingOutputFile("TABLE", "Table of the endmembers"))
        self.addOutput(QgsProcessingOutputFile("SPECTRA", "Picture of the spectra"))
        self.addOutput(QgsProcessingOutputFile("LIBRARY", "Exemplar library"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how they were made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.endmembers.pipeline import find_endmembers

        outputs = find_endmembers(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, EndmemberOptions),
            progress=progress,
        )
        name = outputs.segments.stem
        show_with_legend(context, str(outputs.segments), name)
        also_show(context, str(outputs.segments), str(outputs.points), f"{name} endmembers")
        return results(
            OUTPUT=outputs.segments,
            POINTS=outputs.points,
            TABLE=outputs.table,
            SPECTRA=outputs.spectra,
            LIBRARY=outputs.exemplars,
            STYLE=outputs.style,
            PROVENANCE=outputs.provenance,
        )

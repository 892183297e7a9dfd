"""CRISM Build Exemplar Library: makes a library of the spectra that maps look for."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
)

from ..core.options.exemplars import ExemplarOptions
from ..core.options.stage import parameter_of
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results


class BuildExemplars(CrismAlgorithm):
    NAME = "buildexemplars"
    TITLE = "CRISM Build Exemplar Library"
    GROUP = "Set-up"
    ICON = "library.svg"
    TAGS = ("spectral library", "exemplar", "mineral", "endmember", "MICA", "USGS", "ECOSTRESS", "RELAB", "ENVI", "sli", "polygon")
    SCENES = ("IMAGE",)
    HELP = """Makes a library of the spectra that CRISM GAN Map looks for: the plugin's minerals and your own, or your own alone.

    Spectra come from files of others: the CRISM type spectra (MICA), ENVI spectral libraries, text of USGS, ECOSTRESS or RELAB, and
    text in columns. They also come from polygons on an image: the mean over the pixels of each class. Maps find them at once; the
    network is not trained again.

    The log and the report beside the library say what was added, which scores each class needs, which classes the network takes for
    each other, and what was left out and why. Give the library to CRISM GAN Map as its exemplar library. Its classes are renamed,
    painted and removed in Raster > CRISM > CRISM Exemplar Libraries."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_options(ExemplarOptions, but=("field",))
        field = parameter_of(ExemplarOptions, "field")
        chooser = QgsProcessingParameterField(field.id, field.title, field.default, "POLYGONS", optional=True)
        self.add(chooser, field.help)
        self.add(
            QgsProcessingParameterFileDestination("OUTPUT", "Exemplar library", "Exemplar library (*.json)"),
            "The library (.json). The report gets a name that begins like its own.",
        )
        self.addOutput(QgsProcessingOutputFile("REPORT", "Report"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.own_minerals.pipeline import build_exemplars

        default = parameter_of(ExemplarOptions, "field").default
        outputs = build_exemplars(
            self.parameterAsFileOutput(parameters, "OUTPUT", context),
            **self.options(parameters, context, ExemplarOptions, but=("polygons", "field")),
            polygons=self.polygons_path(parameters, "POLYGONS", context),
            field=self.parameterAsString(parameters, "FIELD", context) or default,
            progress=progress,
        )
        return results(OUTPUT=outputs.library, REPORT=outputs.report)

"""CRISM Catalogue: lists a folder of maps, and shows all detections as one layer."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..core.options.catalogue import FOLDER, CatalogueOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .layers import load_with_legend


class Catalogue(CrismAlgorithm):
    NAME = "catalogue"
    TITLE = "CRISM Catalogue (all detections)"
    GROUP = "Maps"
    ICON = "catalogue.svg"
    TAGS = ("STAC", "catalog", "index", "detections", "search", "mineral", "GeoPackage")
    HELP = """Lists all maps of a folder, and shows all that was detected in them as one layer of points.

    The layer (<i>detections.gpkg</i>) has a row for each connected patch of a mineral: class, level, mean and best score, pixels,
    km², longitude, latitude, scene and map. It is fast with millions of rows. To see all kaolinite on Mars that was found in these
    images, give <i>kaolinite</i> as the mineral to show, or filter the layer by <i>"class" = 'kaolinite'</i>.

    The catalogue (<i>collection.json</i>) is a static STAC catalogue: an item for each map and each image, with outline, time of
    acquisition, projection, classes and links to all files. Browsers of STAC catalogues open it.

    Both lie in the folder <i>catalogue</i> of the folder of maps. Maps that are listed already and have not changed are left alone;
    those that are gone are taken out. CRISM GAN Map and CRISM Batch Map enter their maps by themselves."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add(QgsProcessingParameterFile("INPUT", FOLDER.title, QgsProcessingParameterFile.Behavior.Folder), FOLDER.help)
        self.add_options(CatalogueOptions)
        self.add(
            QgsProcessingParameterString("SHOW", "Minerals to show", optional=True),
            "Names of minerals, with commas between them. The layer that is loaded has these alone. Empty: all.",
        )
        self.addOutput(QgsProcessingOutputVectorLayer("DETECTIONS", "All detections"))
        self.addOutput(QgsProcessingOutputFile("COLLECTION", "Catalogue (STAC)"))
        self.addOutput(QgsProcessingOutputNumber("ENTERED", "Number of maps that were entered now"))
        self.addOutput(QgsProcessingOutputNumber("KEPT", "Number of maps that were there already"))
        self.addOutput(QgsProcessingOutputNumber("REMOVED", "Number of maps that are gone"))
        self.addOutput(QgsProcessingOutputNumber("FAILED", "Number of maps that could not be entered"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.catalogue import catalogue_maps

        options = self.options(parameters, context, CatalogueOptions)
        made = catalogue_maps(self.parameterAsFile(parameters, "INPUT", context), **options, progress=progress)
        asked = [name.strip() for name in self.parameterAsString(parameters, "SHOW", context).split(",") if name.strip()]
        unknown = [name for name in asked if name not in made.minerals]
        if unknown:
            progress.warn(
                f"SHOW: there is no detection of {', '.join(unknown)}; there is {', '.join(made.minerals) or 'none at all'}"
            )
        source = f"{made.detections}|layername=detections"
        if asked:
            names = ", ".join("'" + name.replace("'", "''") + "'" for name in asked)
            source += f'|subset="class" IN ({names})'
        load_with_legend(context, source, ", ".join(asked) or "Detections")
        return {
            "DETECTIONS": source,
            "COLLECTION": str(made.collection),
            "ENTERED": made.entered,
            "KEPT": made.kept,
            "REMOVED": made.removed,
            "FAILED": len(made.failures),
        }

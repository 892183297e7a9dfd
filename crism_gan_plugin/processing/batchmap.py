"""CRISM Batch Map: maps many images, and makes one composite and one table."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..core.mars.crs import GEOGRAPHIC
from ..core.mars.georeference import FileWithCrs
from ..core.options.batch import IMAGES, BatchOptions
from ..core.options.stage import parameter_of, parameters_of
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .layers import load_with_legend, show_with_legend
from .mars_crs import qgis_crs
from .network import QgisTransport
from .thresholds import thresholds_fault

#: Parameters that make no sense for a list of images.
OF_ONE_IMAGE = tuple(parameter.name for parameter in parameters_of(BatchOptions) if parameter.of_one_image)


class BatchMap(CrismAlgorithm):
    NAME = "batchmap"
    TITLE = "CRISM Batch Map (layer list)"
    GROUP = "Mapping"
    ICON = "batch.svg"
    TAGS = ("mineral", "batch", "list", "folder", "mosaic", "composite")
    SCENE_LISTS = ("INPUT",)
    HELP = """Maps the minerals of many CRISM images, lays the maps over each other, and makes a table of what was found where.

    Each image is mapped as CRISM GAN Map does it. An image in sensor space is placed by the geometry (DDR) beside it. An image
    that cannot be mapped does not stop the others; the log and <i>failed.csv</i> name it. A map that was made before, of the same
    image with the same parameters, is kept. So a run that was interrupted goes on where it stopped.

    Images can be fetched from the archive first, by their ids or by an area (see CRISM Fetch Products). Map tiles (MRDR) and strips
    (TRR3 of the classes MSP, MSW and HSP) are images like others.

    <i>summary.csv</i> has a row for each mineral of each image, with its identified and guessed pixels and km² and its mean
    similarity. With a neutral ratio it also counts the pixels that have the mineral without the ratio too. The maps are entered in
    the catalogue of their folder, with one layer of all detections (see CRISM Catalogue)."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGES)
        self.add(
            QgsProcessingParameterFile("FOLDER", "Folder of images", QgsProcessingParameterFile.Behavior.Folder, optional=True),
            "A folder that is searched, with the folders in it, for more images: CRISM's I/F products, and other cubes of spectra.",
        )
        self.add_options(BatchOptions, but=(*OF_ONE_IMAGE, "composite", "reports"))
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", "Folder of the maps"),
            "Holds <i>image_minerals.tif</i> and its companion files for each image, <i>summary.csv</i> and <i>failed.csv</i>.",
        )
        self.add_parameter(parameter_of(BatchOptions, "composite"))
        self.add_parameter(parameter_of(BatchOptions, "reports"))
        self.addOutput(QgsProcessingOutputMultipleLayers("MAPS", "Mineral maps"))
        self.addOutput(QgsProcessingOutputFile("SUMMARY", "Table of what was found where"))
        self.addOutput(QgsProcessingOutputFile("COLLECTION", "Catalogue (STAC)"))
        self.addOutput(QgsProcessingOutputVectorLayer("DETECTIONS", "All detections"))
        self.addOutput(QgsProcessingOutputNumber("MAPPED", "Number of images with a map"))
        self.addOutput(QgsProcessingOutputNumber("SKIPPED", "Number of these that were finished before"))
        self.addOutput(QgsProcessingOutputNumber("FAILED", "Number of images that could not be mapped"))

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> tuple[bool, str]:
        fault = thresholds_fault(self, parameters, context)
        if not self._inputs(parameters, context) and not any(parameters.get(name) for name in ("FETCH_IDS", "FETCH_EXTENT")):
            fault = "INPUT: no image is given; choose layers or files, or a FOLDER of images, or what to fetch"
        folder = self.parameterAsString(parameters, "FOLDER", context)
        if folder and not Path(folder).is_dir():
            fault = f"FOLDER: {folder} is not a folder; choose the one that the images lie in"
        return (False, fault) if fault else super().checkParameterValues(parameters, context)

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.batch import map_batch

        folder = Path(self.parameterAsFileOutput(parameters, "OUTPUT_FOLDER", context))
        options = self.options(parameters, context, BatchOptions, but=(*OF_ONE_IMAGE, "fetch_extent"))
        if parameters.get("FETCH_EXTENT"):
            options["fetch_extent"] = self.extent_in(qgis_crs(GEOGRAPHIC), parameters, "FETCH_EXTENT", context)
        made = map_batch(
            self._inputs(parameters, context),
            folder,
            **options,
            transport=QgisTransport(),
            progress=progress,
        )
        if made.failures:
            progress.warn(f"{len(made.failures)} of {len(made.failures) + len(made.maps)} images failed; why is in {made.failed}")
        results: Parameters = {
            "OUTPUT_FOLDER": str(folder),
            "MAPS": [str(outputs.classes) for outputs in made.maps],
            "SUMMARY": str(made.summary),
            "MAPPED": len(made.maps),
            "SKIPPED": made.skipped,
            "FAILED": len(made.failures),
        }
        if made.catalogue is not None:
            results["COLLECTION"] = str(made.catalogue.collection)
            results["DETECTIONS"] = f"{made.catalogue.detections}|layername=detections"
        if options["reports"] is not None:
            results["REPORT"] = options["reports"]
        if made.composite is not None:
            composite = str(made.composite.composite)
            show = load_with_legend if options["composite"] == BatchOptions.composite else show_with_legend
            show(context, composite, "Minerals (composite)")
            results["COMPOSITE"] = composite
        return results

    def _inputs(self, parameters: Parameters, context: QgsProcessingContext) -> list[str | FileWithCrs]:
        """The images that were given, then the folder."""
        folder = self.parameterAsString(parameters, "FOLDER", context)
        return [*self.scene_paths(parameters, "INPUT", context), *([folder] if folder else [])]

"""CRISM Batch Map: many images to their maps, one composite and one table."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .compositemosaic import STRATEGIES
from .layers import load_with_legend, show_with_legend
from .mapping_parameters import add_mapping, mapping_options, thresholds_fault
from .scene_parameters import add_wavelengths, crs_of


class BatchMap(CrismAlgorithm):
    NAME = "batchmap"
    TITLE = "CRISM Batch Map (layer list)"
    GROUP = "Mapping"
    ICON = "batch.svg"
    TAGS = ("mineral", "batch", "list", "folder", "mosaic", "composite")
    SCENE_LISTS = ("INPUT",)
    HELP = """Maps the minerals of many CRISM images, lays the maps over each other, and makes a table of what was found where.

    Each image is mapped as CRISM GAN Map does it; one in sensor space is placed by the geometry (DDR) that lies beside it. An image
    that cannot be mapped does not stop the others: it is in the log and in <i>failed.csv</i>. Maps that are there already, made of
    the same image with the same parameters, are kept, so a run that was interrupted goes on where it stopped.

    <i>summary.csv</i> has a row for each mineral of each image: identified and guessed pixels and km², mean similarity,
    and with a neutral ratio the pixels that are named so without it, too."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers("INPUT", "CRISM images", QgsProcessing.SourceType.TypeRaster, optional=True),
            "Layers, or paths of files, as CRISM GAN Map takes them.",
        )
        self.add(
            QgsProcessingParameterFile("FOLDER", "Folder of images", QgsProcessingParameterFile.Behavior.Folder, optional=True),
            "Searched for images with all that is in it, besides those above: CRISM's I/F products, and other cubes of spectra.",
        )
        add_wavelengths(self)
        add_mapping(self)
        self.add(
            QgsProcessingParameterCrs("CRS", "CRS of the maps", optional=True),
            "Of the composite, and of maps that are placed by their geometry. Empty: the equirectangular map of Mars, "
            "IAU_2015:49910, or a polar one where all lie beyond 65° of latitude.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                "STRATEGY", "Where maps overlap", STRATEGIES, defaultValue=STRATEGIES[0], usesStaticStrings=True
            ),
            "Which map shows. <i>best evidence</i>: an identification before a guess, then the higher similarity, then the finer "
            "pixel.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", "Folder of the maps"),
            "Gets <i>image_minerals.tif</i> and what belongs to it for each image, <i>summary.csv</i> and <i>failed.csv</i>.",
        )
        self.add(
            QgsProcessingParameterRasterDestination("COMPOSITE", "Composite", optional=True, createByDefault=False),
            "All maps laid over each other, a GeoTIFF. Empty: <i>composite.tif</i> in the folder of the maps.",
        )
        self.addOutput(QgsProcessingOutputMultipleLayers("MAPS", "Mineral maps"))
        self.addOutput(QgsProcessingOutputFile("SUMMARY", "Table of what was found where"))
        self.addOutput(QgsProcessingOutputNumber("MAPPED", "Number of images with a map"))
        self.addOutput(QgsProcessingOutputNumber("SKIPPED", "Number of these that were finished before"))
        self.addOutput(QgsProcessingOutputNumber("FAILED", "Number of images that could not be mapped"))

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> tuple[bool, str]:
        fault = thresholds_fault(self, parameters, context)
        if not self._inputs(parameters, context):
            fault = "INPUT: no image is given; choose layers or files, or a FOLDER of images"
        folder = self.parameterAsString(parameters, "FOLDER", context)
        if folder and not Path(folder).is_dir():
            fault = f"FOLDER: {folder} is not a folder; choose the one that the images lie in"
        return (False, fault) if fault else super().checkParameterValues(parameters, context)

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.batch import COMPOSITE, map_batch

        folder = Path(self.parameterAsFileOutput(parameters, "OUTPUT_FOLDER", context))
        chosen = self.geotiff_path(parameters, "COMPOSITE", context)
        made = map_batch(
            self._inputs(parameters, context),
            folder,
            composite=chosen or COMPOSITE,
            strategy=self.parameterAsEnumString(parameters, "STRATEGY", context),
            crs=crs_of(self, parameters, "CRS", context),
            wavelengths=self.optional_path(parameters, "WAVELENGTHS", context),
            **mapping_options(self, parameters, context),
            progress=progress,
        )
        if made.failures:
            progress.warn(f"{len(made.failures)} of {len(made.failures) + len(made.maps)} images failed; why is in {made.failed}")
        results = {
            "OUTPUT_FOLDER": str(folder),
            "MAPS": [str(outputs.classes) for outputs in made.maps],
            "SUMMARY": str(made.summary),
            "MAPPED": len(made.maps),
            "SKIPPED": made.skipped,
            "FAILED": len(made.failures),
        }
        if made.composite is not None:
            results["COMPOSITE"] = str(made.composite.composite)
            if chosen is None:
                load_with_legend(context, results["COMPOSITE"], "Minerals (composite)")
            else:
                show_with_legend(context, results["COMPOSITE"], "Minerals (composite)")
        return results

    def _inputs(self, parameters: Parameters, context: QgsProcessingContext) -> list[str]:
        """Images, then the folder."""
        folder = self.parameterAsString(parameters, "FOLDER", context)
        return [*self.scene_paths(parameters, "INPUT", context), *([folder] if folder else [])]

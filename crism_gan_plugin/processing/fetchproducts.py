"""CRISM Fetch Products: finds images in the archive, and fetches them."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFolderDestination,
)

from ..core.mars.crs import GEOGRAPHIC
from ..core.options.fetching import FetchOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .layers import load_with_legend
from .mars_crs import qgis_crs
from .network import QgisTransport


class FetchProducts(CrismAlgorithm):
    NAME = "fetchproducts"
    TITLE = "CRISM Fetch Products (archive)"
    GROUP = "Images"
    ICON = "fetch.svg"
    TAGS = ("download", "archive", "PDS", "ODE", "footprint", "observation", "TRR3", "MTRDR", "TER", "MRDR")
    HELP = """Finds CRISM products in NASA's archive, by id or by place, shows their footprints, and fetches them.

    The Orbital Data Explorer of the PDS Geosciences Node is asked. The layer of footprints has the time, the angles of the light,
    sizes and links. Each observation gets a folder, which the other algorithms take. Files that are there are not fetched again. A
    run that was cancelled or cut off goes on where it stopped: run it again with the same folder.

    The kind TRR3 has the strips of the mapping modes (MSP, MSW, HSP), too; MRDR are map tiles.

    Try <i>Footprints only</i> first: a full-resolution image has half a gigabyte, and an area may have hundreds."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_options(FetchOptions)
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT_FOLDER", "Folder of the observations"),
            "Holds a folder for each observation, with the archive's file names, and <i>footprints.gpkg</i>.",
        )
        self.addOutput(QgsProcessingOutputVectorLayer("FOOTPRINTS", "Footprints"))
        self.addOutput(QgsProcessingOutputMultipleLayers("FILES", "Files of the products"))
        self.addOutput(QgsProcessingOutputNumber("FOUND", "Number of products that were found"))
        self.addOutput(QgsProcessingOutputNumber("FETCHED", "Number of files that were fetched now"))
        self.addOutput(QgsProcessingOutputNumber("FAILED", "Number of products that could not be fetched"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.fetching.pipeline import fetch_products

        folder = Path(self.parameterAsFileOutput(parameters, "OUTPUT_FOLDER", context))
        extent = self.extent_in(qgis_crs(GEOGRAPHIC), parameters, "EXTENT", context) if parameters.get("EXTENT") else None
        made = fetch_products(
            folder,
            **self.options(parameters, context, FetchOptions, but=("extent", "area")),
            extent=extent,
            area=self.polygons_path(parameters, "AREA", context),
            transport=QgisTransport(),
            progress=progress,
        )
        if made.failures:
            progress.warn(f"{len(made.failures)} of {made.found} products could not be fetched; run it again to go on")
        load_with_legend(context, str(made.footprints), "CRISM footprints")
        return {
            "OUTPUT_FOLDER": str(folder),
            "FOOTPRINTS": str(made.footprints),
            "FILES": [str(path) for path in made.files],
            "FOUND": made.found,
            "FETCHED": made.fetched,
            "FAILED": len(made.failures),
        }

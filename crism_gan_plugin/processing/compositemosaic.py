"""CRISM Composite Mosaic: lays many mineral maps over each other."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterRasterDestination,
)

from ..core.mars.georeference import FileWithCrs
from ..core.options.composite import MAPS, CompositeOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import also_show, show_with_legend
from .mars_crs import qgis_crs


class CompositeMosaic(CrismAlgorithm):
    NAME = "compositemosaic"
    TITLE = "CRISM Composite Mosaic"
    GROUP = "Maps"
    ICON = "mosaic.svg"
    SCENES = ("INPUT",)
    TAGS = ("mosaic", "composite", "merge", "overlap", "mineral", "map")
    HELP = """Lays mineral maps of many images over each other, and makes one class raster that says where each pixel came from.

    The maps may have different spheres, CRSs and pixel sizes. Each is resampled to the composite's CRS by the nearest pixel.
    Classes are merged by name. Memory does not grow with the number of maps.

    Other files are written beside the composite (y.tif). y_similarity.tif has the similarities. y_source.tif says which map shows,
    by its number in the table y_sources.csv. y_count.tif says how many maps have data. y_agreement.csv says what pairs of maps show
    where they overlap, and for each class whether two images confirm it. A record says how the composite was made."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(MAPS)
        self.add_options(CompositeOptions)
        self.add(
            QgsProcessingParameterBoolean("OPEN_ALL", "Also open similarity, source and overlap count", defaultValue=False),
            "In QGIS, open these layers together with the composite. They are written in any case.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Composite"),
            "The composite, as a cloud-optimised GeoTIFF. The other files get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputRasterLayer("SIMILARITY", "Similarity"))
        self.addOutput(QgsProcessingOutputRasterLayer("SOURCE", "Source index"))
        self.addOutput(QgsProcessingOutputRasterLayer("COUNT", "Overlap count"))
        self.addOutput(QgsProcessingOutputFile("SOURCES", "Table of sources"))
        self.addOutput(QgsProcessingOutputFile("AGREEMENT", "Agreement of the maps"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how the composite was made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.mosaic.composite import make_composite

        maps = self.scene_paths(parameters, "INPUT", context)
        outputs = make_composite(
            maps,
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, CompositeOptions, but=("extent",)),
            extent=self._extent(parameters, context, maps),
            progress=progress,
        )
        name = outputs.composite.stem
        show_with_legend(context, str(outputs.composite), f"{name} minerals")
        if self.parameterAsBoolean(parameters, "OPEN_ALL", context):
            more = {"similarity": outputs.similarity, "sources": outputs.source, "number of maps": outputs.count}
            for title, path in more.items():
                if path is not None:
                    also_show(context, str(outputs.composite), str(path), f"{name} {title}")
        return results(
            OUTPUT=outputs.composite,
            SIMILARITY=outputs.similarity,
            SOURCE=outputs.source,
            COUNT=outputs.count,
            SOURCES=outputs.sources,
            AGREEMENT=outputs.agreement,
            STYLE=outputs.style,
            PROVENANCE=outputs.provenance,
        )

    def _extent(
        self, parameters: Parameters, context: QgsProcessingContext, maps: Sequence[str | FileWithCrs]
    ) -> tuple[float, float, float, float] | None:
        """The extent in the composite's CRS, whatever CRS it was given in."""
        from ..core.mosaic.composite import default_composite_crs

        if not parameters.get("EXTENT"):
            return None
        chosen = self.parameterAsCrs(parameters, "CRS", context)
        crs = chosen if chosen.isValid() else qgis_crs(default_composite_crs(maps))
        return self.extent_in(crs, parameters, "EXTENT", context)

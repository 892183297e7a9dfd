"""CRISM Composite Mosaic: many mineral maps laid over each other."""

from __future__ import annotations

import re

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsRectangle,
    QgsReferencedRectangle,
)

from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .layers import also_show, show_with_legend
from .mars_crs import check_mars, qgis_crs
from .scene_parameters import crs_of

#: The names that the core knows.
STRATEGIES = ["best evidence", "first", "last", "finest", "most detections"]


class CompositeMosaic(CrismAlgorithm):
    NAME = "compositemosaic"
    TITLE = "CRISM Composite Mosaic"
    GROUP = "Maps"
    ICON = "mosaic.svg"
    SCENES = ("INPUT",)
    TAGS = ("mosaic", "composite", "merge", "overlap", "mineral", "map")
    HELP = """Lays mineral maps of many images over each other: one class raster that says where each pixel came from.

    The maps may have different spheres, CRSs and pixel sizes; each is brought to the composite's CRS by the nearest pixel. Classes
    are merged by name. Beside the composite (y.tif) are written: y_similarity.tif; y_source.tif, which map shows, with the table
    y_sources.csv; y_count.tif, how many maps have data; y_agreement.csv, what pairs of maps say where they overlap; and a record
    of how it was made. Memory does not grow with the number of maps."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers("INPUT", "Mineral maps", QgsProcessing.SourceType.TypeRaster),
            "Maps written by CRISM GAN Map, or composites of them, with the files that lie beside them.",
        )
        self.add(
            QgsProcessingParameterEnum(
                "STRATEGY", "Where maps overlap", STRATEGIES, defaultValue=STRATEGIES[0], usesStaticStrings=True
            ),
            "Which map shows. <i>best evidence</i>: an identification before a guess before nothing, then the higher similarity, "
            "then the finer pixel. The others put one map on top wherever it has data: the <i>first</i> or <i>last</i> in the "
            "list, the one with the <i>finest</i> pixels, or the one with <i>most detections</i> (by area).",
        )
        self.add(
            QgsProcessingParameterCrs("CRS", "CRS of the composite", optional=True),
            "One of the sphere of Mars. Empty: the equirectangular map, IAU_2015:49910, and the polar maps 49930 and 49935 where "
            "all maps lie beyond 65° of latitude.",
        )
        self.add(
            QgsProcessingParameterNumber(
                "PIXEL_SIZE", "Pixel size", QgsProcessingParameterNumber.Type.Double, optional=True, minValue=0.0
            ),
            "In units of the CRS. Empty: that of the finest map.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterExtent("EXTENT", "Extent", optional=True),
            "Empty: all of the maps.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("OPEN_ALL", "Also open similarity, source and overlap count", defaultValue=False),
            "In QGIS, open these layers together with the composite. They are written in any case.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Composite"),
            "The composite, a cloud-optimised GeoTIFF. The other files get names that begin like its own.",
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
        crs = crs_of(self, parameters, "CRS", context)
        pixel_size = parameters.get("PIXEL_SIZE") or None
        outputs = make_composite(
            maps,
            self.geotiff_path(parameters, "OUTPUT", context),
            crs=crs,
            pixel_size=None if pixel_size is None else self.parameterAsDouble(parameters, "PIXEL_SIZE", context),
            extent=self._extent(parameters, context, maps),
            strategy=self.parameterAsEnumString(parameters, "STRATEGY", context),
            progress=progress,
        )
        name = outputs.composite.stem
        show_with_legend(context, str(outputs.composite), f"{name} minerals")
        if self.parameterAsBoolean(parameters, "OPEN_ALL", context):
            more = {"similarity": outputs.similarity, "sources": outputs.source, "number of maps": outputs.count}
            for title, path in more.items():
                if path is not None:
                    also_show(context, str(outputs.composite), str(path), f"{name} {title}")
        results = {
            "OUTPUT": outputs.composite,
            "SIMILARITY": outputs.similarity,
            "SOURCE": outputs.source,
            "COUNT": outputs.count,
            "SOURCES": outputs.sources,
            "AGREEMENT": outputs.agreement,
            "STYLE": outputs.style,
            "PROVENANCE": outputs.provenance,
        }
        return {key: str(path) for key, path in results.items() if path is not None}

    def _extent(
        self, parameters: Parameters, context: QgsProcessingContext, maps: list[str]
    ) -> tuple[float, float, float, float] | None:
        """The extent in the composite's CRS, whatever CRS it was given in."""
        from ..core.mosaic.composite import default_composite_crs

        if not parameters.get("EXTENT"):
            return None
        chosen = self.parameterAsCrs(parameters, "CRS", context)
        crs = chosen if chosen.isValid() else qgis_crs(default_composite_crs(maps))
        if not _is_plain(parameters["EXTENT"]):
            given = self.parameterAsExtentCrs(parameters, "EXTENT", context)
            if given.isValid() and given != crs:  # QGIS would take latitudes of an ellipsoid as they are
                check_mars(given, "EXTENT")
        found = self.parameterAsExtent(parameters, "EXTENT", context, crs)
        return found.xMinimum(), found.yMinimum(), found.xMaximum(), found.yMaximum()


def _is_plain(extent: object) -> bool:
    """Whether an extent comes without a CRS of its own; it is in that of the composite then."""
    if isinstance(extent, str):
        return re.fullmatch(r"[-+0-9.,eE\s]+", extent) is not None
    return isinstance(extent, QgsRectangle) and not isinstance(extent, QgsReferencedRectangle)

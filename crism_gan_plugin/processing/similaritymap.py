"""CRISM Similarity Map: where an image resembles one spectrum."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterRasterDestination,
)

from ..core.options.shared import IMAGE
from ..core.options.similarity import SimilarityOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import also_show, show_with_legend
from .mars_crs import to_wkt


class SimilarityMap(CrismAlgorithm):
    NAME = "similaritymap"
    TITLE = "CRISM Similarity Map (any spectrum)"
    GROUP = "Maps"
    ICON = "similarity.svg"
    TAGS = ("similarity", "spectrum", "search", "match", "spectral angle", "derivative", "library", "find more like this")
    SCENES = ("INPUT", "SPECTRUM_IMAGE")
    HELP = """Compares every pixel of an image with one spectrum: that of a library, of a file, of a point, or of polygons.

    Spectra are treated as in CRISM GAN Map: brought to the network's grid, divided by their continuum, and averaged over windows.
    The result (x.tif) has a band of scores for each window. Beside it are written: x_best.gpkg, the ten best pixels as points with
    their spectra; x_histogram.csv, how many pixels have which score, with the thresholds of the maps; and a record of how it was
    made.

    The network's score is that of the maps. The other metrics have no thresholds: compare the scores of one map with each other."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(SimilarityOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Similarity"),
            "The scores, a GeoTIFF. The other files get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputVectorLayer("BEST", "Best pixels"))
        self.addOutput(QgsProcessingOutputFile("HISTOGRAM", "Histogram"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how the map was made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.search.pipeline import make_similarity_map

        outputs = make_similarity_map(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, SimilarityOptions, but=("at", "polygons")),
            **self._point(parameters, context),
            polygons=self.polygons_path(parameters, "POLYGONS", context),
            progress=progress,
        )
        name = outputs.similarity.stem
        show_with_legend(context, str(outputs.similarity), name)
        also_show(context, str(outputs.similarity), str(outputs.best), f"{name} best pixels")
        return results(
            OUTPUT=outputs.similarity,
            BEST=outputs.best,
            HISTOGRAM=outputs.histogram,
            STYLE=outputs.style,
            PROVENANCE=outputs.provenance,
        )

    def _point(self, parameters: Parameters, context: QgsProcessingContext) -> Parameters:
        """The point, with the CRS that it was given in."""
        if not parameters.get("AT"):
            return {}
        point, crs = self.parameterAsPoint(parameters, "AT", context), self.parameterAsPointCrs(parameters, "AT", context)
        return {"at": (point.x(), point.y()), "at_crs": to_wkt(crs) if crs.isValid() else None}

"""CRISM Band Positions: where the deepest absorption inside a window lies."""

from __future__ import annotations

from qgis.core import QgsProcessingContext, QgsProcessingOutputFile, QgsProcessingParameterRasterDestination

from ..core.options.band_positions import BandOptions
from ..core.options.shared import IMAGE
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results
from .layers import show_with_legend


class BandFit(CrismAlgorithm):
    NAME = "bandfit"
    TITLE = "CRISM Band Positions"
    GROUP = "Spectra"
    ICON = "bands.svg"
    TAGS = (
        "absorption",
        "centre",
        "depth",
        "width",
        "area",
        "Gaussian",
        "band fit",
        "minimum wavelength",
        "Al-OH",
        "Fe-OH",
        "Mg-OH",
    )
    SCENES = ("INPUT",)
    HELP = """Finds the deepest absorption inside a window of wavelengths for each pixel: its centre, depth, width and area.

    Spectra are divided by their upper hull inside the window. One Gaussian is fitted, or two where they explain the spectrum better
    than noise can; the deeper one counts. A pixel without an absorption beyond its noise has no data. TRR3 images are fitted with
    each detector column's own wavelengths.

    The centre of the band near 2.2 or 2.3 µm shifts with the metal: Al, Fe, Mg. A centre tells a mineral only where the rest of the
    spectrum agrees."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_options(BandOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Band positions"),
            "A GeoTIFF with four bands: centre, depth, full width at half depth, and area. Each has a style whose name begins like "
            "its own; QGIS shows the centre.",
        )
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how it was made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.band_positions.pipeline import fit_band_positions

        outputs = fit_band_positions(
            self.scene_path(parameters, "INPUT", context),
            self.geotiff_path(parameters, "OUTPUT", context),
            **self.options(parameters, context, BandOptions),
            progress=progress,
        )
        show_with_legend(context, str(outputs.bands), outputs.bands.stem)
        return results(OUTPUT=outputs.bands, STYLE=outputs.styles[0], PROVENANCE=outputs.provenance)

"""CRISM Denoise: separates the surface from atmosphere, noise and detector artefacts."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterRasterDestination,
)

from ..core.options.denoising import CorrectionOptions, DenoiseCommandOptions, DenoiseOptions
from ..core.options.shared import IMAGE
from ..core.options.stage import parameter_of
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results


class Denoise(CrismAlgorithm):
    NAME = "denoise"
    TITLE = "CRISM Denoise"
    GROUP = "Spectra"
    ICON = "denoise.svg"
    TAGS = ("atmosphere", "noise", "stripes", "volcano scan", "unmixing", "despike")
    SCENES = ("INPUT",)
    HELP = """Separates the surface of Mars from the atmosphere, the noise and the detector's artefacts in a CRISM image.

    All spectra of a detector column are fitted together. Each is a mixture of known absorptions on a concave background, seen
    through air whose transmission is the same for the whole column. What remains is noise, and values that stand out of it are
    replaced. The model, which has no noise, is the noise-free model that CRISM GAN Map takes.

    It takes TRR3 products (not corrected for the atmosphere), multispectral strips included, and TER and MTRDR products and map
    tiles of Lambert albedo (corrected already). The full mode needs PyTorch, and about three times the size of the image for
    scratch files. A run that is cancelled goes on where it stopped when it is run again.

    Method: Itoh and Parente (2021), Icarus 354, 114024, in an implementation of our own. Volcano scans: McGuire et al. (2009),
    Planetary and Space Science 57, 809."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(IMAGE)
        self.add_parameter(parameter_of(DenoiseCommandOptions, "mode"))
        self.add_options(DenoiseOptions)
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Corrected image"),
            "I/F without atmosphere, stripes and spikes, on one list of wavelengths for all columns. The model (_model), "
            "background (_background), path (_path), transmission (_transmission) and mask of replaced entries (_bad) get names "
            "that begin like its own.",
        )
        for name, title in (
            ("MODEL", "Noise-free model"),
            ("BACKGROUND", "Background"),
            ("PATH", "Path through the air"),
            ("TRANSMISSION", "Transmission of each column"),
            ("BAD", "Replaced entries"),
        ):
            self.addOutput(QgsProcessingOutputRasterLayer(name, title))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how it was made"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.denoise.pipeline import denoise_scene
        from ..core.denoise.quick import correct_scene

        source = self.scene_path(parameters, "INPUT", context)
        target = self.geotiff_path(parameters, "OUTPUT", context)
        how = {"name": target.name, "progress": progress}
        if self.parameterAsEnumString(parameters, "MODE", context) == "quick":
            corrected = correct_scene(source, target.parent, **self.options(parameters, context, CorrectionOptions), **how)
            return results(OUTPUT=corrected.corrected, PROVENANCE=corrected.provenance)
        outputs = denoise_scene(source, target.parent, **self.options(parameters, context, DenoiseOptions), **how)
        return results(
            OUTPUT=outputs.corrected,
            MODEL=outputs.model,
            BACKGROUND=outputs.background,
            PATH=outputs.path,
            TRANSMISSION=outputs.transmission,
            BAD=outputs.bad,
            PROVENANCE=outputs.provenance,
        )

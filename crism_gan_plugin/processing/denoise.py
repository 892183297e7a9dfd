"""CRISM Denoise: the surface separated from atmosphere, noise and detector artefacts."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .scene_parameters import add_scene, add_volcano_scans, add_wavelengths, volcano_scans

MODES = ("full", "quick")
DEVICES = ("auto", "cpu", "cuda")


class Denoise(CrismAlgorithm):
    NAME = "denoise"
    TITLE = "CRISM Denoise"
    GROUP = "Spectra"
    ICON = "denoise.svg"
    TAGS = ("atmosphere", "noise", "stripes", "volcano scan", "unmixing", "despike")
    SCENES = ("INPUT",)
    HELP = """Separates the surface of Mars from the atmosphere, the noise and the detector's artefacts in a CRISM image.

    All spectra of a detector column are fitted together: each as a mixture of known absorptions on a concave background, seen
    through air whose transmission the column has in common. What remains is noise, and entries that stand out of it are replaced.
    The model, which has no noise, is what CRISM GAN Map wants as its noise-free model.

    Takes TRR3 products (atmosphere included), TER and MTRDR products (corrected already). Needs PyTorch in the full mode, and about
    three times the size of the image for scratch files. A run that is cancelled goes on where it stopped when it is run again.

    Method: Itoh and Parente (2021), Icarus 354, 114024, in an implementation of our own; volcano scans: McGuire et al. (2009),
    Planetary and Space Science 57, 809."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        add_scene(self)
        add_wavelengths(self)
        self.add(
            QgsProcessingParameterEnum("MODE", "Mode", MODES, defaultValue="full", usesStaticStrings=True),
            "<i>full</i>: the whole model. <i>quick</i>: only the atmosphere, by division by a volcano scan; noise and stripes "
            "stay, and only the corrected cube is written.",
        )
        add_volcano_scans(self)
        self.add(
            QgsProcessingParameterFile("INFORMATION", "Processing information (IN)", optional=True),
            "For a map-projected image (MTRDR): its IN product, which tells each pixel's detector column, so that column artefacts "
            "can be removed too. Empty: they stay.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFile("EXEMPLARS", "Exemplar library", optional=True, fileFilter="JSON (*.json);;All files (*)"),
            "The absorptions that the surface may have, as a JSON file. Empty: those of the library of 32 minerals that comes with "
            "the plugin. The log says which were used.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterMultipleLayers("LIBRARY", "Spectral libraries", QgsProcessing.SourceType.TypeFile, optional=True),
            "More absorptions: ENVI spectral libraries of minerals that cover 1.05 to 2.49 µm, the .hdr beside each.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("ICES", "The surface may hold ice", defaultValue=False),
            "Also use the spectra of water and carbon dioxide ice.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum("DEVICE", "Device", DEVICES, defaultValue="auto", usesStaticStrings=True),
            "What computes. <i>auto</i>: a CUDA graphics card where there is one.",
            advanced=True,
        )
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
        scans = volcano_scans(self, parameters, context)
        shared = {
            "transmissions": scans["volcano_scans"],
            "scan_table": scans["scan_table"],
            "wavelengths": self.optional_path(parameters, "WAVELENGTHS", context),
            "name": target.name,
            "progress": progress,
        }
        if self.parameterAsEnumString(parameters, "MODE", context) == "quick":
            corrected = correct_scene(source, target.parent, **shared)
            return {"OUTPUT": str(corrected.corrected), "PROVENANCE": str(corrected.provenance)}
        outputs = denoise_scene(
            source,
            target.parent,
            information=self.optional_path(parameters, "INFORMATION", context),
            exemplars=self.optional_path(parameters, "EXEMPLARS", context),
            spectral_libraries=self.file_list(parameters, "LIBRARY", context),
            ices=self.parameterAsBoolean(parameters, "ICES", context),
            device=self.parameterAsEnumString(parameters, "DEVICE", context),
            **shared,
        )
        results = {
            "OUTPUT": outputs.corrected,
            "MODEL": outputs.model,
            "BACKGROUND": outputs.background,
            "PATH": outputs.path,
            "TRANSMISSION": outputs.transmission,
            "BAD": outputs.bad,
            "PROVENANCE": outputs.provenance,
        }
        return {name: str(path) for name, path in results.items() if path is not None}

"""CRISM Train GAN: a discriminator of one's own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
)

from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters

LOSSES = ("both", "adversarial", "contrastive")
WEIGHTS_NAME = "discriminator.npz"


class TrainGan(CrismAlgorithm):
    NAME = "traingan"
    TITLE = "CRISM Train GAN"
    GROUP = "Set-up"
    ICON = "train.svg"
    SCENES = ("INPUT", "GROUND")
    TAGS = ("neural network", "weights", "generative adversarial network", "contrastive", "deep learning")
    HELP = """Trains the neural network that CRISM GAN Map compares spectra with, and calibrates its similarity.

    It learns from simulated views of known minerals (the plugin's exemplars and spectral libraries) and from the user's own images:
    noise-free model cubes of the denoiser. The log shows the losses and what each validation finds, first that of random
    weights as a control. A run that is cancelled keeps its checkpoint in the output folder; the same run again goes on from there.
    Needs PyTorch; uses a CUDA graphics card where there is one. The plugin's own weights had 800 steps, three minutes of one
    processor core.

    Give the resulting <i>discriminator.npz</i> to CRISM GAN Map as its network weights. Beside it are the model card (.json), the
    losses as table and figure, and a figure of generated beside real spectra.

    Method: Saranathan and Parente (2021), Icarus 355, 114107, with a supervised contrastive loss (Khosla et al. 2020)."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers(
                "INPUT", "Noise-free model cubes", QgsProcessing.SourceType.TypeRaster, optional=True
            ),
            "Images to learn from: models written by a denoiser, I/F, whose wavelengths are in their metadata. Together they need "
            "10,000 spectra with absorptions. Common ground is thinned out so that rare minerals are seen as often.",
        )
        self.add(
            QgsProcessingParameterMultipleLayers("LIBRARY", "Spectral libraries", QgsProcessing.SourceType.TypeFile, optional=True),
            "ENVI spectral libraries of minerals that cover 1.05 to 2.49 µm, such as the USGS library; the .hdr beside each. The "
            "first word of a spectrum's name is its mineral.",
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "GROUND", "Images with the ground to be known", QgsProcessing.SourceType.TypeRaster, optional=True
            ),
            "Images, I/F corrected for the atmosphere, whose bland ground the network shall tell from minerals: the blander half "
            "of each counts. Empty: the plugin's own model of ground.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("WITH_EXEMPLARS", "Learn from the plugin's exemplars too", defaultValue=True),
            "Without them and without libraries, the network learns from the images alone, as in the paper; the exemplars then "
            "serve for validation.",
        )
        self.add(
            QgsProcessingParameterEnum("LOSSES", "Losses", LOSSES, defaultValue="both", usesStaticStrings=True),
            "<i>adversarial</i>: the discriminator tells real from generated spectra, as in the paper. <i>contrastive</i>: views "
            "of one mineral shall be alike, views of two shall not. <i>both</i> is what the plugin's own weights are trained with.",
        )
        self._add_number("STEPS", "Steps", 1000, 1, "Updates of each network. The plugin's own weights had 800.")
        self._add_number("SEED", "Seed", 0, 0, "Of everything random: the same seed and inputs give the same weights on a CPU.")
        self._add_number(
            "PATIENCE",
            "Stop after so many validations without a better one",
            8,
            0,
            "A validation comes every 250 steps; the weights of the best one are kept. 0: training goes through all steps.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder of the results"),
            "Holds the weights and their companions afterwards, and the checkpoint while training goes on.",
        )
        for name, title in (
            ("WEIGHTS", "Network weights"),
            ("CARD", "Model card"),
            ("LOSS_TABLE", "Losses (table)"),
            ("LOSS_CURVES", "Losses (figure)"),
            ("SPECTRA", "Generated beside real spectra (figure)"),
        ):
            self.addOutput(QgsProcessingOutputFile(name, title))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.training.pipeline import train_to_files

        folder = Path(self.parameterAsString(parameters, "OUTPUT", context))
        files = train_to_files(
            folder / WEIGHTS_NAME,
            images=self.scene_paths(parameters, "INPUT", context),
            library=self.file_list(parameters, "LIBRARY", context),
            ground=self.scene_paths(parameters, "GROUND", context),
            exemplars=self.parameterAsBoolean(parameters, "WITH_EXEMPLARS", context),
            losses=self.parameterAsEnumString(parameters, "LOSSES", context),
            steps=self.parameterAsInt(parameters, "STEPS", context),
            seed=self.parameterAsInt(parameters, "SEED", context),
            patience=self.parameterAsInt(parameters, "PATIENCE", context),
            progress=progress,
        )
        names = ("WEIGHTS", "CARD", "LOSS_TABLE", "LOSS_CURVES", "SPECTRA")
        results = {name: str(path) for name, path in zip(names, asdict(files).values()) if path is not None}
        return {"OUTPUT": str(folder), **results}

    def _add_number(self, name: str, title: str, default: int, least: int, help_text: str, advanced: bool = False) -> None:
        number = QgsProcessingParameterNumber.Type.Integer
        self.add(QgsProcessingParameterNumber(name, title, number, default, minValue=least), help_text, advanced)

"""CRISM Train GAN: trains a discriminator on one's own data."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingContext, QgsProcessingOutputFile, QgsProcessingParameterFolderDestination

from ..core.options.training import TrainingOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results

WEIGHTS_NAME = "discriminator.npz"


class TrainGan(CrismAlgorithm):
    NAME = "traingan"
    TITLE = "CRISM Train GAN"
    GROUP = "Set-up"
    ICON = "train.svg"
    SCENES = ("INPUT", "GROUND")
    TAGS = ("neural network", "weights", "generative adversarial network", "contrastive", "deep learning")
    HELP = """Trains the neural network that CRISM GAN Map compares spectra with, and calibrates its similarity.

    It learns from simulated views of known minerals (the plugin's exemplars and spectral libraries) and from your own images, which
    are noise-free model cubes of the denoiser. The log shows the losses and what each validation finds. The first validation is
    that of random weights, as a control. A run that is cancelled keeps its checkpoint in the output folder. The same run goes on
    from there when it is started again. Training needs PyTorch, and uses a CUDA graphics card where there is one. The plugin's own
    weights had 800 steps, which took three minutes of one processor core.

    Give the resulting <i>discriminator.npz</i> to CRISM GAN Map as its network weights. Beside it are the model card (.json), the
    losses as table and figure, and a figure that shows generated spectra beside real ones.

    Method: Saranathan and Parente (2021), Icarus 355, 114107, with a supervised contrastive loss (Khosla et al. 2020)."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_options(TrainingOptions)
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder of the results"),
            "Holds the checkpoint while training goes on, and afterwards the weights and the files that go with them.",
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
            **self.options(parameters, context, TrainingOptions),
            progress=progress,
        )
        return results(
            OUTPUT=folder,
            WEIGHTS=files.weights,
            CARD=files.card,
            LOSS_TABLE=files.losses,
            LOSS_CURVES=files.curves,
            SPECTRA=files.spectra,
        )

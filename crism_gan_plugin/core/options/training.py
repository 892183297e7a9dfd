"""How a network is to be trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .stage import Options, described

#: What the network learns. `core/training/pipeline.py` has the weights of the losses.
LOSSES = {
    "both": "as the plugin's own network was trained.",
    "adversarial": "the discriminator tells real from generated spectra, as in the paper.",
    "contrastive": "views of one mineral shall be alike, views of two shall not.",
}


@dataclass(frozen=True)
class TrainingOptions(Options):
    """The parameters of `train_to_files`."""

    images: Sequence[PathLike] = described(
        (),
        Parameter(
            ValueKind.IMAGES,
            "Noise-free model cubes",
            "Images to learn from: models of I/F written by a denoiser, with their wavelengths in their metadata. Together they "
            "need 10,000 spectra with absorptions. Common ground is thinned out, so that rare minerals are seen as often.",
            id="INPUT",
        ),
    )
    library: Sequence[PathLike] = described(
        (),
        Parameter(
            ValueKind.FILES,
            "Spectral libraries",
            "ENVI spectral libraries of minerals to learn from, such as the USGS library. They cover 1.05 to 2.49 µm. The .hdr "
            "of each lies beside it. The first word of a spectrum's name is its mineral.",
        ),
    )
    ground: Sequence[PathLike] = described(
        (),
        Parameter(
            ValueKind.IMAGES,
            "Images with the ground to be known",
            "Images of I/F, corrected for the atmosphere, whose bland ground the network shall tell from minerals. The blander "
            "half of each image counts. If none is given, the plugin's own model of ground is used.",
            advanced=True,
        ),
    )
    exemplars: bool = described(
        True,
        Parameter(
            ValueKind.FLAG,
            "Learn from the plugin's exemplars too",
            "The network learns from the plugin's exemplars too. Without them and without libraries, it learns from the images "
            "alone, as in the paper. The exemplars then serve for validation.",
            id="WITH_EXEMPLARS",
        ),
    )
    losses: str = described("both", Parameter(ValueKind.CHOICE, "Losses", "What the network is trained to do.", choices=LOSSES))
    steps: int = described(
        1000,
        Parameter(ValueKind.WHOLE_NUMBER, "Steps", "Updates of each network. The plugin's own weights had 800.", least=1),
    )
    seed: int = described(
        0,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Seed",
            "The number that random numbers start from. The same seed and inputs give the same weights on a CPU.",
            least=0,
        ),
    )
    patience: int = described(
        8,
        Parameter(
            ValueKind.WHOLE_NUMBER,
            "Stop after so many validations without a better one",
            "Training stops after so many validations without a better one. A validation comes every 250 steps, and the weights "
            "of the best one are kept. 0: training goes through all steps.",
            least=0,
            advanced=True,
        ),
    )
    checkpoint: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Checkpoint",
            "A file that is written as training goes on. If it exists, training resumes from it. If none is given, it lies beside "
            "the weights, and is removed when training is done.",
            shell_only=True,
        ),
    )

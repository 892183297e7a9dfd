"""How an image is to be denoised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import EXEMPLARS, SCAN_TABLE, VOLCANO_SCANS, WAVELENGTHS
from .stage import Options, described

MODES = {
    "full": "the whole model.",
    "quick": "only the atmosphere, which is divided out by a volcano scan. Noise and stripes stay, and only the corrected cube is "
    "written.",
}

DEVICES = {"auto": "a CUDA graphics card where there is one.", "cpu": "the processor.", "cuda": "the graphics card."}


@dataclass(frozen=True)
class CorrectionOptions(Options):
    """The parameters of `correct_scene`."""

    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    volcano_scans: Sequence[PathLike] = described((), VOLCANO_SCANS)
    scan_table: Optional[PathLike] = described(None, SCAN_TABLE)


@dataclass(frozen=True)
class DenoiseOptions(CorrectionOptions):
    """The parameters of `denoise_scene`."""

    information: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Processing information (IN)",
            "The IN product of a map-projected image (MTRDR). It tells each pixel's detector column, so that column artefacts "
            "can be removed too. Without the product they stay.",
            advanced=True,
        ),
    )
    exemplars: Optional[PathLike] = described(
        None,
        replace(
            EXEMPLARS,
            help="The absorptions that the surface may have, as a JSON file. If none is given, they are those of the library of 32 "
            "minerals that comes with the plugin. The log says which were used.",
        ),
    )
    spectral_libraries: Sequence[PathLike] = described(
        (),
        Parameter(
            ValueKind.FILES,
            "Spectral libraries",
            "More absorptions: ENVI spectral libraries of minerals that cover 1.05 to 2.49 µm. The .hdr of each lies beside it.",
            id="LIBRARY",
            word="library",
            advanced=True,
        ),
    )
    ices: bool = described(
        False,
        Parameter(
            ValueKind.FLAG, "The surface may hold ice", "The spectra of water and carbon dioxide ice are used too.", advanced=True
        ),
    )
    device: str = described(
        "auto", Parameter(ValueKind.CHOICE, "Device", "What computes the result.", choices=DEVICES, advanced=True)
    )


@dataclass(frozen=True)
class DenoiseCommandOptions(DenoiseOptions):
    """The parameters of the command and the dialog: those of `denoise_scene`, and whether `correct_scene` runs instead."""

    mode: str = described("full", Parameter(ValueKind.CHOICE, "Mode", "How much is separated from the surface.", choices=MODES))

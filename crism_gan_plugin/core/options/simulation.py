"""How the images to practise with are simulated."""

from __future__ import annotations

from dataclasses import dataclass

from .parameter import Parameter, ValueKind
from .stage import Options, described

#: That of `make demo`.
PIXEL_M = 72.0


@dataclass(frozen=True)
class PracticeOptions(Options):
    """The parameters of `simulate_practice`."""

    pixel_m: float = described(
        PIXEL_M,
        Parameter(
            ValueKind.NUMBER,
            "Pixel size [m]",
            "Size of a pixel in metres. Real images of this kind have 18 m.",
            least=10,
            most=1000,
            id="PIXEL",
            word="pixel",
        ),
    )

"""What is known of a pixel, or of the mean of several, in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from ..arrays import FloatArray
from ..mapping.agreement import BOTH, NEITHER, OTHER, PLAIN, RATIOED
from ..mapping.legend import BESIDES
from ..mapping.levels import GUESS, IDENTIFICATION, NO_DATA

#: What the image shows without the neutral ratio, by the values of `mapping.agreement`.
AGREEMENT = {
    NEITHER: "no detection, with the ratio or without it",
    PLAIN: "a detection without the ratio alone: it is not on the map",
    RATIOED: "a detection with the ratio alone",
    BOTH: "the same class with the ratio and without it",
    OTHER: "another class without the ratio",
}

#: What a map has besides minerals, in words. It is told from the whole image, not from a pixel.
_BESIDES = {entry.value: entry.mineral for entry in BESIDES}

_LEVELS = {IDENTIFICATION: "identification", GUESS: "guess"}


@dataclass(frozen=True)
class Place:
    """Where the spectra are from.

    Attributes
    ----------
    scene
        The image's product, or the name of its file.
    line, sample
        The pixel of the image, from 0; of several pixels, the middle one; None for a deposit.
    pixels
        Number of pixels with data.
    longitude, latitude
        East and planetocentric, degrees; None where the image's place on Mars is not known.
    image
        The image's file, where it was read.
    """

    scene: str
    line: Optional[int]
    sample: Optional[int]
    pixels: int = 1
    longitude: Optional[float] = None
    latitude: Optional[float] = None
    image: Optional[str] = None


@dataclass(frozen=True)
class Spectrum:
    """(bands,) wavelengths, nm, ascending, and values; NaN in bad bands and where there is no data."""

    wavelengths_nm: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class ScaleEvidence:
    """One smoothing scale.

    Attributes
    ----------
    size
        Width of the window, pixels; 0 for the mean of a rectangle or a deposit.
    spectrum
        (240,) continuum-removed, on the network's grid; NaN without data.
    noise
        Standard deviation of the spectrum's noise.
    mineral, score, level
        Best guess (None for a flat spectrum), its similarity, and `levels.NOTHING`, `GUESS` or `IDENTIFICATION`.
    contradicted
        Whether the pixel's own spectrum speaks against it, so that it does not count.
    decides
        Whether the map takes the mineral from this scale.
    """

    size: int
    spectrum: FloatArray
    noise: float
    mineral: Optional[str]
    score: float
    level: int
    contradicted: bool
    decides: bool

    def of_mean(self) -> ScaleEvidence:
        """The same, known as that of a mean over a rectangle or a deposit."""
        return replace(self, size=0)


@dataclass(frozen=True)
class ClassScore:
    """The best exemplar of a class at the scale that decides, and the scores that the class needs."""

    code: int
    name: str
    rgb: tuple[int, int, int]
    exemplar: str
    score: float
    guess: float
    identification: float


@dataclass(frozen=True)
class NeutralGround:
    """What the pixel was divided by.

    Attributes
    ----------
    denominator
        (240,) I/F of the ground, brought to the pixel's own level.
    ratio
        (240,) I/F over the denominator.
    agreement
        What the image shows without the ratio, in words.
    """

    denominator: FloatArray
    ratio: FloatArray
    agreement: str


@dataclass(frozen=True)
class PixelEvidence:
    """Why a pixel is what the map says.

    Attributes
    ----------
    place
        Where.
    iof, model
        I/F of the image's own bands, and of the noise-free model's, if there is one.
    spread
        (bands,) of a mean: the standard deviation of the pixels' I/F.
    continuum
        (240,) I/F: the hull that spectra were divided by, on the network's grid.
    ground
        What the pixel was also divided by, in a map with a neutral ratio.
    scales
        The pixel and the means around it; for a rectangle, its mean alone.
    exemplar
        (240,) the matched exemplar, continuum-removed; None where nothing matches.
    best
        The classes with the best scores at the scale that decides, descending: five, or as many as there are.
    code
        What the mapping makes of it now: 0 nothing, k identification, 100 + k guess, 255 no data.
    map_code
        What the map says; None where there is no map.
    is_besides
        Whether that is no mineral: an artefact, or an unlisted absorption.
    score, lead
        Similarity of the best guess, and by how much it leads every other class.
    least_lead
        The lead that an identification needs.
    best_guess
        The score below which a spectrum resembles nothing.
    warnings
        What else the user should know.
    """

    place: Place
    iof: Spectrum
    model: Optional[Spectrum]
    continuum: FloatArray
    ground: Optional[NeutralGround]
    scales: tuple[ScaleEvidence, ...]
    exemplar: Optional[FloatArray]
    best: tuple[ClassScore, ...]
    code: int
    map_code: Optional[int]
    score: float
    lead: float
    least_lead: float
    best_guess: float
    spread: Optional[FloatArray] = None
    warnings: tuple[str, ...] = ()
    is_besides: bool = False

    @property
    def deciding(self) -> ScaleEvidence:
        """The scale that decides; the pixel itself where none does."""
        return next((scale for scale in self.scales if scale.decides), self.scales[0])

    @property
    def level(self) -> str:
        """The level that the map gives it, in words."""
        return "no data" if self.code == NO_DATA else _LEVELS.get(self.deciding.level, "nothing")

    @property
    def title(self) -> str:
        """Mineral and level, in words."""
        if self.is_besides and self.map_code is not None:
            return _BESIDES[self.map_code]
        named = self.code not in (0, NO_DATA)
        return f"{self.deciding.mineral}, {self.level}" if named else self.level

"""How an image is to be mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import ENGINE, EXEMPLARS, GEOMETRY, PLACED_CRS, SCAN_TABLE, VOLCANO_SCANS, WAVELENGTHS
from .stage import Options, described

#: The paper's thresholds (sections 3.3.4 and 3.3.5). Scores are calibrated so that a threshold means the same here as in the paper.
IDENTIFICATION, GUESS, BEST_GUESS = 0.95, 0.85, 0.707

#: What may be done with an image before it is mapped.
DENOISE = {
    "off": "nothing.",
    "quick": "an image with the atmosphere in it (TRR3) is corrected with a volcano scan.",
    "full": "atmosphere, stripes, spikes and noise are separated from the surface, as CRISM Denoise does it. This finds far "
    "more, needs PyTorch, and takes minutes.",
}

#: How spectra are compared: by the cosine that takes account of bland ground, or by the paper's whole chain.
METHODS = {
    "ground": "by the network's features. Where a spectrum is hardly more than bland ground, what it has beyond the ground also "
    "counts. Thresholds mean the same at every level of noise.",
    "paper": "by the features alone, smoothed and merged as in Saranathan and Parente (2021).",
}

#: Whether a pixel's own spectrum may overrule what its neighbourhood shows.
SUPPORT = {
    "pixel": "what the mean over a window detects does not count in a pixel whose own spectrum contradicts it, as far as the "
    "spectrum's noise allows to tell.",
    "paper": "it counts in every pixel, as in the paper. Deposits then grow by up to two pixels on each side.",
}

#: What spectra may be divided by.
RATIO = {
    "off": "nothing.",
    "column": "the median of their detector column.",
    "bland": "the mean of the blandest pixels near by in their detector column.",
}


def _threshold(title: str, said: str, advanced: bool = False) -> Parameter:
    """One of the three similarities. They are checked together, because they must rise in their order."""
    return Parameter(ValueKind.NUMBER, title, said, least=0, most=1, checked_by_stage=True, advanced=advanced)


@dataclass(frozen=True)
class MapOptions(Options):
    """The parameters of `map_scene`. The same parameters may serve many images."""

    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, replace(PLACED_CRS, id="TARGET_CRS"))
    model: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.IMAGE,
            "Noise-free model of the image",
            "A denoised cube of the same size as the image. The continuum is then taken from this cube, which finds more minerals.",
            word="model-in",
            advanced=True,
            of_one_image=True,
        ),
    )
    denoise: str = described(
        "off",
        Parameter(
            ValueKind.CHOICE,
            "Denoise first",
            "What is done before mapping. The cubes stay beside the map (…_denoised).",
            choices=DENOISE,
        ),
    )
    volcano_scans: Sequence[PathLike] = described((), VOLCANO_SCANS)
    scan_table: Optional[PathLike] = described(None, SCAN_TABLE)
    exemplars: Optional[PathLike] = described(None, EXEMPLARS)
    classes: Optional[Sequence[str]] = described(
        None,
        Parameter(
            ValueKind.NAMES,
            "Minerals to look for",
            "Names as in the library's legend. If none is given, they are those that the library looks for by default. The word "
            "all means every mineral of the library.",
            in_dialogs="Names are separated by commas, such as kaolinite, jarosite.",
        ),
    )
    identification: float = described(
        IDENTIFICATION,
        _threshold("Identification above", "A similarity above this is an identification."),
    )
    guess: float = described(
        GUESS,
        _threshold("Guess above", "A similarity above this, up to the identification's, is a guess."),
    )
    best_guess: float = described(
        BEST_GUESS,
        _threshold("No resemblance below", "Below this similarity a spectrum resembles none of the minerals.", advanced=True),
    )
    lead: float = described(
        0.0,
        Parameter(
            ValueKind.NUMBER,
            "Identifications lead by",
            "How far the similarity of an identification must be above that of every other mineral. A mineral that leads by less "
            f"is only a guess. With 0.1, identifications down to a similarity of {GUESS} are hardly ever wrong.",
            least=0,
            most=1,
            advanced=True,
        ),
    )
    class_thresholds: Optional[Mapping[str, tuple[float, float]]] = described(
        None,
        Parameter(
            ValueKind.THRESHOLDS,
            "Thresholds of single minerals",
            "Guess and identification thresholds of minerals that need their own, such as kaolinite=0.8,0.93.",
            in_dialogs="Several are separated by semicolons: kaolinite=0.8,0.93; jarosite=0.9,0.98.",
            word="class-threshold",
            advanced=True,
        ),
    )
    method: str = described(
        "ground",
        Parameter(ValueKind.CHOICE, "Method", "How spectra are compared with the minerals'.", choices=METHODS, advanced=True),
    )
    scales: Sequence[int] = described(
        (1, 3, 5),
        Parameter(
            ValueKind.SIZES,
            "Smoothing windows [pixels]",
            "Widths of the windows over which spectra are averaged, odd numbers of pixels. A wider window finds fainter "
            "minerals, a narrower one shows smaller patches. Where they disagree, the narrowest counts.",
            advanced=True,
        ),
    )
    support: str = described(
        "pixel",
        Parameter(
            ValueKind.CHOICE,
            "Smoothed detections need",
            "Whether a pixel's own spectrum may contradict the mean over its neighbours.",
            choices=SUPPORT,
            advanced=True,
        ),
    )
    ratio: str = described(
        "off",
        Parameter(
            ValueKind.CHOICE,
            "Divide by neutral ground",
            "What spectra are divided by first. What they have in common with the ground then drops out, and so do stripes.",
            choices=RATIO,
            more="A ratio finds far more on ground that is not flat. It also removes what is everywhere in a column, "
            "minerals included, and imprints the denominator's own features upside down. For a map-projected image the "
            "processing information (IN) beside it tells the columns; without it, and for a map tile, ground is taken from the "
            "image around. The band ratio_agreement of the evidence, and both_pixels in the tables, say which detections the image "
            "has without the ratio. 0 is nothing, 1 only without the ratio (not on the map), 2 only with it, 3 both ways, 4 "
            "another mineral without it.",
        ),
    )
    reliability: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Estimate false detections",
            "Decoys compete with the minerals. They are absorptions as mineral-like as the library's that no mineral has, so what "
            "is found of them is false. The tables then give the share of false detections that is to be expected of each mineral, "
            "with its interval of 95 %. The band q_value of the evidence says for each pixel the smallest share at which it would "
            "still be shown. Ground that resembles a mineral more than any decoy is told of, and gets no number.",
        ),
    )
    max_false_share: float = described(
        1.0,
        Parameter(
            ValueKind.NUMBER,
            "Largest share of false detections",
            "Detections whose q-value is above this are left out of the map, and so are those that have none. Below 1, false "
            "detections are estimated whether or not that was asked for.",
            least=0,
            most=1,
            advanced=True,
        ),
    )
    probability: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Tell how probable detections are",
            "The band probability of the evidence says for each detection how probably it is right. This was fitted to simulated "
            "scenes, and to polygons on Mars that geologists labelled, which are mafic or bland. It holds for the plugin's own "
            "network, minerals and thresholds, and for images without a model cube. A map with others has no such band, and the "
            "log says why.",
        ),
    )
    unlisted: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Show unlisted absorptions",
            "Code 98 marks absorptions that stand out of noise and bland ground and match no class of the library or the plugin, "
            "guesses among them that leave one. Those that are alike are grouped: …_unlisted.csv says where they are, where their "
            "bands are, and which class is most like them and why they are not that; …_unlisted.json is the library with their "
            "mean spectra as classes of their own. Composites, deposits and areas take code 98 for nothing.",
        ),
    )
    artefacts: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Show instrument artefacts",
            "Code 97 marks absorptions that the instrument or the air makes: at the detector join (1.0 µm) and the filter edge "
            "(1.65 µm), of carbon dioxide at 2.0 µm and of water beyond 2.5 µm, and single columns of the detector. Composites, "
            "deposits and areas take code 97 for nothing.",
        ),
    )
    limits: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Tell detection limits",
            "What the map would have shown, had it been there: absorptions of each mineral are laid into the image's own bland "
            "ground, and mapped as it was. …_detection.tif has the smallest share of each mineral that is found, "
            "…_detection_limits.csv and …_detection_curves.csv tell more, and the log and the report say it in words: no kaolinite "
            "above 8 % in 95 % of this image. It takes about twice the map's time. CRISM Detection Limits (the command "
            "detectionlimit) has choices.",
        ),
    )
    engine: str = described("auto", ENGINE)
    weights: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Network weights",
            "Another network than the plugin's own: an .npz file with its model card (.json) beside it.",
            file_types="NumPy (*.npz)",
            advanced=True,
        ),
    )
    evidence: bool = described(
        True,
        Parameter(
            ValueKind.FLAG,
            "Write the evidence",
            "The evidence is written beside the map (…_evidence.tif): best similarity, that of the best other mineral and its "
            "code, the spectrum that was matched, and the window that was used. With a neutral ratio it also says what the "
            "image shows without it.",
            advanced=True,
            of_one_image=True,
        ),
    )

    @property
    def with_decoys(self) -> bool:
        """Whether false detections are estimated."""
        return self.reliability or self.max_false_share < 1

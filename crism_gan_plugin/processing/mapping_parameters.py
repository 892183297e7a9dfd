"""How spectra are to be mapped: the parameters that mapping one image and mapping many have in common."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .algorithm import CrismAlgorithm, Parameters
from .scene_parameters import add_volcano_scans, volcano_scans

DENOISE = ("off", "quick", "full")
SCALES = ("1", "3", "5")
METHODS = ("ground", "paper")
SUPPORT = ("pixel", "paper")
RATIO = ("off", "column", "bland")
ENGINES = ("auto", "torch", "numpy")

#: What dialogs show for CLASSES; a name, since Processing also runs where there are no widgets.
MINERALS_WIDGET = "crism_gan_plugin.gui.minerals.MineralsWidget"


def add_mapping(algorithm: CrismAlgorithm) -> None:
    """DENOISE and its volcano scans, EXEMPLARS, CLASSES, the thresholds, METHOD, SCALES, SUPPORT, RATIO, ENGINE and WEIGHTS."""
    algorithm.add(
        QgsProcessingParameterEnum("DENOISE", "Denoise first", DENOISE, defaultValue="off", usesStaticStrings=True),
        "What is done before mapping. <i>quick</i>: an image with the atmosphere in it (TRR3) is corrected with a volcano scan. "
        "<i>full</i>: atmosphere, stripes, spikes and noise are separated from the surface (CRISM Denoise; needs PyTorch, takes "
        "minutes), which finds far more. The cubes stay beside the map (_denoised).",
    )
    add_volcano_scans(algorithm)
    algorithm.add(
        QgsProcessingParameterFile("EXEMPLARS", "Exemplar library", optional=True, fileFilter="JSON (*.json);;All files (*)"),
        "The spectra to look for, as a JSON file. Empty: the library of 32 minerals that comes with the plugin.",
        advanced=True,
    )
    minerals = QgsProcessingParameterString("CLASSES", "Minerals to look for", optional=True)
    minerals.setMetadata({"widget_wrapper": {"class": MINERALS_WIDGET}})
    algorithm.add(
        minerals,
        "Names as in the library's legend, separated by commas, such as <i>kaolinite, jarosite</i>. Empty: those that the "
        "library looks for by default. <i>all</i>: every one that it has.",
    )
    _add_threshold(algorithm, "IDENTIFICATION", "Identification above", 0.95, "A similarity above this is an identification.")
    _add_threshold(algorithm, "GUESS", "Guess above", 0.85, "A similarity above this, up to the identification's, is a guess.")
    _add_threshold(
        algorithm,
        "BEST_GUESS",
        "No resemblance below",
        0.707,
        "Below this similarity a spectrum resembles none of the minerals.",
        advanced=True,
    )
    _add_threshold(
        algorithm,
        "LEAD",
        "Identifications lead by",
        0.0,
        "How far the similarity of an identification must be above that of every other mineral; one that leads by less is only a "
        "guess. With 0.1, identifications down to a similarity of 0.85 are hardly ever wrong.",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterString("CLASS_THRESHOLDS", "Thresholds of single minerals", optional=True),
        "Guess and identification thresholds of minerals that need their own, separated by semicolons, such as "
        "<i>kaolinite=0.8,0.93; jarosite=0.95,0.98</i>.",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterEnum("METHOD", "Method", METHODS, defaultValue="ground", usesStaticStrings=True),
        "How spectra are compared with the minerals'. <i>ground</i>: by the network's features, and, where a spectrum is hardly "
        "more than bland ground, also by what ground does not have; thresholds mean the same at every noise. <i>paper</i>: by the "
        "features alone, smoothed and merged as in Saranathan & Parente (2021).",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterEnum(
            "SCALES",
            "Smoothing windows [pixels]",
            SCALES,
            allowMultiple=True,
            defaultValue=list(SCALES),
            usesStaticStrings=True,
        ),
        "Widths of the windows over which spectra are averaged. A wider window finds fainter minerals, a narrower one shows "
        "smaller patches; where they disagree, the narrowest counts.",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterEnum("SUPPORT", "Smoothed detections need", SUPPORT, defaultValue="pixel", usesStaticStrings=True),
        "<i>pixel</i>: what the mean over a window detects does not count in a pixel whose own spectrum contradicts, as far as its "
        "noise lets it tell. <i>paper</i>: it counts, as in the paper; deposits then grow by up to two pixels on each side.",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterEnum("RATIO", "Divide by neutral ground", RATIO, defaultValue="off", usesStaticStrings=True),
        "What spectra are divided by first, so that what they have in common with the ground drops out, and stripes with it. "
        "<i>column</i>: the median of their detector column. <i>bland</i>: the mean of the blandest pixels near by in their "
        "detector column. For a map-projected image the processing information (IN) beside it tells the columns; without it, "
        "ground is taken from the image around. A ratio finds far more on ground that is not flat, but it removes what is "
        "everywhere in a column, minerals included, and imprints the denominator's own features upside down. The band "
        "<i>ratio_agreement</i> of the evidence, and <i>both_pixels</i> in the tables, say which detections the image has without "
        "it: 0 nothing, 1 only without the ratio (not on the map), 2 only with it, 3 both ways, 4 as another mineral without it.",
    )
    algorithm.add(
        QgsProcessingParameterEnum("ENGINE", "Engine", ENGINES, defaultValue="auto", usesStaticStrings=True),
        "What runs the network. <i>auto</i>: a CUDA graphics card through PyTorch where there is one, else NumPy.",
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterFile("WEIGHTS", "Network weights", optional=True, fileFilter="NumPy (*.npz);;All files (*)"),
        "Another discriminator than the plugin's own: an .npz file with its model card (.json) beside it.",
        advanced=True,
    )


def mapping_options(algorithm: CrismAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> dict[str, Any]:
    """Their values, by the names that `map_scene` has for them."""
    from ..core.mapping.threshold_text import parse_class_thresholds

    single = algorithm.parameterAsString(parameters, "CLASS_THRESHOLDS", context)
    return {
        "denoise": algorithm.parameterAsEnumString(parameters, "DENOISE", context),
        **volcano_scans(algorithm, parameters, context),
        "exemplars": algorithm.optional_path(parameters, "EXEMPLARS", context),
        "classes": _items(algorithm.parameterAsString(parameters, "CLASSES", context), ",") or None,
        "identification": algorithm.parameterAsDouble(parameters, "IDENTIFICATION", context),
        "guess": algorithm.parameterAsDouble(parameters, "GUESS", context),
        "best_guess": algorithm.parameterAsDouble(parameters, "BEST_GUESS", context),
        "lead": algorithm.parameterAsDouble(parameters, "LEAD", context),
        "class_thresholds": parse_class_thresholds(_items(single, ";")),
        "scales": [int(scale) for scale in algorithm.parameterAsEnumStrings(parameters, "SCALES", context)],
        "method": algorithm.parameterAsEnumString(parameters, "METHOD", context),
        "support": algorithm.parameterAsEnumString(parameters, "SUPPORT", context),
        "ratio": algorithm.parameterAsEnumString(parameters, "RATIO", context),
        "engine": algorithm.parameterAsEnumString(parameters, "ENGINE", context),
        "weights": algorithm.optional_path(parameters, "WEIGHTS", context),
    }


def thresholds_fault(algorithm: CrismAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """What is wrong with the thresholds; empty when nothing is."""
    identification, guess, best_guess = (
        algorithm.parameterAsDouble(parameters, name, context) for name in ("IDENTIFICATION", "GUESS", "BEST_GUESS")
    )
    if best_guess <= guess <= identification:
        return ""
    found = f"BEST_GUESS ({best_guess:g}), GUESS ({guess:g}), IDENTIFICATION ({identification:g})"
    return f"Thresholds must rise in the order {found}"


def _add_threshold(
    algorithm: CrismAlgorithm, name: str, title: str, default: float, help_text: str, advanced: bool = False
) -> None:
    number = QgsProcessingParameterNumber.Type.Double
    algorithm.add(QgsProcessingParameterNumber(name, title, number, default, minValue=0.0, maxValue=1.0), help_text, advanced)


def _items(text: str, separator: str) -> list[str]:
    return [item.strip() for item in text.split(separator) if item.strip()]

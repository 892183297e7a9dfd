"""CRISM GAN Map: the mineral map of one image."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from .. import paths
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters
from .layers import show_with_legend
from .scene_parameters import add_geometry, add_scene, add_wavelengths, crs_of

SCALES = ("1", "3", "5")
ENGINES = ("auto", "torch", "numpy")


class GanMap(CrismAlgorithm):
    NAME = "ganmap"
    TITLE = "CRISM GAN Map"
    GROUP = "Mapping"
    ICON = "map.svg"
    TAGS = ("mineral", "classification", "neural network", "spectral")
    SCENES = ("INPUT", "MODEL")
    HELP = """Maps the minerals of a CRISM image: a class raster that opens coloured, with its legend.

    Every spectrum is divided by its continuum and compared with a library of minerals, in the feature space of a neural network
    that was trained to tell real absorptions from noise. Values 1 to 99 are identifications, 101 to 199 the same minerals as
    guesses, 0 is nothing, 255 is no data. A style, the evidence (similarities) and a record of how the map was made are written
    beside the map.

    Method: Saranathan and Parente (2021), Icarus 355, 114107."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        add_scene(self)
        add_wavelengths(self)
        add_geometry(self, "TARGET_CRS")
        self.add(
            QgsProcessingParameterRasterLayer("MODEL", "Noise-free model of the image", optional=True),
            "A denoised cube of the same size, if there is one: the continuum is then taken from it, which finds more.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFile("EXEMPLARS", "Exemplar library", optional=True, fileFilter="JSON (*.json);;All files (*)"),
            "The spectra to look for, as a JSON file. Empty: the library of 32 minerals that comes with the plugin.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString("CLASSES", "Minerals to look for", optional=True),
            "Names as in the library's legend, separated by commas, such as <i>kaolinite, jarosite</i>. Empty: those that the "
            "library looks for by default. <i>all</i>: every one that it has.",
        )
        self._add_threshold("IDENTIFICATION", "Identification above", 0.95, "A similarity above this is an identification.")
        self._add_threshold("GUESS", "Guess above", 0.85, "A similarity above this, up to the identification's, is a guess.")
        self._add_threshold(
            "BEST_GUESS",
            "No resemblance below",
            0.707,
            "Below this similarity a spectrum resembles none of the minerals.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString("CLASS_THRESHOLDS", "Thresholds of single minerals", optional=True),
            "Guess and identification thresholds of minerals that need their own, separated by semicolons, such as "
            "<i>kaolinite=0.8,0.93; jarosite=0.95,0.98</i>.",
            advanced=True,
        )
        self.add(
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
        self.add(
            QgsProcessingParameterEnum("ENGINE", "Engine", ENGINES, defaultValue="auto", usesStaticStrings=True),
            "What runs the network. <i>auto</i>: a CUDA graphics card through PyTorch where there is one, else NumPy.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFile("WEIGHTS", "Network weights", optional=True, fileFilter="NumPy (*.npz);;All files (*)"),
            "Another discriminator than the plugin's own: an .npz file with its model card (.json) beside it.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("EVIDENCE", "Write the evidence", defaultValue=True),
            "Also write <i>…_evidence.tif</i> beside the map: best similarity, that of the best other mineral and its code, the "
            "spectrum that was matched, and the window that was used.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", "Mineral map"),
            "The map, a GeoTIFF. Its style (.qml), evidence and record (_provenance.json) get names that begin like its own.",
        )
        self.addOutput(QgsProcessingOutputRasterLayer("EVIDENCE", "Evidence"))
        self.addOutput(QgsProcessingOutputFile("STYLE", "Style"))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", "Record of how the map was made"))

    def canExecute(self) -> tuple[bool, str]:
        for file in (paths.weights(), paths.exemplars()):
            if not file.is_file():
                return False, f"{file} is missing: install the plugin again."
        return True, ""

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> tuple[bool, str]:
        identification = self.parameterAsDouble(parameters, "IDENTIFICATION", context)
        guess = self.parameterAsDouble(parameters, "GUESS", context)
        best_guess = self.parameterAsDouble(parameters, "BEST_GUESS", context)
        if not best_guess <= guess <= identification:
            found = f"BEST_GUESS ({best_guess:g}), GUESS ({guess:g}), IDENTIFICATION ({identification:g})"
            return False, f"Thresholds must rise in the order {found}"
        return super().checkParameterValues(parameters, context)

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.mapping.pipeline import map_scene
        from ..core.mapping.threshold_text import parse_class_thresholds

        source = self.scene_path(parameters, "INPUT", context)
        target = self.geotiff_path(parameters, "OUTPUT", context)
        exemplars = self.optional_path(parameters, "EXEMPLARS", context)
        outputs = map_scene(
            source,
            target.parent,
            name=target.stem,
            wavelengths=self.optional_path(parameters, "WAVELENGTHS", context),
            model=self.scene_path(parameters, "MODEL", context) or None,
            geometry=self.optional_path(parameters, "GEOMETRY", context),
            crs=crs_of(self, parameters, "TARGET_CRS", context),
            exemplars=exemplars,
            classes=_class_names(self.parameterAsString(parameters, "CLASSES", context), exemplars),
            identification=self.parameterAsDouble(parameters, "IDENTIFICATION", context),
            guess=self.parameterAsDouble(parameters, "GUESS", context),
            best_guess=self.parameterAsDouble(parameters, "BEST_GUESS", context),
            class_thresholds=parse_class_thresholds(_items(self.parameterAsString(parameters, "CLASS_THRESHOLDS", context), ";")),
            scales=[int(scale) for scale in self.parameterAsEnumStrings(parameters, "SCALES", context)],
            engine=self.parameterAsEnumString(parameters, "ENGINE", context),
            weights=self.optional_path(parameters, "WEIGHTS", context),
            evidence=self.parameterAsBoolean(parameters, "EVIDENCE", context),
            progress=progress,
        )
        show_with_legend(context, str(outputs.classes), f"{Path(source).stem} minerals")
        results = {
            "OUTPUT": outputs.classes,
            "EVIDENCE": outputs.evidence,
            "STYLE": outputs.style,
            "PROVENANCE": outputs.provenance,
        }
        return {name: str(path) for name, path in results.items() if path is not None}

    def _add_threshold(self, name: str, title: str, default: float, help_text: str, advanced: bool = False) -> None:
        number = QgsProcessingParameterNumber.Type.Double
        self.add(QgsProcessingParameterNumber(name, title, number, default, minValue=0.0, maxValue=1.0), help_text, advanced)


def _class_names(text: str, exemplars: str | None) -> list[str] | None:
    """The CLASSES parameter: None for the library's own choice."""
    if text.strip().casefold() == "all":
        from ..core.exemplars import load_exemplars

        return load_exemplars(exemplars).class_names
    return _items(text, ",") or None


def _items(text: str, separator: str) -> list[str]:
    return [item.strip() for item in text.split(separator) if item.strip()]

"""Writes the models that come with the plugin, as the model designer would save them, into crism_gan_plugin/resources/models.

QT_QPA_PLATFORM=offscreen PYTHONPATH=. python3 tools/make_models.py
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QPointF, QSizeF

from crism_gan_plugin import classFactory, paths
from crism_gan_plugin.core.options.denoising import DenoiseCommandOptions
from crism_gan_plugin.core.options.stage import parameter_of

TITLE = "Denoise, map and composite (two images)"
HELP = {
    "ALG_DESC": "Denoises two CRISM images, maps the minerals of both, and lays the maps over each other. A model to begin with: "
    "open it in the model designer, change it, and save it under another name.",
    "IMAGE_1": "The first image: a layer, or a file that QGIS can open.",
    "IMAGE_2": "The second image.",
    "GEOMETRY_1": "The geometry (DDR) of the first image, if it is in sensor space.",
    "GEOMETRY_2": "The geometry (DDR) of the second image, if it is in sensor space.",
    "MODE": "full: the whole denoiser, which needs PyTorch and takes minutes; quick: only the atmosphere, by a volcano scan.",
    "CLASSES": "Minerals to look for, separated by commas. Empty: those that the library looks for by default.",
    "COMPOSITE": "The composite of both maps.",
}

Source = QgsProcessingModelChildParameterSource


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    plugin = classFactory(None)
    plugin.initProcessing()
    model = make_model()
    target = paths.models() / "denoise_map_composite.model3"
    if not model.toFile(str(target)):
        sys.exit(f"{target}: could not be written")
    target.write_text(in_order(target.read_text(encoding="utf-8")), encoding="utf-8")
    print(target)
    plugin.unload()
    application.exitQgis()


def make_model() -> QgsProcessingModelAlgorithm:
    """Two times denoise and map, then the composite."""
    model = QgsProcessingModelAlgorithm(TITLE, "Models", "models")
    model.setHelpContent(HELP)
    maps = []
    for number in (1, 2):
        across = 260.0 * (number - 1)
        add_input(model, QgsProcessingParameterRasterLayer(f"IMAGE_{number}", f"CRISM image {number}"), QPointF(120 + across, 60))
        geometry = QgsProcessingParameterFile(f"GEOMETRY_{number}", f"Geometry (DDR) of image {number}", optional=True)
        add_input(model, geometry, QPointF(120 + across, 130))
        denoised = add_step(
            model,
            "denoise",
            f"Denoise image {number}",
            {"INPUT": Source.fromModelParameter(f"IMAGE_{number}"), "MODE": Source.fromModelParameter("MODE")},
            QPointF(120 + across, 220),
        )
        mapped = add_step(
            model,
            "ganmap",
            f"Map image {number}",
            {
                "INPUT": Source.fromChildOutput(denoised, "OUTPUT"),
                "MODEL": Source.fromChildOutput(denoised, "MODEL"),
                "GEOMETRY": Source.fromModelParameter(f"GEOMETRY_{number}"),
                "CLASSES": Source.fromModelParameter("CLASSES"),
            },
            QPointF(120 + across, 320),
        )
        maps.append(Source.fromChildOutput(mapped, "OUTPUT"))
    said = parameter_of(DenoiseCommandOptions, "mode")
    mode = QgsProcessingParameterEnum("MODE", "Denoising", list(said.choices), defaultValue=said.default, usesStaticStrings=True)
    add_input(model, mode, QPointF(640, 60))
    add_input(model, QgsProcessingParameterString("CLASSES", "Minerals to look for", optional=True), QPointF(640, 130))
    composed = add_step(model, "compositemosaic", "Composite", {"INPUT": maps}, QPointF(250, 420))
    child = model.childAlgorithm(composed)
    output = QgsProcessingModelOutput("COMPOSITE", "Composite")
    output.setChildId(composed)
    output.setChildOutputName("OUTPUT")
    output.setPosition(QPointF(250, 510))
    child.setModelOutputs({"COMPOSITE": output})
    model.setChildAlgorithm(child)
    return model


def in_order(xml: str) -> str:
    """The text with every element's attributes in the order of their names, which Qt writes in another one each time."""
    attribute = r'\s+\w+="[^"]*"'
    return re.sub(
        rf"<(\w+)((?:{attribute})+)", lambda found: f"<{found[1]}" + "".join(sorted(re.findall(attribute, found[2]))), xml
    )


def add_input(model: QgsProcessingModelAlgorithm, definition: QgsProcessingParameterDefinition, place: QPointF) -> None:
    component = QgsProcessingModelParameter(definition.name())
    component.setPosition(place)
    component.setSize(QSizeF(220, 40))
    model.addModelParameter(definition, component)


def add_step(model: QgsProcessingModelAlgorithm, algorithm: str, title: str, sources: dict[str, Any], place: QPointF) -> str:
    """A step of the model; its id."""
    child = QgsProcessingModelChildAlgorithm(f"crism:{algorithm}")
    child.setChildId(title.replace(" ", "_").lower())
    child.setDescription(title)
    child.setPosition(place)
    child.setSize(QSizeF(220, 40))
    for definition in child.algorithm().parameterDefinitions():
        optional = bool(definition.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional)
        if not (optional or definition.isDestination() or definition.name() in sources):
            child.addParameterSources(definition.name(), [Source.fromStaticValue(definition.defaultValue())])
    for name, source in sources.items():
        child.addParameterSources(name, source if isinstance(source, list) else [source])
    return model.addChildAlgorithm(child)


if __name__ == "__main__":
    main()
